import { createInterface } from 'node:readline';
import { createApp } from '../../src/app.ts';
import { openDatabase } from '../../src/database/database.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createVault } from '../../src/kernel/secret.ts';
import { newMerchant, PUBLIC_URL, testConfig } from '../support/gateway.ts';

/**
 * A gateway in a process of its own that can be told to die at a step. Takes one JSON command per line and answers each
 * with one line, after a first line that lets it open the database: `{"arm"}`, `{"path", "body", "key"}`, `{"merchant"}`, `{"work"}` or `{"rows"}`.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
// Everything is loaded by now. Whoever was the owner of the database is gone when the first line comes.
await lines.next();
const [databaseUrl, dataDir] = process.argv.slice(2);
const log = createLogger({ level: 'error', destination: { write: (line) => process.stderr.write(line) } });
const database = await openDatabase({
  databaseUrl: databaseUrl || null,
  dataDir: dataDir ?? '',
  poolSize: 5,
  log,
  durability: 'relaxed',
});
const vault = createVault(new Uint8Array(32).fill(7));
let armed: string | null = null;
const app = createApp({
  config: { ...testConfig(), operationLeaseMs: 1_000 },
  database,
  vault,
  log,
  clock: systemClock,
  onStep(operation, step) {
    if (armed === `${operation}:${step}`) dieNow();
  },
});
// As app.start does on a folder with one owner, without its timers: the test says when work is done.
if (database.isEmbedded) await app.releaseLeases();

function dieNow(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) {
    // The signal ends the process before anything else can run.
  }
}

const answer = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
answer('ready');

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const command = JSON.parse(line);
  if (command.arm !== undefined) {
    armed = command.arm;
    answer('armed');
  } else if (command.merchant === true) {
    const { scope, secretKey } = await newMerchant({ app, logLines: [] }, []);
    answer({ scope, secretKey });
  } else if (command.work === true) {
    await app.jobs.runDue();
    answer('worked');
  } else if (command.rows !== undefined) {
    answer(await database.client.$queryRawUnsafe(command.rows));
  } else {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${command.key}` };
    const init = { method: 'POST', headers, body: JSON.stringify(command.body) };
    const response = await app.fetch(new Request(`${PUBLIC_URL}${command.path}`, init));
    answer(await response.json());
  }
}
await database.close();
