import { z } from 'zod';
import type { StartData } from '../sessions/start-input.ts';
import {
  type BillingInputShape,
  billingSchema,
  type ShippingInputShape,
  shippingSchema,
  toContact,
  toPayer,
  type UserInputShape,
  userSchema,
} from './contact-input.ts';
import { type DeviceInputShape, deviceSchema, toDevice } from './device-input.ts';
import * as rules from './text-rules.ts';

const DESCRIPTION_LENGTH_MAX = 1_000;
export const ATTEMPTS_MAX_DEFAULT = 5;
export const ATTEMPTS_MAX_LIMIT = 20;

type Optional<T> = T | null | undefined;

/** What every start is asked with; a dialect that has no such field leaves the optional ones out. */
export interface CommonStartShape {
  merchantInternalTransactionCode: string;
  currency: string;
  billing: BillingInputShape;
  customer?: Optional<{ merchantInternalCustomerCode?: Optional<string> }>;
  shipping?: Optional<ShippingInputShape>;
  user?: Optional<UserInputShape>;
  device?: Optional<DeviceInputShape>;
  returnUrl?: Optional<string>;
  metadata?: Optional<Record<string, unknown>>;
  description?: Optional<string>;
  expiresAt?: Optional<Date>;
  attemptsMax?: Optional<number>;
}

export interface MoneyStartShape extends CommonStartShape {
  amount: bigint;
  storePaymentMethod: boolean;
}

const commonShape = {
  merchantInternalTransactionCode: rules.code,
  billing: billingSchema,
  customer: z.looseObject({ merchantInternalCustomerCode: rules.code.nullish() }).nullish(),
  shipping: shippingSchema.nullish(),
  user: userSchema.nullish(),
  device: deviceSchema.nullish(),
  returnUrl: rules.optional(rules.webAddress),
  metadata: rules.metadata.nullish(),
  description: rules.optional(rules.cardFreeText(DESCRIPTION_LENGTH_MAX)),
  attemptsMax: z
    .number()
    .min(1, 'At least one attempt is allowed.')
    .max(ATTEMPTS_MAX_LIMIT, `At most ${ATTEMPTS_MAX_LIMIT} attempts are allowed.`)
    .nullish(),
};
export const startSchema = z.looseObject(commonShape);
export const moneyStartSchema = z.looseObject({ ...commonShape, amount: rules.amount });

/** @param purpose what the session is for: an amount to pay or hold, or nothing but storing the method */
export function toStartData(data: CommonStartShape, purpose: Pick<StartData, 'amountMinor' | 'storePaymentMethod'>): StartData {
  return {
    merchantInternalTransactionCode: data.merchantInternalTransactionCode,
    ...purpose,
    currency: data.currency,
    billing: toContact('billing', data.billing),
    shipping: data.shipping ? toContact('shipping', data.shipping) : null,
    user: data.user ? toPayer(data.user) : null,
    device: data.device ? toDevice(data.device) : null,
    merchantInternalCustomerCode: data.customer?.merchantInternalCustomerCode ?? null,
    returnUrl: normalized(data.returnUrl),
    metadata: (data.metadata ?? {}) as Record<string, string>,
    description: rules.given(data.description),
    expiresAt: data.expiresAt ?? null,
    attemptsMax: data.attemptsMax ?? ATTEMPTS_MAX_DEFAULT,
  };
}

/** Two spellings of one address are one address, also when a start is repeated. */
function normalized(returnUrl: Optional<string>): string | null {
  const given = rules.given(returnUrl);
  return given === null ? null : rules.normalizeWebAddress(given);
}

export function toMoneyData(data: MoneyStartShape): StartData {
  return toStartData(data, { amountMinor: data.amount, storePaymentMethod: data.storePaymentMethod });
}
