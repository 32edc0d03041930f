// The baseline: node:http and node-postgres with named statements, doing by hand what the gateway does in the database: the same
// statements in the same transactions, and nothing else. run.ts shows the number of statements of both sides beside each other.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { page, verify } from './raw-reads.ts';
import { start } from './raw-start.ts';

export interface RawScope {
  readonly merchantId: string;
  readonly environment: string;
}

export interface RawRequest {
  readonly pool: pg.Pool;
  readonly scope: RawScope;
  readonly variables: never;
  readonly fingerprint: (text: string) => string;
}

const KEY_LIFE_MS = 5_000;
const environment = process.env;
const pool = new pg.Pool({
  connectionString: environment['DATABASE_URL'],
  max: Number(environment['TOLLGATE_DATABASE_POOL_SIZE']),
});
const fingerprintKey = Buffer.from(environment['BENCH_FINGERPRINT_KEY'] ?? '', 'hex');
const keys = new Map<string, { scope: RawScope; readAtMs: number }>();
const routes: Readonly<Record<string, (request: RawRequest) => Promise<unknown>>> = {
  '/start': start,
  '/page': page,
  '/verify': verify,
};

const server = createServer((incoming, outgoing) => {
  answer(incoming).then(
    (body) => {
      const text = JSON.stringify(body);
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      outgoing.end(text);
    },
    (error: unknown) => {
      outgoing.writeHead(500);
      outgoing.end(String(error));
    },
  );
});

async function answer(incoming: IncomingMessage): Promise<unknown> {
  const route = routes[incoming.url ?? ''];
  if (route === undefined) return {};
  const { variables } = JSON.parse(await readText(incoming)) as { variables: never };
  const scope = await authenticate(incoming.headers.authorization ?? '');
  if (scope === null) throw new Error('This key is unknown.');
  return { data: await route({ pool, scope, variables, fingerprint }) };
}

function readText(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.on('error', reject);
  });
}

async function authenticate(header: string): Promise<RawScope | null> {
  const print = fingerprint(header.slice('Bearer '.length));
  const known = keys.get(print);
  if (known !== undefined && Date.now() - known.readAtMs < KEY_LIFE_MS) return known.scope;
  const { rows } = await pool.query<{ merchant_id: string; environment: string }>({
    name: 'key',
    text: 'SELECT id, merchant_id, environment, kind, expires_at, revoked_at, last_used_at FROM api_keys WHERE fingerprint = $1',
    values: [print],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const scope = { merchantId: row.merchant_id, environment: row.environment };
  keys.set(print, { scope, readAtMs: Date.now() });
  return scope;
}

function fingerprint(text: string): string {
  return createHmac('sha256', fingerprintKey).update(text).digest('hex');
}

server.listen(Number(environment['PORT']), environment['HOST']);
process.on('SIGTERM', () => process.exit());
