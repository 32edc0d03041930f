// npm run prove:streams [-- --streams 2000] [--rounds 60]
import { readFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepareBench } from '../bench/setup.ts';
import { type Gateway, prepareGateway } from './gateways.ts';

/**
 * Measures subscriptions of two gateways on one database, of a server at DATABASE_URL or 127.0.0.1:5432: what idle streams take of a
 * process, and how long a change takes to its readers at the gateway that made it and at the other one.
 */
const { values } = parseArgs({
  options: { streams: { type: 'string', default: '2000' }, rounds: { type: 'string', default: '60' } },
});
const LIMIT_MS = 420_000;
const STREAMS_OF_TOKEN = 3;
const STREAMS_OF_KEY = 100;
const OPENED_TOGETHER = 50;
const IDLE_MS = 30_000;
/** Some of these pauses are longer than the longest pause between two looks. */
const PAUSE_MS_MAX = 2_000;
const MEGABYTE = 1_048_576;

const START = `mutation Start($data: StartPaymentSessionInput!) {
  session: startPaymentSession(provider: { transactionProvider: EXAMPLE }, data: $data) { id token } }`;
const VERIFY = 'mutation Verify($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { status } }';
const WATCH = `subscription Watch($by: ClientSessionSelector!) {
  clientSessionChanged(by: $by) { version session { status updatedAt } } }`;
const FOLLOW = 'subscription { eventAppended { event { type sessionId createdAt } } }';

const limit = setTimeout(() => {
  console.error(`It took more than ${LIMIT_MS / 1_000} s.`);
  process.exit(1);
}, LIMIT_MS);
const bench = await prepareBench();
const gateways = await Promise.all(
  ['gateway 1', 'gateway 2'].map((name) => prepareGateway(name, { ...bench.environment, TOLLGATE_LOG_LEVEL: 'warn' })),
);
try {
  await Promise.all(gateways.map((gateway) => gateway.start()));
  const [here, there] = gateways as [Gateway, Gateway];
  await measureDelays(here, there);
  await measureMemory(here);
} finally {
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  await bench.remove();
  clearTimeout(limit);
}

interface Session {
  readonly id: string;
  readonly token: string;
}

async function ask<Data>({ url }: Gateway, query: string, variables: object): Promise<Data> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${bench.shops[0].key}` };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: Data; errors?: readonly unknown[] };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

async function start(gateway: Gateway): Promise<Session> {
  const billing = {
    billingFirstName: 'Jane',
    billingLastName: 'Smith',
    billingEmail: 'jane@example.com',
    billingAddressCountry: 'US',
  };
  const code = `streams-${crypto.randomUUID()}`;
  const data = { merchantInternalTransactionCode: code, amount: '1000', currency: 'USD', storePaymentMethod: false, billing };
  return (await ask<{ session: Session }>(gateway, START, { data })).session;
}

interface Reading {
  readonly credential: string;
  readonly query: string;
  readonly variables?: object;
  /** Is given the data of each message. */
  onData(data: unknown): void;
}

/** Resolves with its request when the stream has begun. */
function subscribe({ url }: Gateway, { credential, query, variables = {}, onData }: Reading): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const headers = {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${credential}`,
    };
    const sent = request(`${url}/graphql`, { method: 'POST', headers, agent: false }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`A stream was answered ${response.statusCode}.`));
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const blocks = (text + chunk).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const data = /^data: (.+)$/m.exec(block)?.[1];
          if (data !== undefined) onData(JSON.parse(data).data);
        }
        resolve(sent);
      });
      response.on('error', () => {});
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query, variables }));
  });
}

async function measureDelays(here: Gateway, there: Gateway): Promise<void> {
  const delays = new Map<string, number[]>();
  const note = (name: string, sinceText: string) => {
    delays.set(name, [...(delays.get(name) ?? []), Date.now() - Date.parse(sinceText)]);
  };
  const places = [
    ['the same gateway', here],
    ['the other gateway', there],
  ] as const;
  const followers = await Promise.all(
    places.map(([name, gateway]) =>
      subscribe(gateway, {
        credential: bench.shops[0].key,
        query: FOLLOW,
        onData(data) {
          const { event } = (data as { eventAppended: { event: { createdAt: string } | null } }).eventAppended;
          if (event !== null) note(`an event, ${name}`, event.createdAt);
        },
      }),
    ),
  );
  for (let round = 0; round < Number(values.rounds); round += 1) await payOne(here, places, note);
  await sleep(PAUSE_MS_MAX);
  for (const follower of followers) follower.destroy();
  for (const [name, all] of [...delays].sort()) {
    const sorted = all.sort((left, right) => left - right);
    const at = (share: number) => `${sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)]} ms`;
    console.log(`${name}: p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)} (${sorted.length} messages)`);
  }
}

/** Counts from the change's own time, so the statement that records it is in the delay. */
async function payOne(
  here: Gateway,
  places: readonly (readonly [string, Gateway])[],
  note: (name: string, since: string) => void,
): Promise<void> {
  const { id, token } = await start(here);
  const watching = places.map(async ([name, gateway]) => {
    let finish = (): void => {};
    const completed = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const onData = (data: unknown): void => {
      const { session } = (data as { clientSessionChanged: { session: { status: string; updatedAt: string } } })
        .clientSessionChanged;
      if (session.status !== 'COMPLETED') return;
      note(`a session, ${name}`, session.updatedAt);
      finish();
    };
    const sent = await subscribe(gateway, { credential: token, query: WATCH, variables: { by: { token } }, onData });
    return { sent, completed };
  });
  const readers = await Promise.all(watching);
  await sleep(Math.random() * PAUSE_MS_MAX);
  const card = { number: '4242424242424242', expMonth: 12, expYear: 2031, cvc: '123' };
  const headers = { 'content-type': 'application/json' };
  await (
    await fetch(`${here.url}/example/v1/confirm`, { method: 'POST', headers, body: JSON.stringify({ token, card }) })
  ).text();
  await ask(here, VERIFY, { by: { id } });
  await Promise.all(readers.map(({ completed }) => completed));
  for (const { sent } of readers) sent.destroy();
}

async function measureMemory(gateway: Gateway): Promise<void> {
  const count = Number(values.streams);
  const sessions: Session[] = [];
  while (sessions.length * STREAMS_OF_TOKEN < count) sessions.push(await start(gateway));
  const before = await residentBytes(gateway);
  const open: ClientRequest[] = [];
  while (open.length < count) {
    const next = Array.from({ length: Math.min(OPENED_TOGETHER, count - open.length) }, (_, index) => {
      const place = open.length + index;
      // The last ones are kept for secret keys, which have so many streams each.
      const key = bench.shops[1 + Math.floor((count - 1 - place) / STREAMS_OF_KEY)]?.key;
      if (key !== undefined) return subscribe(gateway, { credential: key, query: FOLLOW, onData: () => {} });
      const { token } = sessions[Math.floor(place / STREAMS_OF_TOKEN)] ?? { token: '' };
      return subscribe(gateway, { credential: token, query: WATCH, variables: { by: { token } }, onData: () => {} });
    });
    open.push(...(await Promise.all(next)));
  }
  const opened = await residentBytes(gateway);
  await sleep(IDLE_MS);
  const idle = await residentBytes(gateway);
  const shown = (bytes: number) => `${Math.round(bytes / MEGABYTE)} MB`;
  console.log(`${count} streams: the process has ${shown(before)} before, ${shown(opened)} when opened, ${shown(idle)} idle`);
  console.log(`a stream takes ${Math.round((idle - before) / count / 1_024)} kB`);
  await measureEnd(gateway, open);
}

async function measureEnd(gateway: Gateway, open: readonly ClientRequest[]): Promise<void> {
  const ends = open.map((sent) => new Promise((resolve) => sent.on('error', resolve).on('close', resolve)));
  const startedAt = performance.now();
  const stopped = gateway.stop(IDLE_MS);
  await Promise.all(ends);
  console.log(`SIGTERM has ended all of them after ${Math.round(performance.now() - startedAt)} ms`);
  const { seconds, exitCode } = await stopped;
  console.log(`the process has ended after ${seconds.toFixed(1)} s with code ${exitCode}`);
}

async function residentBytes({ pid }: Gateway): Promise<number> {
  const status = await readFile(`/proc/${pid()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1_024;
}
