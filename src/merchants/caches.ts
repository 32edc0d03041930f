import type { Clock } from '../kernel/clock.ts';
import type { KnownKey } from './api-key.ts';
import { type Cache, createCache } from './cache.ts';
import type { Merchant } from './merchant.ts';
import type { AccountRecord, Reach } from './provider-account.ts';

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
