/** How a call ends: the status at once and, where that is not the last word, the one after the gateway has asked again. */
type Ending = readonly [atOnce: string, later?: string];

/** What the published table promises of a card, in the words of the API. */
export interface Promised {
  readonly number: string;
  /** The HTTP statuses of the browser, which tries until it has an answer. */
  readonly browser?: readonly number[];
  /** The browser's answer. */
  readonly answer?: string;
  readonly declineCode?: string;
  /** The transaction, once the payer is done: its status and the reason. */
  readonly pays?: string;
  readonly reason?: string;
  readonly failureCode?: string;
  readonly charge?: Ending;
  readonly chargeReason?: string;
  readonly settle?: Ending;
  readonly refund?: Ending;
}

const declines = (number: string, reason: string, declineCode: string): Promised => ({
  number,
  answer: 'declined',
  pays: 'DECLINED',
  reason,
  declineCode,
});
const challenged = (number: string, rest: Partial<Promised> = {}): Promised => ({ number, answer: 'requires_action', ...rest });
const LOST: Ending = ['UNKNOWN', 'SUCCEEDED'];
/** The same on every call that moves money. */
const everywhere = (ending: Ending) => ({ charge: ending, settle: ending, refund: ending });

export const PROMISED_CARDS: readonly Promised[] = [
  { number: '4242424242424242' },
  { number: '5555555555554444' },
  { number: '378282246310005' },
  { number: '6011111111111117' },
  { number: '4000056655665556' },
  declines('4000000000000002', 'GENERIC', 'generic_decline'),
  declines('4000000000009995', 'INSUFFICIENT_FUNDS', 'insufficient_funds'),
  declines('4000000000009987', 'LOST_OR_STOLEN', 'generic_decline'),
  declines('4000000000009979', 'LOST_OR_STOLEN', 'generic_decline'),
  declines('4000000000000069', 'EXPIRED_CARD', 'expired_card'),
  declines('4000000000000127', 'INCORRECT_DATA', 'incorrect_cvc'),
  {
    number: '4000000000000119',
    answer: 'declined',
    declineCode: 'processing_error',
    pays: 'FAILED',
    failureCode: 'processing_error',
  },
  declines('4100000000000019', 'FRAUD_SUSPECTED', 'generic_decline'),
  challenged('4000002500003155'),
  challenged('4000008260003178', { charge: ['DECLINED'], chargeReason: 'INSUFFICIENT_FUNDS' }),
  challenged('4000002760003184', { charge: ['DECLINED'], chargeReason: 'AUTHENTICATION_REQUIRED' }),
  challenged('4000000000003220'),
  challenged('4000008400001629', { pays: 'DECLINED', reason: 'GENERIC' }),
  { number: '4000000000000341', charge: ['DECLINED'], chargeReason: 'GENERIC' },
  { number: '4000000000007726', refund: ['PENDING', 'SUCCEEDED'] },
  { number: '4000000000005126', refund: ['SUCCEEDED', 'FAILED'] },
  { number: '4000009900000012', answer: 'processing', charge: ['PENDING', 'SUCCEEDED'] },
  { number: '4000009900000020', answer: 'processing', pays: 'DECLINED', reason: 'GENERIC' },
  { number: '4000009900000038', browser: [504, 409], ...everywhere(LOST) },
  { number: '4000009900000046', browser: [504, 200], ...everywhere(LOST) },
  { number: '4000009900000053', browser: [500, 200], ...everywhere(LOST) },
  { number: '4000009900000061', browser: [429, 429, 200], ...everywhere(['PENDING', 'SUCCEEDED']) },
  { number: '4000009900000079', settle: ['FAILED'] },
  { number: '4000009900000087' },
  { number: '4000009900000095' },
  { number: '4000009900000103' },
  { number: '4000009900000111' },
  declines('4000009900000129', 'NOT_SUPPORTED', 'partial_approval_unsupported'),
];
