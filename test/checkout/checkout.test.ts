import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, BankStatus } from '../../src/checkout/banks/bank.ts';
import {
  begin,
  type Effect,
  type Event,
  OVERDUE_LOOKS_MAX,
  OVERDUE_PAUSE_MS,
  PAUSES_MS,
  SECOND_LOOK_MS,
  step,
} from '../../src/checkout/checkout.ts';
import { attemptsLeft, type Ending, SUCCESSES, type View } from '../../src/checkout/state.ts';
import { answered, asked, CARD, looked, OPEN, play, submitted, tried, truth, withView } from './states.ts';

const LOST: Answer = { result: 'lost' };
const DECLINED: Answer = { result: 'declined', code: 'insufficient_funds' };
const kinds = (effects: readonly Effect[]) => effects.map((effect) => effect.do);

describe('opening the page', () => {
  it('looks at the session, and asks for the card of one that is open', () => {
    expect(kinds(begin('link').effects)).toEqual(['look']);
    expect(asked().state.view).toEqual({ name: 'asking', notice: null, problems: {} });
  });

  it.each([
    ['incomplete', 'incomplete'],
    ['elsewhere', 'elsewhere'],
  ] as const)('without a token ends as %s and looks at nothing', (arrival, ending) => {
    const { state, effects } = begin(arrival);
    expect(state.view).toEqual({ name: 'ended', ending, isFresh: false });
    expect(effects).toEqual([]);
  });

  it.each([
    ['COMPLETED', 'paid'],
    ['DECLINED', 'declined'],
    ['CANCELED', 'canceled'],
    ['EXPIRED', 'expired'],
    ['ERROR', 'failed'],
  ] as const)('of a session that is %s shows how it ended', (status, ending) => {
    const { view } = play(begin('link'), looked('closed-off', { status })).state;
    expect(view).toEqual({ name: 'ended', ending, isFresh: false });
  });

  it.each([
    ['PAYMENT', 'paid'],
    ['AUTHORIZATION', 'held'],
    ['ADD_PAYMENT_METHOD', 'stored'],
  ] as const)('of a completed %s says that it is %s', (kind, ending) => {
    expect(play(begin('link'), looked('closed-off', { status: 'COMPLETED', kind })).state.view).toMatchObject({ ending });
    expect(play(begin('link'), looked({ phase: 'succeeded' }, { kind })).state.view).toMatchObject({ ending });
  });

  it('with a token that opens nothing says so', () => {
    expect(play(begin('link'), { type: 'looked', truth: 'gone' }).state.view).toMatchObject({ ending: 'invalid' });
  });

  it('where nothing can be read may be tried again', () => {
    const failed = play(begin('link'), { type: 'look-failed' });
    expect(failed.state.view).toEqual({ name: 'unreachable' });
    expect(kinds(play(failed, { type: 'asked-again' }).effects)).toEqual(['look']);
    const again = play(failed, { type: 'asked-again' }, { type: 'look-failed' });
    expect(again.state.view).toEqual(failed.state.view);
    expect(again.state.view).not.toBe(failed.state.view);
    expect(kinds(play(failed, { type: 'went-offline' }, { type: 'went-online' }).effects)).toEqual(['look']);
  });

  it('of a payment that its bank has closed waits for the gateway’s word on how it ended', () => {
    const closed = play(begin('link'), looked({ phase: 'closed' }));
    expect(closed.state.view).toMatchObject({ name: 'waiting', on: 'end' });
    expect(play(closed, { type: 'pause-over' }, looked('closed-off', { status: 'CANCELED' })).state.view).toMatchObject({
      ending: 'canceled',
    });
  });

  it('after a decline tells of it, and before the start is answered waits for that', () => {
    const declined = looked({ phase: 'open', declineCode: 'expired_card' });
    expect(play(begin('link'), declined).state.view).toMatchObject({ notice: { about: 'declined', code: 'expired_card' } });
    expect(play(begin('link'), looked('closed-off', { isPrepared: false })).state.view).toMatchObject({ on: 'start' });
    expect(play(begin('link'), looked('closed-off', { isPrepared: true })).state.view).toMatchObject({ on: 'end' });
    expect(play(begin('link'), looked('unserved')).state.view).toMatchObject({ ending: 'unserved' });
  });
});

describe('a try to pay', () => {
  it('is made once, however often the button is pressed', () => {
    const first = tried();
    expect(first.effects).toEqual([{ do: 'confirm', card: CARD, epoch: first.state.epoch }]);
    const second = play(first, submitted);
    expect(second.effects).toEqual([]);
    expect(second.state).toBe(first.state);
  });

  it.each([
    ['succeeded', { result: 'succeeded' }, { name: 'ended', ending: 'paid', isFresh: true }],
    ['processing', { result: 'processing' }, { name: 'waiting', on: 'bank', isGivenUp: false }],
    ['claimed', { result: 'claimed' }, { name: 'waiting', on: 'claim', isGivenUp: false }],
    [
      'challenged',
      { result: 'challenged', url: 'https://bank.test/' },
      { name: 'challenged', url: 'https://bank.test/', way: 'leaving' },
    ],
    ['declined', DECLINED, { name: 'asking', notice: { about: 'declined', code: 'insufficient_funds' }, problems: {} }],
    [
      'refused',
      { result: 'refused', problems: { cvc: 'cvc-wrong' } },
      { name: 'asking', notice: null, problems: { cvc: 'cvc-wrong' } },
    ],
    ['busy', { result: 'busy' }, { name: 'asking', notice: { about: 'busy' }, problems: {} }],
    ['unsent', { result: 'unsent' }, { name: 'asking', notice: { about: 'unsent' }, problems: {} }],
    ['conflict', { result: 'conflict' }, { name: 'waiting', on: 'bank', isGivenUp: false }],
    ['lost', LOST, { name: 'uncertain', hadDeclines: false, wasSeenOpen: false, isGivenUp: false }],
  ] as const satisfies readonly (readonly [string, Answer, View])[])('that is %s leads on', (_name, answer, view) => {
    expect(play(tried(), answered(answer)).state.view).toEqual(view);
  });

  it.each([
    ['claimed', { result: 'claimed' }],
    ['conflict', { result: 'conflict' }],
    ['lost', LOST],
  ] as const satisfies readonly (readonly [string, Answer])[])('that is %s is looked up at once', (_name, answer) => {
    expect(kinds(play(tried(), answered(answer)).effects)).toEqual(['look']);
  });

  it('that was declined counts, and a mistyped card does not', () => {
    expect(attemptsLeft(play(tried(), answered(DECLINED)).state)).toBe(4);
    expect(attemptsLeft(play(tried(), answered({ result: 'refused', problems: {} })).state)).toBe(5);
    // The gateway may have heard of it meanwhile, and of others.
    expect(attemptsLeft(play(tried(), answered(DECLINED), { type: 'seen' }, looked(OPEN, { attempts: 3 })).state)).toBe(2);
  });

  it('that was declined as the last one waits for the session’s end', () => {
    const last = play(tried({ attemptsMax: 1 }), answered(DECLINED));
    expect(last.state.view).toMatchObject({ name: 'waiting', on: 'end' });
    expect(kinds(last.effects)).toEqual(['look']);
    expect(play(last, looked('closed-off', { status: 'DECLINED' })).state.view).toMatchObject({ ending: 'declined' });
  });

  it('whose answer does not come is over as soon as the gateway says so, and not before', () => {
    const trying = tried();
    for (const status of [OPEN, { phase: 'closed' }, 'closed-off'] as const) {
      const seen = play(trying, { type: 'seen' }, looked(status, { attempts: 1 }));
      expect(seen.state).toEqual(trying.state);
      expect(attemptsLeft(play(seen, answered(DECLINED)).state)).toBe(4);
    }
    expect(play(trying, { type: 'seen' }, { type: 'looked', truth: 'gone' }).state).toEqual(trying.state);
    const paid = play(trying, { type: 'went-online' }, looked('closed-off', { status: 'COMPLETED' }));
    expect(paid.state.view).toEqual({ name: 'ended', ending: 'paid', isFresh: true });
    expect(play(paid, answered(LOST)).state).toBe(paid.state);
  });

  it('is not disturbed by what was asked before it', () => {
    const looking = play(asked(), { type: 'seen' });
    const stale = { type: 'looked', epoch: looking.state.epoch, truth: truth(OPEN) } as const;
    const challenge = play(looking, submitted, answered({ result: 'challenged', url: 'https://bank.test/' }), stale);
    expect(challenge.state.view).toMatchObject({ name: 'challenged' });
  });
});

describe('a lost answer', () => {
  it('is never told as failed, and leads back to the form only when the payment was seen open twice', () => {
    const once = play(tried(), answered(LOST), looked(OPEN));
    expect(once.state.view).toMatchObject({ name: 'uncertain', wasSeenOpen: true });
    expect(once.effects).toEqual([{ do: 'pause', forMs: SECOND_LOOK_MS, epoch: once.state.epoch }]);
    const twice = play(once, { type: 'pause-over' }, looked(OPEN));
    expect(twice.state.view).toMatchObject({ name: 'asking', notice: { about: 'unanswered' } });
  });

  it('of a try that was executed ends as the try did', () => {
    expect(play(tried(), answered(LOST), looked({ phase: 'succeeded' })).state.view).toMatchObject({
      ending: 'paid',
      isFresh: true,
    });
    const declined: BankStatus = { phase: 'open', declineCode: 'expired_card' };
    const seen = play(tried(), answered(LOST), looked(declined), { type: 'pause-over' }, looked(declined));
    expect(seen.state.view).toMatchObject({ name: 'asking', notice: { about: 'declined', code: 'expired_card' } });
  });

  it('is not told as the decline of an earlier try', () => {
    const declined = looked({ phase: 'open', declineCode: 'insufficient_funds' });
    const again = play(play(tried(), answered(DECLINED)), submitted, answered(LOST));
    const seen = play(again, declined, { type: 'pause-over' }, declined);
    expect(seen.state.view).toMatchObject({ name: 'asking', notice: { about: 'unanswered' } });
  });

  it('is not taken for a reason to ask for a new link when the token ends meanwhile', () => {
    const gone = { type: 'looked', truth: 'gone' } as const;
    expect(play(tried(), answered(LOST), gone).state.view).toMatchObject({ ending: 'failed' });
  });

  it('that nobody has heard of holds the form back, here, after a reload and in another tab', () => {
    const unheard = looked({ phase: 'unheard' });
    for (const first of [play(tried(), answered(LOST)), begin('link'), play(asked(), { type: 'seen' })]) {
      const now = play(first, unheard);
      expect(now.state.view).toMatchObject({ name: 'uncertain', wasSeenOpen: false });
      expect(kinds(now.effects)).toEqual(['pause']);
    }
    for (const result of ['claimed', 'processing'] as const) {
      const waiting = play(tried(), answered({ result }), { type: 'pause-over' });
      expect(play(waiting, unheard).state.view).toBe(waiting.state.view);
    }
  });

  it('is asked for less and less often, then by the payer or as soon as the network is back', () => {
    let now = play(tried(), answered(LOST), { type: 'look-failed' });
    const pauses: number[] = [];
    while (now.effects[0]?.do === 'pause') {
      pauses.push(now.effects[0].forMs);
      now = play(now, { type: 'pause-over' }, { type: 'look-failed' });
    }
    expect(pauses).toEqual(PAUSES_MS);
    expect(now.state.view).toMatchObject({ name: 'uncertain', isGivenUp: true });
    for (const news of ['asked-again', 'went-online'] as const) {
      const again = play(now, { type: news });
      expect(kinds(again.effects)).toEqual(['look']);
      expect(again.state.view).toMatchObject({ isGivenUp: false });
    }
  });
});

describe('waiting', () => {
  it('for the bank ends with its decision', () => {
    const waiting = play(tried(), answered({ result: 'processing' }), { type: 'pause-over' });
    expect(play(waiting, looked({ phase: 'succeeded' })).state.view).toMatchObject({ ending: 'paid' });
    const declined = play(waiting, looked({ phase: 'open', declineCode: 'generic_decline' }));
    expect(declined.state.view).toMatchObject({ name: 'asking', notice: { about: 'declined' } });
  });

  it('for the word on a claim is not ended by a look that does not know of it', () => {
    const claimed = play(tried(), answered({ result: 'claimed' }));
    expect(play(claimed, looked(OPEN)).state.view).toMatchObject({ name: 'waiting', on: 'claim' });
    expect(play(claimed, looked({ phase: 'processing' })).state.view).toMatchObject({ name: 'waiting', on: 'claim' });
    expect(play(claimed, looked('closed-off', { status: 'COMPLETED' })).state.view).toMatchObject({ ending: 'paid' });
  });
});

describe('a challenge', () => {
  const challenged = looked({ phase: 'challenged', url: 'https://bank.test/' });

  it('is offered to whoever comes back without an answer', () => {
    const offered = play(begin('return'), challenged);
    expect(offered.state.view).toMatchObject({ way: 'offered' });
    const left = play(offered, { type: 'challenge-chosen' });
    expect(left.effects).toEqual([{ do: 'leave', url: 'https://bank.test/' }]);
  });

  it('is offered in a tab of its own where the token cannot be kept', () => {
    const apart = play(begin('link'), challenged, { type: 'challenge-chosen' }, { type: 'cannot-leave' });
    expect(apart.state.view).toMatchObject({ way: 'apart' });
    expect(kinds(play(apart, { type: 'seen' }).effects)).toEqual(['look']);
  });

  it('that was passed makes the payment a fresh one, after the trip too', () => {
    expect(play(begin('return'), looked({ phase: 'succeeded' })).state.view).toMatchObject({ ending: 'paid', isFresh: true });
    expect(play(begin('link'), looked({ phase: 'succeeded' })).state.view).toMatchObject({ ending: 'paid', isFresh: false });
  });

  it('that the browser’s back button has left is offered again only when somebody says that it still waits', () => {
    const back = play(play(tried(), answered({ result: 'challenged', url: 'https://bank.test/' })), { type: 'restored' });
    expect(back.state.view).toEqual({ name: 'opening' });
    expect(kinds(back.effects)).toEqual(['look']);
    expect(play(back, challenged).state.view).toMatchObject({ way: 'offered' });
    expect(play(back, looked({ phase: 'succeeded' })).state.view).toMatchObject({ ending: 'paid' });
    expect(play(back, { type: 'look-failed' }).state.view).toEqual({ name: 'unreachable' });
  });

  it('that came to nothing is told as such', () => {
    expect(play(begin('return'), looked(OPEN)).state.view).toMatchObject({ notice: { about: 'unanswered' } });
  });
});

describe('the end of the time', () => {
  it('ends nothing: the gateway is asked, and while it says open the form stays', () => {
    const over = play(asked(), { type: 'time-over' });
    expect(kinds(over.effects)).toEqual(['look']);
    const open = play(over, looked(OPEN));
    expect(open.state.view).toMatchObject({ name: 'asking' });
    expect(open.effects).toEqual([{ do: 'pause', forMs: OVERDUE_PAUSE_MS, epoch: open.state.epoch }]);
    expect(play(open, { type: 'pause-over' }, looked('closed-off', { status: 'EXPIRED' })).state.view).toMatchObject({
      ending: 'expired',
    });
  });

  it('is asked for a bounded number of times', () => {
    let now = play(asked(), { type: 'time-over' }, looked(OPEN));
    let looks = 1;
    while (now.effects.length > 0) {
      now = play(now, { type: 'pause-over' }, looks % 2 === 0 ? looked(OPEN) : { type: 'look-failed' });
      looks += 1;
      expect(looks).toBeLessThanOrEqual(OVERDUE_LOOKS_MAX + 1);
    }
    expect(now.state.view).toMatchObject({ name: 'asking' });
  });

  it('does not cut off a try that is under way', () => {
    const over = play(tried(), { type: 'time-over' }, looked({ phase: 'closed' }));
    expect(over.state.view).toEqual({ name: 'confirming' });
    expect(play(over, answered({ result: 'succeeded' })).state.view).toMatchObject({ ending: 'paid' });
    expect(kinds(play(over, answered(DECLINED)).effects)).toEqual(['look']);
  });
});

describe('a page that comes into sight again', () => {
  it('shows what another tab has done', () => {
    const seen = play(asked(), { type: 'seen' }, looked('closed-off', { status: 'COMPLETED' }));
    expect(seen.state.view).toEqual({ name: 'ended', ending: 'paid', isFresh: false });
  });

  it('keeps what was typed while nothing has changed', () => {
    const before = play(tried(), answered(DECLINED));
    expect(play(before, { type: 'seen' }, looked(OPEN)).state.view).toBe(before.state.view);
  });

  it('takes a try whose answer it cannot get any more for a lost one', () => {
    const restored = play(tried(), { type: 'restored' });
    expect(restored.state.view).toMatchObject({ name: 'uncertain' });
    expect(kinds(restored.effects)).toEqual(['look']);
  });

  it('that the browser has kept with its form asks for no card before it knows how things stand', () => {
    const restored = play(asked(), { type: 'restored' });
    expect(restored.state.view).toEqual({ name: 'opening' });
    expect(play(restored, looked({ phase: 'processing' })).state.view).toMatchObject({ name: 'waiting', on: 'bank' });
    expect(play(restored, looked(OPEN)).state.view).toMatchObject({ name: 'asking', notice: null });
  });

  it('that the browser has kept while it waited goes on to wait', () => {
    const claimed = play(tried(), answered({ result: 'claimed' }), looked(OPEN));
    const restored = play(claimed, { type: 'restored' });
    expect(restored.state.view).toMatchObject({ name: 'waiting', on: 'claim' });
    expect(play(restored, looked(OPEN)).state.view).toMatchObject({ name: 'waiting', on: 'claim' });
  });

  it('after a good end leads nowhere by itself', () => {
    const paid = play(tried(), answered({ result: 'succeeded' }));
    expect(play(paid, { type: 'restored' }).state.view).toMatchObject({ ending: 'paid', isFresh: false });
  });

  it('after another end believes a success that came late', () => {
    const expired = play(asked(), { type: 'seen' }, looked('closed-off', { status: 'EXPIRED' }));
    expect(play(expired, { type: 'seen' }, looked('closed-off', { status: 'COMPLETED' })).state.view).toMatchObject({
      ending: 'paid',
    });
  });
});

/** One of every view, with what it can hold. */
const VIEWS: readonly View[] = [
  { name: 'opening' },
  { name: 'unreachable' },
  { name: 'asking', notice: null, problems: {} },
  { name: 'asking', notice: { about: 'unsent' }, problems: {} },
  { name: 'confirming' },
  ...(['bank', 'start', 'end', 'claim'] as const).map((on) => ({ name: 'waiting', on, isGivenUp: false }) as const),
  { name: 'waiting', on: 'bank', isGivenUp: true },
  { name: 'uncertain', hadDeclines: false, wasSeenOpen: false, isGivenUp: false },
  { name: 'uncertain', hadDeclines: true, wasSeenOpen: true, isGivenUp: true },
  ...(['offered', 'leaving', 'apart'] as const).map((way) => ({ name: 'challenged', url: 'https://bank.test/', way }) as const),
  ...(['paid', 'expired', 'invalid'] as const).map((ending: Ending) => ({ name: 'ended', ending, isFresh: true }) as const),
];

const STATUSES = [
  OPEN,
  { phase: 'open', declineCode: 'expired_card' },
  { phase: 'challenged', url: 'https://other-bank.test/' },
  { phase: 'processing' },
  { phase: 'succeeded' },
  { phase: 'unheard' },
  { phase: 'closed' },
  'closed-off',
] as const;

const ANSWERS: readonly Answer[] = [
  { result: 'succeeded' },
  { result: 'processing' },
  { result: 'challenged', url: 'https://bank.test/' },
  DECLINED,
  { result: 'refused', problems: {} },
  { result: 'busy' },
  { result: 'conflict' },
  { result: 'unsent' },
  LOST,
  { result: 'claimed' },
];

function eventsOf(epoch: number): readonly Event[] {
  return [
    ...STATUSES.map((status) => ({ type: 'looked', epoch, truth: truth(status) }) as const),
    { type: 'looked', epoch, truth: 'gone' },
    { type: 'look-failed', epoch },
    { type: 'pause-over', epoch },
    ...ANSWERS.map((answer) => ({ type: 'answered', epoch, answer }) as const),
    { type: 'mistyped', problems: { number: 'number-wrong' } },
    submitted,
    ...(
      [
        'challenge-chosen',
        'cannot-leave',
        'asked-again',
        'seen',
        'restored',
        'time-over',
        'went-offline',
        'went-online',
        'fields-failed',
      ] as const
    ).map((type) => ({ type })),
  ];
}

describe('every event in every state', () => {
  const pairs = VIEWS.flatMap((view) => eventsOf(1).map((event) => ({ view, event })));

  it('leads somewhere, and pays only from the form', () => {
    for (const { view, event } of pairs) {
      const { effects } = step({ ...withView(view), epoch: 1 }, event);
      expect(effects.length, JSON.stringify({ view, event })).toBeLessThanOrEqual(1);
      if (kinds(effects).includes('confirm')) expect([view.name, event.type]).toEqual(['asking', 'submitted']);
    }
  });

  it('changes nothing when it is an answer to something older', () => {
    const answers = pairs.filter(({ event }) => 'epoch' in event);
    for (const { view, event } of answers) {
      const state = { ...withView(view), epoch: 2 };
      expect(step(state, event), JSON.stringify({ view, event })).toEqual({ state, effects: [] });
    }
  });

  it('leaves a payment that went through as it is', () => {
    for (const event of eventsOf(1)) {
      const state = { ...withView({ name: 'ended', ending: 'paid', isFresh: false }), epoch: 1 };
      if (event.type === 'looked') continue;
      expect(step(state, event).state.view).toMatchObject({ name: 'ended', ending: 'paid' });
      expect(step(state, event).effects).toEqual([]);
    }
  });

  it('in any order never has two tries or two looks under way, and a success stays one', () => {
    const order = fc.array(fc.nat({ max: eventsOf(0).length - 1 }), { maxLength: 60 });
    fc.assert(
      fc.property(order, (picks) => {
        let { state } = begin('link');
        let tries = 0;
        for (const pick of picks) {
          const event = eventsOf(state.epoch)[pick];
          if (event === undefined) continue;
          // Nobody answers what was not asked.
          if (event.type === 'answered' && tries === 0) continue;
          if ((event.type === 'looked' || event.type === 'look-failed') && !state.isLooking) continue;
          const before = state;
          const { state: after, effects } = step(state, event);
          if (event.type === 'answered' || event.type === 'restored') tries = 0;
          if (kinds(effects).includes('confirm')) tries += 1;
          expect(tries).toBeLessThanOrEqual(1);
          const isAnswered = event.type === 'looked' || event.type === 'look-failed' || event.type === 'restored';
          if (kinds(effects).includes('look')) expect(before.isLooking && !isAnswered).toBe(false);
          const isPaid = before.view.name === 'ended' && SUCCESSES.includes(before.view.ending);
          if (isPaid) expect(after.view).toMatchObject({ name: 'ended', ending: 'paid' });
          state = after;
        }
      }),
    );
  });
});
