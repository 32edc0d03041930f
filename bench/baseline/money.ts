import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { type BaselineRequest, SEALED, type Statement, send } from './database.ts';
import { type TransactionRow, toTransaction } from './reads.ts';

/** What a child inherits from the transaction that it acts on, and what is recorded with it before the bank is called. */
const recordChild = (action: 'SETTLE' | 'REFUND', amount: string): string => `child AS (
      INSERT INTO transactions (id, merchant_id, environment, provider_account_id, provider, session_id, customer_id, payment_method_id,
        related_transaction_id, action, status, amount, currency, code, card, idempotency_key, input_fingerprint, settled_amount,
        refunded_amount, refund_reserved, version, created_at, updated_at)
      SELECT $4, merchant_id, environment, provider_account_id, provider, session_id, customer_id, payment_method_id, id, '${action}',
        'PENDING', ${amount}, currency, code, card, $5, $6, 0, 0, 0, 1, $7, $7 FROM target
      RETURNING id, merchant_id, environment, provider_account_id, session_id, customer_id, related_transaction_id, amount, currency),
    pending AS (
      INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data, created_at)
      SELECT $8, merchant_id, environment, 'transaction.pending', 'API', false, session_id, id, customer_id, json_build_object(
        'action', '${action}', 'amount', amount::text, 'currency', currency, 'relatedTransactionId', related_transaction_id), $7 FROM child),
    operation AS (
      INSERT INTO operations (id, merchant_id, environment, provider_account_id, kind, subject_id, request, request_fingerprint,
        idempotency_key, state, attempts, first_sent_at, last_sent_at, lease_owner, lease_until, next_attempt_at, created_at, updated_at)
      SELECT $9, merchant_id, environment, provider_account_id, '${action}', id, $10, $6, $11, 'PENDING', 1, $7, $7, 'baseline', $12, $12,
        $7, $7 FROM child)
    SELECT target.provider_code, child.amount, child.currency FROM target, child`;

/** Holds the authorization's row. The index of live settles and voids refuses a second one. */
const RECORD_SETTLE: Statement = {
  name: 'record settle',
  text: `WITH target AS (
      SELECT id, merchant_id, environment, provider_account_id, provider, session_id, customer_id, payment_method_id, amount, currency,
        code, card, provider_code
      FROM transactions WHERE id = $1 AND merchant_id = $2 AND environment = $3 AND action = 'AUTHORIZATION' AND status = 'SUCCEEDED'
        AND hold = 'HELD' AND capturable_until > $7 FOR UPDATE),
    ${recordChild('SETTLE', 'amount')}`,
};

/** Claims the amount, so that refunds and disputes together never exceed the payment. */
const RECORD_REFUND: Statement = {
  name: 'record refund',
  text: `WITH target AS (
      UPDATE transactions SET refund_reserved = refund_reserved + $13, version = version + 1
      WHERE id = $1 AND merchant_id = $2 AND environment = $3 AND action IN ('PAYMENT', 'SETTLE') AND status = 'SUCCEEDED'
        AND refund_reserved + disputed_amount + $13 <= amount
      RETURNING id, merchant_id, environment, provider_account_id, provider, session_id, customer_id, payment_method_id, currency, code,
        card, provider_code),
    ${recordChild('REFUND', '$13')}`,
};

/** The bank's own: one movement under an idempotency key. The payment's next position is free for one caller only. */
const moveAtBank = (kind: 'CAPTURE' | 'REFUND', condition: string): string => `WITH payment AS (
      SELECT bank_payments.id, bank_payments.account_id, bank_payments.kind, bank_payments.currency, bank_payments.customer_reference
      FROM bank_movements AS attempt JOIN bank_payments ON bank_payments.id = attempt.payment_id
      WHERE attempt.id = $1 AND attempt.status = 'succeeded' AND bank_payments.account_id = $2 AND bank_payments.currency = $3
        AND ${condition}
      FOR UPDATE OF bank_payments),
    fresh AS (
      INSERT INTO bank_keys (account_id, key, operation_id, request_hash, attempts, answer, created_at)
      SELECT account_id, $5, $5, $6, 1, json_build_object('type', 'movement', 'movement', json_build_object(
        'amountMinor', json_build_object('$bigint', $4::bigint::text), 'capturableUntil', null, 'card', null, 'challengeId', null,
        'currency', currency, 'customerReference', customer_reference, 'declineCode', null, 'failureCode', null, 'hold', null,
        'id', $7::text, 'kind', '${kind}', 'methodId', null, 'paymentId', id, 'paymentKind', kind, 'status', 'succeeded')), $8
      FROM payment ON CONFLICT DO NOTHING RETURNING account_id)
    INSERT INTO bank_movements (id, account_id, payment_id, kind, position, amount, status, created_at)
    SELECT $7, account_id, payment.id, '${kind}',
      (SELECT count(*) + 1 FROM bank_movements WHERE payment_id = payment.id), $4, 'succeeded', $8
    FROM payment JOIN fresh USING (account_id) RETURNING id`;

const CAPTURE: Statement = {
  name: 'capture',
  text: moveAtBank(
    'CAPTURE',
    `bank_payments.kind = 'AUTHORIZATION' AND attempt.hold_expires_at > $8 AND $4::bigint <= bank_payments.amount
        AND NOT EXISTS (SELECT FROM bank_movements AS other
          WHERE other.payment_id = bank_payments.id AND other.kind IN ('CAPTURE', 'VOID') AND other.status <> 'failed')`,
  ),
};

const PAY_BACK: Statement = {
  name: 'pay back',
  text: moveAtBank(
    'REFUND',
    `bank_payments.kind = 'PAYMENT' AND $4::bigint + (SELECT coalesce(sum(amount), 0) FROM bank_movements AS other
          WHERE other.payment_id = bank_payments.id AND other.kind = 'REFUND' AND other.status <> 'failed') <= bank_payments.amount`,
  ),
};

/** Closes the operation, ends the child, moves the transaction that it acts on, and appends the event. */
const closeChild = (nextCheckAt: string, moveTarget: string): string => `WITH closed AS (
      UPDATE operations SET state = 'DONE', request = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL, done_at = $1,
        updated_at = $1
      WHERE id = $2 AND state <> 'DONE' RETURNING subject_id),
    child AS (
      UPDATE transactions SET status = 'SUCCEEDED', provider_code = $3, observed_at = $1, ended_at = $1, next_check_at = ${nextCheckAt},
        version = version + 1, updated_at = $1
      WHERE id = (SELECT subject_id FROM closed)
      RETURNING id, merchant_id, environment, session_id, customer_id, related_transaction_id, action, status, amount, currency, code,
        provider_code, created_at),
    target AS (
      UPDATE transactions SET ${moveTarget}, version = version + 1, updated_at = $1
      FROM child WHERE transactions.id = child.related_transaction_id),
    succeeded AS (
      INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data, created_at)
      SELECT $4, merchant_id, environment, 'transaction.succeeded', 'PROVIDER', false, session_id, id, customer_id, json_build_object(
        'action', action, 'amount', amount::text, 'currency', currency, 'failureCode', null, 'declineReason', null,
        'relatedTransactionId', related_transaction_id), $1 FROM child)
    SELECT id, action, status, amount, currency, code, provider_code, created_at FROM child`;

const CLOSE_SETTLE: Statement = {
  name: 'close settle',
  text: closeChild('NULL', `hold = 'SETTLED', settled_amount = child.amount, next_check_at = NULL`),
};

const CLOSE_REFUND: Statement = {
  name: 'close refund',
  text: closeChild(`$1 + interval '1 day'`, 'refunded_amount = refunded_amount + child.amount'),
};

const LEASE_MS = 30_000;

interface MoneyVariables {
  readonly by: { readonly id: string };
  readonly idempotencyKey: string;
  readonly amount?: string;
}

interface Steps {
  readonly record: Statement;
  readonly move: Statement;
  readonly close: Statement;
}

const SETTLE: Steps = { record: RECORD_SETTLE, move: CAPTURE, close: CLOSE_SETTLE };
const REFUND: Steps = { record: RECORD_REFUND, move: PAY_BACK, close: CLOSE_REFUND };

export async function settle(request: BaselineRequest): Promise<unknown> {
  return { data: { settleAuthorization: toTransaction(await moveMoney(request, SETTLE)) } };
}

export async function refund(request: BaselineRequest): Promise<unknown> {
  return { data: { refundTransaction: toTransaction(await moveMoney(request, REFUND)) } };
}

async function moveMoney({ scope, body }: BaselineRequest, steps: Steps): Promise<TransactionRow> {
  const { by, idempotencyKey, amount } = body.variables as MoneyVariables;
  const now = new Date();
  const operationId = v7();
  const hash = createHash('sha256').update(JSON.stringify(body.variables)).digest('hex');
  const child = [by.id, scope.merchantId, scope.environment, v7(), idempotencyKey, hash, now, v7()];
  const operation = [operationId, SEALED, operationId, new Date(now.getTime() + LEASE_MS)];
  const values = [...child, ...operation, ...(amount === undefined ? [] : [amount])];
  const [recorded] = await send<{ provider_code: string; amount: string; currency: string }>(steps.record, values);
  if (recorded === undefined) throw new Error('The transaction is not in a state for this.');
  const movementId = `exm_mov_${createHash('sha256').update(operationId).digest('base64url').slice(0, 24)}`;
  const money = [recorded.provider_code, scope.accountId, recorded.currency, recorded.amount];
  const moved = await send(steps.move, [...money, operationId, hash, movementId, new Date()]);
  if (moved.length === 0) throw new Error('The bank refuses this movement.');
  const [row] = await send<TransactionRow>(steps.close, [new Date(), operationId, movementId, v7()]);
  if (row === undefined) throw new Error('The operation was closed by another caller.');
  return row;
}
