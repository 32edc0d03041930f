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

/** A table with one row for each meaning, to be read by the vendor's words. */
export function byWord<Meaning>(rows: readonly (readonly [Meaning, words: string])[]): Readonly<Record<string, Meaning>> {
  return Object.fromEntries(rows.flatMap(([meaning, words]) => words.split(/\s+/).map((word) => [word, meaning] as const)));
}

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
