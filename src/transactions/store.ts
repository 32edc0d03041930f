import { isDeepStrictEqual } from 'node:util';
import type { Part } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { bringForward, type Claim, claimDue, type Due } from '../database/due.ts';
import { held, lockRows } from '../database/lock.ts';
import { joined, tableOf } from '../database/table.ts';
import { Prisma, type Transaction as TransactionRow } from '../generated/prisma/client.ts';
import { groupBy } from '../kernel/group.ts';
import { isId } from '../kernel/ids.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { CardSummary, DeclineAdvice, DeclineReason, Environment, Hold, ProviderName } from '../providers/provider.ts';
import type { Transaction, TransactionAction, TransactionStatus } from './transaction.ts';

const ALL_FIELDS = Object.values(Prisma.TransactionScalarFieldEnum);
export const transactions = tableOf<TransactionRow>('transactions', Prisma.TransactionScalarFieldEnum, ['card']);

/** A transaction about to be recorded. Its version and sums start anew, whatever the draft says. */
export type NewTransaction = Transaction & {
  readonly idempotencyKey: string | null;
  readonly inputFingerprint: string | null;
  readonly nextCheckAt: Date | null;
};

/**
 * Inserts a transaction, as a part of a commit. Writes nothing when the row exists already: the same attempt of a session, or the
 * same key, recorded by someone else first.
 */
export function transactionPart(scope: MerchantScope, news: { transaction: NewTransaction; now: Date }): Part {
  const { transaction, now } = news;
  const {
    amountMinor: amount,
    merchantInternalTransactionCode: code,
    settledAmountMinor: _settled,
    refundedAmountMinor: _refunded,
    refundReservedMinor: _reserved,
    disputedAmountMinor: _disputed,
    decline: _decline,
    ...fields
  } = transaction;
  const sums = { settledAmount: 0n, refundedAmount: 0n, refundReserved: 0n };
  const own = { ...scopeOf(scope), amount, code, ...sums, version: 1, createdAt: now, updatedAt: now };
  const row = { ...fields, ...progressColumns(transaction), ...own };
  return (only) => Prisma.sql`${transactions.insertIf(only, row)} ON CONFLICT DO NOTHING`;
}

/** What news from a provider may change. The type, the update and the comparison follow from this list. */
const PROGRESS_FIELDS = [
  'status',
  'providerCode',
  'isProcessing',
  'decline',
  'failureCode',
  'hold',
  'capturableUntil',
  'card',
  'paymentMethodId',
  'observedAt',
  'endedAt',
] as const satisfies readonly (keyof Transaction)[];
export type TransactionProgress = Pick<Transaction, (typeof PROGRESS_FIELDS)[number]>;

function progressColumns(transaction: TransactionProgress) {
  const progress = Object.fromEntries(PROGRESS_FIELDS.map((field) => [field, transaction[field]]));
  const { decline, ...fields } = progress as unknown as TransactionProgress;
  const { reason = null, advice = null, rawCode = null } = decline ?? {};
  return { ...fields, declineReason: reason, declineAdvice: advice, declineRawCode: rawCode };
}

/** Whether news changes anything besides the time of the last one. */
export function isChanged(from: TransactionProgress, to: TransactionProgress): boolean {
  return PROGRESS_FIELDS.some((field) => field !== 'observedAt' && !isDeepStrictEqual(from[field], to[field]));
}

/** Saves news on the version that was read, as a part of a commit. Writes nothing when another writer was first. */
export function movementPart(
  from: Transaction,
  change: { progress: TransactionProgress; nextCheckAt: Date | null; now: Date },
): Part {
  const { progress, nextCheckAt, now: updatedAt } = change;
  const { id, merchantId, version } = from;
  const changes = transactions.set({ ...progressColumns(progress), version: version + 1, updatedAt });
  const where = transactions.is({ id, merchantId, version });
  return (only) => Prisma.sql`UPDATE transactions SET ${changes}, ${bringForward(nextCheckAt)} WHERE ${where} AND ${only}`;
}

/** Waits for other writers of this transaction to finish, then reads it. */
export async function lockTransaction(tx: Tx, scope: MerchantScope, id: string): Promise<Transaction | null> {
  if (!isId(id)) return null;
  const [row] = await lockWhere(tx, transactions.is({ ...scopeOf(scope), id }));
  return row === undefined ? null : toTransaction(row);
}

async function lockWhere(tx: Tx, where: Prisma.Sql): Promise<readonly TransactionRow[]> {
  return lockRows<TransactionRow>(tx, 'transactions', { columns: transactions.columns, where });
}

/** @param where the condition and what follows it */
async function listRows(tx: Tx, where: Prisma.Sql): Promise<readonly TransactionRow[]> {
  return tx.$queryRaw<TransactionRow[]>`SELECT ${transactions.columns} FROM transactions WHERE ${where}`;
}

async function findRow(tx: Tx, where: Prisma.Sql): Promise<Transaction | null> {
  const [row] = await listRows(tx, Prisma.sql`${where} LIMIT 1`);
  return row === undefined ? null : toTransaction(row);
}

const NEWEST_FIRST = Prisma.sql`ORDER BY created_at DESC, id DESC`;

/**
 * The condition that a transaction is still what was read, so that a call on it may be recorded: no settle or void of it is live,
 * and the key is new. Holds its row. A call that meets the index entry of another one would wait for it, while the news of that
 * one waits for this row; so both are looked for before.
 */
export function isUntouched(target: Transaction, idempotencyKey: string | null): Prisma.Sql {
  const { id, merchantId, environment, version } = target;
  const rivals = [Prisma.sql`(${isLiveEnding(target)})`];
  if (idempotencyKey !== null) rivals.push(Prisma.sql`(${transactions.is({ merchantId, environment, idempotencyKey })})`);
  const noRival = rivals.map((rival) => Prisma.sql`NOT EXISTS (SELECT FROM transactions WHERE ${rival})`);
  return held('transactions', Prisma.join([transactions.is({ id, merchantId, version }), ...noRival], ' AND '));
}

/** Notes a call on the transaction that it acts on, and claims the amount that a refund gives back. The table's checks hold the sum. */
export function claimPart({ id, merchantId }: Transaction, refundMinor: bigint): Part {
  return (only) => Prisma.sql`
    UPDATE transactions SET version = version + 1, refund_reserved = refund_reserved + ${refundMinor}
    WHERE ${transactions.is({ id, merchantId })} AND ${only}`;
}

/**
 * Moves a refund's amount on its parent: counts it when it succeeded, gives the claim back when it did not. A late success
 * whose amount was given away or disputed meanwhile cannot be counted in full: its alert reports it.
 */
export function refundSumPart(refund: Transaction, change: { refunded: bigint; reserved: bigint }): Part {
  // A claim stays beside disputes, as the table's trigger wants it; what was refunded is a fact.
  const most = change.refunded === 0n ? Prisma.sql`GREATEST(refund_reserved, amount - disputed_amount)` : Prisma.sql`amount`;
  const reserved = Prisma.sql`LEAST(GREATEST(refund_reserved + ${change.reserved}::bigint, 0), ${most}, amount)`;
  return (only) => Prisma.sql`
    UPDATE transactions SET version = version + 1, refund_reserved = ${reserved},
      refunded_amount = LEAST(GREATEST(refunded_amount + ${change.refunded}::bigint, 0), ${reserved})
    WHERE ${isParentOf(refund)} AND action <> 'AUTHORIZATION' AND ${only}`;
}

/** Moves the amount of a chargeback on the transaction that is disputed. One in another currency counts as the whole. */
export function disputeSumPart(chargeback: Transaction, change: 'opened' | 'over'): Part {
  const sign = change === 'opened' ? 1 : -1;
  return (only) => Prisma.sql`
    UPDATE transactions SET version = version + 1, disputed_amount = GREATEST(disputed_amount
      + ${sign}::integer * CASE WHEN currency = ${chargeback.currency} THEN ${chargeback.amountMinor}::bigint ELSE amount END, 0)
    WHERE ${isParentOf(chargeback)} AND ${only}`;
}

/** Records how a settle or void has ended the hold of its authorization; a void of anything else ends none. */
export function holdPart(ending: Transaction, change: { hold: Hold; settledAmount: bigint; now: Date }): Part {
  const { hold, settledAmount, now: updatedAt } = change;
  const changes = transactions.set({ hold, settledAmount, nextCheckAt: null, updatedAt });
  return (only) => Prisma.sql`
    UPDATE transactions SET ${changes}, version = version + 1
    WHERE ${isParentOf(ending)} AND action = 'AUTHORIZATION' AND ${only}`;
}

function isParentOf({ relatedTransactionId: id, merchantId }: Transaction): Prisma.Sql {
  return Prisma.sql`id = ${id}::uuid AND ${transactions.is({ merchantId })}`;
}

/** The condition that nothing of the transaction that this one acts on is disputed. */
export function isUndisputed(child: Transaction): Prisma.Sql {
  return Prisma.sql`NOT EXISTS (SELECT FROM transactions WHERE ${isParentOf(child)} AND disputed_amount > 0)`;
}

export type TransactionSelector =
  | { readonly id: string }
  | { readonly providerCode: string }
  | { readonly merchantInternalTransactionCode: string };

export async function findTransactionRow(tx: Tx, scope: MerchantScope, { id }: { id: string }): Promise<Transaction | null> {
  if (!isId(id)) return null;
  return findRow(tx, transactions.is({ ...scopeOf(scope), id }));
}

/**
 * The transaction that a name means, one for each provider account that has such a name. By code: the outcome of the session or
 * charge with that code, a success before anything else, then the newest.
 */
export async function listTransactionsNamed(
  tx: Tx,
  scope: MerchantScope,
  by: TransactionSelector,
): Promise<readonly Transaction[]> {
  if ('id' in by) {
    const transaction = await findTransactionRow(tx, scope, by);
    return transaction === null ? [] : [transaction];
  }
  const name =
    'providerCode' in by
      ? { providerCode: by.providerCode }
      : { code: by.merchantInternalTransactionCode, relatedTransactionId: null };
  const where = transactions.is({ ...scopeOf(scope), ...name });
  const rows = await listRows(tx, Prisma.sql`${where} ${NEWEST_FIRST} LIMIT ${CANDIDATES_MAX}`);
  const byAccount = groupBy(rows, (row) => row.providerAccountId);
  return [...byAccount.values()]
    .flatMap((named) => named.find((row) => row.status === 'SUCCEEDED') ?? named[0] ?? [])
    .map(toTransaction);
}

/** A session has at most 20 attempts. */
const CANDIDATES_MAX = 50;

export async function findByIdempotencyKey(
  tx: Tx,
  scope: MerchantScope,
  key: string,
): Promise<{ transaction: Transaction; inputFingerprint: string | null } | null> {
  const [row] = await listRows(tx, transactions.is({ ...scopeOf(scope), idempotencyKey: key }));
  return row === undefined ? null : { transaction: toTransaction(row), inputFingerprint: row.inputFingerprint };
}

/**
 * Whether a call with the key was recorded meanwhile. Asked under the lock of what the call acts on, so that a repeated call
 * never waits for the index entry of the first one while the first one's answer waits for that lock.
 */
export async function isKeyUsed(tx: Tx, scope: MerchantScope, key: string | null): Promise<boolean> {
  return key !== null && (await findByIdempotencyKey(tx, scope, key)) !== null;
}

/** The transaction that another one acts on. */
export async function findParent(tx: Tx, scope: MerchantScope, childId: string): Promise<Transaction | null> {
  const child = transactions.is({ ...scopeOf(scope), id: childId });
  return findRow(
    tx,
    Prisma.sql`${transactions.is({ ...scopeOf(scope) })} AND id = (SELECT related_transaction_id FROM transactions WHERE ${child})`,
  );
}

/** The settle or void of an authorization that moved money or still may; there is at most one. */
export async function findLiveEnding(tx: Tx, authorization: Pick<Transaction, 'id' | 'merchantId'>): Promise<Transaction | null> {
  return findRow(tx, isLiveEnding(authorization));
}

function isLiveEnding({ merchantId, id: relatedTransactionId }: Pick<Transaction, 'id' | 'merchantId'>): Prisma.Sql {
  const live = { action: ['SETTLE', 'VOID'], status: ['PENDING', 'STARTED', 'UNKNOWN', 'SUCCEEDED'] };
  return transactions.is({ merchantId, relatedTransactionId, ...live });
}

/** The newest equal call on a transaction that may still move money and has not ended. Asked under the lock of that transaction. */
export async function findUnsettledChild(
  tx: Tx,
  parent: Pick<Transaction, 'id' | 'merchantId'>,
  inputFingerprint: string,
): Promise<Transaction | null> {
  const { id: relatedTransactionId, merchantId } = parent;
  const unsettled = { inputFingerprint, status: ['PENDING', 'STARTED', 'UNKNOWN'] };
  const where = transactions.is({ merchantId, relatedTransactionId, ...unsettled });
  return findRow(tx, Prisma.sql`${where} ${NEWEST_FIRST}`);
}

/** The chargeback that a dispute became, held until the transaction ends; an account has one for each reference. */
export async function lockChargeback(
  tx: Tx,
  account: { merchantId: string; providerAccountId: string },
  providerCode: string,
): Promise<Transaction | null> {
  const { merchantId, providerAccountId } = account;
  const [row] = await lockWhere(tx, transactions.is({ merchantId, providerAccountId, action: 'CHARGEBACK', providerCode }));
  return row === undefined ? null : toTransaction(row);
}

/** The same, held against other writers until the transaction ends: a settle or refund writes these rows too. */
export async function lockAttempts(tx: Tx, scope: MerchantScope, sessionId: string): Promise<readonly Transaction[]> {
  const rows = await lockWhere(tx, isAttempt(scope, sessionId));
  return rows.map(toTransaction).sort((left, right) => (left.attempt ?? 0) - (right.attempt ?? 0));
}

/** Every attempt of a session, in their order. */
export async function listAttempts(tx: Tx, scope: MerchantScope, sessionId: string): Promise<readonly Transaction[]> {
  return (await listRows(tx, Prisma.sql`${isAttempt(scope, sessionId)} ORDER BY attempt`)).map(toTransaction);
}

/** The attempt that tells how a session ended: the one that succeeded, else the last. */
export const sessionEnding = joined<TransactionRow, Transaction>('ending', ALL_FIELDS, {
  select: (sessionId) => Prisma.sql`
    SELECT * FROM transactions WHERE session_id = ${sessionId} AND attempt IS NOT NULL
    ORDER BY status = 'SUCCEEDED' DESC, CASE WHEN status = 'SUCCEEDED' THEN -attempt ELSE attempt END DESC LIMIT 1`,
  toValue: toTransaction,
});

function isAttempt(scope: MerchantScope, sessionId: string): Prisma.Sql {
  return Prisma.sql`${transactions.is({ ...scopeOf(scope), sessionId })} AND attempt IS NOT NULL`;
}

export async function listTransactionsByIds(
  tx: Tx,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<readonly Transaction[]> {
  const rows = await listRows(tx, transactions.is({ ...scopeOf(scope), id: ids }));
  return rows.map(toTransaction);
}

/** One more than a list of an answer may hold, so that a longer one is refused there and never shown as if it were whole. */
const CHILDREN_MAX = 2_001;

/** What belongs to the given sessions or acts on the given transactions, oldest first; at most 2,001 of each. */
export async function listChildren(
  tx: Tx,
  scope: MerchantScope,
  parents: { sessionIds: readonly string[] } | { transactionIds: readonly string[] },
): Promise<readonly Transaction[]> {
  const [ids, column] =
    'sessionIds' in parents ? [parents.sessionIds, 'session_id'] : [parents.transactionIds, 'related_transaction_id'];
  const rows = await tx.$queryRaw<TransactionRow[]>`
    SELECT child.* FROM unnest(${[...ids]}::uuid[]) AS parent CROSS JOIN LATERAL (
      SELECT ${transactions.columns} FROM transactions WHERE ${Prisma.raw(column)} = parent AND ${transactions.is({ ...scopeOf(scope) })}
      ORDER BY created_at, id LIMIT ${CHILDREN_MAX}) AS child
    ORDER BY child."createdAt", child.id`;
  return rows.map(toTransaction);
}

/** The newest with each reference, in the order of the references. */
export async function listTransactionsByProviderCodes(
  tx: Tx,
  account: { merchantId: string; providerAccountId: string },
  providerCodes: readonly string[],
): Promise<readonly Transaction[]> {
  const { merchantId, providerAccountId } = account;
  const named = transactions.is({ merchantId, providerAccountId, providerCode: providerCodes });
  const rows = await listRows(tx, Prisma.sql`${named} ${NEWEST_FIRST}`);
  return providerCodes.flatMap((code) => rows.find(({ providerCode }) => providerCode === code) ?? []).map(toTransaction);
}

/** Takes transactions that are due for a look at their provider, at most 20. */
export async function claimDueTransactions(tx: Tx, claim: Claim): Promise<readonly { transaction: Transaction; due: Due }[]> {
  const claimed = await claimDue(tx, 'transactions', claim);
  if (claimed.length === 0) return [];
  const found = await listRows(tx, transactions.is({ id: claimed.map(({ id }) => id) }));
  const byId = new Map(claimed.map((due) => [due.id, due]));
  return found.flatMap((row) => {
    const due = byId.get(row.id);
    return due === undefined ? [] : [{ transaction: toTransaction(row), due }];
  });
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
    disputedAmountMinor: row.disputedAmount,
    observedAt: row.observedAt,
    endedAt: row.endedAt,
    erasedAt: row.erasedAt,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
