import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/checkout/banks/bank.ts';
import { begin } from '../../src/checkout/checkout.ts';
import { conduct, type Hands } from '../../src/checkout/conductor.ts';
import type { State, Truth } from '../../src/checkout/state.ts';
import { OPEN, submitted, truth } from './states.ts';

/** Hands that do what a test tells them, and remember what they were asked for. */
function handsOf(given: Partial<Hands> = {}) {
  const shown: State[] = [];
  const pauses: { readonly run: () => void; isOff: boolean }[] = [];
  const hands: Hands = {
    look: async () => truth(OPEN),
    confirm: async () => ({ result: 'succeeded' }),
    leave: () => true,
    pause(_forMs, run) {
      const pause = { run, isOff: false };
      pauses.push(pause);
      return () => {
        pause.isOff = true;
      };
    },
    show: (state) => void shown.push(state),
    ...given,
  };
  return { hands, shown, pauses, last: () => shown.at(-1)?.view };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the conductor', () => {
  it('shows the first state at once, looks, and shows what was seen', async () => {
    const { hands, shown, last } = handsOf();
    conduct(begin('link'), hands);
    expect(shown.map(({ view }) => view.name)).toEqual(['opening']);
    await settle();
    expect(last()).toMatchObject({ name: 'asking' });
  });

  it('takes a try that throws for one whose answer is lost', async () => {
    const { hands, last } = handsOf({ confirm: () => Promise.reject(new TypeError('Failed to fetch')) });
    const { tell } = conduct(begin('link'), hands);
    await settle();
    tell(submitted);
    await settle();
    expect(last()).toMatchObject({ name: 'uncertain' });
  });

  it('asks for one try when the form is sent twice in a row', async () => {
    const cards: unknown[] = [];
    const later: { answer: (answer: Answer) => void } = { answer: () => {} };
    const confirm = (card: unknown) => {
      cards.push(card);
      return new Promise<Answer>((resolve) => Object.assign(later, { answer: resolve }));
    };
    const { hands, last } = handsOf({ confirm });
    const { tell } = conduct(begin('link'), hands);
    await settle();
    tell(submitted);
    tell(submitted);
    later.answer({ result: 'succeeded' });
    await settle();
    expect(cards).toHaveLength(1);
    expect(last()).toMatchObject({ name: 'ended', ending: 'paid' });
  });

  it('never keeps the card in what it shows', async () => {
    const { hands, shown } = handsOf();
    const { tell } = conduct(begin('link'), hands);
    await settle();
    tell(submitted);
    await settle();
    expect(JSON.stringify(shown)).not.toContain('4242');
  });

  it('calls off a pause when it looks for another reason', async () => {
    const truths: Truth[] = [truth({ phase: 'processing' })];
    const { hands, pauses } = handsOf({ look: async () => truths[0] ?? 'gone' });
    const { tell } = conduct(begin('link'), hands);
    await settle();
    expect(pauses).toHaveLength(1);
    tell({ type: 'asked-again' });
    expect(pauses[0]?.isOff).toBe(true);
    await settle();
    expect(pauses).toHaveLength(2);
  });

  it('offers a tab of its own when the way to the bank is barred', async () => {
    const { hands, last } = handsOf({
      confirm: async () => ({ result: 'challenged', url: 'https://bank.test/' }),
      leave: () => false,
    });
    const { tell } = conduct(begin('link'), hands);
    await settle();
    tell(submitted);
    await settle();
    expect(last()).toMatchObject({ name: 'challenged', way: 'apart' });
  });
});
