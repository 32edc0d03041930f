import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { driveOperation } from '../operations/run.ts';
import { withdrawMethodsOf } from '../payment-methods/detach.ts';
import { erasePersonalData } from '../personal-data/erase.ts';
import type { Customer, CustomerSelector } from './customer.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read.ts';

/**
 * Forgets who a customer is: cancels open sessions, then withdraws the stored methods and blanks every place of
 * `personal-data/places.ts`, in one commit, then has the providers forget the methods. Ids, codes, amounts and statuses stay: the
 * money records are kept, and calls without an answer are still looked up. Repeating is safe. Refuses with CUSTOMER_NOT_FOUND.
 */
export async function eraseCustomer(deps: Deps, scope: MerchantScope, by: CustomerSelector): Promise<Result<Customer>> {
  const found = await findCustomer(deps, scope, by);
  if (!found.ok) return found;
  const { id } = found.value;
  // A session that is still open could be paid, and would store a method of someone who was forgotten.
  await deps.sessions.closeOpenOf(scope, id);
  const withdrawn = await erasePersonalData(deps, scope, {
    subject: { customerId: id },
    event: { type: 'customer.erased', customerId: id },
    // Under the locks of the erasure: a method that is stored meanwhile is among them, a later one belongs to an erased session.
    withdraw: (tx) => withdrawMethodsOf(deps, tx, { scope, customerId: id }),
  });
  for (const subjectId of withdrawn) await driveOperation(deps, scope, { subjectId, kinds: ['DETACH'] });
  return findCustomer(deps, scope, { id });
}
