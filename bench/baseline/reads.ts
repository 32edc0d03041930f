import { type BaselineRequest, CONFIRM_URL, type Statement, send } from './database.ts';
import { completePaid } from './outcome.ts';

/** A page needs nine columns, and one row more than it shows. */
const READ_PAGE: Statement = {
  name: 'page',
  text: `SELECT id, kind, status, currency, code, provider, created_at, updated_at, amount
    FROM sessions WHERE merchant_id = $1 AND environment = $2 ORDER BY created_at DESC, id DESC LIMIT $3`,
};

interface SessionRow {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly currency: string;
  readonly code: string;
  readonly provider: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly amount: string;
}

export async function page({ scope, body }: BaselineRequest): Promise<unknown> {
  const { first } = body.variables as { first: number };
  const rows = await send<SessionRow>(READ_PAGE, [scope.merchantId, scope.environment, first + 1]);
  const shown = rows.slice(0, first);
  const last = shown.at(-1);
  const cursor = last && Buffer.from(JSON.stringify([last.created_at, last.id])).toString('base64url');
  const pageInfo = { hasNextPage: rows.length > first, endCursor: cursor };
  return { data: { clientSessions: { edges: shown.map((row) => ({ node: toNode(row) })), pageInfo } } };
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
    // The document asks for it in payments only.
    ...(row.kind === 'PAYMENT' && { amount: row.amount }),
  };
}

/** A session with the first attempt that succeeded, or else the last attempt. */
const READ_ATTEMPT: Statement = {
  name: 'attempt',
  text: `SELECT sessions.status AS session_status, sessions.provider_code AS payment_code, transactions.id, action, transactions.status,
      transactions.amount, transactions.currency, transactions.code, transactions.provider_code, transactions.created_at
    FROM sessions LEFT JOIN transactions ON transactions.session_id = sessions.id AND transactions.attempt IS NOT NULL
    WHERE sessions.id = $1 AND sessions.merchant_id = $2 AND sessions.environment = $3 AND sessions.kind = 'PAYMENT'
    ORDER BY transactions.status = 'SUCCEEDED' DESC, CASE transactions.status WHEN 'SUCCEEDED' THEN attempt ELSE -attempt END LIMIT 1`,
};

interface AttemptRow extends TransactionRow {
  readonly session_status: string;
  readonly payment_code: string;
}

export interface TransactionRow {
  readonly id: string;
  readonly action: string;
  readonly status: string;
  readonly amount: string;
  readonly currency: string;
  readonly code: string;
  readonly provider_code: string;
  readonly created_at: Date;
}

const OPEN_STATUSES = ['PENDING', 'ACTIVE', 'UNKNOWN'];

/** A session that has ended has its outcome here. Of an open one the bank is asked. */
export async function verify({ scope, body }: BaselineRequest): Promise<unknown> {
  const { by } = body.variables as { by: { id: string } };
  const [row] = await send<AttemptRow>(READ_ATTEMPT, [by.id, scope.merchantId, scope.environment]);
  if (row === undefined) throw new Error('There is no such session.');
  const isOpen = OPEN_STATUSES.includes(row.session_status);
  const transaction = isOpen ? await completePaid(scope, { paymentCode: row.payment_code, source: 'API' }) : row;
  if (transaction === null) throw new Error('The payer has not paid.');
  return { data: { verifyPaymentSession: toTransaction(transaction) } };
}

/** What a browser may know of the account. It is known with the key. */
export async function baseConfig({ scope }: BaselineRequest): Promise<unknown> {
  const { accountId, environment } = scope;
  return {
    data: {
      baseConfig: {
        transactionProviderId: accountId,
        transactionProvider: 'EXAMPLE',
        environment,
        sessionKinds: ['PAYMENT', 'ADD_PAYMENT_METHOD', 'AUTHORIZATION'],
        config: { provider: 'EXAMPLE', environment, confirmUrl: CONFIRM_URL },
      },
    },
  };
}

export function toTransaction(row: TransactionRow): object {
  return {
    id: row.id,
    action: row.action,
    status: row.status,
    amount: row.amount,
    currency: row.currency,
    merchantInternalTransactionCode: row.code,
    providerCode: row.provider_code,
    createdAt: row.created_at,
  };
}
