import { DAY_MS, SECOND_MS } from '../kernel/clock.ts';

/**
 * The cards that the bank knows. Its answer is a function of the number typed, so every outcome that a real issuer could
 * give is reached by a number from this table; any other number is refused and never kept.
 */

/** What the issuer says: at once, after a challenge of the payer, or some seconds later. */
export type Decision = { readonly outcome: 'approve' } | { readonly outcome: 'decline' | 'fail'; readonly code: string };
export type Verdict = { readonly when: 'now' | 'challenge' | 'later'; readonly decision: Decision };

/**
 * What goes wrong on the way, for every call that changes something once the card is known. `lost-after`: executed, the first
 * answer lost. `lost-before`: the first call lost unexecuted. `error-first`: the first call fails before its key is looked
 * at. `limited-twice`: the first two calls are turned away.
 */
export type Fault = 'none' | 'lost-after' | 'lost-before' | 'error-first' | 'limited-twice';

type NotificationHabit = 'once' | 'twice' | 'newest-first' | 'never';

export interface Scenario {
  /** Stored instead of the card's number. */
  readonly name: string;
  /** When the payer gives the card. */
  readonly confirm: Verdict;
  /** When the merchant charges it later, as a stored method. */
  readonly charge: Verdict;
  readonly capture: 'succeeds' | 'fails';
  readonly refund: 'succeeds' | 'later' | 'returned';
  readonly fault: Fault;
  readonly notifications: NotificationHabit;
  readonly holdMs: number;
}

interface TestCard {
  readonly number: string;
  readonly brand: 'visa' | 'mastercard' | 'amex' | 'discover';
  readonly scenario: Scenario;
  /** What it does, for the docs and the checkout page. */
  readonly effect: string;
}

const APPROVE: Decision = { outcome: 'approve' };
const approve: Verdict = { when: 'now', decision: APPROVE };
const approveLater: Verdict = { when: 'later', decision: APPROVE };
const approveAfterChallenge: Verdict = { when: 'challenge', decision: APPROVE };

function decline(code: string): Verdict {
  return { when: 'now', decision: { outcome: 'decline', code } };
}

const PLAIN = {
  confirm: approve,
  charge: approve,
  capture: 'succeeds',
  refund: 'succeeds',
  fault: 'none',
  notifications: 'once',
  holdMs: 7 * DAY_MS,
} as const satisfies Omit<Scenario, 'name'>;

function scenario(name: string, difference: Partial<Omit<Scenario, 'name'>> = {}): Scenario {
  return { name, ...PLAIN, ...difference };
}

function declining(name: string, code: string): Scenario {
  return scenario(name, { confirm: decline(code), charge: decline(code) });
}

const APPROVED = scenario('approved');
const INCORRECT_CVC = declining('incorrect_cvc', 'incorrect_cvc');

const GENERIC_AFTER_CHALLENGE: Verdict = { when: 'challenge', decision: { outcome: 'decline', code: 'generic_decline' } };
const GENERIC_LATER: Verdict = { when: 'later', decision: { outcome: 'decline', code: 'generic_decline' } };
const PROCESSING_ERROR: Verdict = { when: 'now', decision: { outcome: 'fail', code: 'processing_error' } };

/** Cards are Visa where the row names no brand. */
type CardRow = readonly [number: string, effect: string, scenario: Scenario, brand?: TestCard['brand']];

/** The first block are numbers that every developer knows from other test modes; those that begin with 40000099 are ours alone. */
const CARD_ROWS: readonly CardRow[] = [
  ['4242424242424242', 'Approved', APPROVED],
  ['5555555555554444', 'Approved', APPROVED, 'mastercard'],
  ['378282246310005', 'Approved', APPROVED, 'amex'],
  ['6011111111111117', 'Approved', APPROVED, 'discover'],
  ['4000056655665556', 'Approved (debit)', APPROVED],
  ['4000000000000002', 'Declined', declining('declined', 'generic_decline')],
  ['4000000000009995', 'Declined: insufficient funds', declining('insufficient_funds', 'insufficient_funds')],
  ['4000000000009987', 'Declined: lost card', declining('lost_card', 'lost_card')],
  ['4000000000009979', 'Declined: stolen card', declining('stolen_card', 'stolen_card')],
  ['4000000000000069', 'Declined: expired card', declining('expired_card', 'expired_card')],
  ['4000000000000127', 'Declined: incorrect security code', INCORRECT_CVC],
  [
    '4000000000000119',
    'Fails: processing error',
    scenario('processing_error', { confirm: PROCESSING_ERROR, charge: PROCESSING_ERROR }),
  ],
  ['4100000000000019', 'Declined: suspected fraud', declining('fraudulent', 'fraudulent')],
  [
    '4000002500003155',
    'Asks for a challenge; later charges are approved',
    scenario('challenge_once', { confirm: approveAfterChallenge }),
  ],
  [
    '4000008260003178',
    'Asks for a challenge; later charges are declined: insufficient funds',
    scenario('challenge_then_insufficient_funds', { confirm: approveAfterChallenge, charge: decline('insufficient_funds') }),
  ],
  [
    '4000002760003184',
    'Asks for a challenge; later charges are declined: authentication required',
    scenario('challenge_always', { confirm: approveAfterChallenge, charge: decline('authentication_required') }),
  ],
  ['4000000000003220', 'Asks for a challenge, then approved', scenario('challenge_approved', { confirm: approveAfterChallenge })],
  [
    '4000008400001629',
    'Asks for a challenge, then declined',
    scenario('challenge_declined', { confirm: GENERIC_AFTER_CHALLENGE }),
  ],
  [
    '4000000000000341',
    'Approved; later charges are declined',
    scenario('declined_once_stored', { charge: decline('generic_decline') }),
  ],
  ['4000000000007726', 'Approved; refunds stay pending for a while', scenario('refund_pending', { refund: 'later' })],
  ['4000000000005126', 'Approved; refunds succeed and come back failed', scenario('refund_returned', { refund: 'returned' })],

  [
    '4000009900000012',
    'Approved a few seconds later',
    scenario('approved_later', { confirm: approveLater, charge: approveLater }),
  ],
  [
    '4000009900000020',
    'Declined a few seconds later',
    scenario('declined_later', { confirm: GENERIC_LATER, charge: GENERIC_LATER }),
  ],
  ['4000009900000038', 'Approved, but the first answer is lost', scenario('answer_lost', { fault: 'lost-after' })],
  ['4000009900000046', 'The first call is lost before it is executed', scenario('request_lost', { fault: 'lost-before' })],
  ['4000009900000053', 'The first call fails with an internal error', scenario('error_first', { fault: 'error-first' })],
  ['4000009900000061', 'Rate limited twice', scenario('rate_limited', { fault: 'limited-twice' })],
  ['4000009900000079', 'Authorizes; the capture fails', scenario('capture_fails', { capture: 'fails' })],
  ['4000009900000087', 'Authorizes; the hold expires after a minute', scenario('hold_expires', { holdMs: 60 * SECOND_MS })],
  ['4000009900000095', 'Approved; every notification comes twice', scenario('notified_twice', { notifications: 'twice' })],
  [
    '4000009900000103',
    'Approved; notifications come out of order',
    scenario('notified_newest_first', { notifications: 'newest-first' }),
  ],
  ['4000009900000111', 'Approved; notifications never come', scenario('never_notified', { notifications: 'never' })],
  [
    '4000009900000129',
    'Declined: partial approvals are not supported',
    declining('partial_approval', 'partial_approval_unsupported'),
  ],
];

export const TEST_CARDS: readonly TestCard[] = CARD_ROWS.map(([number, effect, of, brand = 'visa']) => {
  return { number, brand, effect, scenario: of };
});

const CARDS_BY_NUMBER: ReadonlyMap<string, TestCard> = new Map(TEST_CARDS.map((card) => [card.number, card]));
const SCENARIOS_BY_NAME: ReadonlyMap<string, Scenario> = new Map(TEST_CARDS.map((card) => [card.scenario.name, card.scenario]));

/** The security code that is wrong for every card. */
const INCORRECT_CVC_DIGITS = '000';

/** @param number digits only */
export function findTestCard(number: string): TestCard | undefined {
  return CARDS_BY_NUMBER.get(number);
}

/** What the bank does when this card comes with this security code. */
export function scenarioOf(card: TestCard, cvc: string): Scenario {
  return cvc === INCORRECT_CVC_DIGITS ? INCORRECT_CVC : card.scenario;
}

/** The behaviour that was stored under a name; a name that is gone behaves like an approved card. */
export function scenarioNamed(name: string | null): Scenario {
  return (name === null ? undefined : SCENARIOS_BY_NAME.get(name)) ?? APPROVED;
}
