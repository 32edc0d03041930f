import type { Part } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { BY_CREATION, countRows, readPage } from '../database/page.ts';
import { tableOf } from '../database/table.ts';
import { type Customer as CustomerRow, Prisma, type ProviderCustomer } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Contact } from '../providers/provider.ts';
import type { Customer, CustomerSelector } from './customer.ts';

const customers = tableOf<CustomerRow>('customers', Prisma.CustomerScalarFieldEnum, ['contact']);
const known = tableOf<ProviderCustomer>('provider_customers', Prisma.ProviderCustomerScalarFieldEnum);

/** The id of the customer with this code, created with this contact when it is new. Safe under concurrent starts. */
export async function ensureCustomer(
  tx: Tx,
  scope: MerchantScope,
  customer: { id: string; code: string | null; contact: Contact | null; now: Date },
): Promise<string> {
  const { now, ...fields } = customer;
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    ${customers.insert({ ...scopeOf(scope), ...fields, createdAt: now, updatedAt: now })}
    ON CONFLICT (merchant_id, environment, code)
      DO UPDATE SET contact = COALESCE(customers.contact, EXCLUDED.contact), erased_at = NULL
    RETURNING id`;
  if (row === undefined) throw new Error('The customer was neither inserted nor found.');
  return row.id;
}

export async function findCustomerRow(tx: Tx, scope: MerchantScope, by: CustomerSelector): Promise<Customer | null> {
  if ('id' in by && !isId(by.id)) return null;
  const name = 'id' in by ? { id: by.id } : { code: by.merchantInternalCustomerCode };
  const [row] = await tx.$queryRaw<CustomerRow[]>`
    SELECT ${customers.columns} FROM customers WHERE ${customers.is({ ...scopeOf(scope), ...name })}`;
  return row === undefined ? null : toCustomer(row);
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
  const { providerAccountId, customerId } = by;
  const [row] = await tx.$queryRaw<{ providerCode: string }[]>`
    SELECT ${known.pick(['providerCode'])} FROM provider_customers
    WHERE ${known.is({ ...scopeOf(scope), providerAccountId, customerId })}`;
  return row?.providerCode ?? null;
}

export async function findCustomerByProviderCode(tx: Tx, scope: MerchantScope, providerCode: string): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ customerId: string }[]>`
    SELECT ${known.pick(['customerId'])} FROM provider_customers WHERE ${known.is({ ...scopeOf(scope), providerCode })} LIMIT 1`;
  return row?.customerId ?? null;
}

/** Keeps what the provider calls the customer. The first word stands. */
export function providerCustomerPart(
  scope: MerchantScope,
  told: { providerAccountId: string; customerId: string; providerCode: string; now: Date },
): Part {
  const { now: createdAt, ...customer } = told;
  return (only) => Prisma.sql`${known.insertIf(only, { ...scopeOf(scope), ...customer, createdAt })} ON CONFLICT DO NOTHING`;
}

/** Forgets it, so that the next start has the provider make the customer anew. */
export async function deleteProviderCustomerCode(
  tx: Tx,
  scope: MerchantScope,
  by: { providerAccountId: string; customerId: string; providerCode: string },
): Promise<void> {
  const { providerAccountId, customerId, providerCode } = by;
  const where = known.is({ ...scopeOf(scope), providerAccountId, customerId, providerCode });
  await tx.$executeRaw`DELETE FROM provider_customers WHERE ${where}`;
}

export async function isErased(tx: Tx, scope: MerchantScope, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM customers WHERE ${customers.is({ ...scopeOf(scope), id })} AND erased_at IS NOT NULL`;
  return rows.length > 0;
}

export async function listCustomersByIds(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<readonly Customer[]> {
  const rows = await tx.$queryRaw<CustomerRow[]>`
    SELECT ${customers.columns} FROM customers WHERE ${customers.is({ ...scopeOf(scope), id: ids })}`;
  return rows.map(toCustomer);
}

export async function readCustomerPage(tx: Tx, scope: MerchantScope, page: PageRequest): Promise<Result<Page<Customer>>> {
  const where = inScope(scope);
  const sort = { key: BY_CREATION, order: 'DESC' } as const;
  return readPage(tx, { table: 'customers', columns: customers.columns, where, sort, page, toNode: toCustomer });
}

export async function countCustomerRows(tx: Tx, scope: MerchantScope): Promise<number> {
  return countRows(tx, 'customers', inScope(scope));
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
