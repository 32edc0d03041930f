/** Why the bank did not do, or did not say that it did, what was asked. A decline is an answer and not in this list. */
const MESSAGES = {
  invalid_number: 'This is not a valid card number. Check the digits.',
  unknown_card: 'Only the published test cards are accepted here. Never type a real card: this number was not kept.',
  invalid_expiry: 'The expiry date must be a month and year that are not over.',
  invalid_cvc: 'The security code has 3 or 4 digits.',
  unknown_token: 'This token opens no payment.',
  unknown_payment: 'There is no such payment.',
  unknown_movement: 'There is no such money movement.',
  unknown_method: 'There is no such stored method, or it was detached.',
  unknown_challenge: 'There is no such challenge.',
  payment_succeeded: 'The payment has already succeeded.',
  payment_closed: 'The payment is closed and takes no more attempts.',
  payment_expired: 'The payment has expired.',
  attempt_in_progress: 'An attempt is in progress. Wait for its result.',
  not_capturable: 'There is no open hold to capture: it was never placed, or is captured, voided or expired.',
  not_voidable: 'There is no open hold to void: it was never placed, or is captured, voided or expired.',
  not_refundable: 'Nothing was captured that could be given back.',
  amount_too_large: 'The amount is more than what is left.',
  wrong_currency: 'The currency is not that of the payment.',
  key_reused: 'The idempotency key was used before with another request.',
  rate_limited: 'Too many calls. Try again in a moment: nothing was done.',
  // No answer came. Whether the call was executed is for the caller to find out.
  answer_lost: 'The answer was lost on its way.',
  // The bank broke down before it looked at the key.
  bank_error: 'The bank had an internal error.',
} as const satisfies Record<string, string>;

export type BankRefusalCode = keyof typeof MESSAGES;

export interface BankRefusal {
  readonly code: BankRefusalCode;
  /** Safe to show: holds no card data. */
  readonly message: string;
  /** The card field that is wrong, where one is. */
  readonly field?: CardField;
}

export type CardField = 'number' | 'expMonth' | 'expYear' | 'cvc';

export function bankRefusal(code: BankRefusalCode, field?: CardField): BankRefusal {
  return field === undefined ? { code, message: MESSAGES[code] } : { code, message: MESSAGES[code], field };
}
