import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Count } from '../kernel/count.ts';
import type { Logger } from '../kernel/log.ts';
import type { Vault } from '../kernel/secret.ts';
import type { Environment } from '../providers/provider.ts';
import type { Poster } from './post.ts';
import type { AddressRules } from './rules.ts';

/** What this feature uses. Each function takes its part. */
export interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly log: Logger;
  readonly count: Count;
  readonly poster: Poster;
  readonly addressRules: Readonly<Record<Environment, AddressRules>>;
}
