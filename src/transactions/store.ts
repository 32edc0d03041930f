import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { columnsOf } from '../database/page.ts';
import { Prisma, type Transaction as TransactionRow } from '../generated/prisma/client.ts';
import { addMs } from '../kernel/clock.ts';
import { isId } from '../kernel/ids.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { CardSummary, DeclineAdvice, DeclineReason, Environment, Hold, ProviderName } from '../providers/provider.ts';
import type { Transaction, TransactionAction, TransactionStatus } from './transaction.ts';

const COLUMNS = Prisma.raw(columnsOf(Object.keys(Prisma.TransactionScalarFieldEnum)));

/** A transaction about to be recorded. Its version and sums start anew, whatever the draft says. */
export type NewTransaction = Transaction & {
  readonly idempotencyKey: string | null;
  readonly inputFingerprint: string | null;
  readonly nextCheckAt: Date | null;
};

/** False when the row exists already: the same attempt of a session, or the same key, recorded by someone else first. */
export async function insertTransaction(
  tx: Tx,
  scope: MerchantScope,
  news: { transaction: NewTransaction; now: Date },
): Promise<boolean> {
  const { transaction, now } = news;
  const { count } = await tx.transaction.createMany({
    data: [
      {
        ...scopeOf(scope),
        id: transaction.id,
        providerAccountId: transaction.providerAccountId,
        provider: transaction.provider,
        sessionId: transaction.sessionId,
        customerId: transaction.customerId,
        relatedTransactionId: transaction.relatedTransactionId,
        action: transaction.action,
        amount: transaction.amountMinor,
        currency: transaction.currency,
        code: transaction.merchantInternalTransactionCode,
        attempt: transaction.attempt,
        reason: transaction.reason,
        idempotencyKey: transaction.idempotencyKey,
        inputFingerprint: transaction.inputFingerprint,
        settledAmount: 0n,
        refundedAmount: 0n,
        refundReserved: 0n,
        nextCheckAt: transaction.nextCheckAt,
        version: 1,
        createdAt: now,
        updatedAt: now,
        ...progressColumns(transaction),
      },
    ],
    skipDuplicates: true,
  });
  return count === 1;
}

/** What news from a provider may change. */
export type TransactionProgress = Pick<
  Transaction,
  | 'status'
  | 'providerCode'
  | 'isProcessing'
  | 'decline'
  | 'failureCode'
  | 'hold'
  | 'capturableUntil'
  | 'card'
  | 'paymentMethodId'
  | 'observedAt'
  | 'endedAt'
>;

/** Saves news on the version that was read. Throws when another writer was first: the caller holds the row's lock. */
export async function saveTransaction(
  tx: Tx,
  from: Transaction,
  change: { progress: TransactionProgress; nextCheckAt: Date | null; now: Date },
): Promise<Transaction> {
  const { count } = await tx.transaction.updateMany({
    where: { id: from.id, merchantId: from.merchantId, version: from.version },
    data: {
      ...progressColumns(change.progress),
      nextCheckAt: change.nextCheckAt,
      version: from.version + 1,
      updatedAt: change.now,
    },
  });
  if (count !== 1) throw new Error(`Transaction ${from.id} changed under its lock.`);
  return { ...from, ...change.progress, version: from.version + 1, updatedAt: change.now };
}

/** Waits for other writers of this transaction to finish, then reads it. */
export async function lockTransaction(tx: Tx, scope: MerchantScope, id: string): Promise<Transaction | null> {
  if (!isId(id)) return null;
  await tx.$queryRaw`SELECT id FROM transactions WHERE id = ${id}::uuid AND merchant_id = ${scope.merchantId}::uuid FOR UPDATE`;
  return findTransactionRow(tx, scope, { id });
}

/**
 * Claims part of a captured amount for a refund. False when less is left: the condition and the table's own check hold
 * under any concurrency.
 */
export async function reserveRefund(tx: Tx, parent: Transaction, amountMinor: bigint): Promise<boolean> {
  const count = await tx.$executeRaw`
    UPDATE transactions SET refund_reserved = refund_reserved + ${amountMinor}, version = version + 1
    WHERE id = ${parent.id}::uuid AND merchant_id = ${parent.merchantId}::uuid AND amount - refund_reserved >= ${amountMinor}`;
  return count === 1;
}

/**
 * Moves a refund's amount on its parent: counts it when it succeeded, gives the claim back when it did not. A late success
 * whose amount was given away meanwhile cannot be counted in full: its alert tells of it.
 */
export async function countRefund(tx: Tx, refund: Transaction, change: { refunded: bigint; reserved: bigint }): Promise<void> {
  await tx.$executeRaw`
    UPDATE transactions SET version = version + 1,
      refund_reserved = LEAST(GREATEST(refund_reserved + ${change.reserved}, 0), amount),
      refunded_amount = LEAST(GREATEST(refunded_amount + ${change.refunded}, 0), LEAST(GREATEST(refund_reserved + ${change.reserved}, 0), amount))
    WHERE id = ${refund.relatedTransactionId}::uuid AND merchant_id = ${refund.merchantId}::uuid`;
}

/** Records what became of an authorization's hold. */
export async function saveHold(
  tx: Tx,
  authorization: { id: string; merchantId: string },
  change: { hold: Hold; settledAmountMinor: bigint; now: Date },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE transactions SET hold = ${change.hold}, settled_amount = ${change.settledAmountMinor}, next_check_at = NULL,
      version = version + 1, updated_at = ${change.now}
    WHERE id = ${authorization.id}::uuid AND merchant_id = ${authorization.merchantId}::uuid`;
}

export type TransactionSelector =
  | { readonly id: string }
  | { readonly providerCode: string }
  | { readonly merchantInternalTransactionCode: string };

/** By code: the outcome of the session or charge with that code, a success before anything else, then the newest. */
export async function findTransactionRow(tx: Tx, scope: MerchantScope, by: TransactionSelector): Promise<Transaction | null> {
  if ('id' in by) {
    if (!isId(by.id)) return null;
    const row = await tx.transaction.findFirst({ where: { ...scopeOf(scope), id: by.id } });
    return row === null ? null : toTransaction(row);
  }
  const where =
    'providerCode' in by
      ? { providerCode: by.providerCode }
      : { code: by.merchantInternalTransactionCode, relatedTransactionId: null };
  const rows = await tx.transaction.findMany({
    where: { ...scopeOf(scope), ...where },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: CANDIDATES_MAX,
  });
  const chosen = rows.find((row) => row.status === 'SUCCEEDED') ?? rows[0];
  return chosen === undefined ? null : toTransaction(chosen);
}

/** A session has at most 20 attempts. */
const CANDIDATES_MAX = 50;

export async function findByIdempotencyKey(
  tx: Tx,
  scope: MerchantScope,
  key: string,
): Promise<{ transaction: Transaction; inputFingerprint: string | null } | null> {
  const row = await tx.transaction.findFirst({ where: { ...scopeOf(scope), idempotencyKey: key } });
  return row === null ? null : { transaction: toTransaction(row), inputFingerprint: row.inputFingerprint };
}

/**
 * Whether a call with the key was recorded meanwhile. Asked under the lock of what the call acts on, so that a repeated call
 * never waits for the index entry of the first one while the first one's answer waits for that lock.
 */
export async function isKeyUsed(tx: Tx, scope: MerchantScope, key: string | null): Promise<boolean> {
  return key !== null && (await findByIdempotencyKey(tx, scope, key)) !== null;
}

/** The settle or void of an authorization that moved money or still may; there is at most one. */
export async function findLiveEnding(tx: Tx, authorization: Pick<Transaction, 'id' | 'merchantId'>): Promise<Transaction | null> {
  const row = await tx.transaction.findFirst({
    where: {
      merchantId: authorization.merchantId,
      relatedTransactionId: authorization.id,
      action: { in: ['SETTLE', 'VOID'] },
      status: { in: ['PENDING', 'STARTED', 'UNKNOWN', 'SUCCEEDED'] },
    },
  });
  return row === null ? null : toTransaction(row);
}

/** The newest equal call on a transaction that may still move money and has not ended. Asked under the lock of that transaction. */
export async function findUnsettledChild(
  tx: Tx,
  parent: Pick<Transaction, 'id' | 'merchantId'>,
  inputFingerprint: string,
): Promise<Transaction | null> {
  const { id: relatedTransactionId, merchantId } = parent;
  const row = await tx.transaction.findFirst({
    where: { merchantId, relatedTransactionId, inputFingerprint, status: { in: ['PENDING', 'STARTED', 'UNKNOWN'] } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return row === null ? null : toTransaction(row);
}

/** The chargeback that a dispute became; an account has one for each reference. */
export async function findChargeback(
  tx: Tx,
  account: { merchantId: string; providerAccountId: string },
  providerCode: string,
): Promise<Transaction | null> {
  const { merchantId, providerAccountId } = account;
  const row = await tx.transaction.findFirst({ where: { merchantId, providerAccountId, action: 'CHARGEBACK', providerCode } });
  return row === null ? null : toTransaction(row);
}

/** The same, held against other writers until the transaction ends: a settle or refund writes these rows too. */
export async function lockAttempts(tx: Tx, scope: MerchantScope, sessionId: string): Promise<readonly Transaction[]> {
  await tx.$queryRaw`
    SELECT id FROM transactions WHERE merchant_id = ${scope.merchantId}::uuid AND session_id = ${sessionId}::uuid AND attempt IS NOT NULL
    ORDER BY attempt FOR UPDATE`;
  return listAttempts(tx, scope, sessionId);
}

export async function listAttempts(tx: Tx, scope: MerchantScope, sessionId: string): Promise<readonly Transaction[]> {
  const rows = await tx.$queryRaw<TransactionRow[]>`
    SELECT ${COLUMNS} FROM transactions WHERE ${inScope(scope)}
      AND session_id = ${sessionId}::uuid AND attempt IS NOT NULL ORDER BY attempt`;
  return rows.map(toTransaction);
}

export async function listTransactionsByIds(
  tx: Tx,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<readonly Transaction[]> {
  const rows = await tx.transaction.findMany({ where: { ...scopeOf(scope), id: { in: [...ids] } } });
  return rows.map(toTransaction);
}

const CHILDREN_MAX = 2_000;

/** What belongs to the given sessions or acts on the given transactions, oldest first, at most 2,000 in all. */
export async function listChildren(
  tx: Tx,
  scope: MerchantScope,
  parents: { sessionIds: readonly string[] } | { transactionIds: readonly string[] },
): Promise<readonly Transaction[]> {
  const where =
    'sessionIds' in parents
      ? { sessionId: { in: [...parents.sessionIds] } }
      : { relatedTransactionId: { in: [...parents.transactionIds] } };
  const rows = await tx.transaction.findMany({
    where: { ...scopeOf(scope), ...where },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: CHILDREN_MAX,
  });
  return rows.map(toTransaction);
}

export async function findTransactionByProviderCode(
  tx: Tx,
  account: { merchantId: string; providerAccountId: string },
  providerCode: string,
): Promise<Transaction | null> {
  const row = await tx.transaction.findFirst({
    where: { ...account, providerCode },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return row === null ? null : toTransaction(row);
}

export async function blankCardsOfCustomer(tx: Tx, scope: MerchantScope, customerId: string): Promise<void> {
  // Children before their parents, as the news of a refund takes its locks.
  await tx.$queryRaw`
    SELECT id FROM transactions WHERE merchant_id = ${scope.merchantId}::uuid AND customer_id = ${customerId}::uuid
    ORDER BY created_at DESC, id DESC FOR UPDATE`;
  await tx.transaction.updateMany({
    where: { ...scopeOf(scope), customerId },
    data: { card: Prisma.DbNull, reason: null },
  });
}

const CHECK_LEASE_MS = 60_000;
const CHECK_BATCH = 20;

/** Takes transactions that are due for a look at their provider, so that no other process takes them for a minute. */
export async function claimDueTransactions(tx: Tx, now: Date): Promise<readonly Transaction[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE transactions SET next_check_at = ${addMs(now, CHECK_LEASE_MS)}
    WHERE id IN (SELECT id FROM transactions WHERE next_check_at <= ${now} ORDER BY next_check_at LIMIT ${CHECK_BATCH}
      FOR UPDATE SKIP LOCKED)
    RETURNING id`;
  const found = await tx.transaction.findMany({ where: { id: { in: rows.map((row) => row.id) } } });
  return found.map(toTransaction);
}

function progressColumns(progress: TransactionProgress) {
  return {
    status: progress.status,
    providerCode: progress.providerCode,
    isProcessing: progress.isProcessing,
    declineReason: progress.decline?.reason ?? null,
    declineAdvice: progress.decline?.advice ?? null,
    declineRawCode: progress.decline?.rawCode ?? null,
    failureCode: progress.failureCode,
    hold: progress.hold,
    capturableUntil: progress.capturableUntil,
    card: progress.card === null ? Prisma.DbNull : { ...progress.card },
    paymentMethodId: progress.paymentMethodId,
    observedAt: progress.observedAt,
    endedAt: progress.endedAt,
  };
}

export function toTransaction(row: TransactionRow): Transaction {
  const decline =
    row.declineReason === null
      ? null
      : {
          reason: row.declineReason as DeclineReason,
          advice: row.declineAdvice as DeclineAdvice,
          rawCode: row.declineRawCode ?? '',
        };
  return {
    id: row.id,
    merchantId: row.merchantId,
    environment: row.environment as Environment,
    providerAccountId: row.providerAccountId,
    provider: row.provider as ProviderName,
    sessionId: row.sessionId,
    customerId: row.customerId,
    paymentMethodId: row.paymentMethodId,
    relatedTransactionId: row.relatedTransactionId,
    action: row.action as TransactionAction,
    status: row.status as TransactionStatus,
    amountMinor: row.amount,
    currency: row.currency,
    merchantInternalTransactionCode: row.code,
    attempt: row.attempt,
    providerCode: row.providerCode,
    isProcessing: row.isProcessing,
    decline,
    failureCode: row.failureCode,
    reason: row.reason,
    card: row.card as CardSummary | null,
    hold: row.hold as Hold | null,
    capturableUntil: row.capturableUntil,
    settledAmountMinor: row.settledAmount,
    refundedAmountMinor: row.refundedAmount,
    refundReservedMinor: row.refundReserved,
    observedAt: row.observedAt,
    endedAt: row.endedAt,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** Does nothing to a transaction that has changed since it was read: whoever changed it has said when to look again. */
export async function saveNextCheck(
  tx: Tx,
  transaction: Pick<Transaction, 'id' | 'merchantId' | 'version'>,
  nextCheckAt: Date | null,
): Promise<void> {
  const { id, merchantId, version } = transaction;
  await tx.transaction.updateMany({ where: { id, merchantId, version }, data: { nextCheckAt } });
}
