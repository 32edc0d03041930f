import type { Tx } from '../database/database.ts';
import { insertEvents } from '../events/store.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { EffectKind } from '../providers/provider.ts';
import type { Deps } from './deps.ts';

/** Records that an operation waits for an operator from now on: as an alert, and in the metrics. */
export async function recordParked(
  deps: Pick<Deps, 'clock' | 'count'>,
  tx: Tx,
  parked: { scope: MerchantScope; operation: { id: string; kind: EffectKind; subjectId: string }; failure: string },
): Promise<void> {
  const { scope, operation, failure } = parked;
  const { id: operationId, kind } = operation;
  deps.count('operations_parked', kind);
  deps.count('alerts', 'operation.parked');
  const event = { type: 'operation.parked', isAlert: true, data: { operationId, kind, failure } } as const;
  const origin = { scope: scopeOf(scope), source: 'JOB', now: deps.clock.now() } as const;
  await insertEvents(tx, origin, [{ ...event, ...subjectOf(operation) }]);
}

function subjectOf({ kind, subjectId }: { kind: EffectKind; subjectId: string }) {
  switch (kind) {
    case 'START':
    case 'CANCEL':
      return { sessionId: subjectId };
    case 'SETTLE':
    case 'VOID':
    case 'REFUND':
    case 'CHARGE':
      return { transactionId: subjectId };
    case 'DETACH':
      return {};
  }
}
