import { v7 } from 'uuid';
import { type Scope, type Statement, send } from './database.ts';
import type { TransactionRow } from './reads.ts';

/** The bank's own: a payment, and the attempt that succeeded. */
const READ_PAYMENT: Statement = {
  name: 'bank payment',
  text: `SELECT bank_payments.reference, bank_payments.amount, bank_payments.currency, attempt.id, attempt.brand, attempt.last4,
      attempt.exp_month, attempt.exp_year
    FROM bank_payments JOIN bank_movements AS attempt ON attempt.payment_id = bank_payments.id
    WHERE bank_payments.id = $1 AND bank_payments.account_id = $2 AND attempt.kind = 'ATTEMPT' AND attempt.status = 'succeeded'`,
};

/**
 * Completes the session of a payment that succeeded: the session's row is held and moved, the attempt becomes a transaction, two
 * events are appended. The bank's reference, amount and currency must be the session's.
 */
const complete = (more: string): string => `WITH open AS (
      SELECT id, status FROM sessions
      WHERE id = $1 AND provider_account_id = $2 AND provider_code = $3 AND amount = $4 AND currency = $5
        AND status IN ('PENDING', 'ACTIVE', 'UNKNOWN') FOR UPDATE),
    session AS (
      UPDATE sessions SET status = 'COMPLETED', phase = 'succeeded', attempts = 1, observed_at = $6, started_at = $6, ended_at = $6,
        next_check_at = NULL, version = version + 1, updated_at = $6
      FROM open WHERE sessions.id = open.id
      RETURNING sessions.*, open.status AS before),
    payment AS (
      INSERT INTO transactions (id, merchant_id, environment, provider_account_id, provider, session_id, customer_id, action, status,
        amount, currency, code, attempt, provider_code, card, settled_amount, refunded_amount, refund_reserved, observed_at, ended_at,
        version, created_at, updated_at)
      SELECT $7, merchant_id, environment, provider_account_id, provider, id, customer_id, kind, 'SUCCEEDED', amount, currency, code, 1,
        $8, $9, 0, 0, 0, $6, $6, 1, $6, $6 FROM session
      RETURNING id, action, status, amount, currency, code, provider_code, created_at),
    news AS (
      INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data, created_at)
      SELECT $10::uuid, merchant_id, environment, 'transaction.succeeded', $12, false, id, $7, customer_id, jsonb_build_object(
        'action', kind, 'amount', amount::text, 'currency', currency, 'failureCode', null, 'declineReason', null,
        'relatedTransactionId', null), $6::timestamptz FROM session
      UNION ALL
      SELECT $11::uuid, merchant_id, environment, 'session.completed', $12, false, id, NULL, customer_id,
        jsonb_build_object('from', before), $6::timestamptz FROM session)${more}
    SELECT id, action, status, amount, currency, code, provider_code, created_at FROM payment`;

const COMPLETE: Statement = { name: 'complete', text: complete('') };

/** The same, and the delivery that it came by is processed. */
const COMPLETE_DELIVERY: Statement = {
  name: 'complete delivery',
  text: complete(`,
    delivery AS (UPDATE webhook_deliveries SET verdict = 'PROCESSED', processed_at = $6 WHERE id = $13)`),
};

interface PaidRow {
  readonly reference: string;
  readonly amount: string;
  readonly currency: string;
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
  readonly exp_month: number;
  readonly exp_year: number;
}

/**
 * Asks the bank about a payment and completes its session. Two statements. Null when the bank knows of no success, or the session
 * is not open any more.
 */
export async function completePaid(
  { accountId }: Pick<Scope, 'accountId'>,
  news: { paymentCode: string; source: 'API' | 'WEBHOOK'; deliveryId?: string },
): Promise<TransactionRow | null> {
  const { paymentCode, source, deliveryId } = news;
  const [paid] = await send<PaidRow>(READ_PAYMENT, [paymentCode, accountId]);
  if (paid === undefined) return null;
  const { reference, amount, currency, brand, last4, exp_month: expMonth, exp_year: expYear } = paid;
  const card = JSON.stringify({ brand, last4, expMonth, expYear });
  const values = [reference, accountId, paymentCode, amount, currency, new Date(), v7(), paid.id, card, v7(), v7(), source];
  const [row] = await (deliveryId === undefined
    ? send<TransactionRow>(COMPLETE, values)
    : send<TransactionRow>(COMPLETE_DELIVERY, [...values, deliveryId]));
  return row ?? null;
}
