import { groupBy } from '../kernel/group.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { EffectKind } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { countUnanswered, listOperationsOfSubjects, type UnansweredCount } from './list-store.ts';
import type { OperationState } from './operation.ts';

/** An operation as its merchant may see it. */
export interface OperationRecord {
  readonly id: string;
  readonly kind: EffectKind;
  readonly subjectId: string;
  readonly state: OperationState;
  readonly attempts: number;
  readonly lastFailure: string | null;
  /** What the provider knows it by. */
  readonly idempotencyKey: string;
  /** What is asked, without personal data; null once it is answered. */
  readonly request: JsonObject | null;
  readonly firstSentAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly doneAt: Date | null;
  readonly createdAt: Date;
}

/** The operations about each session, transaction or payment method, oldest first. */
export async function readOperationsOf(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  subjectIds: readonly string[],
): Promise<Map<string, readonly OperationRecord[]>> {
  const operations = await listOperationsOfSubjects(deps, deps.database.client, { scope, subjectIds });
  return groupBy(operations, ({ subjectId }) => subjectId);
}

/** How many calls of each provider account have no answer yet. An account that is not in the map has none. */
export async function readUnanswered(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<Map<string, UnansweredCount>> {
  const counts = await countUnanswered(deps.database.client, scope, accountIds);
  return new Map(counts.map((count) => [count.providerAccountId, count]));
}
