import { insertEvents } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { OperationHandler } from '../operations/handler.ts';
import { driveOperation, runOperation } from '../operations/run.ts';
import { insertOperation } from '../operations/store.ts';
import type { PaymentMethod } from './payment-method.ts';
import { findPaymentMethod } from './read.ts';
import { saveDetached } from './store.ts';

/**
 * Withdraws a stored method here at once and at its provider as soon as that answers. Repeating is safe. Refuses with
 * PAYMENT_METHOD_NOT_FOUND, or UNSUPPORTED where the provider cannot forget a method.
 */
export async function detachPaymentMethod(deps: Deps, scope: MerchantScope, id: string): Promise<Result<PaymentMethod>> {
  const found = await findPaymentMethod(deps, scope, id);
  if (!found.ok) return found;
  const method = found.value;
  if (!deps.provider(method.provider).capabilities.effects.includes('DETACH')) {
    return refused(refusal('UNSUPPORTED', `${method.provider} does not forget stored payment methods.`));
  }
  if (method.status === 'DISABLED') {
    await driveOperation(deps, scope, { subjectId: id, kinds: ['DETACH'] });
    return found;
  }
  const now = deps.clock.now();
  const operation = await deps.database.inTransaction(async (tx) => {
    await saveDetached(tx, scope, { id, now });
    const event = { type: 'payment_method.detached', customerId: method.customerId, data: { paymentMethodId: id } } as const;
    await insertEvents(tx, { scope, source: 'API', now }, [event]);
    const { providerAccountId, stored } = method;
    const request = { method: stored };
    return insertOperation(deps, tx, { scope, id: newId(now), kind: 'DETACH', subjectId: id, providerAccountId, request });
  });
  await runOperation(deps, operation);
  return findPaymentMethod(deps, scope, id);
}

/** The method is withdrawn when the operation is recorded; the provider's answer changes nothing more here. */
export const detachHandler: OperationHandler<'DETACH'> = {
  onAnswer: async () => {},
  onRefusal: async () => {},
  onLoss: async () => {},
};
