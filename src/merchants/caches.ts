import type { Clock } from '../kernel/clock.ts';
import type { KnownKey } from './api-key.ts';
import type { Merchant } from './merchant.ts';
import type { AccountRecord, Reach } from './provider-account.ts';

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

const LIFE_MS = 5_000;

/** What one process remembers of merchants: for five seconds, so a change by another process is seen that much later. */
export interface Caches {
  /** By id and by public id. */
  readonly merchants: Cache<Merchant>;
  /** By fingerprint. */
  readonly keys: Cache<KnownKey>;
  readonly accounts: Cache<AccountRecord>;
  /** By merchant; gathered from the accounts and forgotten with them. */
  readonly reaches: Cache<readonly Reach[]>;
}

export function createCaches(clock: Clock): Caches {
  return {
    merchants: createCache(clock, LIFE_MS),
    keys: createCache(clock, LIFE_MS),
    accounts: createCache(clock, LIFE_MS),
    reaches: createCache(clock, LIFE_MS),
  };
}

export function forgetAccounts({ accounts, reaches }: Caches): void {
  accounts.clear();
  reaches.clear();
}
