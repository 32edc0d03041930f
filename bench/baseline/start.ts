import { createHash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { type BaselineRequest, CONFIRM_URL, type Scope, SEALED, type Statement, send } from './database.ts';

/** Writes nothing when the code has an owner. */
const RECORD: Statement = {
  name: 'record start',
  text: `WITH claimed AS (
      INSERT INTO merchant_codes (merchant_id, environment, code, owner_kind, owner_id, input_fingerprint)
      VALUES ($1, $2, $3, 'SESSION', $4, $5) ON CONFLICT DO NOTHING RETURNING merchant_id, environment, code, owner_id),
    session AS (
      INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency,
        store_payment_method, code, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, billing, metadata,
        dialect, next_check_at, version, created_at, updated_at)
      SELECT owner_id, merchant_id, environment, $6, 'EXAMPLE', 'PAYMENT', 'PENDING', 'starting', $7, $8, $9, code, $10, $11, $12, $12,
        5, 0, $13, '{}', 'GRAPHQL', $12, 1, $14, $14 FROM claimed),
    created AS (
      INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, data, created_at)
      SELECT $15, merchant_id, environment, 'session.created', 'API', false, owner_id, '{"kind": "PAYMENT"}', $14 FROM claimed)
    INSERT INTO operations (id, merchant_id, environment, provider_account_id, kind, subject_id, request, request_fingerprint,
      idempotency_key, state, attempts, first_sent_at, last_sent_at, lease_owner, lease_until, next_attempt_at, created_at, updated_at)
    SELECT $16, merchant_id, environment, $6, 'START', owner_id, $11, $5, $17, 'PENDING', 1, $14, $14, 'baseline', $18, $18, $14, $14
    FROM claimed RETURNING id`,
};

/** The bank's own: its payment under an idempotency key. */
const OPEN: Statement = {
  name: 'open payment',
  text: `WITH fresh AS (
      INSERT INTO bank_keys (account_id, key, operation_id, request_hash, attempts, answer, created_at)
      VALUES ($1, $2, $2, $3, 1, $4, $5) ON CONFLICT DO NOTHING RETURNING account_id, operation_id, created_at)
    INSERT INTO bank_payments (id, account_id, reference, kind, amount, currency, store_method, operation_id, client_token_hash,
      attempts_max, expires_at, created_at)
    SELECT $6, account_id, $7, 'PAYMENT', $8, $9, $10, operation_id, $11, 5, $12, created_at FROM fresh RETURNING id`,
};

/** Does nothing when the operation is closed already. */
const CLOSE: Statement = {
  name: 'close start',
  text: `WITH closed AS (
      UPDATE operations SET state = 'DONE', request = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL, done_at = $1,
        updated_at = $1
      WHERE id = $2 AND state <> 'DONE' RETURNING merchant_id, environment, subject_id),
    started AS (
      INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, data, created_at)
      SELECT $3, merchant_id, environment, 'session.started', 'PROVIDER', false, subject_id, json_build_object('providerCode', $4::text), $1
      FROM closed)
    UPDATE sessions SET phase = 'awaiting', provider_code = $4, provider_state = $5, payload = $5, client_token = $5,
      client_token_fingerprint = $6, version = version + 1, updated_at = $1
    WHERE id = (SELECT subject_id FROM closed)
    RETURNING id, status, currency, amount, code, token_expires_at, provider_account_id`,
};

const SESSION_LIFE_MS = 30 * 60_000;
const LEASE_MS = 30_000;

interface StartData {
  readonly merchantInternalTransactionCode: string;
  readonly amount: string;
  readonly currency: string;
  readonly storePaymentMethod: boolean;
  readonly billing: Readonly<Record<string, string>>;
}

interface Draft {
  readonly scope: Scope;
  readonly data: StartData;
  readonly id: string;
  readonly operationId: string;
  readonly token: string;
  readonly clientToken: string;
  readonly hash: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

interface StartedRow {
  readonly id: string;
  readonly status: string;
  readonly currency: string;
  readonly amount: string;
  readonly code: string;
  readonly token_expires_at: Date;
  readonly provider_account_id: string;
}

export async function start({ scope, body }: BaselineRequest): Promise<unknown> {
  const { data } = body.variables as { data: StartData };
  const draft = toDraft(scope, data);
  const recorded = await send(RECORD, recordValues(draft));
  if (recorded.length === 0) throw new Error('This code has an owner.');
  const providerCode = await openPayment(draft);
  const { now, operationId, clientToken } = draft;
  const [row] = await send<StartedRow>(CLOSE, [now, operationId, v7(), providerCode, SEALED, hashOf(clientToken, 'hex')]);
  if (row === undefined) throw new Error('The start was closed by another caller.');
  return { data: { startPaymentSession: toSession(draft, row) } };
}

function toDraft(scope: Scope, data: StartData): Draft {
  const now = new Date();
  return {
    scope,
    data,
    id: v7(),
    operationId: v7(),
    token: `cst_${randomBytes(32).toString('base64url')}`,
    clientToken: `exm_tok_${randomBytes(32).toString('hex')}`,
    hash: hashOf(JSON.stringify(data), 'hex'),
    now,
    expiresAt: new Date(now.getTime() + SESSION_LIFE_MS),
  };
}

function recordValues({ scope, data, id, operationId, token, hash, now, expiresAt }: Draft): readonly unknown[] {
  const { merchantId, environment, accountId } = scope;
  const code = [merchantId, environment, data.merchantInternalTransactionCode, id, hash];
  const terms = [accountId, data.amount, data.currency, data.storePaymentMethod];
  const opening = [hashOf(token, 'hex'), SEALED, expiresAt, JSON.stringify(toContact(data.billing)), now];
  return [...code, ...terms, ...opening, v7(), operationId, operationId, new Date(now.getTime() + LEASE_MS)];
}

/** As the schema keeps people: without the prefix of the API's fields. */
function toContact(billing: StartData['billing']): object {
  const field = (name: string) => billing[`billing${name}`] ?? null;
  const address = {
    line1: field('AddressLine1'),
    line2: field('AddressLine2'),
    city: field('AddressCity'),
    state: field('AddressState'),
    country: field('AddressCountry'),
    postalCode: field('AddressPostalCode'),
  };
  return { firstName: field('FirstName'), lastName: field('LastName'), email: field('Email'), phone: field('Phone'), address };
}

async function openPayment({ scope, data, id, operationId, clientToken, hash, now, expiresAt }: Draft): Promise<string> {
  const providerCode = `exm_pay_${hashOf(operationId, 'base64url').slice(0, 24)}`;
  const answer = JSON.stringify({ expiresAt: { $date: expiresAt }, paymentId: providerCode, type: 'opened' });
  const payment = [
    providerCode,
    id,
    data.amount,
    data.currency,
    data.storePaymentMethod,
    hashOf(clientToken, 'base64url'),
    expiresAt,
  ];
  const opened = await send(OPEN, [scope.accountId, operationId, hash, answer, now, ...payment]);
  if (opened.length === 0) throw new Error('The bank has seen this key.');
  return providerCode;
}

function toSession({ token, clientToken }: Draft, row: StartedRow): object {
  return {
    id: row.id,
    token,
    tokenExpiresAt: row.token_expires_at,
    status: row.status,
    action: 'COLLECT_PAYMENT_METHOD',
    currency: row.currency,
    amount: row.amount,
    merchantInternalTransactionCode: row.code,
    transactionProviderId: row.provider_account_id,
    payload: { clientToken, confirmUrl: CONFIRM_URL, provider: 'EXAMPLE' },
  };
}

function hashOf(text: string, encoding: 'hex' | 'base64url'): string {
  return createHash('sha256').update(text).digest(encoding);
}
