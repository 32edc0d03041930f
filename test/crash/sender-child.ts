import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openDatabase } from '../../src/database/database.ts';
import { insertEvents } from '../../src/events/store.ts';
import { addMs } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createVault } from '../../src/kernel/secret.ts';
import { createEndpoint, removeEndpoint, updateEndpoint } from '../../src/merchant-webhooks/manage-endpoints.ts';
import { createPoster } from '../../src/merchant-webhooks/post.ts';
import { readAddressRules } from '../../src/merchant-webhooks/rules.ts';
import { createSender } from '../../src/merchant-webhooks/sender.ts';
import { must, testConfig } from '../support/gateway.ts';

/**
 * A sender of webhooks in a process of its own that can be told to die at a step. Takes one JSON command per line and responds to each
 * with one line, after a first line that lets it open the database: `{"arm"}`, `{"connect"}`, `{"enable"}`, `{"remove"}`,
 * `{"append"}` or `{"work"}`. Each says how far its clock is ahead.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
await lines.next();
const [databaseUrl, dataDir = ''] = process.argv.slice(2);
const log = createLogger({ level: 'error', destination: { write: (line) => process.stderr.write(line) } });
const database = await openDatabase({ databaseUrl: databaseUrl || null, dataDir, poolSize: 5, log, durability: 'relaxed' });
const vault = createVault(new Uint8Array(32).fill(7));
let aheadMs = 0;
const clock = { now: () => addMs(new Date(), aheadMs) };
const rules = readAddressRules({ ...testConfig(), databaseUrl: null });
const limits = { connectMs: 400, totalMs: 400, bodyMs: 200, idleMs: 1_000 };
const poster = createPoster({ rules, proxyUrl: null, clock, version: 'test', limits });
const deps = { database, clock, vault, log, count: () => {}, poster, addressRules: rules };
let armed: string | null = null;
const sender = createSender(deps, {
  random: () => 0.5,
  onStep(step) {
    if (step !== armed) return;
    process.kill(process.pid, 'SIGKILL');
    for (;;) {
      // The signal ends the process before anything else can run.
    }
  },
});

const respond = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
respond('ready');

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { scope, ...command } = JSON.parse(line);
  aheadMs = command.aheadMs;
  if (command.arm !== undefined) {
    armed = command.arm;
    respond('armed');
  } else if (command.connect !== undefined) {
    const input = {
      url: command.connect,
      description: null,
      eventTypes: ['session.started'],
      ordering: 'PER_SESSION',
      scheme: 'HMAC_SHA256',
    } as const;
    const { endpoint } = must(await createEndpoint(deps, scope, input));
    respond(endpoint.id);
  } else if (command.enable !== undefined) {
    must(await updateEndpoint(deps, scope, { id: command.enable, update: { isEnabled: true, sendsMissed: true } }));
    respond('enabled');
  } else if (command.remove !== undefined) {
    must(await removeEndpoint(deps, scope, command.remove));
    respond('removed');
  } else if (command.append === true) {
    const event = { type: 'session.started', sessionId: randomUUID() } as const;
    await database.inTransaction((tx) => insertEvents(tx, { scope, source: 'API', now: clock.now() }, [event, event, event]));
    const rows = await database.client.event.findMany({ where: { sessionId: event.sessionId }, orderBy: { sequence: 'asc' } });
    respond(rows.map(({ id }) => id));
  } else {
    await sender.runDue();
    respond('worked');
  }
}
await database.close();
