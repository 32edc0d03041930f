import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { columnsOf, readPage, type SortKey } from '../database/page.ts';
import { type Customer as CustomerRow, Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Contact } from '../providers/provider.ts';
import type { Customer, CustomerSelector } from './customer.ts';

/** The id of the customer with this code, created with this contact when it is new. Safe under concurrent starts. */
export async function ensureCustomer(
  tx: Tx,
  scope: MerchantScope,
  customer: { id: string; code: string | null; contact: Contact | null; now: Date },
): Promise<string> {
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO customers (id, merchant_id, environment, code, contact, created_at, updated_at)
    VALUES (${customer.id}::uuid, ${scope.merchantId}::uuid, ${scope.environment}, ${customer.code},
      ${customer.contact === null ? null : JSON.stringify(customer.contact)}::jsonb, ${customer.now}, ${customer.now})
    ON CONFLICT (merchant_id, environment, code)
      DO UPDATE SET contact = COALESCE(customers.contact, EXCLUDED.contact), erased_at = NULL
    RETURNING id`;
  if (row === undefined) throw new Error('The customer was neither inserted nor found.');
  return row.id;
}

export async function findCustomerRow(tx: Tx, scope: MerchantScope, by: CustomerSelector): Promise<Customer | null> {
  if ('id' in by && !isId(by.id)) return null;
  const where = 'id' in by ? { id: by.id } : { code: by.merchantInternalCustomerCode };
  const row = await tx.customer.findFirst({ where: { ...scopeOf(scope), ...where } });
  return row === null ? null : toCustomer(row);
}

/** The merchant's own codes of customers, by id; those without a code are left out. */
export async function listCustomerCodes(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.$queryRaw<{ id: string; code: string }[]>`
    SELECT id, code FROM customers WHERE ${inScope(scope)}
      AND id = ANY(${[...ids]}::uuid[]) AND code IS NOT NULL`;
  return new Map(rows.map(({ id, code }) => [id, code]));
}

/** What the provider behind the account calls the customer; null until it has told. */
export async function findProviderCustomerCode(
  tx: Tx,
  scope: MerchantScope,
  by: { providerAccountId: string; customerId: string },
): Promise<string | null> {
  const row = await tx.providerCustomer.findFirst({ where: { ...scopeOf(scope), ...by }, select: { providerCode: true } });
  return row?.providerCode ?? null;
}

export async function findCustomerByProviderCode(tx: Tx, scope: MerchantScope, providerCode: string): Promise<string | null> {
  const row = await tx.providerCustomer.findFirst({ where: { ...scopeOf(scope), providerCode }, select: { customerId: true } });
  return row?.customerId ?? null;
}

/** Keeps what the provider calls the customer. The first word stands. */
export async function saveProviderCustomerCode(
  tx: Tx,
  scope: MerchantScope,
  told: { providerAccountId: string; customerId: string; providerCode: string; now: Date },
): Promise<void> {
  const { now: createdAt, ...customer } = told;
  await tx.providerCustomer.createMany({ data: [{ ...scopeOf(scope), ...customer, createdAt }], skipDuplicates: true });
}

/** Forgets it, so that the next start has the provider make the customer anew. */
export async function deleteProviderCustomerCode(
  tx: Tx,
  scope: MerchantScope,
  by: { providerAccountId: string; customerId: string; providerCode: string },
): Promise<void> {
  await tx.providerCustomer.deleteMany({ where: { ...scopeOf(scope), ...by } });
}

export async function isErased(tx: Tx, scope: MerchantScope, id: string): Promise<boolean> {
  return (await tx.customer.count({ where: { ...scopeOf(scope), id, erasedAt: { not: null } } })) > 0;
}

export async function listCustomersByIds(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<readonly Customer[]> {
  const rows = await tx.customer.findMany({ where: { ...scopeOf(scope), id: { in: [...ids] } } });
  return rows.map(toCustomer);
}

const COLUMNS = columnsOf(Object.keys(Prisma.CustomerScalarFieldEnum));

const BY_CREATION: SortKey<CustomerRow> = {
  name: 'createdAt',
  column: 'created_at',
  type: 'instant',
  valueOf: (row) => row.createdAt,
};

export async function readCustomerPage(tx: Tx, scope: MerchantScope, page: PageRequest): Promise<Result<Page<Customer>>> {
  const where = inScope(scope);
  const sort = { key: BY_CREATION, order: 'DESC' } as const;
  return readPage(tx, { table: 'customers', columns: COLUMNS, where, sort, page, toNode: toCustomer });
}

export async function countCustomerRows(tx: Tx, scope: MerchantScope): Promise<number> {
  return tx.customer.count({ where: { ...scopeOf(scope) } });
}

/** Blanks the contact. The code and the id stay, so that money records keep their owner. */
export async function blankCustomer(tx: Tx, scope: MerchantScope, erased: { id: string; now: Date }): Promise<void> {
  await tx.customer.updateMany({
    where: { ...scopeOf(scope), id: erased.id },
    data: { contact: Prisma.DbNull, erasedAt: erased.now, updatedAt: erased.now },
  });
}

function toCustomer(row: CustomerRow): Customer {
  return {
    id: row.id,
    merchantInternalCustomerCode: row.code,
    contact: row.contact as Contact | null,
    isErased: row.erasedAt !== null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
