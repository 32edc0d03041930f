import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Contest, holdContest, type Materials } from './contest.ts';
import { DOCUMENTS, PAGE_SIZE } from './documents.ts';
import type { PlainRequest } from './operations.ts';
import { type Server, startServer } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, percentile, type Table } from './table.ts';

const FOLDER = new URL('./peers/', import.meta.url);
const CALLERS = 16;
const WARM_UP_MS = 2_500;
const ROUND_MS = 1_200;
/** PostGraphile 5 needs it. */
const NODE_MAJOR_MIN = 22;

const HEADER = ['', 'rate/s', 'of the baseline (spread)', 'CPU ms each', 'statements', 'p50 ms', 'p99 ms', 'Node.js'];

interface Peer {
  readonly name: string;
  readonly server: Server;
  readonly request: PlainRequest;
  readonly node: string;
}

interface Round {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly latenciesMs: readonly number[];
}

/** The same page of 50 sessions on the gateway, the baseline, Mercurius and PostGraphile, in turn. */
export async function measurePeers(bench: Bench, options: Materials & { rounds: number }): Promise<Table> {
  await install();
  const rows: (readonly string[])[] = [];
  await holdContest(bench, options, async (contest) => {
    const started: Server[] = [];
    try {
      const peers = await startPeers(contest, started);
      await expectSamePages(peers);
      const statements = new Map<Peer, number>();
      for (const peer of peers) statements.set(peer, await countStatements(peer));
      const rounds = await runRounds(contest, peers);
      const [, baseline] = peers;
      const base = (baseline && rounds.get(baseline)) ?? [];
      for (const peer of peers)
        rows.push([peer.name, ...toCells(rounds.get(peer) ?? [], { base, statements: statements.get(peer) ?? 0 }), peer.node]);
    } finally {
      await Promise.all(started.map((server) => server.stop()));
    }
  });
  return { title: `A page of ${PAGE_SIZE} on other GraphQL servers`, header: HEADER, rows };
}

async function startPeers({ bench, servers }: Contest, started: Server[]): Promise<readonly Peer[]> {
  const environment = { ...bench.environment, BENCH_PG: new URL('node_modules/pg/lib/index.js', FOLDER).href };
  const start = async (wish: { file: string; readyPath: string; execPath: string }): Promise<Server> => {
    const server = await startServer({ ...wish, environment });
    started.push(server);
    return server;
  };
  const variables = { first: PAGE_SIZE };
  const merchant = { ...variables, merchantId: bench.shops[1].merchantId };
  const headers = { authorization: `Bearer ${bench.keyOf('page')}` };
  const own = { headers, body: JSON.stringify({ query: DOCUMENTS.page, variables }) };
  const mercurius = { file: './peers/mercurius.mjs', readyPath: '/health/ready', execPath: process.execPath };
  const node22 = await findNewerNode();
  const postgraphile = { file: './peers/postgraphile.mjs', readyPath: '/ready', execPath: node22.execPath };
  const here = process.version;
  return [
    { name: 'gateway', server: servers.gateway, request: { path: '/graphql', ...own }, node: here },
    { name: 'baseline', server: servers.baseline, request: { path: '/page', ...own }, node: here },
    {
      name: `Mercurius ${await versionOf('mercurius')} with JIT`,
      server: await start(mercurius),
      request: { path: '/graphql', headers, body: JSON.stringify({ query: MERCURIUS_PAGE, variables }) },
      node: here,
    },
    {
      name: `PostGraphile ${await versionOf('postgraphile')}`,
      server: await start(postgraphile),
      request: { path: '/graphql', body: JSON.stringify({ query: POSTGRAPHILE_PAGE, variables: merchant }) },
      node: node22.version,
    },
  ];
}

const MERCURIUS_PAGE = `query Page($first: Int!) {
  clientSessions(first: $first) {
    edges { node { id kind status currency merchantInternalTransactionCode transactionProvider createdAt updatedAt
      ... on PaymentSession { amount } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

const POSTGRAPHILE_PAGE = `query Page($merchantId: UUID!, $first: Int!) {
  clientSessions: allSessions(
    first: $first, orderBy: [CREATED_AT_DESC, ROW_ID_DESC], condition: { merchantId: $merchantId, environment: "TEST" }
  ) {
    edges { node { id: rowId kind status currency merchantInternalTransactionCode: code transactionProvider: provider
      createdAt updatedAt amount } }
    pageInfo { hasNextPage endCursor }
  }
}`;

async function sendOnce({ name, server, request }: Peer): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.port}${request.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...request.headers },
    body: request.body,
  });
  const text = await response.text();
  if (!response.ok || text.includes('"errors"')) throw new Error(`${name} failed: ${text.slice(0, 1_000)}`);
  return text;
}

interface PageResponse {
  readonly data: { readonly clientSessions: { readonly edges: readonly { readonly node: Readonly<Record<string, string>> }[] } };
}

/** The same sessions in the same order, with the same values but for the form of instants. */
async function expectSamePages(peers: readonly Peer[]): Promise<void> {
  const pages = await Promise.all(peers.map(async (peer) => readPage(await sendOnce(peer))));
  const differs = peers.find((_peer, index) => !isDeepStrictEqual(pages[index], pages[0]));
  if (differs !== undefined) throw new Error(`${differs.name} returns another page than the gateway.`);
}

function readPage(text: string): readonly object[] {
  return (JSON.parse(text) as PageResponse).data.clientSessions.edges.map(({ node }) => {
    const { amount: _amount, createdAt = '', updatedAt = '', ...rest } = node;
    return { ...rest, createdAt: Date.parse(createdAt), updatedAt: Date.parse(updatedAt) };
  });
}

async function countStatements(peer: Peer): Promise<number> {
  await sendOnce(peer);
  const counts: number[] = [];
  while (counts.length < 5) counts.push((await peer.server.record(() => sendOnce(peer))).length);
  return Math.min(...counts);
}

async function runRounds({ load, rounds }: Contest, peers: readonly Peer[]): Promise<Map<Peer, Round[]>> {
  const run = async ({ server, request }: Peer, durationMs: number): Promise<Round> => {
    const before = await server.spent();
    const { perSecond, timings } = await load.run({
      side: 'baseline',
      ports: [server.port],
      key: '',
      work: { request },
      durationMs,
      pace: { callers: CALLERS },
    });
    const cpuMs = ((await server.spent()).cpuMs - before.cpuMs) / timings.length;
    return { perSecond, cpuMs, latenciesMs: timings.map(({ latencyMs }) => latencyMs) };
  };
  const results = new Map<Peer, Round[]>(peers.map((peer) => [peer, []]));
  for (const peer of peers) await run(peer, WARM_UP_MS);
  for (let round = 0; round < rounds; round += 1) for (const peer of peers) results.get(peer)?.push(await run(peer, ROUND_MS));
  return results;
}

function toCells(
  rounds: readonly Round[],
  { base, statements }: { base: readonly Round[]; statements: number },
): readonly string[] {
  const ratios = rounds.map(({ perSecond }, index) => perSecond / (base[index]?.perSecond ?? Number.NaN));
  const latenciesMs = rounds.flatMap((round) => round.latenciesMs);
  return [
    median(rounds.map(({ perSecond }) => perSecond)).toFixed(0),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    median(rounds.map(({ cpuMs }) => cpuMs)).toFixed(2),
    statements.toFixed(0),
    percentile(latenciesMs, 0.5).toFixed(1),
    percentile(latenciesMs, 0.99).toFixed(1),
  ];
}

async function versionOf(name: string): Promise<string> {
  const text = await readFile(new URL(`node_modules/${name}/package.json`, FOLDER), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** This Node.js, or the one that is installed beside the peers. */
async function findNewerNode(): Promise<{ execPath: string; version: string }> {
  const { version, execPath } = process;
  if (Number(version.slice(1).split('.')[0]) >= NODE_MAJOR_MIN) return { version, execPath };
  return { execPath: new URL('node_modules/node/bin/node', FOLDER).pathname, version: `v${await versionOf('node')}` };
}

/** npm leaves alone what is installed already. */
async function install(): Promise<void> {
  process.stdout.write('Installing the other servers …\n');
  const child = spawn('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`npm install ended with ${code}.`);
}
