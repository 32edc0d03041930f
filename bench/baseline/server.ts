// The baseline: node:http and node-postgres with named statements. For each operation it sends the fewest statements that return
// the same response and keep the same things at the same moments: an intent is committed before the bank is called, and the outcome
// before the caller hears of it. All of its SQL is written by hand for the schema in prisma/. None of it is taken from the SQL that
// the gateway sends, and it does not follow when that changes. It does nothing else: no GraphQL, no checks of input, no sealing,
// no log.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { confirm } from './bank.ts';
import { type BaselineRequest, type Scope, type Statement, send } from './database.ts';
import { refund, settle } from './money.ts';
import { baseConfig, page, verify } from './reads.ts';
import { start } from './start.ts';
import { receive } from './webhook.ts';

const WEBHOOKS = '/webhooks/example/';
const KEY_LIFE_MS = 5_000;
const environment = process.env;
const fingerprintKey = Buffer.from(environment['BENCH_FINGERPRINT_KEY'] ?? '', 'hex');
const scopes = new Map<string, { scope: Scope; readAtMs: number }>();

const FIND_SCOPE: Statement = {
  name: 'scope',
  text: `SELECT api_keys.merchant_id, api_keys.environment, provider_accounts.id AS account_id
    FROM api_keys JOIN provider_accounts USING (merchant_id, environment)
    WHERE api_keys.fingerprint = $1 AND api_keys.revoked_at IS NULL AND provider_accounts.provider = 'EXAMPLE'
      AND provider_accounts.is_default AND provider_accounts.status = 'ENABLED'`,
};

type Route = (request: BaselineRequest) => Promise<unknown>;
const routes: Readonly<Record<string, Route>> = {
  '/start': start,
  '/page': page,
  '/verify': verify,
  '/settle': settle,
  '/refund': refund,
  '/base-config': baseConfig,
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
  const { url = '', headers } = incoming;
  const text = await readText(incoming);
  if (url === '/example/v1/confirm') return confirm(JSON.parse(text));
  if (url.startsWith(WEBHOOKS))
    return receive(url.slice(WEBHOOKS.length), { signature: String(headers['example-signature']), text });
  const route = routes[url];
  if (route === undefined) return {};
  const scope = await findScope((headers.authorization ?? '').slice('Bearer '.length));
  return route({ scope, body: JSON.parse(text) });
}

function readText(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.on('error', reject);
  });
}

/** Remembered for five seconds, as the gateway promises for keys and accounts. */
async function findScope(key: string): Promise<Scope> {
  const fingerprint = createHmac('sha256', fingerprintKey).update(key).digest('hex');
  const known = scopes.get(fingerprint);
  if (known !== undefined && Date.now() - known.readAtMs < KEY_LIFE_MS) return known.scope;
  const [row] = await send<{ merchant_id: string; environment: string; account_id: string }>(FIND_SCOPE, [fingerprint]);
  if (row === undefined) throw new Error('This key is unknown.');
  const scope = { merchantId: row.merchant_id, environment: row.environment, accountId: row.account_id };
  scopes.set(fingerprint, { scope, readAtMs: Date.now() });
  return scope;
}

server.listen(Number(environment['PORT']), environment['HOST']);
process.on('SIGTERM', () => process.exit());
