import type { Page, PageRequest } from '../kernel/paging.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { PaymentMethod } from './payment-method.ts';
import {
  countPaymentMethodRows,
  findPaymentMethodRow,
  listPaymentMethodsByIds,
  type PaymentMethodFilter,
  readPaymentMethodPage,
} from './store.ts';

export type { PaymentMethodFilter } from './store.ts';

type ReadDeps = Pick<Deps, 'database' | 'clock'>;

/** Refuses with PAYMENT_METHOD_NOT_FOUND. */
export async function findPaymentMethod(deps: ReadDeps, scope: MerchantScope, id: string): Promise<Result<PaymentMethod>> {
  const method = await findPaymentMethodRow(deps.database.client, scope, { id, now: deps.clock.now() });
  if (method === null) return refused(refusal('PAYMENT_METHOD_NOT_FOUND', 'No stored payment method has this id.'));
  return ok(method);
}

/** Newest first unless told otherwise. Refuses a cursor of another list. */
export async function listPaymentMethods(
  deps: ReadDeps,
  scope: MerchantScope,
  query: { filter: PaymentMethodFilter; page: PageRequest; order?: 'ASC' | 'DESC' },
): Promise<Result<Page<PaymentMethod>>> {
  return readPaymentMethodPage(deps.database.client, scope, { order: 'DESC', ...query, now: deps.clock.now() });
}

export async function countPaymentMethods(deps: ReadDeps, scope: MerchantScope, filter: PaymentMethodFilter): Promise<number> {
  return countPaymentMethodRows(deps.database.client, scope, { filter, now: deps.clock.now() });
}

export async function readPaymentMethods(
  deps: ReadDeps,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, PaymentMethod>> {
  const methods = await listPaymentMethodsByIds(deps.database.client, scope, { ids, now: deps.clock.now() });
  return new Map(methods.map((method) => [method.id, method]));
}
