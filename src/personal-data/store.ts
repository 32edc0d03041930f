import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { type LockedTable, lockRows } from '../database/lock.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { EffectKind } from '../providers/provider.ts';
import { PERSONAL_PLACES, type PersonalTable } from './places.ts';

/** Whose personal data is erased: everything of a customer, or what one session holds. */
export type ErasureSubject = { readonly customerId: string } | { readonly sessionId: string };

export interface SealedRow {
  readonly id: string;
  readonly sealed: Uint8Array | null;
}

export interface LockedRows {
  readonly operations: readonly (SealedRow & { readonly kind: EffectKind })[];
  readonly sessions: readonly SealedRow[];
  readonly transactionIds: readonly string[];
  readonly methodIds: readonly string[];
}

/** The conditions for what belongs to the subject, table by table. */
function conditionsOf(scope: MerchantScope, subject: ErasureSubject) {
  const mine = inScope(scope);
  const ofSessions =
    'customerId' in subject ? Prisma.sql`customer_id = ${subject.customerId}::uuid` : Prisma.sql`id = ${subject.sessionId}::uuid`;
  const sessionIds = Prisma.sql`SELECT id FROM sessions WHERE ${mine} AND ${ofSessions}`;
  const ofTransactions =
    'customerId' in subject
      ? Prisma.sql`(customer_id = ${subject.customerId}::uuid OR session_id IN (${sessionIds}))`
      : Prisma.sql`session_id = ${subject.sessionId}::uuid`;
  const ofMethods = 'customerId' in subject ? Prisma.sql`customer_id = ${subject.customerId}::uuid` : Prisma.sql`false`;
  return { mine, ofSessions, ofTransactions, ofMethods, sessionIds };
}

/** Locks all rows of the subject, in the order of `database/lock.ts`. */
export async function lockAll(tx: Tx, scope: MerchantScope, subject: ErasureSubject): Promise<LockedRows> {
  const { mine, ofSessions, ofTransactions, ofMethods, sessionIds } = conditionsOf(scope, subject);
  const transactionIds = Prisma.sql`SELECT id FROM transactions WHERE ${mine} AND ${ofTransactions}`;
  const methodIds = Prisma.sql`SELECT id FROM payment_methods WHERE ${mine} AND ${ofMethods}`;
  const lock = <Row extends { id: string }>(table: LockedTable, columns: Prisma.Sql, condition: Prisma.Sql) =>
    lockRows<Row>(tx, table, { columns, where: Prisma.sql`${mine} AND ${condition}` });
  const id = Prisma.sql`id`;
  if ('customerId' in subject) await lock('customers', id, Prisma.sql`id = ${subject.customerId}::uuid`);
  const ofOperations = Prisma.sql`request IS NOT NULL
    AND (subject_id IN (${sessionIds}) OR subject_id IN (${transactionIds}) OR subject_id IN (${methodIds}))`;
  const operations = await lock<LockedRows['operations'][number]>(
    'operations',
    Prisma.sql`id, kind, request AS sealed`,
    ofOperations,
  );
  const sessions = await lock<SealedRow>('sessions', Prisma.sql`id, provider_state AS sealed`, ofSessions);
  const transactions = await lock('transactions', id, ofTransactions);
  const methods = await lock('payment_methods', id, ofMethods);
  const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
  return { operations, sessions, transactionIds: idsOf(transactions), methodIds: idsOf(methods) };
}

/** Whether anything was recorded between a look at a table and the last lock. */
export async function hasNewRows(
  tx: Tx,
  scope: MerchantScope,
  { subject, locked }: { subject: ErasureSubject; locked: LockedRows },
): Promise<boolean> {
  const { mine, ofSessions, ofTransactions, ofMethods } = conditionsOf(scope, subject);
  const subjects = [...locked.sessions.map(({ id }) => id), ...locked.transactionIds, ...locked.methodIds];
  const known = locked.operations.map(({ id }) => id);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM operations WHERE ${mine} AND subject_id = ANY(${subjects}::uuid[]) AND request IS NOT NULL
      AND id <> ALL(${known}::uuid[])
    UNION ALL SELECT id FROM sessions WHERE ${mine} AND ${ofSessions} AND id <> ALL(${subjects}::uuid[])
    UNION ALL SELECT id FROM transactions WHERE ${mine} AND ${ofTransactions} AND id <> ALL(${subjects}::uuid[])
    UNION ALL SELECT id FROM payment_methods WHERE ${mine} AND ${ofMethods} AND id <> ALL(${subjects}::uuid[])
    LIMIT 1`;
  return rows.length > 0;
}

/** `erasedAt` stays as it is where it is null or was set before. */
export async function saveRequest(
  tx: Tx,
  scope: MerchantScope,
  row: { id: string; sealed: Uint8Array; erasedAt: Date | null },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE operations SET request = ${row.sealed}::bytea, erased_at = COALESCE(erased_at, ${row.erasedAt}::timestamptz)
    WHERE ${inScope(scope)} AND id = ${row.id}::uuid`;
}

export async function saveState(tx: Tx, scope: MerchantScope, row: { id: string; sealed: Uint8Array }): Promise<void> {
  await tx.$executeRaw`
    UPDATE sessions SET provider_state = ${row.sealed}::bytea WHERE ${inScope(scope)} AND id = ${row.id}::uuid`;
}

interface Blanking {
  readonly rows: LockedRows;
  readonly subject: ErasureSubject;
  readonly now: Date;
}

/** In the order of the locks. What is left out here is stripped row by row, or belongs to the test bank. */
export async function blankColumns(tx: Tx, scope: MerchantScope, blanking: Blanking): Promise<void> {
  const { rows, subject, now } = blanking;
  const mine = inScope(scope);
  const sessionIds = rows.sessions.map(({ id }) => id);
  // A session that is still open is due for a look, which ends it: its payer has nothing left to pay with.
  await tx.$executeRaw`
    UPDATE sessions SET ${blanksOf('sessions')}, erased_at = COALESCE(erased_at, ${now}::timestamptz), version = version + 1,
      next_check_at = CASE WHEN status IN ('PENDING', 'ACTIVE', 'UNKNOWN') THEN LEAST(next_check_at, ${now}::timestamptz) END
    WHERE ${mine} AND id = ANY(${sessionIds}::uuid[])`;
  await tx.$executeRaw`
    UPDATE transactions SET ${blanksOf('transactions')}, erased_at = COALESCE(erased_at, ${now}::timestamptz), version = version + 1
    WHERE ${mine} AND id = ANY(${[...rows.transactionIds]}::uuid[])`;
  await tx.$executeRaw`
    UPDATE payment_methods SET ${blanksOf('payment_methods')} WHERE ${mine} AND id = ANY(${[...rows.methodIds]}::uuid[])`;
  if ('customerId' in subject) {
    await tx.$executeRaw`
      UPDATE customers SET ${blanksOf('customers')}, erased_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
      WHERE ${mine} AND id = ${subject.customerId}::uuid`;
    await tx.$executeRaw`DELETE FROM provider_customers WHERE ${mine} AND customer_id = ${subject.customerId}::uuid`;
  }
  const accounts = Prisma.sql`SELECT id FROM provider_accounts WHERE ${mine}`;
  await tx.$executeRaw`
    UPDATE bank_payments SET ${blanksOf('bank_payments')}
    WHERE account_id IN (${accounts}) AND reference = ANY(${sessionIds}::text[])`;
  await tx.$executeRaw`
    UPDATE bank_keys SET answer = jsonb_set(answer::jsonb, '{payment,returnUrl}', 'null')::text
    WHERE account_id IN (${accounts}) AND operation_id IN (SELECT id::text FROM operations WHERE ${mine} AND subject_id = ANY(${sessionIds}::uuid[]))
      AND answer IS NOT NULL AND answer::jsonb #> '{payment,returnUrl}' IS NOT NULL`;
}

function blanksOf(table: PersonalTable): Prisma.Sql {
  const places = PERSONAL_PLACES.filter((place) => place.table === table && place.erasedBy === 'null');
  return Prisma.raw(places.map(({ column }) => `"${column}" = NULL`).join(', '));
}
