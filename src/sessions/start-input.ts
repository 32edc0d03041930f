import type { Dialect } from '../kernel/dialect.ts';
import type { AccountSelector } from '../operations/deps.ts';
import type { Contact, SessionKind } from '../providers/provider.ts';
import type { Device, Payer } from './session.ts';

/** What a start was asked for, parsed and within the bounds that hold for every provider. */
export interface StartInput {
  readonly kind: SessionKind;
  readonly account: AccountSelector;
  readonly dialect: Dialect;
  readonly data: StartData;
}

export interface StartData {
  /** 1 to 255 characters; unique among the merchant's starts and charges of its environment. */
  readonly merchantInternalTransactionCode: string;
  /** 1n to 2^63 - 1; 0n when a payment method is only stored. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Always true when a payment method is only stored. */
  readonly storePaymentMethod: boolean;
  readonly billing: Contact;
  readonly shipping: Contact | null;
  readonly user: Payer | null;
  readonly device: Device | null;
  readonly merchantInternalCustomerCode: string | null;
  /** Where the checkout page leads back to; its origin is on the merchant's list. */
  readonly returnUrl: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
  /** Null for the gateway's session life. */
  readonly expiresAt: Date | null;
  /** 1 to 20 declined attempts. */
  readonly attemptsMax: number;
}
