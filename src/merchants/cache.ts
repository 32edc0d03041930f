import type { Clock } from '../kernel/clock.ts';

/** Remembers what look-ups found for a short while, within bounds. What is forgotten is gone at once, also from look-ups under way. */
export interface Cache<Value> {
  /** The remembered value, or the one that `load` finds. Null is never remembered. */
  get(key: string, load: () => Promise<Value | null>): Promise<Value | null>;
  clear(): void;
}

const ENTRIES_MAX = 10_000;

export function createCache<Value>(clock: Clock, lifeMs: number): Cache<Value> {
  const entries = new Map<string, { value: Value; readAtMs: number }>();
  let generation = 0;
  return {
    async get(key, load) {
      const nowMs = clock.now().getTime();
      const known = entries.get(key);
      if (known !== undefined && nowMs - known.readAtMs < lifeMs) return known.value;
      const startedIn = generation;
      const value = await load();
      if (value === null || startedIn !== generation) return value;
      if (entries.size >= ENTRIES_MAX) entries.clear();
      entries.set(key, { value, readAtMs: nowMs });
      return value;
    },
    clear() {
      generation += 1;
      entries.clear();
    },
  };
}
