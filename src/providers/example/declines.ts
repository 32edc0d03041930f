import { lookUp } from '../../kernel/look-up.ts';
import type { Decline, DeclineAdvice, DeclineReason } from '../provider.ts';

/** The bank speaks of declines as card processors do; these are the gateway's words for them. */
const DECLINES: Readonly<Record<string, readonly [DeclineReason, DeclineAdvice]>> = {
  generic_decline: ['GENERIC', 'LATER'],
  insufficient_funds: ['INSUFFICIENT_FUNDS', 'LATER'],
  lost_card: ['LOST_OR_STOLEN', 'NEVER'],
  stolen_card: ['LOST_OR_STOLEN', 'NEVER'],
  expired_card: ['EXPIRED_CARD', 'NEVER'],
  incorrect_cvc: ['INCORRECT_DATA', 'AFTER_CORRECTION'],
  fraudulent: ['FRAUD_SUSPECTED', 'NEVER'],
  authentication_required: ['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'],
  authentication_failed: ['AUTHENTICATION_FAILED', 'CUSTOMER_PRESENT'],
  partial_approval_unsupported: ['NOT_SUPPORTED', 'NEVER'],
};

export function toDecline(rawCode: string): Decline {
  const [reason, advice] = lookUp(DECLINES, rawCode) ?? (['GENERIC', 'LATER'] as const);
  return { reason, advice, rawCode };
}

const NEVER_TOLD: readonly DeclineReason[] = ['LOST_OR_STOLEN', 'FRAUD_SUSPECTED'];

/** The code that the shopper may see: whoever holds a stolen card must not learn that it is known as stolen. */
export function shopperCode(rawCode: string): string {
  return NEVER_TOLD.includes(toDecline(rawCode).reason) ? 'generic_decline' : rawCode;
}
