import type { Answer, BankStatus, Card, Problems } from './banks/bank.ts';
import type { Session } from './session.ts';
import { attemptsLeft, type Ending, type Notice, type State, SUCCESSES, type Truth, type View } from './state.ts';

/**
 * The life of the page as a pure function: a state and an event give the next state and what is to be done. It knows no browser, no
 * network and no clock. What it shows always follows from what the gateway and the bank said last.
 */

export type Event =
  | { readonly type: 'looked'; readonly epoch: number; readonly truth: Truth }
  | { readonly type: 'look-failed'; readonly epoch: number }
  | { readonly type: 'pause-over'; readonly epoch: number }
  | { readonly type: 'mistyped'; readonly problems: Problems }
  /** The card is null where the vendor's own fields have it. */
  | { readonly type: 'submitted'; readonly card: Card | null }
  | { readonly type: 'answered'; readonly epoch: number; readonly answer: Answer }
  | { readonly type: 'challenge-chosen' }
  /** The token cannot be kept for the trip: the bank's page needs a tab of its own. */
  | { readonly type: 'cannot-leave' }
  /** The payer wants to know again. */
  | { readonly type: 'asked-again' }
  /** The page is in sight again. */
  | { readonly type: 'seen' }
  /** The browser has brought the page back as it was when it was left. */
  | { readonly type: 'restored' }
  | { readonly type: 'time-over' }
  | { readonly type: 'went-offline' }
  | { readonly type: 'went-online' }
  | { readonly type: 'fields-failed' };

export type Effect =
  | { readonly do: 'look'; readonly epoch: number }
  | { readonly do: 'confirm'; readonly card: Card | null; readonly epoch: number }
  | { readonly do: 'pause'; readonly forMs: number; readonly epoch: number }
  | { readonly do: 'leave'; readonly url: string };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Between looks while something else must happen; then the payer is told and may ask again. */
export const PAUSES_MS: readonly number[] = [1000, 1000, 2000, 2000, 3000, 5000, 8000, 13_000];
/** An open payment after a lost answer is looked at twice: the try may still be on its way. */
export const SECOND_LOOK_MS = 3000;
export const OVERDUE_PAUSE_MS = 5000;
export const OVERDUE_LOOKS_MAX = 24;

/** @param arrival by a link with a token, back from a challenge, or without a token either way */
export function begin(arrival: 'link' | 'return' | 'incomplete' | 'elsewhere'): Step {
  const state: State = {
    view: { name: 'opening' },
    session: null,
    shop: null,
    attempts: 0,
    hasTried: arrival === 'return',
    isLooking: false,
    isOffline: false,
    isOverdue: false,
    epoch: 0,
    pauses: 0,
  };
  return arrival === 'link' || arrival === 'return' ? look(state) : end(state, arrival);
}

export function step(state: State, event: Event): Step {
  switch (event.type) {
    case 'looked':
      return event.epoch === state.epoch ? onLooked({ ...state, isLooking: false }, event.truth) : stay(state);
    case 'look-failed':
      return event.epoch === state.epoch ? onLookFailed({ ...state, isLooking: false }) : stay(state);
    case 'pause-over':
      return event.epoch === state.epoch && canChange(state) ? look(state) : stay(state);
    case 'mistyped':
      return state.view.name === 'asking' ? stay(withView(state, asking(null, event.problems))) : stay(state);
    case 'submitted':
      return onSubmitted(state, event.card);
    case 'answered':
      return event.epoch === state.epoch ? onAnswered(state, event.answer) : stay(state);
    case 'challenge-chosen':
      return state.view.name === 'challenged' ? leave(state, state.view.url) : stay(state);
    case 'cannot-leave':
      return state.view.name === 'challenged' ? stay(withView(state, { ...state.view, way: 'apart' })) : stay(state);
    case 'asked-again':
    case 'seen':
      return lookAnew(state);
    case 'restored':
      return onRestored(state);
    case 'time-over':
      return canChange(state) ? look({ ...state, isOverdue: true, pauses: 0 }) : stay({ ...state, isOverdue: true });
    case 'went-offline':
      return stay({ ...state, isOffline: true });
    case 'went-online':
      return onOnline({ ...state, isOffline: false });
    case 'fields-failed':
      return state.view.name === 'asking' ? stay(withView(state, { name: 'unreachable' })) : stay(state);
  }
}

const stay = (state: State): Step => ({ state, effects: [] });
const withView = (state: State, view: View): State => ({ ...state, view });
const asking = (notice: Notice | null, problems: Problems = {}): View => ({ name: 'asking', notice, problems });

function look(state: State): Step {
  if (state.isLooking) return stay(state);
  return { state: { ...state, isLooking: true }, effects: [{ do: 'look', epoch: state.epoch }] };
}

/** Whether a decline that is read now may be that of an earlier try is settled here, before anything is read. */
const uncertain = ({ attempts }: State): View => ({
  name: 'uncertain',
  hadDeclines: attempts > 0,
  wasSeenOpen: false,
  isGivenUp: false,
});

/** Before the first look has been answered there is nothing to look for anew, and after a good end nothing changes. */
function canChange({ view }: State): boolean {
  if (view.name === 'ended') return ['expired', 'canceled', 'declined', 'failed'].includes(view.ending);
  return view.name !== 'opening';
}

/** A wait that was given up begins again. */
function lookAnew(state: State): Step {
  const { view } = state;
  if (!canChange(state)) return stay(state);
  const isWaiting = view.name === 'waiting' || view.name === 'uncertain';
  return look(isWaiting ? { ...state, pauses: 0, view: { ...view, isGivenUp: false } } : state);
}

function onOnline(state: State): Step {
  const { view } = state;
  const isUnsent = view.name === 'asking' && view.notice?.about === 'unsent';
  return lookAnew(isUnsent ? withView(state, asking(null)) : state);
}

/**
 * What was under way when the page was left has no answer any more, and what it showed may have been overtaken: neither a form nor the
 * way to a bank is offered before somebody has told how things stand.
 */
function onRestored(state: State): Step {
  const fresh = { ...state, isLooking: false, epoch: state.epoch + 1 };
  const { view } = state;
  switch (view.name) {
    case 'confirming':
      return look(withView(fresh, uncertain(state)));
    case 'ended':
      return canChange(state) ? look(fresh) : stay(withView(state, { ...view, isFresh: false }));
    case 'opening':
    case 'unreachable':
    case 'asking':
    case 'challenged':
      return look(withView(fresh, { name: 'opening' }));
    case 'waiting':
    case 'uncertain':
      return lookAnew(fresh);
  }
}

function onSubmitted(state: State, card: Card | null): Step {
  if (state.view.name !== 'asking') return stay(state);
  const epoch = state.epoch + 1;
  const next = { ...state, view: { name: 'confirming' } as const, hasTried: true, isLooking: false, epoch, pauses: 0 };
  return { state: next, effects: [{ do: 'confirm', card, epoch }] };
}

function onAnswered(state: State, answer: Answer): Step {
  if (state.view.name !== 'confirming') return stay(state);
  switch (answer.result) {
    case 'succeeded':
      return succeed(state);
    case 'processing':
      return pause(withView(state, { name: 'waiting', on: 'bank', isGivenUp: false }));
    case 'claimed':
      return look(withView(state, { name: 'waiting', on: 'claim', isGivenUp: false }));
    case 'challenged':
      return leave(state, answer.url);
    case 'declined':
      return onDeclined({ ...state, attempts: state.attempts + 1 }, answer.code);
    case 'refused':
      return ask(state, null, answer.problems);
    case 'busy':
      return ask(state, { about: 'busy' });
    case 'unsent':
      return ask({ ...state, isOffline: true }, { about: 'unsent' });
    case 'conflict':
      return look(withView(state, { name: 'waiting', on: 'bank', isGivenUp: false }));
    case 'lost':
      return look(withView(state, uncertain(state)));
  }
}

function onDeclined(state: State, code: string | null): Step {
  if (attemptsLeft(state) === 0) return look(withView(state, { name: 'waiting', on: 'end', isGivenUp: false }));
  return ask(state, { about: 'declined', code });
}

/** Back to the form. Once the time is over, whether it still counts is asked again and again, for a while. */
function ask(state: State, notice: Notice | null, problems: Problems = {}): Step {
  const next = { ...withView(state, asking(notice, problems)), pauses: 0 };
  return state.isOverdue ? look(next) : stay(next);
}

function leave(state: State, url: string): Step {
  return { state: withView(state, { name: 'challenged', url, way: 'leaving' }), effects: [{ do: 'leave', url }] };
}

function onLooked(state: State, truth: Truth): Step {
  // While a try is under way its own answer counts, unless the session is over by now: a vendor's script may have fallen silent.
  const isTrying = state.view.name === 'confirming';
  // Whoever has tried to pay must not be sent to the shop for a new link.
  if (truth === 'gone') return isTrying ? stay(state) : end(state, state.hasTried ? 'failed' : 'invalid');
  const { session, shop, status } = truth;
  const known = { ...state, session, shop, isOffline: false, attempts: Math.max(state.attempts, session.attempts) };
  const ending = endingOf(session);
  if (ending !== null) return end(known, ending);
  if (isTrying) return stay(state);
  if (status === 'unserved') return end(known, 'unserved');
  if (status === 'closed-off') return waitFor(known, session.isPrepared ? 'end' : 'start');
  return onStatus(known, status);
}

function onStatus(state: State, status: BankStatus): Step {
  const { view } = state;
  switch (status.phase) {
    case 'succeeded':
      return succeed(state);
    case 'closed':
      return waitFor(state, 'end');
    case 'processing':
      return waitFor(state, 'bank');
    case 'unheard':
      return onUnheard(state);
    case 'challenged':
      if (view.name === 'challenged' && view.url === status.url) return stay(state);
      return stay(withView(state, { name: 'challenged', url: status.url, way: 'offered' }));
    case 'open':
      return onOpen(state, status.declineCode);
  }
}

function onOpen(known: State, declineCode: string | null): Step {
  const state = declineCode === null ? known : { ...known, attempts: Math.max(1, known.attempts) };
  const { view } = state;
  if (view.name === 'uncertain' && !view.wasSeenOpen) return lookTwice(state, view);
  if (view.name === 'waiting' && view.on === 'claim') return pause(state);
  if (attemptsLeft(state) === 0) return waitFor(state, 'end');
  if (view.name === 'asking') return state.isOverdue ? pauseOverdue(state) : stay(state);
  const isOld = view.name === 'uncertain' && view.hadDeclines;
  if (declineCode !== null && !isOld) return ask(state, { about: 'declined', code: declineCode });
  return ask(state, state.hasTried ? { about: 'unanswered' } : null);
}

function lookTwice(state: State, view: Extract<View, { name: 'uncertain' }>): Step {
  const next = withView(state, { ...view, wasSeenOpen: true, isGivenUp: false });
  return { state: next, effects: [{ do: 'pause', forMs: SECOND_LOOK_MS, epoch: state.epoch }] };
}

/** A try whose end nobody tells holds the form back, also one that another tab has made. */
function onUnheard(state: State): Step {
  const { name } = state.view;
  return pause(name === 'waiting' || name === 'uncertain' ? state : { ...withView(state, uncertain(state)), pauses: 0 });
}

function waitFor(state: State, on: 'bank' | 'start' | 'end'): Step {
  const { view } = state;
  // A claim that is being looked up stays one: its payer has seen it accepted.
  if (view.name === 'waiting' && (view.on === on || view.on === 'claim')) return pause(state);
  return pause({ ...withView(state, { name: 'waiting', on, isGivenUp: false }), pauses: 0 });
}

function onLookFailed(state: State): Step {
  const { view } = state;
  switch (view.name) {
    case 'opening':
    case 'unreachable':
      // Told again each time: whoever does not see the page hears of it by the change.
      return stay(withView(state, { name: 'unreachable' }));
    case 'waiting':
    case 'uncertain':
      return pause(state);
    case 'asking':
      return state.isOverdue ? pauseOverdue(state) : stay(state);
    case 'confirming':
    case 'challenged':
    case 'ended':
      return stay(state);
  }
}

/** The next pause of a wait, or its end: then the payer decides when to ask again. */
function pause(state: State): Step {
  const { view, pauses, epoch } = state;
  if (view.name !== 'waiting' && view.name !== 'uncertain') return stay(state);
  const forMs = PAUSES_MS[pauses];
  if (forMs === undefined) return stay(withView(state, { ...view, isGivenUp: true }));
  return { state: { ...state, pauses: pauses + 1 }, effects: [{ do: 'pause', forMs, epoch }] };
}

function pauseOverdue(state: State): Step {
  if (state.pauses >= OVERDUE_LOOKS_MAX) return stay(state);
  const effect = { do: 'pause', forMs: OVERDUE_PAUSE_MS, epoch: state.epoch } as const;
  return { state: { ...state, pauses: state.pauses + 1 }, effects: [effect] };
}

const SUCCESS_OF: Readonly<Record<Session['kind'], Ending>> = {
  PAYMENT: 'paid',
  AUTHORIZATION: 'held',
  ADD_PAYMENT_METHOD: 'stored',
};

function succeed(state: State): Step {
  return end(state, SUCCESS_OF[state.session?.kind ?? 'PAYMENT']);
}

function end(state: State, ending: Ending): Step {
  return stay(withView(state, { name: 'ended', ending, isFresh: state.hasTried && SUCCESSES.includes(ending) }));
}

/** How the session ended by the gateway's own word; null while it has not. */
function endingOf({ kind, status }: Session): Ending | null {
  switch (status) {
    case 'COMPLETED':
      return SUCCESS_OF[kind];
    case 'DECLINED':
      return 'declined';
    case 'CANCELED':
      return 'canceled';
    case 'EXPIRED':
      return 'expired';
    case 'ERROR':
      return 'failed';
    case 'PENDING':
    case 'ACTIVE':
    case 'UNKNOWN':
      return null;
  }
}
