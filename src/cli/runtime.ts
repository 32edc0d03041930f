import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { loadEncryptionKey } from '../database/encryption-key.ts';
import { type Ownership, takeOwnership } from '../database/owner.ts';
import { claimForKey } from '../database/sealing.ts';
import { alignClock, keepAligned } from '../database/skew.ts';
import { openEpoch } from '../events/epoch-store.ts';
import { type AlignedClock, createAlignedClock, systemClock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createLegacyVault, createVault } from '../kernel/secret.ts';

/** A gateway that is ready to work and does nothing yet: it listens nowhere and runs no jobs. */
export interface Runtime {
  readonly config: Config;
  readonly log: Logger;
  readonly app: App;
  /** Of the embedded folder; null on a database server. */
  readonly ownership: Ownership | null;
  /** Closes the database and lets the folder go. */
  close(): Promise<void>;
}

/** Takes the embedded folder or connects to the server, migrates, and builds the app. Throws FolderInUse, DatabaseUnusable, and when the key is not the database's. */
export async function openRuntime(config: Config, log: Logger): Promise<Runtime> {
  const ownership = config.databaseUrl === null ? await takeOwnership(config.dataDir) : null;
  try {
    const key = config.encryptionKey ?? (await loadEncryptionKey(config.dataDir));
    const vault = createVault(key);
    const database = await openDatabase({ ...config, log });
    try {
      await claimForKey(database, { vault, legacy: createLegacyVault(key), log });
      await openEpoch(database);
    } catch (error) {
      await database.close();
      throw error;
    }
    const clock = createAlignedClock(systemClock);
    const stopAligning = await followDatabase(database, { clock, log });
    return {
      config,
      log,
      app: createApp({ config, database, vault, log, clock, clockSkewMs: clock.aheadMs }),
      ownership,
      async close() {
        await stopAligning();
        await database.close();
        await ownership?.release();
      },
    };
  } catch (error) {
    await ownership?.release();
    throw error;
  }
}

/** On a server, whose clock all gateways follow. The embedded database has this machine's. Returns how to stop following. */
async function followDatabase(
  database: Database,
  { clock, log }: { clock: AlignedClock; log: Logger },
): Promise<() => Promise<void>> {
  if (database.isEmbedded) return async () => {};
  await alignClock(database, clock, log);
  return keepAligned(database, clock, log);
}
