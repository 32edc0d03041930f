import type { Part } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { belongsToCustomer, hasId, inScope, isAnyOf } from '../database/filter.ts';
import { held, lockRows } from '../database/lock.ts';
import { allOf, BY_CREATION, countRows, readPage } from '../database/page.ts';
import { tableOf } from '../database/table.ts';
import { type PaymentMethod as PaymentMethodRow, Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { CardSummary, Contact, ProviderName, StoredMethod } from '../providers/provider.ts';
import { isCardExpired, type PaymentMethod, type PaymentMethodStatus } from './payment-method.ts';

const methods = tableOf<PaymentMethodRow>('payment_methods', Prisma.PaymentMethodScalarFieldEnum, ['billing']);

export interface NewPaymentMethod {
  readonly id: string;
  readonly customerId: string;
  readonly providerAccountId: string;
  readonly provider: ProviderName;
  readonly card: CardSummary;
  readonly billing: Contact | null;
  readonly stored: StoredMethod;
}

/** The id of the method, inserted unless the account has it already. */
export async function ensurePaymentMethod(
  tx: Tx,
  scope: MerchantScope,
  news: { method: NewPaymentMethod; now: Date },
): Promise<{ id: string; isNew: boolean }> {
  const { method, now } = news;
  const { card, stored, ...fields } = method;
  const { id } = await ensureRow(tx, { ...scopeOf(scope), ...fields, ...card, ...stored, status: 'ENABLED' }, now);
  return { id, isNew: id === method.id };
}

/**
 * The same for a method whose payer was erased before it was stored: it is DISABLED and holds nothing personal. `isEnabled`: the account has it already, and it is in use.
 */
export async function ensureDetachedMethod(
  tx: Tx,
  scope: MerchantScope,
  news: { method: Omit<NewPaymentMethod, 'card' | 'billing'>; now: Date },
): Promise<{ id: string; isEnabled: boolean }> {
  const { method, now } = news;
  const { stored, ...fields } = method;
  const { providerCode, originCode } = stored;
  const references = { providerCode, originCode, status: 'DISABLED', detachedAt: now };
  const { id, status } = await ensureRow(tx, { ...scopeOf(scope), ...fields, ...references }, now);
  return { id, isEnabled: status === 'ENABLED' };
}

async function ensureRow(
  tx: Tx,
  row: Parameters<typeof methods.insert>[0],
  now: Date,
): Promise<Pick<PaymentMethodRow, 'id' | 'status'>> {
  const [ensured] = await tx.$queryRaw<Pick<PaymentMethodRow, 'id' | 'status'>[]>`
    ${methods.insert({ ...row, createdAt: now, updatedAt: now })}
    ON CONFLICT (provider_account_id, provider_code) DO UPDATE SET updated_at = EXCLUDED.updated_at
    RETURNING id, status`;
  if (ensured === undefined) throw new Error('The payment method was neither inserted nor found.');
  return ensured;
}

export async function findPaymentMethodRow(
  tx: Tx,
  scope: MerchantScope,
  wanted: { id: string; now: Date },
): Promise<PaymentMethod | null> {
  if (!isId(wanted.id)) return null;
  const [row] = await listRows(tx, methods.is({ ...scopeOf(scope), id: wanted.id }));
  return row === undefined ? null : toPaymentMethod(row, wanted.now);
}

async function listRows(tx: Tx, where: Prisma.Sql): Promise<readonly PaymentMethodRow[]> {
  return tx.$queryRaw<PaymentMethodRow[]>`SELECT ${methods.columns} FROM payment_methods WHERE ${where}`;
}

/** The method as it is now, held against a detach or an erasure until the transaction ends. Charges do not wait for each other. */
export async function holdPaymentMethod(
  tx: Tx,
  scope: MerchantScope,
  wanted: { id: string; now: Date },
): Promise<PaymentMethod | null> {
  const where = methods.is({ ...scopeOf(scope), id: wanted.id });
  const held = { columns: methods.columns, where, strength: 'SHARE' } as const;
  const [row] = await lockRows<PaymentMethodRow>(tx, 'payment_methods', held);
  return row === undefined ? null : toPaymentMethod(row, wanted.now);
}

/** The condition that a method was not withdrawn, which holds it likewise. */
export function isUsable(scope: MerchantScope, { id }: PaymentMethod): Prisma.Sql {
  return held('payment_methods', methods.is({ ...scopeOf(scope), id, status: 'ENABLED' }), 'SHARE');
}

export async function listPaymentMethodsByIds(
  tx: Tx,
  scope: MerchantScope,
  wanted: { ids: readonly string[]; now: Date },
): Promise<readonly PaymentMethod[]> {
  const rows = await listRows(tx, methods.is({ ...scopeOf(scope), id: wanted.ids }));
  return rows.map((row) => toPaymentMethod(row, wanted.now));
}

export interface PaymentMethodFilter {
  readonly id?: string;
  readonly provider?: ProviderName;
  readonly providerAccountId?: string;
  readonly providerCode?: string;
  readonly customerId?: string;
  readonly merchantInternalCustomerCode?: string;
  readonly statuses?: readonly PaymentMethodStatus[];
}

export async function readPaymentMethodPage(
  tx: Tx,
  scope: MerchantScope,
  query: { filter: PaymentMethodFilter; order: 'ASC' | 'DESC'; page: PageRequest; now: Date },
): Promise<Result<Page<PaymentMethod>>> {
  return readPage(tx, {
    table: 'payment_methods',
    columns: methods.columns,
    where: conditions(scope, query),
    sort: { key: BY_CREATION, order: query.order },
    page: query.page,
    toNode: (row: PaymentMethodRow) => toPaymentMethod(row, query.now),
  });
}

export async function countPaymentMethodRows(
  tx: Tx,
  scope: MerchantScope,
  query: { filter: PaymentMethodFilter; now: Date },
): Promise<number> {
  return countRows(tx, 'payment_methods', conditions(scope, query));
}

/** Withdraws one method, or every method of a customer, as a part of a commit. Writes nothing where all were withdrawn before. */
export function detachedPart(scope: MerchantScope, detached: { of: { id: string } | { customerId: string }; now: Date }): Part {
  const { of, now } = detached;
  const owned = 'id' in of ? { id: of.id } : { customerId: of.customerId };
  return (only) => Prisma.sql`
    UPDATE payment_methods SET ${methods.set({ status: 'DISABLED', detachedAt: now, updatedAt: now })}
    WHERE ${methods.is({ ...scopeOf(scope), ...owned })} AND status <> 'DISABLED' AND ${only}`;
}

/** The same, written at once. Returns those that were not withdrawn before. */
export async function saveDetached(
  tx: Tx,
  scope: MerchantScope,
  detached: Parameters<typeof detachedPart>[1],
): Promise<readonly PaymentMethod[]> {
  const part = detachedPart(scope, detached);
  const rows = await tx.$queryRaw<PaymentMethodRow[]>`${part(Prisma.sql`TRUE`)} RETURNING ${methods.columns}`;
  return rows.map((row) => toPaymentMethod(row, detached.now));
}

function conditions(scope: MerchantScope, query: { filter: PaymentMethodFilter; now: Date }): Prisma.Sql {
  const { filter } = query;
  const all = [inScope(scope)];
  if (filter.id !== undefined) all.push(hasId('id', filter.id));
  if (filter.provider !== undefined) all.push(isAnyOf('provider', [filter.provider]));
  if (filter.providerAccountId !== undefined) all.push(hasId('provider_account_id', filter.providerAccountId));
  if (filter.providerCode !== undefined) all.push(Prisma.sql`provider_code = ${filter.providerCode}`);
  if (filter.customerId !== undefined) all.push(hasId('customer_id', filter.customerId));
  if (filter.merchantInternalCustomerCode !== undefined) {
    all.push(belongsToCustomer(scope, filter.merchantInternalCustomerCode));
  }
  if (filter.statuses !== undefined) {
    const month = query.now.getUTCFullYear() * 12 + query.now.getUTCMonth();
    all.push(Prisma.sql`CASE WHEN status = 'ENABLED' AND exp_year * 12 + exp_month - 1 < ${month} THEN 'EXPIRED' ELSE status END
      = ANY(${[...filter.statuses]})`);
  }
  return allOf(all);
}

function toCard({ brand, last4, expMonth, expYear }: PaymentMethodRow): CardSummary | null {
  if (brand === null || last4 === null || expMonth === null || expYear === null) return null;
  return { brand, last4, expMonth, expYear };
}

function toPaymentMethod(row: PaymentMethodRow, now: Date): PaymentMethod {
  const card = toCard(row);
  const isExpired = row.status === 'ENABLED' && card !== null && isCardExpired(card, now);
  return {
    id: row.id,
    customerId: row.customerId,
    providerAccountId: row.providerAccountId,
    provider: row.provider as ProviderName,
    status: isExpired ? 'EXPIRED' : (row.status as PaymentMethodStatus),
    card,
    billing: row.billing as Contact | null,
    stored: { providerCode: row.providerCode, providerCustomerCode: row.providerCustomerCode, originCode: row.originCode },
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
