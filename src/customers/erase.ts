import { insertEvents } from '../events/store.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import { detachPaymentMethod } from '../payment-methods/detach.ts';
import { listEnabledMethodIds } from '../payment-methods/store.ts';
import type { Customer, CustomerSelector } from './customer.ts';
import { findCustomer } from './read.ts';
import { blankCustomer } from './store.ts';

/**
 * Forgets who a customer is: cancels open sessions and detaches the stored methods, then blanks names, addresses, devices, card summaries and the
 * merchant's own texts in every table, in one commit. Ids, codes, amounts and statuses stay: the money records are kept.
 * Repeating is safe. Refuses with CUSTOMER_NOT_FOUND.
 */
export async function eraseCustomer(deps: Deps, scope: MerchantScope, by: CustomerSelector): Promise<Result<Customer>> {
  const found = await findCustomer(deps, scope, by);
  if (!found.ok) return found;
  const { id } = found.value;
  // A session that is still open could be paid, and would store a method of someone who was forgotten.
  await deps.sessions.closeOpenOf(scope, id);
  for (const methodId of await listEnabledMethodIds(deps.database.client, scope, id)) {
    await detachPaymentMethod(deps, scope, methodId);
  }
  await deps.database.inTransaction(async (tx) => {
    const now = deps.clock.now();
    await blankCustomer(tx, scope, { id, now });
    await deps.personalData.blank(tx, scope, id);
    await insertEvents(tx, { scope, source: 'API', now }, [{ type: 'customer.erased', customerId: id }]);
  });
  return findCustomer(deps, scope, { id });
}
