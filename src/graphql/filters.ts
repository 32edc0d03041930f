import { z } from 'zod';
import { code } from '../endpoint/text-rules.ts';

const CHOICES_MAX = 200;
const AMOUNT_MAX = 2n ** 63n - 1n;

const choices = z.array(z.unknown()).max(CHOICES_MAX, `At most ${CHOICES_MAX} values can be named.`).nullish();
const amountBound = z.bigint().min(0n, 'An amount is 0 or more.').max(AMOUNT_MAX, 'An amount is at most 2^63−1.').nullish();

/** What every filter may hold: lists of choices, bounds and codes. */
export const filterSchema = z
  .looseObject({
    statuses: choices,
    kinds: choices,
    actions: choices,
    transactionProviders: choices,
    currencies: choices,
    merchantTransactionProviderId: code.nullish(),
    amountMin: amountBound,
    amountMax: amountBound,
    createdFrom: z.date().nullish(),
    createdBefore: z.date().nullish(),
    merchantInternalTransactionCode: code.nullish(),
    merchantInternalCustomerCode: code.nullish(),
    clientSessionId: code.nullish(),
    relatedTransactionId: code.nullish(),
    paymentMethodId: code.nullish(),
    customerId: code.nullish(),
    search: code.nullish(),
  })
  .nullish();
