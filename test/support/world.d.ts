import { type Database } from '../../src/database/database.ts';
import { type Logger } from '../../src/kernel/log.ts';
import { type Vault } from '../../src/kernel/secret.ts';
import { type TestClock } from './clock.ts';
/** What a test file works on: a migrated database of its own, a clock that stands still, a key, a log that can be read. */
export interface World {
    readonly database: Database;
    readonly clock: TestClock;
    readonly vault: Vault;
    readonly log: Logger;
    /** Every line logged so far, as written. */
    readonly logLines: readonly string[];
    close(): Promise<void>;
}
/** Where a copy of the template is, to be opened by whoever the test lets open it (another process, for instance). */
export interface DatabasePlace {
    readonly databaseUrl: string | null;
    readonly dataDir: string;
    remove(): Promise<void>;
}
/** Opens a world. A test file does so once, in `beforeAll`, and its tests keep apart by working on merchants of their own. */
export declare function openWorld(): Promise<World>;
/** Copies the migrated template to a place of its own. The data folder exists on a server database too, for locks and files. */
export declare function copyTemplate(): Promise<DatabasePlace>;
