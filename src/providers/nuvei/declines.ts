import { lookUp } from '../../kernel/look-up.ts';
import type { Decline, DeclineAdvice, DeclineReason } from '../provider.ts';
import { byWord } from '../shapes.ts';
import { plainCode, plainReason } from './words.ts';

type Meaning = readonly [DeclineReason, DeclineAdvice];

const UNKNOWN: Meaning = ['GENERIC', 'LATER'];

/**
 * The issuer's response code of ISO 8583, which Nuvei passes on as `issuerDeclineCode` where the acquirer tells it. The field
 * was seen in recorded answers (read 2026-11), the meanings are those that card processors share, from general knowledge.
 */
const BY_ISSUER_CODE = byWord<Meaning>([
  [['GENERIC', 'LATER'], '01 05'],
  [['NOT_SUPPORTED', 'NEVER'], '03 12 13 57 58'],
  [['LOST_OR_STOLEN', 'NEVER'], '04 07 36 41 43 62'],
  [['INCORRECT_DATA', 'AFTER_CORRECTION'], '14 15 82 N7'],
  [['TEMPORARY', 'LATER'], '19 91 96'],
  [['EXPIRED_CARD', 'NEVER'], '33 54'],
  [['FRAUD_SUSPECTED', 'NEVER'], '34 59 63'],
  [['DO_NOT_RETRY', 'NEVER'], '46 R0 R1 R3'],
  [['INSUFFICIENT_FUNDS', 'LATER'], '51'],
  [['LIMIT_EXCEEDED', 'LATER'], '61'],
  [['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'], '65 1A'],
]);

/**
 * `gwErrorReason` of a decline, letters only. Nuvei hands the issuer's words through and publishes no list; these are the ones
 * that its test cards and public integrations show (read 2026-11) and their usual variants. Unsure of completeness.
 */
const BY_REASON: Readonly<Record<string, Meaning>> = {
  decline: ['GENERIC', 'LATER'],
  declined: ['GENERIC', 'LATER'],
  'do not honor': ['GENERIC', 'LATER'],
  'generic decline': ['GENERIC', 'LATER'],
  'insufficient funds': ['INSUFFICIENT_FUNDS', 'LATER'],
  'not sufficient funds': ['INSUFFICIENT_FUNDS', 'LATER'],
  'expired card': ['EXPIRED_CARD', 'NEVER'],
  'lost card': ['LOST_OR_STOLEN', 'NEVER'],
  'stolen card': ['LOST_OR_STOLEN', 'NEVER'],
  'lost stolen': ['LOST_OR_STOLEN', 'NEVER'],
  'lost stolen card': ['LOST_OR_STOLEN', 'NEVER'],
  'pick up card': ['LOST_OR_STOLEN', 'NEVER'],
  'pickup card': ['LOST_OR_STOLEN', 'NEVER'],
  'restricted card': ['LOST_OR_STOLEN', 'NEVER'],
  'suspected fraud': ['FRAUD_SUSPECTED', 'NEVER'],
  fraud: ['FRAUD_SUSPECTED', 'NEVER'],
  'invalid card number': ['INCORRECT_DATA', 'AFTER_CORRECTION'],
  'incorrect cvv': ['INCORRECT_DATA', 'AFTER_CORRECTION'],
  'invalid cvv': ['INCORRECT_DATA', 'AFTER_CORRECTION'],
  'cvv mismatch': ['INCORRECT_DATA', 'AFTER_CORRECTION'],
  'authentication required': ['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'],
  'soft decline': ['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'],
  'authentication failed': ['AUTHENTICATION_FAILED', 'CUSTOMER_PRESENT'],
  'limit exceeded': ['LIMIT_EXCEEDED', 'LATER'],
  'exceeds withdrawal amount limit': ['LIMIT_EXCEEDED', 'LATER'],
  'limit exceeding amount': ['LIMIT_EXCEEDED', 'LATER'],
  'do not try again': ['DO_NOT_RETRY', 'NEVER'],
  'stop payment order': ['DO_NOT_RETRY', 'NEVER'],
  'transaction not permitted': ['NOT_SUPPORTED', 'NEVER'],
  'transaction not permitted to cardholder': ['NOT_SUPPORTED', 'NEVER'],
  'card not supported': ['NOT_SUPPORTED', 'NEVER'],
  'issuer unavailable': ['TEMPORARY', 'LATER'],
  'issuer or switch inoperative': ['TEMPORARY', 'LATER'],
  'try again later': ['TEMPORARY', 'LATER'],
};

/** Mastercard's merchant advice, which Nuvei passes on; it overrules the advice of the tables. From general knowledge. */
const ADVICE_BY_NETWORK_CODE: Readonly<Record<string, DeclineAdvice>> = { '02': 'LATER', '03': 'NEVER', '21': 'NEVER' };

export interface DeclineWords {
  readonly issuerCode: string | null;
  readonly reason: string | null;
  readonly networkAdvice: string | null;
  /** The gateway's own codes, which stand for a reason that is no plain one. */
  readonly gatewayCode: string;
}

/** A word that no table has is GENERIC. */
export function toDecline({ issuerCode, reason, networkAdvice, gatewayCode }: DeclineWords): Decline {
  const byCode = lookUp(BY_ISSUER_CODE, issuerCode?.toUpperCase());
  const [meaning, advice] = byCode ?? lookUp(BY_REASON, lettersOf(reason ?? '')) ?? UNKNOWN;
  const networkWish = lookUp(ADVICE_BY_NETWORK_CODE, networkAdvice);
  const code = plainCode(issuerCode) ?? (reason === null ? 'declined' : gatewayCode);
  return { reason: meaning, advice: networkWish ?? advice, rawCode: plainReason(reason) ?? code };
}

/** The payer must show up: the option was charged without them and the issuer asks for a challenge. */
export const CHALLENGE_WANTED: Decline = {
  reason: 'AUTHENTICATION_REQUIRED',
  advice: 'CUSTOMER_PRESENT',
  rawCode: 'REDIRECT',
};

/** The payer failed the authentication, or the issuer did not accept it. */
export function toFailedAuthentication(words: DeclineWords): Decline {
  return { ...toDecline(words), reason: 'AUTHENTICATION_FAILED', advice: 'CUSTOMER_PRESENT' };
}

function lettersOf(reason: string): string {
  return reason
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, ' ')
    .trim();
}
