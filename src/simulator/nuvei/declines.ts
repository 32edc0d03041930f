/**
 * The issuer's words of a decline (`gwErrorReason`). Nuvei hands them through and publishes no list: the texts here are assumptions,
 * after what its test cards and public integrations show (read 2026-11).
 */
const REASONS: Readonly<Record<string, string>> = {
  generic_decline: 'Do Not Honor',
  insufficient_funds: 'Insufficient Funds',
  lost_card: 'Lost Card',
  stolen_card: 'Stolen Card',
  expired_card: 'Expired Card',
  incorrect_cvc: 'Incorrect CVV',
  fraudulent: 'Suspected Fraud',
  authentication_required: 'Authentication Required',
  partial_approval_unsupported: 'Transaction Not Permitted',
};

export function reasonOf(declineCode: string): string {
  return REASONS[declineCode] ?? 'Decline';
}
