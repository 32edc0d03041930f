import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/database.ts';
import { loadEncryptionKey } from '../database/encryption-key.ts';
import { type Ownership, takeOwnership } from '../database/owner.ts';
import type { Logger } from '../kernel/log.ts';
import { createVault } from '../kernel/secret.ts';
import { hasRightKey } from '../merchants/provider-accounts.ts';

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

/** Takes the embedded folder or connects to the server, migrates, and builds the app. Throws FolderInUse, and when the key is not the database's. */
export async function openRuntime(config: Config, log: Logger): Promise<Runtime> {
  const ownership = config.databaseUrl === null ? await takeOwnership(config.dataDir) : null;
  try {
    const vault = createVault(config.encryptionKey ?? (await loadEncryptionKey(config.dataDir)));
    const database = await openDatabase({ ...config, log });
    if (!(await hasRightKey({ database, vault }))) {
      await database.close();
      throw new Error(
        'The encryption key is not the one that this database was sealed with. Set TOLLGATE_ENCRYPTION_KEY to that one.',
      );
    }
    return {
      config,
      log,
      app: createApp({ config, database, vault, log }),
      ownership,
      async close() {
        await database.close();
        await ownership?.release();
      },
    };
  } catch (error) {
    await ownership?.release();
    throw error;
  }
}
