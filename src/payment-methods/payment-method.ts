import type { CardSummary, Contact, ProviderName, StoredMethod } from '../providers/provider.ts';

export const PAYMENT_METHOD_STATUSES = ['ENABLED', 'DISABLED', 'EXPIRED'] as const;
/** DISABLED: detached by the merchant. EXPIRED: past the card's last month. */
export type PaymentMethodStatus = (typeof PAYMENT_METHOD_STATUSES)[number];

/** A card that a provider keeps for a customer, to be charged later through the account that stored it. */
export interface PaymentMethod {
  readonly id: string;
  readonly customerId: string;
  readonly providerAccountId: string;
  readonly provider: ProviderName;
  readonly status: PaymentMethodStatus;
  /** Null once the customer was erased. */
  readonly card: CardSummary | null;
  readonly billing: Contact | null;
  readonly stored: StoredMethod;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A card can be charged through the last day of its month (UTC). */
export function isCardExpired(card: Pick<CardSummary, 'expMonth' | 'expYear'>, now: Date): boolean {
  const monthNow = now.getUTCFullYear() * 12 + now.getUTCMonth();
  return card.expYear * 12 + card.expMonth - 1 < monthNow;
}
