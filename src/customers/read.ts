import type { Page, PageRequest } from '../kernel/paging.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Customer, CustomerSelector } from './customer.ts';
import type { Deps } from './deps.ts';
import { countCustomerRows, findCustomerRow, listCustomersByIds, readCustomerPage } from './store.ts';

type ReadDeps = Pick<Deps, 'database'>;

/** Refuses with CUSTOMER_NOT_FOUND. */
export async function findCustomer(deps: ReadDeps, scope: MerchantScope, by: CustomerSelector): Promise<Result<Customer>> {
  const customer = await findCustomerRow(deps.database.client, scope, by);
  if (customer === null) return refused(refusal('CUSTOMER_NOT_FOUND', 'No customer matches this selector.'));
  return ok(customer);
}

/** Newest first. Refuses a cursor of another list. */
export async function listCustomers(deps: ReadDeps, scope: MerchantScope, page: PageRequest): Promise<Result<Page<Customer>>> {
  return readCustomerPage(deps.database.client, scope, page);
}

export async function countCustomers(deps: ReadDeps, scope: MerchantScope): Promise<number> {
  return countCustomerRows(deps.database.client, scope);
}

export async function readCustomers(
  deps: ReadDeps,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, Customer>> {
  const customers = await listCustomersByIds(deps.database.client, scope, ids);
  return new Map(customers.map((customer) => [customer.id, customer]));
}
