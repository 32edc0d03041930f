import { commit, type Part } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import type { EventSource } from '../events/event.ts';
import { eventsPart, insertEvents } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { OperationHandler } from '../operations/handler.ts';
import { driveOperation } from '../operations/run.ts';
import { dueOperationPart } from '../operations/store.ts';
import type { PaymentMethod } from './payment-method.ts';
import { findPaymentMethod } from './read.ts';
import { detachedPart, ensureDetachedMethod, type NewPaymentMethod, saveDetached } from './store.ts';

/**
 * Withdraws a stored method: here at once, and at its provider as soon as that answers, where the provider can forget one.
 * Repeating is safe. Refuses with PAYMENT_METHOD_NOT_FOUND.
 */
export async function detachPaymentMethod(deps: Deps, scope: MerchantScope, id: string): Promise<Result<PaymentMethod>> {
  const found = await findPaymentMethod(deps, scope, id);
  if (!found.ok) return found;
  if (found.value.status !== 'DISABLED') {
    // Of calls that come at once one withdraws the method; the others wait for its operation.
    const parts = detachParts(deps, { scope, method: found.value, source: 'API' });
    await commit(deps.database.client, detachedPart(scope, { of: { id }, now: deps.clock.now() }), parts);
  }
  await driveOperation(deps, scope, { subjectId: id, kinds: ['DETACH'] });
  return findPaymentMethod(deps, scope, id);
}

type RecordDeps = Pick<Deps, 'clock' | 'vault' | 'provider'>;

/**
 * Withdraws every method of a customer in the caller's transaction. Returns their ids: the caller drives their operations after
 * the commit.
 */
export async function withdrawMethodsOf(
  deps: RecordDeps,
  tx: Tx,
  customer: { scope: MerchantScope; customerId: string },
): Promise<readonly string[]> {
  const { scope, customerId } = customer;
  const methods = await saveDetached(tx, scope, { of: { customerId }, now: deps.clock.now() });
  for (const method of methods) await recordDetach(deps, tx, { scope, method, source: 'API' });
  return methods.map(({ id }) => id);
}

/**
 * Records a method that its provider stored for a payer who was erased meanwhile, as withdrawn and without personal data, so that
 * the provider is told to forget it. One that is in use stays. Returns the method's id.
 */
export async function recordUnwanted(
  deps: RecordDeps,
  tx: Tx,
  unwanted: { scope: MerchantScope; method: Omit<NewPaymentMethod, 'card' | 'billing'>; source: EventSource },
): Promise<string> {
  const { scope, method, source } = unwanted;
  const { id, isEnabled } = await ensureDetachedMethod(tx, scope, { method, now: deps.clock.now() });
  if (!isEnabled) await recordDetach(deps, tx, { scope, method: { ...method, id }, source });
  return id;
}

interface Detach {
  readonly scope: MerchantScope;
  readonly method: Omit<NewPaymentMethod, 'card' | 'billing'>;
  readonly source: EventSource;
}

async function recordDetach(deps: RecordDeps, tx: Tx, detach: Detach): Promise<void> {
  const [first, ...others] = detachParts(deps, detach);
  await commit(tx, first, others);
}

/** The event of a withdrawal, and the call to the provider, where it can forget a method. */
function detachParts(deps: RecordDeps, detach: Detach): readonly [Part, ...Part[]] {
  const { scope, method, source } = detach;
  const { id: subjectId, customerId, providerAccountId, provider, stored } = method;
  const now = deps.clock.now();
  const event = { type: 'payment_method.detached', customerId, data: { paymentMethodId: subjectId } } as const;
  const events = eventsPart({ scope, source, now }, [event]);
  if (!deps.provider(provider).capabilities.effects.includes('DETACH')) return [events];
  const request = { method: stored };
  const operation = { scope, id: newId(now), kind: 'DETACH', subjectId, providerAccountId, request } as const;
  return [events, dueOperationPart(deps, operation)];
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
