import type { JsonObject } from '../kernel/json.ts';
import { ok, type Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { AccountSelector, Deps } from '../operations/deps.ts';
import type { Environment, ProviderName, SessionKind } from '../providers/provider.ts';

/** What a browser can know of a provider account before a session exists. Nothing of it is secret. */
export interface BaseConfig {
  readonly transactionProviderId: string;
  readonly transactionProvider: ProviderName;
  readonly environment: Environment;
  readonly sessionKinds: readonly SessionKind[];
  /** Provider-specific, for its browser SDK. */
  readonly config: JsonObject;
}

/** Reaches no provider. Refuses with PROVIDER_ACCOUNT_NOT_FOUND or PROVIDER_ACCOUNT_DISABLED. */
export async function readBaseConfig(
  deps: Pick<Deps, 'accounts' | 'provider'>,
  scope: MerchantScope,
  by: AccountSelector,
): Promise<Result<BaseConfig>> {
  const found = await deps.accounts.find(scope, by);
  if (!found.ok) return found;
  const account = found.value;
  const provider = deps.provider(account.provider);
  return ok({
    transactionProviderId: account.id,
    transactionProvider: account.provider,
    environment: account.environment,
    sessionKinds: provider.capabilities.sessionKinds,
    config: provider.baseConfig(account),
  });
}
