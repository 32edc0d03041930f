import { type FailureCategory, ProviderFailure } from '../provider.ts';
import type { NuveiMethod } from './checksum.ts';

/**
 * What a call may do. `read`: nothing. `harmless`: it changes something that moves no money, such as opening an order.
 * `money`: it may move money, so that a refusal which is not understood counts as a lost answer.
 */
export type Intent = 'read' | 'harmless' | 'money';

const UNREAD: Readonly<Record<Intent, FailureCategory>> = {
  read: 'UNAVAILABLE',
  harmless: 'UNKNOWN_OUTCOME',
  money: 'UNKNOWN_OUTCOME',
};

const UNKNOWN_CODE: Readonly<Record<Intent, FailureCategory>> = {
  read: 'INVALID_REQUEST',
  harmless: 'INVALID_REQUEST',
  money: 'UNKNOWN_OUTCOME',
};

/** The category of an answer that never came or cannot be read. */
export function unreadCategory(intent: Intent): FailureCategory {
  return UNREAD[intent];
}

/** Answers to the question how a session stands: nothing was paid in it yet; its token is over, or no good. Source as below. */
export const NO_PAYMENT_CODE = 1140;
export const ENDED_SESSION_CODES: readonly number[] = [1061, 1064, 1065, 1069];

/**
 * `errCode` of a refused call (Nuvei, "Response handling" of REST 1.0, read 2026-11; 9146 from test runs that others have
 * published). 1000 and 1038 are missing: they are troubles on Nuvei's side that say nothing of what was done.
 */
const CATEGORIES: Readonly<Record<number, FailureCategory>> = {
  1001: 'PROVIDER_AUTH', // checksum
  1004: 'INVALID_REQUEST', // card data
  1007: 'INVALID_REQUEST', // name on card
  1010: 'NOT_FOUND', // user token
  1011: 'NOT_FOUND', // stored method
  1013: 'PROVIDER_AUTH', // merchant id
  1014: 'INVALID_REQUEST', // country
  1019: 'INVALID_REQUEST', // validation
  1021: 'PROVIDER_AUTH', // time stamp
  1022: 'PROVIDER_AUTH', // site id
  1023: 'NOT_FOUND', // stored method not enabled
  1024: 'NOT_FOUND', // too many stored methods
  1028: 'INVALID_REQUEST', // card issuer
  1029: 'INVALID_REQUEST', // expiry
  1040: 'INVALID_REQUEST', // amount
  1041: 'INVALID_REQUEST', // currency
  1055: 'NOT_FOUND', // stored method not valid
  1056: 'PROVIDER_AUTH', // user management is off for the site
  1057: 'CONFLICT', // order id
  1058: 'CONFLICT', // not possible on this order
  1059: 'INVALID_REQUEST', // payment data ambiguous
  1060: 'INVALID_REQUEST', // payment data missing
  1061: 'INVALID_REQUEST', // card token
  1062: 'INVALID_REQUEST', // CVV
  1063: 'INVALID_REQUEST', // totals
  1064: 'CONFLICT', // session token
  1065: 'INVALID_REQUEST', // token
  1066: 'INVALID_REQUEST', // request
  1067: 'INVALID_REQUEST', // transaction type
  1068: 'PROVIDER_AUTH', // payment method not enabled for the site
  1069: 'CONFLICT', // session expired
  1070: 'INVALID_REQUEST', // currency not supported
  9146: 'NOT_FOUND', // no such transaction
};

const TROUBLE_CODES: readonly number[] = [1000, 1038];

/** As ActiveMerchant's tests have the words (read 2026-11); no errCode of it is documented. */
const DUPLICATE = /another transaction with this clientRequestId/i;
const NO_SUCH_TRANSACTION = /no transaction|transaction not found/i;

export interface Refusal {
  readonly method: NuveiMethod;
  readonly intent: Intent;
  readonly errCode: number;
  readonly reason: string;
}

/** Nuvei's reason may repeat what was sent, so it is looked at and never passed on. */
export function toFailure({ method, intent, errCode, reason }: Refusal): ProviderFailure {
  if (DUPLICATE.test(reason)) {
    // The first call under this id may have had its effect: whoever asks must look it up.
    const message = `Nuvei has seen this ${method} before and does not tell what became of it.`;
    return new ProviderFailure('UNKNOWN_OUTCOME', message, 'duplicate');
  }
  const message = `Nuvei refused ${method} with code ${errCode}.`;
  return new ProviderFailure(categoryOf({ intent, errCode, reason }), message, errCode.toString());
}

function categoryOf({ intent, errCode, reason }: Omit<Refusal, 'method'>): FailureCategory {
  if (TROUBLE_CODES.includes(errCode)) return UNREAD[intent];
  const known = CATEGORIES[errCode];
  if (known !== undefined) return known;
  return intent === 'read' && NO_SUCH_TRANSACTION.test(reason) ? 'NOT_FOUND' : UNKNOWN_CODE[intent];
}
