import type { EffectKind, EffectShapes, Found, Movement } from './provider.ts';

/** What is built of the port's types in several places. */

/** A movement of which no more is known than its reference and status. */
export const BARE_MOVEMENT = {
  money: null,
  decline: null,
  failureCode: null,
  card: null,
  storedMethod: null,
  hold: null,
  capturableUntil: null,
} as const satisfies Partial<Movement>;

/** A function for each kind, from what an adapter sends it with. */
export type Senders<With> = {
  readonly [Kind in EffectKind]: (
    sendWith: With,
    request: EffectShapes[Kind]['request'],
  ) => Promise<EffectShapes[Kind]['answer']>;
};
export type Finders<With> = {
  readonly [Kind in EffectKind]: (
    findWith: With,
    request: EffectShapes[Kind]['request'],
  ) => Promise<Found<EffectShapes[Kind]['answer']>>;
};
