import type { Answer, BankStatus } from '../../src/checkout/banks/bank.ts';
import type { Event, Step } from '../../src/checkout/checkout.ts';
import { begin, step } from '../../src/checkout/checkout.ts';
import type { Session, Shop } from '../../src/checkout/session.ts';
import type { State, Truth, View } from '../../src/checkout/state.ts';

/** Sessions, truths and states of the page to test its life with. */

export const SESSION: Session = {
  id: 'session-1',
  kind: 'PAYMENT',
  status: 'ACTIVE',
  action: 'COLLECT_PAYMENT_METHOD',
  amountMinor: '10000',
  currency: 'USD',
  description: null,
  returnUrl: null,
  storesCard: false,
  expiresAtMs: 1_000_000,
  attempts: 0,
  attemptsMax: 5,
  provider: 'EXAMPLE',
  isPrepared: true,
  payload: {},
};
export const SHOP: Shop = { publicId: 'mer_1', name: 'Corner Shop', isTest: true };
export const CARD = { number: '4242424242424242', month: 12, year: 2031, cvc: '123' };

export const OPEN: BankStatus = { phase: 'open', declineCode: null };

export function truth(status: Exclude<Truth, 'gone'>['status'], session: Partial<Session> = {}): Truth {
  return { session: { ...SESSION, ...session }, shop: SHOP, status };
}

/** Plays events after each other, each with the epoch that the state then has, and keeps the last step. */
export function play(first: Step, ...events: readonly (Event | Loose)[]): Step {
  return events.reduce<Step>(({ state }, event) => step(state, 'epoch' in event ? event : within(state, event)), first);
}

export type Loose =
  | { readonly type: 'looked'; readonly truth: Truth }
  | { readonly type: 'look-failed' }
  | { readonly type: 'pause-over' }
  | { readonly type: 'answered'; readonly answer: Answer }
  | Exclude<Event, { readonly epoch: number }>;

const NEEDS_EPOCH: readonly string[] = ['looked', 'look-failed', 'pause-over', 'answered'];

function within({ epoch }: State, event: Loose): Event {
  return (NEEDS_EPOCH.includes(event.type) ? { ...event, epoch } : event) as Event;
}

export const looked = (status: Exclude<Truth, 'gone'>['status'], session: Partial<Session> = {}): Loose => ({
  type: 'looked',
  truth: truth(status, session),
});
export const answered = (answer: Answer): Loose => ({ type: 'answered', answer });
export const submitted: Event = { type: 'submitted', card: CARD };

/** The form, opened and empty. */
export const asked = (session: Partial<Session> = {}): Step => play(begin('link'), looked(OPEN, session));
/** The same with a try under way. */
export const tried = (session: Partial<Session> = {}): Step => play(asked(session), submitted);

export const withView = (view: View): State => ({ ...asked().state, view });
