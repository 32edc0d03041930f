import { Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { MerchantScope } from '../kernel/scope.ts';

/** What sessions and transactions can both be filtered by. Every given condition must hold; lists mean any of. */
export interface LedgerFilter {
  readonly id?: string;
  readonly providerCode?: string;
  readonly customerId?: string;
  readonly paymentMethodId?: string;
  /** What the provider calls the customer, as the stored payment method has it. */
  readonly providerCustomerCode?: string;
  readonly statuses?: readonly string[];
  readonly providers?: readonly string[];
  readonly providerAccountId?: string;
  readonly currencies?: readonly string[];
  /** Inclusive. */
  readonly amountMin?: bigint;
  /** Inclusive. */
  readonly amountMax?: bigint;
  /** Inclusive. */
  readonly createdFrom?: Date;
  /** Exclusive. */
  readonly createdBefore?: Date;
  readonly merchantInternalTransactionCode?: string;
  readonly merchantInternalCustomerCode?: string;
}

/** The merchant's own rows of one side. */
export function inScope(scope: MerchantScope): Prisma.Sql {
  return Prisma.sql`merchant_id = ${scope.merchantId}::uuid AND environment = ${scope.environment}`;
}

/** The conditions as SQL, the merchant's own rows first. */
export function ledgerConditions(scope: MerchantScope, filter: LedgerFilter): Prisma.Sql[] {
  const all = [inScope(scope)];
  const code = filter.merchantInternalTransactionCode;
  const customerCode = filter.merchantInternalCustomerCode;
  if (filter.id !== undefined) all.push(hasId('id', filter.id));
  if (filter.providerCode !== undefined) all.push(Prisma.sql`provider_code = ${filter.providerCode}`);
  if (filter.customerId !== undefined) all.push(hasId('customer_id', filter.customerId));
  if (filter.paymentMethodId !== undefined) all.push(hasId('payment_method_id', filter.paymentMethodId));
  if (filter.providerCustomerCode !== undefined) all.push(hasStoredCustomer(scope, filter.providerCustomerCode));
  if (filter.statuses !== undefined) all.push(isAnyOf('status', filter.statuses));
  if (filter.providers !== undefined) all.push(isAnyOf('provider', filter.providers));
  if (filter.providerAccountId !== undefined) all.push(hasId('provider_account_id', filter.providerAccountId));
  if (filter.currencies !== undefined) all.push(isAnyOf('currency', filter.currencies));
  if (filter.amountMin !== undefined) all.push(Prisma.sql`amount >= ${filter.amountMin}`);
  if (filter.amountMax !== undefined) all.push(Prisma.sql`amount <= ${filter.amountMax}`);
  if (filter.createdFrom !== undefined) all.push(Prisma.sql`created_at >= ${filter.createdFrom}`);
  if (filter.createdBefore !== undefined) all.push(Prisma.sql`created_at < ${filter.createdBefore}`);
  if (code !== undefined) all.push(Prisma.sql`code = ${code}`);
  if (customerCode !== undefined) all.push(belongsToCustomer(scope, customerCode));
  return all;
}

/** @param column a column name of ours, never a caller's text */
export function isAnyOf(column: string, values: readonly string[]): Prisma.Sql {
  const name = Prisma.raw(column);
  const [only] = values;
  return values.length === 1 ? Prisma.sql`${name} = ${only}` : Prisma.sql`${name} = ANY(${[...values]})`;
}

/** @param column a column name of ours, never a caller's text */
export function hasId(column: string, id: string): Prisma.Sql {
  return isId(id) ? Prisma.sql`${Prisma.raw(column)} = ${id}::uuid` : Prisma.sql`FALSE`;
}

export function belongsToCustomer(scope: MerchantScope, code: string): Prisma.Sql {
  return Prisma.sql`customer_id IN (SELECT id FROM customers WHERE ${inScope(scope)} AND code = ${code})`;
}

function hasStoredCustomer(scope: MerchantScope, providerCustomerCode: string): Prisma.Sql {
  return Prisma.sql`payment_method_id IN (SELECT id FROM payment_methods WHERE ${inScope(scope)} AND provider_customer_code = ${providerCustomerCode})`;
}
