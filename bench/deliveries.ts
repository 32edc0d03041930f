import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Server, startGateway, startLoadGenerator } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, percentile, type Table } from './table.ts';

const GOOD = Array.from({ length: 8 }, (_, index) => `good${index}.example.com`);
const BACKLOG = 500;
const SESSIONS_PER_SECOND = 20;
const PACED_SECONDS = 15;
const STARTS_MS = 5_000;
const CALLERS = 16;
const NO_SUPPLY = { endedSessionIds: [], stock: { from: 0, before: 0 } };

/**
 * Webhooks to merchants, through a proxy on this machine: how fast a backlog goes out, how late the messages of good endpoints are
 * beside a slow and a dead one, and what two endpoints cost those who start sessions.
 */
export async function measureDeliveries(bench: Bench, rounds: number): Promise<Table> {
  const receivers = await startReceivers();
  const gateway = await startGateway({ ...bench.environment, TOLLGATE_WEBHOOK_PROXY_URL: `http://127.0.0.1:${receivers.port}` });
  try {
    const shop = { bench, gateway, key: bench.shops[1].key, merchantId: bench.shops[1].merchantId };
    for (const host of GOOD) await connectEndpoint(shop, host);
    const rate = await drain(shop, receivers);
    const alone = await pace(shop, receivers);
    for (const host of ['slow.example.com', 'dead.example.com']) await connectEndpoint(shop, host);
    const beside = await pace(shop, receivers);
    const [without, with2] = await compareStarts(
      { ...shop, key: bench.shops[0].key, merchantId: bench.shops[0].merchantId },
      rounds,
    );
    return {
      title: 'Webhooks to merchants',
      header: ['', 'result'],
      rows: [
        [`deliveries/s of a backlog of ${BACKLOG * GOOD.length} to 8 endpoints`, rate.toFixed(0)],
        [
          'p50 / p99 ms from the event to its arrival, 8 good endpoints',
          `${percentile(alone, 0.5)} / ${percentile(alone, 0.99)}`,
        ],
        ['the same beside a slow and a dead endpoint', `${percentile(beside, 0.5)} / ${percentile(beside, 0.99)}`],
        ['starts/s without endpoints', without.toFixed(0)],
        ['starts/s with two', `${with2.toFixed(0)} (${(with2 / without).toFixed(2)})`],
      ],
    };
  } finally {
    await gateway.stop();
    receivers.stop();
  }
}

type Delays = Readonly<Record<string, readonly number[]>>;

interface Receivers {
  readonly port: number;
  /** Since the last time. */
  take(): Promise<Delays>;
  stop(): void;
}

async function startReceivers(): Promise<Receivers> {
  const typescript = new URL('../scripts/typescript.mjs', import.meta.url).href;
  const child = fork(fileURLToPath(new URL('./receivers.ts', import.meta.url)), { execArgv: ['--import', typescript] });
  const [{ port }] = await once(child, 'message');
  return {
    port,
    async take() {
      child.send('take');
      const [{ delaysMs }] = await once(child, 'message');
      return delaysMs as Delays;
    },
    stop: () => void child.kill(),
  };
}

interface Shop {
  readonly bench: Bench;
  readonly gateway: Server;
  readonly key: string;
  readonly merchantId: string;
}

async function connectEndpoint({ gateway, key }: Shop, host: string): Promise<void> {
  const query = `mutation { createWebhookEndpoint(data: { url: "http://${host}:8080/" }) { endpoint { id } } }`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const init = { method: 'POST', headers, body: JSON.stringify({ query }) };
  const response = await fetch(`http://127.0.0.1:${gateway.port}/graphql`, init);
  const { errors } = (await response.json()) as { errors?: object };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
}

/** One event each of so many sessions. */
async function append({ bench, merchantId }: Shop, count: number): Promise<void> {
  await bench.query(
    `INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, data, created_at)
     SELECT gen_random_uuid(), $1, 'TEST', 'session.started', 'API', false, gen_random_uuid(), '{}', now() FROM generate_series(1, $2)`,
    [merchantId, count],
  );
}

const isGood = (host: string): boolean => GOOD.includes(host);
const countOf = (delays: Delays): number => Object.values(delays).reduce((sum, some) => sum + some.length, 0);

async function drain(shop: Shop, receivers: Receivers): Promise<number> {
  const startedAt = performance.now();
  await append(shop, BACKLOG);
  for (let arrived = 0; arrived < BACKLOG * GOOD.length; ) {
    await sleep(20);
    arrived += countOf(await receivers.take());
  }
  return (BACKLOG * GOOD.length) / ((performance.now() - startedAt) / 1_000);
}

/** How late the messages of the good endpoints were while events were appended at a steady pace. */
async function pace(shop: Shop, receivers: Receivers): Promise<readonly number[]> {
  await receivers.take();
  for (let index = 0; index < SESSIONS_PER_SECOND * PACED_SECONDS; index += 1) {
    await append(shop, 1);
    await sleep(1_000 / SESSIONS_PER_SECOND);
  }
  await sleep(1_000);
  return Object.entries(await receivers.take()).flatMap(([host, delays]) => (isGood(host) ? delays : []));
}

/** Rounds in turn, because the machine is not equally fast all the time. */
async function compareStarts(shop: Shop, rounds: number): Promise<readonly [number, number]> {
  const load = startLoadGenerator();
  const { bench, gateway } = shop;
  const start = async (): Promise<number> => {
    const job = { side: 'gateway', ports: [gateway.port], key: shop.key, durationMs: STARTS_MS } as const;
    const work = { operation: 'start', supply: { ...NO_SUPPLY, webhook: bench.shops[0].webhook } } as const;
    return (await load.run({ ...job, work, pace: { callers: CALLERS } })).perSecond;
  };
  const enable = (isEnabled: boolean) =>
    bench.query('UPDATE webhook_endpoints SET disabled_at = $2 WHERE merchant_id = $1', [
      shop.merchantId,
      isEnabled ? null : new Date(),
    ]);
  try {
    for (const host of GOOD.slice(0, 2)) await connectEndpoint(shop, host);
    const [without, with2]: [number[], number[]] = [[], []];
    await start();
    for (let round = 0; round < rounds; round += 1) {
      await enable(false);
      without.push(await start());
      await enable(true);
      with2.push(await start());
    }
    return [median(without), median(with2)];
  } finally {
    await load.stop();
  }
}
