import { violatedUnique } from '../database/violation.ts';
import { isId, newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import { findCredentialProblem, makeSamples } from '../providers/credentials.ts';
import { forgetAccounts } from './caches.ts';
import type { Deps } from './deps.ts';
import { findAccountOf } from './find-account.ts';
import { type AccountRecord, type NewAccount, noSuchAccount, PATH_SECRET } from './provider-account.ts';
import { insertAccount, readDefaultAccount, releaseDefault, saveCredentials, saveDisabled } from './store.ts';

type AccountDeps = Pick<Deps, 'database' | 'clock' | 'vault' | 'caches'>;

/**
 * Adds an account; the first one of its provider, and the first after the default one was disabled, becomes the default. Refuses LIVE on the
 * embedded database, LIVE of what exists for tests only, and credentials that are missing or unknown.
 */
export async function addProviderAccount(
  deps: AccountDeps & Pick<Deps, 'provider'>,
  scope: MerchantScope,
  input: NewAccount,
): Promise<Result<AccountRecord>> {
  const problem = refuseAccount(deps, scope, input) ?? refuseCredentials(deps, scope, input);
  if (problem !== null) return refused(refusal('BAD_USER_INPUT', problem));
  const createdAt = deps.clock.now();
  const webhookPathSecret = newSecret('whp_');
  const draft = { ...scope, ...input, id: newId(createdAt), status: 'ENABLED' as const, createdAt };
  const credentials = {
    ...makeSamples(deps.provider(input.provider).descriptor, 'made-here'),
    ...input.credentials,
    [PATH_SECRET]: webhookPathSecret,
  };
  const add = (): Promise<AccountRecord> =>
    deps.database.inTransaction(async (tx) => {
      await releaseDefault(tx, scope, input.provider);
      const isDefault = (await readDefaultAccount(tx, scope, { provider: input.provider, vault: deps.vault })) === null;
      const account = { ...draft, credentials, isDefault };
      await insertAccount(tx, account, { vault: deps.vault, webhookPathSecret });
      return account;
    });
  const account = await add().catch((error: unknown) => {
    // Another account became the default between the look and the write.
    if (violatedUnique(error) === 'provider_accounts_one_default') return add();
    throw error;
  });
  forgetAccounts(deps.caches);
  return ok(account);
}

/**
 * Replaces the given credentials and, where given, the base URL of an account; the others stay, and so does its webhook address.
 * Calls that are under way end with the old ones. Other gateways follow within five seconds. Refuses what `addProviderAccount` refuses.
 */
export async function changeProviderAccount(
  deps: AccountDeps & Pick<Deps, 'provider'>,
  merchantId: string,
  change: { accountId: string; baseUrl?: string | undefined; credentials: Readonly<Record<string, string>> },
): Promise<Result<AccountRecord>> {
  const { client } = deps.database;
  const known = await findAccountOf(deps, { merchantId }, change.accountId);
  if (known === null) return refused(noSuchAccount(change.accountId));
  const { [PATH_SECRET]: pathSecret = '', ...before } = known.credentials;
  const credentials = { ...before, ...change.credentials };
  const account = { ...known, credentials, baseUrl: change.baseUrl ?? known.baseUrl };
  const problem = refuseAccount(deps, known, account) ?? refuseCredentials(deps, known, account);
  if (problem !== null) return refused(refusal('BAD_USER_INPUT', problem));
  const changed = { ...account, credentials: { ...credentials, [PATH_SECRET]: pathSecret } };
  await saveCredentials(client, changed, { vault: deps.vault, at: deps.clock.now() });
  forgetAccounts(deps.caches);
  return ok(changed);
}

/** Lets the account begin nothing new. What it began goes on: verifying, settling, refunding, webhooks. */
export async function disableProviderAccount(
  deps: Pick<Deps, 'database' | 'clock' | 'caches'>,
  merchantId: string,
  accountId: string,
): Promise<Result<{ accountId: string }>> {
  const disabled = { accountId, at: deps.clock.now() };
  const isKnown = isId(accountId) && (await saveDisabled(deps.database.client, merchantId, disabled));
  forgetAccounts(deps.caches);
  if (isKnown) return ok({ accountId });
  return refused(noSuchAccount(accountId));
}

function refuseAccount(deps: Pick<Deps, 'database' | 'provider'>, scope: MerchantScope, input: NewAccount): string | null {
  const isLive = scope.environment === 'LIVE';
  if (isLive && deps.provider(input.provider).descriptor.isTestOnly)
    return `${input.provider} moves no real money and exists in TEST only.`;
  if (isLive && input.baseUrl !== null) return 'A changed base URL is for TEST accounts only: LIVE goes to the vendor itself.';
  if (isLive && deps.database.isEmbedded) return 'LIVE accounts need a PostgreSQL server: set DATABASE_URL and start again.';
  return null;
}

function refuseCredentials(deps: Pick<Deps, 'provider'>, scope: MerchantScope, input: NewAccount): string | null {
  const { descriptor } = deps.provider(input.provider);
  const known = Object.entries(descriptor.credentials);
  const missing = known.filter(([name, { form }]) => form !== null && !input.credentials[name]).map(([name]) => name);
  if (missing.length > 0) return `${input.provider} needs these credentials too: ${missing.join(', ')}.`;
  const unknown = Object.keys(input.credentials).filter((name) => !(name in descriptor.credentials));
  if (unknown.length > 0) return `${input.provider} has no credentials of these names: ${unknown.join(', ')}.`;
  return findCredentialProblem(descriptor, scope.environment, input.credentials);
}
