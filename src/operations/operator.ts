import { isId } from '../kernel/ids.ts';
import { type EffectKind, type Movement, ProviderFailure } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Operation } from './operation.ts';
import { closeOperation, findUnsettledOperation, listUnsettledOperations } from './store.ts';

/** One operation that machines could not bring to an end, as an operator sees it. */
export interface UnsettledOperation {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: string;
  readonly providerAccountId: string;
  readonly kind: string;
  readonly subjectId: string;
  /** UNKNOWN: the gateway still asks. PARKED: it has stopped asking. */
  readonly state: string;
  readonly attempts: number;
  readonly lastFailure: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | null;
}

/** Oldest first, at most 500. */
export async function listOperations(deps: Pick<Deps, 'database'>): Promise<readonly UnsettledOperation[]> {
  const rows = await listUnsettledOperations(deps.database.client);
  return rows.map(
    ({
      id,
      merchantId,
      environment,
      providerAccountId,
      kind,
      subjectId,
      state,
      attempts,
      lastFailure,
      createdAt,
      nextAttemptAt,
    }) => ({
      id,
      merchantId,
      environment,
      providerAccountId,
      kind,
      subjectId,
      state,
      attempts,
      lastFailure,
      createdAt,
      nextAttemptAt,
    }),
  );
}

/** What an operator found out at the provider. */
export type Resolution = { readonly executed: true; readonly providerCode: string } | { readonly executed: false };

export type ResolveResult = 'resolved' | 'not-found' | 'not-resolvable';

const RESOLVABLE: readonly EffectKind[] = ['SETTLE', 'VOID', 'REFUND', 'CHARGE'];

/**
 * Ends an operation by an operator's word: as succeeded under the provider's reference, or as never executed, which gives a
 * claimed amount back. Money calls only; everything else heals by itself.
 */
export async function resolveOperation(deps: Deps, id: string, resolution: Resolution): Promise<ResolveResult> {
  const operation = isId(id) ? await findUnsettledOperation(deps, deps.database.client, id) : null;
  if (operation === null) return 'not-found';
  if (!RESOLVABLE.includes(operation.kind)) return 'not-resolvable';
  return deps.database.inTransaction(async (tx) => {
    if (!(await closeOperation(deps, tx, operation))) return 'not-found';
    const money = operation as Operation<'SETTLE' | 'VOID' | 'REFUND' | 'CHARGE'>;
    const handler = deps.handlers[money.kind] as Deps['handlers']['SETTLE'];
    const settled = money as Operation<'SETTLE'>;
    if (resolution.executed) {
      await handler.onAnswer(deps, tx, { operation: settled, answer: toMovement(settled, resolution.providerCode) });
    } else {
      const failure = new ProviderFailure('NOT_FOUND', 'An operator found that it was not executed.', 'operator');
      await handler.onRefusal(deps, tx, { operation: settled, failure });
    }
    return 'resolved';
  });
}

function toMovement(operation: Operation<'SETTLE'>, providerCode: string): Movement {
  return {
    providerCode,
    status: 'succeeded',
    money: operation.request.money,
    decline: null,
    failureCode: null,
    card: null,
    storedMethod: null,
    hold: null,
    capturableUntil: null,
  };
}
