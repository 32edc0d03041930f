import { isId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { ProviderAccounts } from '../operations/deps.ts';
import type { ProviderAccount, ProviderName } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Owner } from './merchant.ts';
import { type AccountRecord, type Reach, type ShownAccount, showAccount } from './provider-account.ts';
import {
  readAccount,
  readAccountByWebhook,
  readAccountOfProvider,
  readAccounts,
  readDefaultAccount,
  readReaches,
} from './store.ts';

export const ACCOUNTS_LISTED_MAX = 1_000;

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
  return (await listProviderAccounts(deps, scope)).map((account) => showAccount(deps.settings.publicUrl, account));
}

/** Everything that asks for accounts asks here. */
export interface AccountDirectory extends ProviderAccounts {
  /** The account whose webhook path ends in the secret, disabled ones included: what they began goes on. */
  findByWebhookSecret(pathSecret: string): Promise<ProviderAccount | null>;
  /** For a provider in this process, which knows its accounts by their id alone, as any bank would. */
  findOfProvider(provider: ProviderName, accountId: string): Promise<ProviderAccount | null>;
  /** Where the merchant's enabled accounts lead, of both sides: a browser that pays may have to go there too. */
  reaches(merchantId: string): Promise<readonly Reach[]>;
}

/** The accounts as operations see them, remembered for five seconds; a change by this process is seen at once. */
export function createProviderAccounts(
  deps: Pick<Deps, 'database' | 'vault' | 'caches'> & { isServed: (provider: ProviderName) => boolean },
): AccountDirectory {
  const { client } = deps.database;
  const { accounts, reaches } = deps.caches;
  const byId = (scope: MerchantScope, id: string): Promise<AccountRecord | null> =>
    isId(id)
      ? accounts.get(`${scope.merchantId} ${scope.environment} ${id}`, () =>
          readAccount(client, scope, { id, vault: deps.vault }),
        )
      : Promise.resolve(null);
  const byProvider = (scope: MerchantScope, provider: ProviderName): Promise<AccountRecord | null> =>
    accounts.get(`${scope.merchantId} ${scope.environment} ${provider}`, () =>
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
    findOfProvider: (provider, id) => readAccountOfProvider(client, provider, { id, vault: deps.vault }),
    async reaches(merchantId) {
      return (await reaches.get(merchantId, () => readReaches(client, merchantId))) ?? [];
    },
  };
}
