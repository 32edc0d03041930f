// Opens (and so migrates) the database server given as argument, prints what it logged and closes.
import { openDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/kernel/log.ts';

const [databaseUrl = ''] = process.argv.slice(2);
const log = createLogger({ level: 'info', destination: { write: (line) => void process.stdout.write(line) } });
const database = await openDatabase({ databaseUrl, dataDir: '', poolSize: 2, log });
await database.ping();
await database.close();
process.stdout.write('ready\n');
