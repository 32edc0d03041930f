import type { Tx } from '../database/database.ts';
import { belongsToCustomer, hasId, inScope, isAnyOf } from '../database/filter.ts';
import { allOf, columnsOf, countRows, readPage, type SortKey } from '../database/page.ts';
import { type PaymentMethod as PaymentMethodRow, Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { CardSummary, Contact, ProviderName, StoredMethod } from '../providers/provider.ts';
import { isCardExpired, type PaymentMethod, type PaymentMethodStatus } from './payment-method.ts';

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
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO payment_methods (id, merchant_id, environment, provider_account_id, provider, customer_id, status, brand, last4,
      exp_month, exp_year, billing, provider_code, provider_customer_code, origin_code, created_at, updated_at)
    VALUES (${method.id}::uuid, ${scope.merchantId}::uuid, ${scope.environment}, ${method.providerAccountId}::uuid, ${method.provider},
      ${method.customerId}::uuid, 'ENABLED', ${method.card.brand}, ${method.card.last4}, ${method.card.expMonth}, ${method.card.expYear},
      ${JSON.stringify(method.billing)}::jsonb, ${method.stored.providerCode}, ${method.stored.providerCustomerCode},
      ${method.stored.originCode}, ${now}, ${now})
    ON CONFLICT (provider_account_id, provider_code) DO UPDATE SET updated_at = EXCLUDED.updated_at
    RETURNING id`;
  if (row === undefined) throw new Error('The payment method was neither inserted nor found.');
  return { id: row.id, isNew: row.id === method.id };
}

export async function findPaymentMethodRow(
  tx: Tx,
  scope: MerchantScope,
  wanted: { id: string; now: Date },
): Promise<PaymentMethod | null> {
  if (!isId(wanted.id)) return null;
  const row = await tx.paymentMethod.findFirst({ where: { ...scopeOf(scope), id: wanted.id } });
  return row === null ? null : toPaymentMethod(row, wanted.now);
}

export async function listPaymentMethodsByIds(
  tx: Tx,
  scope: MerchantScope,
  wanted: { ids: readonly string[]; now: Date },
): Promise<readonly PaymentMethod[]> {
  const rows = await tx.paymentMethod.findMany({ where: { ...scopeOf(scope), id: { in: [...wanted.ids] } } });
  return rows.map((row) => toPaymentMethod(row, wanted.now));
}

export async function listEnabledMethodIds(tx: Tx, scope: MerchantScope, customerId: string): Promise<readonly string[]> {
  const rows = await tx.paymentMethod.findMany({
    where: { ...scopeOf(scope), customerId, status: 'ENABLED' },
    select: { id: true },
  });
  return rows.map((row) => row.id);
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

const COLUMNS = columnsOf(Object.keys(Prisma.PaymentMethodScalarFieldEnum));

const BY_CREATION: SortKey<PaymentMethodRow> = {
  name: 'createdAt',
  column: 'created_at',
  type: 'instant',
  valueOf: (row) => row.createdAt,
};

export async function readPaymentMethodPage(
  tx: Tx,
  scope: MerchantScope,
  query: { filter: PaymentMethodFilter; order: 'ASC' | 'DESC'; page: PageRequest; now: Date },
): Promise<Result<Page<PaymentMethod>>> {
  return readPage(tx, {
    table: 'payment_methods',
    columns: COLUMNS,
    where: conditions(scope, query),
    sort: { key: BY_CREATION, order: query.order },
    page: query.page,
    toNode: (row) => toPaymentMethod(row, query.now),
  });
}

export async function countPaymentMethodRows(
  tx: Tx,
  scope: MerchantScope,
  query: { filter: PaymentMethodFilter; now: Date },
): Promise<number> {
  return countRows(tx, 'payment_methods', conditions(scope, query));
}

export async function saveDetached(tx: Tx, scope: MerchantScope, detached: { id: string; now: Date }): Promise<void> {
  await tx.paymentMethod.updateMany({
    where: { ...scopeOf(scope), id: detached.id },
    data: { status: 'DISABLED', detachedAt: detached.now, updatedAt: detached.now },
  });
}

export async function blankBillingOfCustomer(tx: Tx, scope: MerchantScope, customerId: string): Promise<void> {
  await tx.paymentMethod.updateMany({ where: { ...scopeOf(scope), customerId }, data: { billing: Prisma.DbNull } });
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

function toPaymentMethod(row: PaymentMethodRow, now: Date): PaymentMethod {
  const card = { brand: row.brand, last4: row.last4, expMonth: row.expMonth, expYear: row.expYear };
  const isExpired = row.status === 'ENABLED' && isCardExpired(card, now);
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
