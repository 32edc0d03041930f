// The page of 50 on Mercurius with JIT over node-postgres: a schema with the fields that the document selects, and one statement.
import { createHmac } from 'node:crypto';
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';

const { DATABASE_URL, TOLLGATE_DATABASE_POOL_SIZE, BENCH_FINGERPRINT_KEY = '', PORT, HOST } = process.env;
const KEY_LIFE_MS = 5_000;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(TOLLGATE_DATABASE_POOL_SIZE) });
const fingerprintKey = Buffer.from(BENCH_FINGERPRINT_KEY, 'hex');
const scopes = new Map();

const SCHEMA = `
  type Query { clientSessions(first: Int!): Connection! }
  type Connection { edges: [Edge!]! pageInfo: PageInfo! }
  type Edge { node: ClientSession! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  interface ClientSession {
    id: ID! kind: String! status: String! currency: String! merchantInternalTransactionCode: String!
    transactionProvider: String! createdAt: String! updatedAt: String!
  }
  type PaymentSession implements ClientSession {
    id: ID! kind: String! status: String! currency: String! merchantInternalTransactionCode: String!
    transactionProvider: String! createdAt: String! updatedAt: String! amount: String!
  }
  type OtherSession implements ClientSession {
    id: ID! kind: String! status: String! currency: String! merchantInternalTransactionCode: String!
    transactionProvider: String! createdAt: String! updatedAt: String!
  }`;

const PAGE = `SELECT id, kind, status, currency, code, provider, created_at, updated_at, amount
  FROM sessions WHERE merchant_id = $1 AND environment = $2 ORDER BY created_at DESC, id DESC LIMIT $3`;

const session = {
  merchantInternalTransactionCode: ({ code }) => code,
  transactionProvider: ({ provider }) => provider,
  createdAt: (row) => row.created_at.toISOString(),
  updatedAt: (row) => row.updated_at.toISOString(),
};

const resolvers = {
  Query: {
    async clientSessions(_root, { first }, { scope }) {
      const { rows } = await pool.query({ name: 'page', text: PAGE, values: [scope.merchant_id, scope.environment, first + 1] });
      const shown = rows.slice(0, first);
      const last = shown.at(-1);
      const endCursor = last && Buffer.from(JSON.stringify([last.created_at, last.id])).toString('base64url');
      return { edges: shown.map((node) => ({ node })), pageInfo: { hasNextPage: rows.length > first, endCursor } };
    },
  },
  ClientSession: { resolveType: ({ kind }) => (kind === 'PAYMENT' ? 'PaymentSession' : 'OtherSession') },
  PaymentSession: session,
  OtherSession: session,
};

async function findScope(key) {
  const fingerprint = createHmac('sha256', fingerprintKey).update(key).digest('hex');
  const known = scopes.get(fingerprint);
  if (known !== undefined && Date.now() - known.readAtMs < KEY_LIFE_MS) return known.scope;
  const text = 'SELECT merchant_id, environment FROM api_keys WHERE fingerprint = $1 AND revoked_at IS NULL';
  const { rows } = await pool.query({ name: 'key', text, values: [fingerprint] });
  const [scope] = rows;
  if (scope === undefined) throw new Error('This key is unknown.');
  scopes.set(fingerprint, { scope, readAtMs: Date.now() });
  return scope;
}

const app = Fastify();
await app.register(mercurius, {
  schema: SCHEMA,
  resolvers,
  jit: 1,
  context: async ({ headers }) => ({ scope: await findScope((headers.authorization ?? '').slice('Bearer '.length)) }),
});
app.get('/health/ready', async () => ({}));
await app.listen({ port: Number(PORT), host: HOST });
process.on('SIGTERM', () => process.exit());
