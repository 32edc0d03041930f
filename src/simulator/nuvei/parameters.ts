import { z } from 'zod';
import { ok, type Result, refused } from '../../kernel/result.ts';
import { fail, type NuveiBody } from './errors.ts';

/**
 * What each call takes. Lengths are those of the official SDKs' schemas (read 2026-11). Fields that nothing here acts on pass: Nuvei
 * is not known to refuse an unknown one. Kinder than Nuvei: an address with country and email is not demanded of a payment, and the
 * age of a time stamp is not looked at.
 */

const text = (max: number) => z.string().min(1).max(max);
const merchant = { merchantId: text(20), merchantSiteId: text(20) };
const signed = { ...merchant, timeStamp: z.string().regex(/^\d{14}$/), checksum: z.string().regex(/^[0-9a-f]{64}$/) };
const requestId = { clientRequestId: text(255).optional() };
const uniqueId = { clientUniqueId: text(45).optional() };
const url = text(1000);
const urlDetails = z
  .looseObject({
    notificationUrl: url.optional(),
    successUrl: url.optional(),
    failureUrl: url.optional(),
    pendingUrl: url.optional(),
  })
  .optional();
const address = z
  .looseObject({
    firstName: text(30).optional(),
    lastName: text(40).optional(),
    email: text(100).optional(),
    phone: text(18).optional(),
    address: text(60).optional(),
    city: text(30).optional(),
    zip: text(10).optional(),
    state: text(2).optional(),
    country: z.string().length(2).optional(),
  })
  .optional();
const flag = z.enum(['0', '1']).optional();
const money = { amount: text(12), currency: z.string().length(3) };
const person = { userTokenId: text(255).optional(), billingAddress: address, shippingAddress: address };
const move = {
  ...signed,
  ...requestId,
  ...uniqueId,
  relatedTransactionId: text(20),
  authCode: text(10).optional(),
  comment: text(255).optional(),
  urlDetails,
};
/** The browser's SDK sends a card, a server a stored option; both by the same call. */
const typedCard = z.looseObject({
  cardNumber: text(64),
  cardHolderName: text(70).optional(),
  expirationMonth: text(2),
  expirationYear: text(4),
  CVV: z.string().max(4),
  /** What the issuer's page needs to send the browser back. */
  threeD: z.looseObject({ notificationURL: z.string().max(1_000).optional() }).optional(),
});

export const PARAMETERS = {
  openOrder: z.looseObject({
    ...signed,
    ...requestId,
    ...uniqueId,
    ...money,
    ...person,
    transactionType: z.enum(['Sale', 'Auth', 'PreAuth']).default('Sale'),
    sessionCardDeclineLimit: z.union([z.string().regex(/^\d{1,2}$/), z.int().min(0).max(99)]).optional(),
    preventOverride: flag,
    urlDetails,
  }),
  getSessionToken: z.looseObject({ ...signed, ...requestId }),
  payment: z.looseObject({
    ...merchant,
    sessionToken: text(36),
    timeStamp: z.string().optional(),
    checksum: z.string().optional(),
    ...requestId,
    ...uniqueId,
    amount: text(12).optional(),
    currency: z.string().length(3).optional(),
    ...person,
    transactionType: z.enum(['Sale', 'Auth']).optional(),
    savePM: z.union([z.boolean(), z.enum(['true', 'false'])]).optional(),
    isRebilling: flag,
    relatedTransactionId: text(20).optional(),
    paymentOption: z.looseObject({ card: typedCard.optional(), userPaymentOptionId: z.union([text(45), z.int()]).optional() }),
    urlDetails,
  }),
  getPaymentStatus: z.looseObject({
    sessionToken: text(36),
    merchantId: text(20).optional(),
    merchantSiteId: text(20).optional(),
  }),
  getTransactionDetails: z.looseObject({ ...signed, transactionId: text(20).optional(), ...uniqueId }),
  settleTransaction: z.looseObject({
    ...move,
    ...money,
    descriptorMerchantName: text(25).optional(),
    descriptorMerchantPhone: text(13).optional(),
  }),
  refundTransaction: z.looseObject({ ...move, ...money }),
  voidTransaction: z.looseObject({ ...move, amount: text(12).optional(), currency: z.string().length(3).optional() }),
  getUserUPOs: z.looseObject({ ...signed, ...requestId, userTokenId: text(255) }),
  deleteUPO: z.looseObject({
    ...signed,
    ...requestId,
    userTokenId: text(255),
    userPaymentOptionId: z.union([text(45), z.int()]),
  }),
} as const;

export type MethodName = keyof typeof PARAMETERS;
export type Parameters<Name extends MethodName> = z.output<(typeof PARAMETERS)[Name]>;

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(PARAMETERS, name);
}

export function readParameters(method: MethodName, body: unknown): Result<unknown, NuveiBody> {
  const parsed = PARAMETERS[method].safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return refused(fail('validation', issue?.path.join('.') ?? 'body'));
}
