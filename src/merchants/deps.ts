import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Vault } from '../kernel/secret.ts';
import type { Provider, ProviderName } from '../providers/provider.ts';
import type { Caches } from './caches.ts';
import type { ConsoleSettings } from './sign-in.ts';

/** What this feature uses. Each function takes its part. */
export interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly log: Logger;
  readonly caches: Caches;
  readonly settings: ConsoleSettings;
  readonly provider: (name: ProviderName) => Provider;
}
