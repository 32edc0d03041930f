import type { Answer, Card } from './banks/bank.ts';
import { type Effect, type Event, type Step, step } from './checkout.ts';
import type { State, Truth } from './state.ts';

/** Carries out what the pure life of the page asks for, and tells it what came of it. */

export interface Hands {
  /** Reads how things stand. Rejects when nobody answers. */
  look(): Promise<Truth>;
  /** Tries to pay. A rejection counts as a lost answer. */
  confirm(card: Card | null): Promise<Answer>;
  /** Goes to the challenge. False when the token cannot be kept for the way. */
  leave(url: string): boolean;
  /** Runs it after a pause. Returns how to call it off. */
  pause(forMs: number, run: () => void): () => void;
  show(state: State): void;
}

export interface Conductor {
  tell(event: Event): void;
}

export function conduct(first: Step, hands: Hands): Conductor {
  let { state } = first;
  let callOff = (): void => {};
  const tell = (event: Event): void => accept(step(state, event));
  const accept = ({ state: next, effects }: Step): void => {
    if (next !== state) {
      state = next;
      hands.show(state);
    }
    for (const effect of effects) run(effect);
  };
  const run = (effect: Effect): void => {
    switch (effect.do) {
      case 'look': {
        callOff();
        const { epoch } = effect;
        hands.look().then(
          (truth) => tell({ type: 'looked', epoch, truth }),
          () => tell({ type: 'look-failed', epoch }),
        );
        return;
      }
      case 'confirm': {
        callOff();
        const { epoch } = effect;
        hands.confirm(effect.card).then(
          (answer) => tell({ type: 'answered', epoch, answer }),
          () => tell({ type: 'answered', epoch, answer: { result: 'lost' } }),
        );
        return;
      }
      case 'pause':
        callOff();
        callOff = hands.pause(effect.forMs, () => tell({ type: 'pause-over', epoch: effect.epoch }));
        return;
      case 'leave':
        if (!hands.leave(effect.url)) tell({ type: 'cannot-leave' });
        return;
    }
  };
  hands.show(state);
  for (const effect of first.effects) run(effect);
  return { tell };
}
