import { createHash, randomBytes } from 'node:crypto';
import type { PoolClient, QueryConfig } from 'pg';
import { v7 } from 'uuid';
import type { RawRequest, RawScope } from './raw.ts';
import { SESSION_COLUMNS } from './raw-reads.ts';

interface StartVariables {
  readonly data: {
    readonly merchantInternalTransactionCode: string;
    readonly amount: string;
    readonly currency: string;
    readonly storePaymentMethod: boolean;
    readonly billing: object;
  };
}

const INSERT_CODE = `INSERT INTO merchant_codes (merchant_id, environment, code, owner_kind, owner_id, input_fingerprint)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`;
const INSERT_SESSION = `INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency,
    store_payment_method, code, customer_id, payment_method_id, token_fingerprint, token, token_expires_at, expires_at, attempts_max,
    attempts, provider_code, provider_error, challenge_url, closing_as, billing, shipping, "user", device, description, metadata, return_url,
    observed_at, started_at, ended_at, next_check_at, version, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
    $29, $30, $31, $32, $33, $34, $35, $36, $37, $38) RETURNING id`;
const INSERT_EVENT = `INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data,
    created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
const INSERT_OPERATION = `INSERT INTO operations (id, merchant_id, environment, provider_account_id, kind, subject_id, request,
    request_fingerprint, idempotency_key, state, attempts, first_sent_at, lease_owner, lease_until, next_attempt_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`;
/** The bank's own: it is the provider, and costs both sides the same. */
const INSERT_PAYMENT = `WITH fresh AS (
    INSERT INTO bank_keys (account_id, key, operation_id, request_hash, attempts, answer, created_at)
    VALUES ($1::uuid, $2, $3, $4, 1, $5, $6::timestamptz) ON CONFLICT DO NOTHING RETURNING 1)
  INSERT INTO bank_payments (id, account_id, reference, kind, amount, currency, store_method, customer_reference, operation_id,
    client_token_hash, attempts_max, return_url, expires_at, created_at)
  SELECT $7, $8::uuid, $9, $10, $11::bigint, $12, $13::boolean, $14, $15, $16, $17::integer, $18, $19::timestamptz, $20::timestamptz FROM fresh`;
const CLOSE_OPERATION = `UPDATE operations SET state = $1, request = $2, lease_owner = $3, lease_until = $4, next_attempt_at = $5, done_at = $6,
    updated_at = $7 WHERE id = $8 AND merchant_id = $9 AND state IN ('PENDING', 'UNKNOWN', 'PARKED')`;
const LOCK_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions WHERE merchant_id = $1 AND environment = $2 AND id = $3 FOR UPDATE`;
const READ_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions WHERE merchant_id = $1 AND environment = $2 AND id = $3 LIMIT 1`;
const SAVE_SESSION = `UPDATE sessions SET status = $1, phase = $2, payment_method_id = $3, token_expires_at = $4, attempts = $5,
    provider_code = $6, provider_error = $7, challenge_url = $8, closing_as = $9, observed_at = $10, started_at = $11, ended_at = $12,
    payload = $13, provider_state = $14, next_check_at = $15, version = $16, updated_at = $17
  WHERE id = $18 AND merchant_id = $19 AND version = $20`;
const READ_SECRETS =
  'SELECT id, token, payload FROM sessions WHERE merchant_id = $1 AND environment = $2 AND id = ANY($3::uuid[])';
const READ_ACCOUNT = `SELECT id FROM provider_accounts WHERE merchant_id = $1 AND environment = $2 AND provider = $3 AND is_default`;

const SESSION_LIFE_MS = 30 * 60_000;
const SEALED = randomBytes(120);

interface Draft {
  readonly scope: RawScope;
  readonly accountId: string;
  readonly id: string;
  readonly operationId: string;
  readonly token: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly hash: string;
}

const accounts = new Map<string, string>();

export async function start(request: RawRequest): Promise<unknown> {
  const { data } = request.variables as StartVariables;
  const { scope, pool } = request;
  const now = new Date();
  const accountId = accounts.get(scope.merchantId) ?? (await findAccount(request));
  const token = `cst_${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  const expiresAt = new Date(now.getTime() + SESSION_LIFE_MS);
  const draft: Draft = { scope, accountId, id: v7(), operationId: v7(), token, now, expiresAt, hash };
  await inTransaction(request, (client) => record(client, draft, { data, tokenFingerprint: request.fingerprint(token) }));
  const providerCode = `exm_pay_${hash.slice(0, 32)}`;
  await pool.query(openPayment(draft, { data, providerCode }));
  await inTransaction(request, (client) => saveAnswer(client, draft, providerCode));
  const { rows } = await pool.query<{
    id: string;
    status: string;
    amount: string;
    currency: string;
    code: string;
    token_expires_at: Date;
  }>(readSession(draft));
  await pool.query({ name: 'secrets', text: READ_SECRETS, values: [scope.merchantId, scope.environment, [draft.id]] });
  const row = rows[0];
  const session = {
    id: row?.id,
    token,
    tokenExpiresAt: row?.token_expires_at,
    status: row?.status,
    action: 'COLLECT_PAYMENT_METHOD',
    currency: row?.currency,
    amount: row?.amount,
    merchantInternalTransactionCode: row?.code,
    transactionProviderId: accountId,
    payload: { provider: 'EXAMPLE', clientToken: `exm_tok_${hash}`, confirmUrl: 'http://127.0.0.1/example/v1/confirm' },
  };
  return { startPaymentSession: session };
}

async function findAccount({ pool, scope }: RawRequest): Promise<string> {
  const values = [scope.merchantId, scope.environment, 'EXAMPLE'];
  const { rows } = await pool.query<{ id: string }>({ name: 'account', text: READ_ACCOUNT, values });
  const id = rows[0]?.id ?? '';
  accounts.set(scope.merchantId, id);
  return id;
}

async function inTransaction({ pool }: RawRequest, run: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query({ name: 'begin', text: 'BEGIN' });
    await run(client);
    await client.query({ name: 'commit', text: 'COMMIT' });
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function record(client: PoolClient, draft: Draft, input: StartVariables & { tokenFingerprint: string }): Promise<void> {
  const { scope, id, operationId, accountId, now, expiresAt, hash } = draft;
  const { data } = input;
  const { merchantId, environment } = scope;
  const code = data.merchantInternalTransactionCode;
  await client.query({ name: 'code', text: INSERT_CODE, values: [merchantId, environment, code, 'SESSION', id, hash] });
  const terms = [id, merchantId, environment, accountId, 'EXAMPLE', 'PAYMENT', 'PENDING', 'starting', data.amount, data.currency];
  const opening = [data.storePaymentMethod, code, null, null, input.tokenFingerprint, SEALED, expiresAt, expiresAt, 5, 0];
  const people = [null, null, null, null, JSON.stringify(data.billing), null, null, null, null, '{}', null];
  const times = [null, null, null, expiresAt, 1, now, now];
  await client.query({ name: 'session', text: INSERT_SESSION, values: [...terms, ...opening, ...people, ...times] });
  await client.query(event(draft, { type: 'session.created', source: 'API', data: '{"kind":"PAYMENT"}' }));
  const leaseUntil = new Date(now.getTime() + 30_000);
  const intent = [operationId, merchantId, environment, accountId, 'START', id, SEALED, hash, operationId, 'PENDING', 1];
  await client.query({
    name: 'operation',
    text: INSERT_OPERATION,
    values: [...intent, now, 'raw', leaseUntil, leaseUntil, now, now],
  });
}

function openPayment(draft: Draft, { data, providerCode }: StartVariables & { providerCode: string }): QueryConfig {
  const { accountId, operationId, hash, now, expiresAt, id } = draft;
  const createdAt = now.toISOString();
  const answer = JSON.stringify({ expiresAt, paymentId: providerCode, type: 'opened' });
  const key = [accountId, operationId, operationId, hash, answer, createdAt];
  const payment = [
    providerCode,
    accountId,
    id,
    'PAYMENT',
    data.amount,
    data.currency,
    data.storePaymentMethod,
    null,
    operationId,
    hash,
    5,
    null,
  ];
  return { name: 'payment', text: INSERT_PAYMENT, values: [...key, ...payment, expiresAt.toISOString(), createdAt] };
}

async function saveAnswer(client: PoolClient, draft: Draft, providerCode: string): Promise<void> {
  const { scope, id, operationId, now, expiresAt } = draft;
  const closed = ['DONE', null, null, null, null, now, now, operationId, scope.merchantId];
  await client.query({ name: 'close', text: CLOSE_OPERATION, values: closed });
  await client.query({ name: 'lock', text: LOCK_SESSION, values: [scope.merchantId, scope.environment, id] });
  const progress = ['PENDING', 'awaiting', null, expiresAt, 0, providerCode, null, null, null, null, null, null];
  const where = [id, scope.merchantId, 1];
  await client.query({ name: 'save', text: SAVE_SESSION, values: [...progress, SEALED, SEALED, expiresAt, 2, now, ...where] });
  await client.query(event(draft, { type: 'session.started', source: 'PROVIDER', data: JSON.stringify({ providerCode }) }));
}

function readSession({ scope, id }: Draft): QueryConfig {
  return { name: 'read', text: READ_SESSION, values: [scope.merchantId, scope.environment, id] };
}

function event({ scope, id, now }: Draft, news: { type: string; source: string; data: string }): QueryConfig {
  const values = [v7(), scope.merchantId, scope.environment, news.type, news.source, false, id, null, null, news.data, now];
  return { name: 'event', text: INSERT_EVENT, values };
}
