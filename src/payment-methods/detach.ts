import { insertEvents } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { OperationHandler } from '../operations/handler.ts';
import { driveOperation, runOperation } from '../operations/run.ts';
import { insertOperation } from '../operations/store.ts';
import type { PaymentMethod } from './payment-method.ts';
import { findPaymentMethod } from './read.ts';
import { saveDetached } from './store.ts';

/**
 * Withdraws a stored method: here at once, and at its provider as soon as that answers, where the provider can forget one.
 * Repeating is safe. Refuses with PAYMENT_METHOD_NOT_FOUND.
 */
export async function detachPaymentMethod(deps: Deps, scope: MerchantScope, id: string): Promise<Result<PaymentMethod>> {
  const found = await findPaymentMethod(deps, scope, id);
  if (!found.ok) return found;
  const method = found.value;
  if (method.status === 'DISABLED') {
    await driveOperation(deps, scope, { subjectId: id, kinds: ['DETACH'] });
    return found;
  }
  const canForget = deps.provider(method.provider).capabilities.effects.includes('DETACH');
  const operation = await deps.database.inTransaction(async (tx) => {
    const now = deps.clock.now();
    await saveDetached(tx, scope, { id, now });
    const event = { type: 'payment_method.detached', customerId: method.customerId, data: { paymentMethodId: id } } as const;
    await insertEvents(tx, { scope, source: 'API', now }, [event]);
    if (!canForget) return null;
    const { providerAccountId, stored } = method;
    const request = { method: stored };
    return insertOperation(deps, tx, { scope, id: newId(now), kind: 'DETACH', subjectId: id, providerAccountId, request });
  });
  if (operation !== null) await runOperation(deps, operation);
  return findPaymentMethod(deps, scope, id);
}

/** The method is withdrawn when the operation is recorded. A provider that will not forget it is a person's business. */
export const detachHandler: OperationHandler<'DETACH'> = {
  onAnswer: async () => {},
  async onRefusal(deps, tx, { operation, failure }) {
    const data = { paymentMethodId: operation.subjectId, failureCode: failure.rawCode ?? failure.category };
    deps.count('alerts', 'payment_method.detached');
    const origin = { scope: scopeOf(operation), source: 'PROVIDER', now: deps.clock.now() } as const;
    await insertEvents(tx, origin, [{ type: 'payment_method.detached', isAlert: true, data }]);
  },
  onLoss: async () => {},
};
