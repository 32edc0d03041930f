import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUnderNpm, type UnderNpm, type UnderNpmOptions } from '../support/npm.ts';
import { prepare, runsWhole } from '../support/template.ts';
import { copyTemplate } from '../support/world.ts';

/** The gateway's own limit is 20 seconds for requests under way; a second more for the process. */
const STOP_MS_MAX = 21_000;
const START_MS_MAX = 60_000;
const LIMIT = { timeout: 3 * START_MS_MAX };
const START = ['npm', 'start'] as const;
const SERVE = ['npx', 'tollgate', 'serve'] as const;

const removers: (() => unknown)[] = [];
beforeAll(() => prepare(null));
afterAll(async () => {
  for (const remove of removers.reverse()) await remove();
});

/** A folder with an empty database, which takes seconds to make. */
async function newFolder(): Promise<string> {
  const { dataDir, remove } = await copyTemplate(null);
  removers.push(remove);
  return dataDir;
}

function run(options: UnderNpmOptions): UnderNpm {
  const started = startUnderNpm(options);
  removers.push(() => started.remove());
  return started;
}

const urlOf = (line: string): string => (JSON.parse(line) as { url: string }).url;
const hasStack = (output: string): boolean => /^\s+at .*:\d+:\d+|"stack":|node:internal/m.test(output);

/** Starts it on free ports, and waits until it is ready. */
async function serve(options: Omit<UnderNpmOptions, 'environment'>, environment: Readonly<Record<string, string>> = {}) {
  const dataDir = await newFolder();
  const gateway = run({ ...options, environment: { TOLLGATE_DATA_DIR: dataDir, PORT: '0', ...environment } });
  const url = urlOf(await gateway.line('"listening"'));
  await gateway.line('Ask what became of it');
  const credentials = JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8'));
  return { gateway, url, dataDir, credentials };
}

/** Sends half of a start of a session. Returns what sends the other half and returns the answer, once the gateway has taken the first. */
async function beginStart(url: string, secretKey: string) {
  const billing =
    '{ billingFirstName: "Jane", billingLastName: "Smith", billingEmail: "jane@example.com", billingAddressCountry: US }';
  const data = `{ merchantInternalTransactionCode: "order-1", amount: "100", currency: USD, storePaymentMethod: false, billing: ${billing} }`;
  const body = JSON.stringify({
    query: `mutation { startPaymentSession(provider: { transactionProvider: STRIPE }, data: ${data}) { id status } }`,
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    authorization: `Bearer ${secretKey}`,
  };
  const sent = request(`${url}/graphql`, { method: 'POST', headers });
  const answered = once(sent, 'response');
  // Awaited below; until then a failure is not an unhandled one.
  answered.catch(() => undefined);
  sent.write(body.slice(0, 20));
  const underWay = async (): Promise<number> => {
    const page = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
    return Number(/^tollgate_http_requests_in_flight (\d+)$/m.exec(page)?.[1]);
  };
  // The question is one of them.
  await expect.poll(underWay, { timeout: 20_000 }).toBe(2);
  return {
    async finish() {
      sent.end(body.slice(20));
      const [response] = await answered;
      return { status: response.statusCode, body: JSON.parse(await text(response)) };
    },
  };
}

const isReachable = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

interface Way {
  readonly what: string;
  readonly options: Omit<UnderNpmOptions, 'environment'>;
  readonly signal: NodeJS.Signals;
  readonly target: 'npm' | 'group';
}

/** A shell that waits for a program keeps SIGINT for itself, so that one reaches what npx started only as a terminal sends it. */
const WAYS: readonly Way[] = [
  { what: 'npm start', options: { command: START }, signal: 'SIGTERM', target: 'npm' },
  { what: 'npx tollgate serve', options: { command: SERVE }, signal: 'SIGTERM', target: 'npm' },
  { what: 'npm start', options: { command: START }, signal: 'SIGINT', target: 'npm' },
  { what: 'npx tollgate serve', options: { command: SERVE }, signal: 'SIGINT', target: 'group' },
  { what: 'npm start in a shell that stays', options: { command: START, shell: 'staying' }, signal: 'SIGTERM', target: 'npm' },
];
const FEW_WAYS = runsWhole() ? WAYS : WAYS.slice(0, 2);

describe('a signal', () => {
  test.each(FEW_WAYS)('ends $what after what is under way: $signal to $target', LIMIT, async ({ options, signal, target }) => {
    const { gateway, url, dataDir, credentials } = await serve(options);
    const start = await beginStart(url, credentials.secretKey);
    gateway.signal(signal, target);
    await gateway.line('"draining"');
    const { status, body } = await start.finish();
    expect({ status, body }).toMatchObject({ status: 200, body: { data: { startPaymentSession: { status: 'PENDING' } } } });
    await gateway.ended(STOP_MS_MAX);
    expect(await isReachable(url)).toBe(false);
    expect(gateway.output()).toContain('"stopped"');
    expect(hasStack(gateway.output())).toBe(false);
    expect(existsSync(join(dataDir, 'owner.lock'))).toBe(false);
  });

  const idle = test.skipIf(!runsWhole());
  idle.each(WAYS)('ends $what while nothing is under way: $signal to $target', LIMIT, async ({ options, signal, target }) => {
    const { gateway, url } = await serve(options);
    gateway.signal(signal, target);
    await gateway.ended(STOP_MS_MAX);
    expect(await isReachable(url)).toBe(false);
    expect(gateway.output()).toContain('"stopped"');
    expect(hasStack(gateway.output())).toBe(false);
  });

  /** The first is loaded when nothing of ours has run yet, the second when the database is opened. */
  const HELD = ['dist/cli/serve.js', 'dist/database/embedded.js'];
  const early = WAYS.flatMap((way) => HELD.map((heldModule) => ({ ...way, heldModule })));
  // The shells that stay, which are the ones that pass nothing on.
  const few = early.filter(
    ({ signal, options }) => signal === 'SIGTERM' && (options.shell === 'staying' || options.command === SERVE),
  );

  test.each(runsWhole() ? early : few)(
    'ends $what before it has loaded $heldModule: $signal to $target',
    LIMIT,
    async ({ options, heldModule, ...way }) => {
      const environment = { TOLLGATE_DATA_DIR: await newFolder(), PORT: '0' };
      const gateway = run({ ...options, environment, heldModule });
      await gateway.held();
      gateway.signal(way.signal, way.target);
      await gateway.ended(STOP_MS_MAX);
      expect(gateway.output()).not.toContain('"listening"');
      expect(hasStack(gateway.output())).toBe(false);
    },
  );
});

describe('a second npm start', () => {
  const startBeside = async (environment: Readonly<Record<string, string>>): Promise<UnderNpm> =>
    run({ command: START, environment: { TOLLGATE_DATA_DIR: await newFolder(), PORT: '0', ...environment } });
  const refusal = async (environment: Readonly<Record<string, string>>): Promise<string> => {
    const refused = await startBeside(environment);
    expect(await refused.ended(START_MS_MAX)).toBe(1);
    expect(hasStack(refused.output())).toBe(false);
    return refused.output();
  };
  const isTaken = (port: string, setting: string): string =>
    `Port ${port} of 127.0.0.1 is in use. Stop the program that has it, or set ${setting}.`;

  test('listens on free ports beside the first, or says that the folder is taken', LIMIT, async () => {
    const first = await serve({ command: START });
    const second = await startBeside({});
    const url = urlOf(await second.line('"listening"'));
    for (const origin of [first.url, url]) expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    second.signal('SIGTERM', 'npm');
    await second.ended(STOP_MS_MAX);
    expect(await refusal({ TOLLGATE_DATA_DIR: first.dataDir })).toMatch(/is in use by process \d+ on .*TOLLGATE_DATA_DIR/);
    first.gateway.signal('SIGTERM', 'npm');
    await first.gateway.ended(STOP_MS_MAX);
  });

  test.skipIf(!runsWhole())('says which port is taken', LIMIT, async () => {
    const first = await serve({ command: START });
    const { port } = new URL(first.url);
    const { port: simulatorPort } = new URL(first.credentials.simulatorUrl);
    expect(await refusal({ PORT: port })).toContain(isTaken(port, 'PORT'));
    expect(await refusal({ TOLLGATE_SIMULATOR_PORT: simulatorPort })).toContain(
      isTaken(simulatorPort, 'TOLLGATE_SIMULATOR_PORT'),
    );
    first.gateway.signal('SIGTERM', 'npm');
    await first.gateway.ended(STOP_MS_MAX);
  });

  test.skipIf(!runsWhole())('gives the simulator another port where the next one is taken', LIMIT, async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const taken = (server.address() as AddressInfo).port;
    const { gateway, url, credentials } = await serve({ command: START }, { PORT: String(taken - 1) });
    server.close();
    expect(url).toBe(`http://127.0.0.1:${taken - 1}`);
    expect(credentials.simulatorUrl).not.toBe(`http://127.0.0.1:${taken}`);
    expect((await fetch(`${credentials.simulatorUrl}/v1/payment_intents`)).status).toBe(401);
    gateway.signal('SIGTERM', 'npm');
    await gateway.ended(STOP_MS_MAX);
  });
});
