import { refusal } from '../kernel/refusal.ts';
import type { ProviderAccount, ProviderName } from '../providers/provider.ts';

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

/** Where an account leads: to the vendor itself, or to another host. */
export type Reach = Pick<ProviderAccount, 'provider' | 'baseUrl'>;

/** Kept among the credentials, so that the webhook's address can be shown again. */
export const PATH_SECRET = 'webhookPathSecret';

/** Where the provider sends its webhooks for this account. Its last part is a secret. */
export function webhookPathOf(account: ProviderAccount): string {
  return `/webhooks/${account.provider.toLowerCase()}/${account.credentials[PATH_SECRET]}`;
}

/** What people may see of an account: no credential, but where its webhooks come in. */
export type ShownAccount = Omit<AccountRecord, 'credentials'> & { readonly webhookUrl: string };

export function showAccount(publicUrl: string, { credentials, ...account }: AccountRecord): ShownAccount {
  return { ...account, webhookUrl: `${publicUrl}${webhookPathOf({ ...account, credentials })}` };
}

export function noSuchAccount(accountId: string) {
  const message = `This merchant has no provider account ${accountId}. List its accounts to see their ids.`;
  return refusal('PROVIDER_ACCOUNT_NOT_FOUND', message);
}
