import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import type { Operation as OperationRow } from '../generated/prisma/client.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { EffectKind } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Operation, OperationState } from './operation.ts';
import type { OperationRecord } from './read.ts';
import { openRequest, operations, type StoreDeps, toOperation } from './store.ts';

const OPERATOR_LIST_MAX = 500;

/** What an operator sees of an operation. UNKNOWN: the gateway still asks. PARKED: it has stopped asking. */
const OPERATOR_FIELDS = [
  'id',
  'merchantId',
  'environment',
  'providerAccountId',
  'kind',
  'subjectId',
  'state',
  'attempts',
  'lastFailure',
  'createdAt',
  'nextAttemptAt',
] as const satisfies readonly (keyof OperationRow)[];

export type UnsettledOperation = Readonly<Pick<OperationRow, (typeof OPERATOR_FIELDS)[number]>>;

/** Oldest first, at most 500. */
export async function listUnsettledOperations(tx: Tx): Promise<readonly UnsettledOperation[]> {
  return tx.$queryRaw<UnsettledOperation[]>`
    SELECT ${operations.pick(OPERATOR_FIELDS)} FROM operations WHERE ${operations.is({ state: ['UNKNOWN', 'PARKED'] })}
    ORDER BY created_at LIMIT ${OPERATOR_LIST_MAX}`;
}

export async function findUnsettledOperation(deps: StoreDeps, tx: Tx, id: string): Promise<Operation | null> {
  const [row] = await tx.$queryRaw<OperationRow[]>`SELECT ${operations.columns} FROM operations WHERE ${operations.is({ id })}`;
  if (row === undefined || row.state === 'DONE' || row.request === null) return null;
  return toOperation(deps, row);
}

const OPERATIONS_LISTED_MAX = 50;

/** Oldest first; of each subject the newest 50. */
export async function listOperationsOfSubjects(
  deps: Pick<Deps, 'vault'>,
  tx: Tx,
  wanted: { scope: MerchantScope; subjectIds: readonly string[] },
): Promise<readonly OperationRecord[]> {
  const rows = await tx.$queryRaw<OperationRow[]>`
    SELECT newest.* FROM unnest(${[...wanted.subjectIds]}::uuid[]) AS subject CROSS JOIN LATERAL (
      SELECT ${operations.columns} FROM operations WHERE subject_id = subject AND ${inScope(wanted.scope)}
      ORDER BY created_at DESC, id DESC LIMIT ${OPERATIONS_LISTED_MAX}
    ) AS newest
    ORDER BY newest."createdAt", newest.id`;
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as EffectKind,
    subjectId: row.subjectId,
    state: row.state as OperationState,
    attempts: row.attempts,
    lastFailure: row.lastFailure,
    idempotencyKey: row.idempotencyKey,
    request: withoutPersonalData(openRequest(deps, row)),
    firstSentAt: row.firstSentAt,
    nextAttemptAt: row.nextAttemptAt,
    doneAt: row.doneAt,
    createdAt: row.createdAt,
  }));
}

/** What of a request names nobody. Everything else stays sealed, whatever requests may hold one day. */
const IMPERSONAL = [
  'amountMinor',
  'attemptsMax',
  'currency',
  'expiresAt',
  'isHold',
  'kind',
  'merchantInternalTransactionCode',
  'money',
  'providerCode',
  'sessionId',
  'storePaymentMethod',
  'transactionId',
];

function withoutPersonalData(request: object | null): JsonObject | null {
  if (request === null) return null;
  const shown = JSON.stringify(request, (key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return key === '' || IMPERSONAL.includes(key) ? value : undefined;
  });
  return JSON.parse(shown) as JsonObject;
}

export interface UnansweredCount {
  readonly providerAccountId: string;
  /** The gateway still asks. */
  readonly open: number;
  /** The gateway has stopped asking: an operator decides. */
  readonly parked: number;
}

export async function countUnanswered(
  tx: Tx,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<readonly UnansweredCount[]> {
  return tx.$queryRaw<UnansweredCount[]>`
    SELECT provider_account_id AS "providerAccountId", (count(*) FILTER (WHERE state <> 'PARKED'))::integer AS open,
      (count(*) FILTER (WHERE state = 'PARKED'))::integer AS parked
    FROM operations
    WHERE ${inScope(scope)}
      AND provider_account_id = ANY(${[...accountIds]}::uuid[]) AND state <> 'DONE'
    GROUP BY provider_account_id`;
}
