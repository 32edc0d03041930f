import type { RawRequest } from './raw.ts';

export const SESSION_COLUMNS = `id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency,
  store_payment_method, code, customer_id, payment_method_id, token_expires_at, expires_at, attempts_max, attempts, provider_code,
  provider_error, challenge_url, closing_as, description, metadata, return_url, observed_at, started_at, ended_at, version, created_at,
  updated_at`;

const TRANSACTION_COLUMNS = `id, merchant_id, environment, provider_account_id, provider, session_id, customer_id, payment_method_id,
  related_transaction_id, action, status, amount, currency, code, attempt, provider_code, decline_reason, decline_advice, decline_raw_code,
  failure_code, reason, card, idempotency_key, input_fingerprint, hold, capturable_until, settled_amount, refunded_amount, refund_reserved,
  observed_at, ended_at, next_check_at, version, created_at, updated_at`;

const READ_PAGE = `SELECT ${SESSION_COLUMNS} FROM sessions WHERE merchant_id = $1::uuid AND environment = $2
  ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4`;
const READ_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions WHERE merchant_id = $1 AND environment = $2 AND id = $3 LIMIT 1`;
const READ_ATTEMPTS = `SELECT ${TRANSACTION_COLUMNS} FROM transactions
  WHERE merchant_id = $1 AND environment = $2 AND session_id = $3 AND attempt IS NOT NULL ORDER BY attempt`;

interface SessionRow {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly amount: string;
  readonly currency: string;
  readonly code: string;
  readonly provider: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export async function page({ pool, scope, variables }: RawRequest): Promise<unknown> {
  const { first } = variables as { first: number };
  const values = [scope.merchantId, scope.environment, first + 1, 0];
  const { rows } = await pool.query<SessionRow>({ name: 'page', text: READ_PAGE, values });
  const shown = rows.slice(0, first);
  const last = shown.at(-1);
  const cursor = last && Buffer.from(JSON.stringify(['createdAt', last.created_at, last.id])).toString('base64url');
  const pageInfo = { hasNextPage: rows.length > first, endCursor: cursor };
  return { clientSessions: { edges: shown.map((row) => ({ node: toNode(row) })), pageInfo } };
}

function toNode(row: SessionRow): object {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    currency: row.currency,
    merchantInternalTransactionCode: row.code,
    transactionProvider: row.provider,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    amount: row.amount,
  };
}

interface TransactionRow {
  readonly id: string;
  readonly action: string;
  readonly status: string;
  readonly amount: string;
  readonly currency: string;
  readonly code: string;
  readonly provider_code: string;
  readonly created_at: Date;
}

export async function verify({ pool, scope, variables }: RawRequest): Promise<unknown> {
  const { by } = variables as { by: { id: string } };
  const { merchantId, environment } = scope;
  const sessions = await pool.query<SessionRow>({ name: 'read', text: READ_SESSION, values: [merchantId, environment, by.id] });
  if (sessions.rows[0]?.kind !== 'PAYMENT') throw new Error('There is no such session.');
  const attempts = await pool.query<TransactionRow>({
    name: 'attempts',
    text: READ_ATTEMPTS,
    values: [merchantId, environment, by.id],
  });
  const row = attempts.rows.find(({ status }) => status === 'SUCCEEDED') ?? attempts.rows.at(-1);
  const transaction = row && {
    id: row.id,
    action: row.action,
    status: row.status,
    amount: row.amount,
    currency: row.currency,
    merchantInternalTransactionCode: row.code,
    providerCode: row.provider_code,
    createdAt: row.created_at,
  };
  return { verifyPaymentSession: transaction };
}
