import type { Database } from '../database/database.ts';
import { violatedUnique } from '../database/violation.ts';
import type { Clock } from '../kernel/clock.ts';
import { isId, newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import type { Deps, ProviderAccounts } from '../operations/deps.ts';
import type { ProviderAccount, ProviderName } from '../providers/provider.ts';
import { type Cache, createCache } from './cache.ts';
import {
  insertAccount,
  type Owner,
  readAccount,
  readAccountByWebhook,
  readAccounts,
  readDefaultAccount,
  readExampleAccount,
  readReaches,
  readSealedSample,
  releaseDefault,
  saveCredentials,
  saveDisabled,
} from './store.ts';

/** A provider account as it is kept, its credentials open. */
export interface AccountRecord extends ProviderAccount {
  readonly label: string;
  readonly status: 'ENABLED' | 'DISABLED';
  /** The one that is meant where only the provider is named. At most one of each provider, merchant and side. */
  readonly isDefault: boolean;
  readonly createdAt: Date;
}

export interface NewAccount {
  readonly provider: ProviderName;
  readonly label: string;
  /** Another host than the vendor's own; TEST only. */
  readonly baseUrl: string | null;
  readonly credentials: Readonly<Record<string, string>>;
}

export interface WebhookAccounts {
  /** The account whose webhook path ends in the secret, disabled ones included: what they began goes on. */
  findByWebhookSecret(pathSecret: string): Promise<ProviderAccount | null>;
  /** For the built-in bank, which knows its accounts by their id alone, as any bank would. */
  findOfBank(accountId: string): Promise<ProviderAccount | null>;
}

/** Where an account leads: to the vendor itself, or to another host. */
export type Reach = Pick<ProviderAccount, 'provider' | 'baseUrl'>;

export interface Reaches {
  /** Where the merchant's enabled accounts lead, of both sides: a browser that pays may have to go there too. */
  reaches(merchantId: string): Promise<readonly Reach[]>;
}

/** Everything that asks for accounts asks here. */
export type AccountDirectory = ProviderAccounts & WebhookAccounts & Reaches;

type AccountDeps = Pick<Deps, 'database' | 'clock' | 'vault'>;

export const ACCOUNTS_LISTED_MAX = 1_000;
/** Kept among the credentials, so that the webhook's address can be shown again. */
const PATH_SECRET = 'webhookPathSecret';
const CACHE_LIFE_MS = 5_000;

/** The accounts as operations see them, remembered for five seconds; a change by this process is seen at once. */
export function createProviderAccounts(deps: AccountDeps & { isServed: (provider: ProviderName) => boolean }): AccountDirectory {
  const { client } = deps.database;
  const cache = cacheOf(deps);
  const byId = (scope: MerchantScope, id: string): Promise<AccountRecord | null> =>
    isId(id)
      ? cache.get(`${scope.merchantId} ${scope.environment} ${id}`, () => readAccount(client, scope, { id, vault: deps.vault }))
      : Promise.resolve(null);
  const byProvider = (scope: MerchantScope, provider: ProviderName): Promise<AccountRecord | null> =>
    cache.get(`${scope.merchantId} ${scope.environment} ${provider}`, () =>
      readDefaultAccount(client, scope, { provider, vault: deps.vault }),
    );
  return {
    async find(scope, by) {
      const isById = 'merchantTransactionProviderId' in by;
      const account = await (isById ? byId(scope, by.merchantTransactionProviderId) : byProvider(scope, by.transactionProvider));
      const name = isById ? by.merchantTransactionProviderId : by.transactionProvider;
      if (account === null) {
        return refused(
          refusal(
            'PROVIDER_ACCOUNT_NOT_FOUND',
            `There is no ${scope.environment} provider account for ${name}. Add one, or name another.`,
          ),
        );
      }
      if (!deps.isServed(account.provider)) {
        return refused(refusal('PROVIDER_ACCOUNT_DISABLED', `This gateway starts nothing new through ${account.provider}.`));
      }
      if (account.status === 'ENABLED') return ok(account);
      return refused(
        refusal('PROVIDER_ACCOUNT_DISABLED', `Provider account ${account.id} is disabled. Name another one, or add one.`),
      );
    },
    async get(scope, accountId) {
      const account = await byId(scope, accountId);
      if (account === null) throw new Error(`Provider account ${accountId} of merchant ${scope.merchantId} is missing.`);
      return account;
    },
    findByWebhookSecret: (pathSecret) => readAccountByWebhook(client, { pathSecret, vault: deps.vault }),
    findOfBank: (accountId) => readExampleAccount(client, { id: accountId, vault: deps.vault }),
    async reaches(merchantId) {
      return (await reachCacheOf(deps).get(merchantId, () => readReaches(client, merchantId))) ?? [];
    },
  };
}

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
  const credentials = { ...madeCredentials(input.provider), ...input.credentials, [PATH_SECRET]: webhookPathSecret };
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
  cacheOf(deps).clear();
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
  cacheOf(deps).clear();
  return ok(changed);
}

/** Of both sides, or of the one that is given; oldest first, at most ACCOUNTS_LISTED_MAX. */
export async function listProviderAccounts(
  deps: Pick<Deps, 'database' | 'vault'>,
  owner: Owner,
): Promise<readonly AccountRecord[]> {
  return readAccounts(deps.database.client, owner, { vault: deps.vault, countMax: ACCOUNTS_LISTED_MAX });
}

/** Disabled or not. Null when the merchant has no such account, or not on the side that is given. */
export async function findAccountOf(
  deps: Pick<Deps, 'database' | 'vault'>,
  owner: Owner,
  accountId: string,
): Promise<AccountRecord | null> {
  return isId(accountId) ? readAccount(deps.database.client, owner, { id: accountId, vault: deps.vault }) : null;
}

/** Of one side only, without anything that must not be shown: no credential, but where its webhooks come in. */
export async function readShownAccounts(
  deps: Pick<Deps, 'database' | 'vault' | 'settings'>,
  scope: MerchantScope,
): Promise<readonly ShownAccount[]> {
  return (await listProviderAccounts(deps, scope)).map((account) => showAccount(deps, account));
}

export type ShownAccount = Omit<AccountRecord, 'credentials'> & { readonly webhookUrl: string };

export function showAccount({ settings }: Pick<Deps, 'settings'>, { credentials, ...account }: AccountRecord): ShownAccount {
  return { ...account, webhookUrl: `${settings.publicUrl}${webhookPathOf({ ...account, credentials })}` };
}

/** Lets the account begin nothing new. What it began goes on: verifying, settling, refunding, webhooks. */
export async function disableProviderAccount(
  deps: AccountDeps,
  merchantId: string,
  accountId: string,
): Promise<Result<{ accountId: string }>> {
  const disabled = { accountId, at: deps.clock.now() };
  const isKnown = isId(accountId) && (await saveDisabled(deps.database.client, merchantId, disabled));
  cacheOf(deps).clear();
  if (isKnown) return ok({ accountId });
  return refused(noSuchAccount(accountId));
}

export function noSuchAccount(accountId: string) {
  const message = `This merchant has no provider account ${accountId}. List its accounts to see their ids.`;
  return refusal('PROVIDER_ACCOUNT_NOT_FOUND', message);
}

/** Whether the vault has the key that the database was sealed with. True while there is nothing sealed yet. */
export async function hasRightKey(deps: Pick<Deps, 'database' | 'vault'>): Promise<boolean> {
  const sealed = await readSealedSample(deps.database.client);
  if (sealed === null) return true;
  try {
    deps.vault.open(sealed);
    return true;
  } catch {
    return false;
  }
}

/** Where the provider sends its webhooks for this account. Its last part is a secret. */
export function webhookPathOf(account: ProviderAccount): string {
  return `/webhooks/${account.provider.toLowerCase()}/${account.credentials[PATH_SECRET]}`;
}

function refuseAccount(deps: Pick<Deps, 'database' | 'provider'>, scope: MerchantScope, input: NewAccount): string | null {
  const provider = deps.provider(input.provider);
  const isLive = scope.environment === 'LIVE';
  if (isLive && provider.isTestOnly) return `${input.provider} moves no real money and exists in TEST only.`;
  if (isLive && input.baseUrl !== null) return 'A changed base URL is for TEST accounts only: LIVE goes to the vendor itself.';
  if (isLive && deps.database.isEmbedded) return 'LIVE accounts need a PostgreSQL server: set DATABASE_URL and start again.';
  return null;
}

function refuseCredentials(deps: Pick<Deps, 'provider'>, scope: MerchantScope, input: NewAccount): string | null {
  const provider = deps.provider(input.provider);
  const made = Object.keys(madeCredentials(input.provider));
  const missing = provider.credentialNames.filter((name) => !made.includes(name) && !input.credentials[name]);
  if (missing.length > 0) return `${input.provider} needs these credentials too: ${missing.join(', ')}.`;
  const unknown = Object.keys(input.credentials).filter((name) => !provider.credentialNames.includes(name));
  if (unknown.length > 0) return `${input.provider} has no credentials of these names: ${unknown.join(', ')}.`;
  return provider.checkCredentials(scope.environment, input.credentials);
}

/** EXAMPLE's bank is our own, so its signing secret is made here instead of being copied from a vendor's pages. */
function madeCredentials(provider: ProviderName): Readonly<Record<string, string>> {
  return provider === 'EXAMPLE' ? { webhookSecret: newSecret('whsec_') } : {};
}

interface CacheDeps {
  readonly database: Database;
  readonly clock: Clock;
}

const caches = new WeakMap<Database, Cache<AccountRecord>>();
const reachCaches = new WeakMap<Database, Cache<readonly Reach[]>>();

/** What is forgotten of the accounts is forgotten of what was gathered from them. */
function cacheOf(deps: CacheDeps): Cache<AccountRecord> {
  const known = caches.get(deps.database);
  if (known !== undefined) return known;
  const accounts = createCache<AccountRecord>(deps.clock, CACHE_LIFE_MS);
  const cache = {
    get: accounts.get,
    clear() {
      accounts.clear();
      reachCacheOf(deps).clear();
    },
  };
  caches.set(deps.database, cache);
  return cache;
}

function reachCacheOf(deps: CacheDeps): Cache<readonly Reach[]> {
  const known = reachCaches.get(deps.database);
  if (known !== undefined) return known;
  const cache = createCache<readonly Reach[]>(deps.clock, CACHE_LIFE_MS);
  reachCaches.set(deps.database, cache);
  return cache;
}
