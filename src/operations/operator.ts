import { isId } from '../kernel/ids.ts';
import { type EffectKind, type Movement, ProviderFailure } from '../providers/provider.ts';
import { BARE_MOVEMENT } from '../providers/shapes.ts';
import type { Deps } from './deps.ts';
import type { OperationHandler } from './handler.ts';
import { findUnsettledOperation, listUnsettledOperations, type UnsettledOperation } from './list-store.ts';
import type { Operation } from './operation.ts';
import { closeOperation } from './store.ts';

/** What machines could not bring to an end: oldest first, at most 500. */
export async function listOperations(deps: Pick<Deps, 'database'>): Promise<readonly UnsettledOperation[]> {
  return listUnsettledOperations(deps.database.client);
}

/** What an operator found out at the provider. */
export type Resolution = { readonly executed: true; readonly providerCode: string } | { readonly executed: false };

/** `busy`: an attempt is under way; its answer decides. `not-resolvable`: only a money call can be called executed. */
export type ResolveResult = 'resolved' | 'not-found' | 'busy' | 'not-resolvable';

const MONEY_KINDS = ['SETTLE', 'VOID', 'REFUND', 'CHARGE'] as const satisfies readonly EffectKind[];
type MoneyKind = (typeof MONEY_KINDS)[number];

/**
 * Ends an operation by an operator's word: as never executed, which gives a claimed amount or code back, or, for money
 * calls, as succeeded under the provider's reference.
 */
export async function resolveOperation(deps: Deps, id: string, resolution: Resolution): Promise<ResolveResult> {
  const operation = isId(id) ? await findUnsettledOperation(deps, deps.database.client, id) : null;
  if (operation === null) return 'not-found';
  const isMoney = MONEY_KINDS.some((kind) => kind === operation.kind);
  if (resolution.executed && !isMoney) return 'not-resolvable';
  return deps.database.inTransaction(async (tx) => {
    if (!(await closeOperation(deps, tx, { operation, by: 'operator' }))) return 'busy';
    // Each handler takes its own kind; which one this is, the row tells at run time only.
    const handler = deps.handlers[operation.kind] as OperationHandler<EffectKind>;
    if (resolution.executed) {
      const money = operation as Operation<MoneyKind>;
      await handler.onAnswer(deps, tx, { operation, answer: toMovement(money, resolution.providerCode) });
    } else {
      const failure = new ProviderFailure('NOT_FOUND', 'An operator found that it was not executed.', 'operator');
      await handler.onRefusal(deps, tx, { operation, failure });
    }
    return 'resolved';
  });
}

function toMovement(operation: Operation<MoneyKind>, providerCode: string): Movement {
  return { ...BARE_MOVEMENT, providerCode, status: 'succeeded', money: operation.request.money };
}
