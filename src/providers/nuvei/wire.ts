import { z } from 'zod';

/**
 * Nuvei's answers (REST 1.0: documentation, official SDKs and recorded answers, read 2026-11), as far as this adapter reads
 * them. Everything is optional there: what a caller needs, it checks itself. Empty text stands for absence.
 */

/** A whole number beyond 2^53 has lost digits on its way through JSON. */
const isExact = (value: number): boolean => !Number.isInteger(value) || Number.isSafeInteger(value);

const text = z
  .union([z.string(), z.number().refine(isExact).transform(String)])
  .nullish()
  .transform((value) => (value === undefined || value === '' ? null : value));

const code = z
  .union([
    z.number().int(),
    z
      .string()
      .regex(/^(-?\d+)?$/)
      .transform(Number),
  ])
  .nullish()
  .transform((value) => value ?? 0);

const cardSchema = z.object({
  last4Digits: text,
  ccCardNumber: text,
  ccExpMonth: text,
  ccExpYear: text,
  cardBrand: text,
  threeD: z.object({ acsUrl: text }).nullish(),
});

const optionSchema = z.object({ userPaymentOptionId: text, card: cardSchema.nullish() });

/** The part that tells of a transaction: at the top of most answers, in `transactionDetails` of getTransactionDetails. */
const transactionFields = {
  transactionId: text,
  transactionType: text,
  transactionStatus: text,
  relatedTransactionId: text,
  clientUniqueId: text,
  amount: text,
  currency: text,
  processedAmount: text,
  processedCurrency: text,
  gwErrorCode: code,
  gwErrorReason: text,
  gwExtendedErrorCode: code,
  issuerDeclineCode: text,
  merchantAdviceCode: text,
};

export const answerSchema = z.object({
  status: z.string(),
  errCode: code,
  reason: text,
  sessionToken: text,
  orderId: text,
  userTokenId: text,
  ...transactionFields,
  transactionDetails: z.object(transactionFields).nullish(),
  paymentOption: optionSchema.nullish(),
  userPaymentOption: optionSchema.nullish(),
  paymentMethods: z.array(z.object({ userPaymentOptionId: text, upoStatus: text })).nullish(),
});
export type NuveiAnswer = z.output<typeof answerSchema>;

/** One transaction, wherever in an answer it was told. */
export type NuveiTransaction = ReturnType<typeof toTransaction>;

export function toTransaction(answer: NuveiAnswer) {
  const inner = answer.transactionDetails ?? answer;
  const option = answer.paymentOption ?? answer.userPaymentOption ?? null;
  return {
    id: inner.transactionId ?? answer.transactionId,
    type: inner.transactionType ?? answer.transactionType,
    status: inner.transactionStatus ?? answer.transactionStatus,
    relatedId: inner.relatedTransactionId ?? answer.relatedTransactionId,
    clientUniqueId: inner.clientUniqueId ?? answer.clientUniqueId,
    amount: inner.processedAmount ?? inner.amount ?? answer.amount,
    currency: inner.processedCurrency ?? inner.currency ?? answer.currency,
    gwErrorCode: inner.gwErrorCode,
    gwExtendedErrorCode: inner.gwExtendedErrorCode,
    gwErrorReason: inner.gwErrorReason,
    issuerDeclineCode: inner.issuerDeclineCode,
    merchantAdviceCode: inner.merchantAdviceCode ?? answer.merchantAdviceCode,
    optionId: option?.userPaymentOptionId ?? null,
    card: option?.card ?? null,
    challengeUrl: option?.card?.threeD?.acsUrl ?? null,
  };
}
