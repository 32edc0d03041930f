import type { JsonObject } from '../kernel/json.ts';
import { ok, type Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { AccountSelector } from '../operations/deps.ts';
import type { Environment, ProviderAccount, ProviderName, SessionKind } from '../providers/provider.ts';
import type { Deps } from './deps.ts';

/** What a browser can know of a provider account before a session exists. Nothing of it is secret. */
export interface BaseConfig {
  readonly transactionProviderId: string;
  readonly transactionProvider: ProviderName;
  readonly environment: Environment;
  readonly sessionKinds: readonly SessionKind[];
  /** Provider-specific, for its browser SDK. */
  readonly config: JsonObject;
}

type ConfigDeps = Pick<Deps, 'accounts' | 'provider'>;

/** Reaches no provider. Refuses with PROVIDER_ACCOUNT_NOT_FOUND or PROVIDER_ACCOUNT_DISABLED. */
export async function readBaseConfig(deps: ConfigDeps, scope: MerchantScope, by: AccountSelector): Promise<Result<BaseConfig>> {
  const found = await deps.accounts.find(scope, by);
  return found.ok ? ok(toBaseConfig(deps, found.value)) : found;
}

/** The same for a session that exists, whose account may be disabled by now. */
export async function readBaseConfigOf(
  deps: ConfigDeps,
  session: MerchantScope & { readonly providerAccountId: string },
): Promise<BaseConfig> {
  return toBaseConfig(deps, await deps.accounts.get(session, session.providerAccountId));
}

function toBaseConfig(deps: ConfigDeps, account: ProviderAccount): BaseConfig {
  const provider = deps.provider(account.provider);
  return {
    transactionProviderId: account.id,
    transactionProvider: account.provider,
    environment: account.environment,
    sessionKinds: provider.capabilities.sessionKinds,
    config: provider.baseConfig(account),
  };
}
