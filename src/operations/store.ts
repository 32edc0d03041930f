import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { type Operation as OperationRow, Prisma } from '../generated/prisma/client.ts';
import { addMs } from '../kernel/clock.ts';
import { decodeJson, encodeJson, type JsonObject } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { EffectKind, EffectShapes } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Operation, OperationState } from './operation.ts';
import type { OperationRecord } from './read.ts';

export interface NewOperation<Kind extends EffectKind> {
  readonly id: string;
  readonly kind: Kind;
  readonly subjectId: string;
  readonly providerAccountId: string;
  readonly request: EffectShapes[Kind]['request'];
}

type StoreDeps = Pick<Deps, 'vault' | 'clock' | 'processId' | 'settings'>;

/**
 * Records an intent, already leased to this process for its first attempt. The provider's key is the operation's id: it
 * depends on nothing that changes between attempts.
 */
export async function insertOperation<Kind extends EffectKind>(
  deps: StoreDeps,
  tx: Tx,
  operation: NewOperation<Kind> & { scope: MerchantScope },
): Promise<Operation<Kind>> {
  const now = deps.clock.now();
  const { scope, ...fields } = operation;
  const canonical = encodeJson(fields.request);
  const leaseUntil = addMs(now, deps.settings.operationLeaseMs);
  await tx.$executeRaw`
    INSERT INTO operations (id, merchant_id, environment, provider_account_id, kind, subject_id, request, request_fingerprint,
      idempotency_key, state, attempts, first_sent_at, lease_owner, lease_until, next_attempt_at, created_at, updated_at)
    VALUES (${fields.id}::uuid, ${scope.merchantId}::uuid, ${scope.environment}, ${fields.providerAccountId}::uuid, ${fields.kind},
      ${fields.subjectId}::uuid, ${deps.vault.seal(fields.request)}, ${deps.vault.fingerprint(canonical)}, ${fields.id}, 'PENDING', 1,
      ${now}, ${deps.processId}, ${leaseUntil}, ${leaseUntil}, ${now}, ${now})`;
  return {
    ...scopeOf(scope),
    ...fields,
    // As it will be read back: the first attempt sends to the letter what a later one would.
    request: decodeJson(canonical) as EffectShapes[Kind]['request'],
    idempotencyKey: fields.id,
    state: 'PENDING',
    attempts: 1,
    lastFailure: null,
    firstSentAt: now,
    lastTouchedAt: null,
    createdAt: now,
  };
}

/** The newest operation about a subject, without its request. */
export async function findLatestOperation(
  tx: Tx,
  scope: MerchantScope,
  subject: { subjectId: string; kinds: readonly EffectKind[] },
): Promise<{ id: string; state: OperationState; leaseUntil: Date | null } | null> {
  const row = await tx.operation.findFirst({
    where: { ...scopeOf(scope), subjectId: subject.subjectId, kind: { in: [...subject.kinds] } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true, state: true, leaseUntil: true },
  });
  return row === null ? null : { ...row, state: row.state as OperationState };
}

/**
 * Takes an open operation that nobody holds. One whose holder vanished without a word becomes UNKNOWN: its request may
 * have left. Null when it is held, done or parked.
 */
export async function claimOperation(
  deps: StoreDeps,
  tx: Tx,
  wanted: { scope: MerchantScope; id: string },
): Promise<Operation | null> {
  const { scope, id } = wanted;
  const now = deps.clock.now();
  const leaseUntil = addMs(now, deps.settings.operationLeaseMs);
  const rows = await tx.$queryRaw<{ id: string; lastTouchedAt: Date }[]>`
    UPDATE operations
    SET lease_owner = ${deps.processId}, lease_until = ${leaseUntil}, next_attempt_at = ${leaseUntil}, attempts = attempts + 1,
      state = CASE WHEN lease_until IS NULL THEN state ELSE 'UNKNOWN' END,
      first_sent_at = COALESCE(first_sent_at, ${now}), updated_at = ${now}
    FROM (SELECT id AS before_id, updated_at AS last_touched_at FROM operations WHERE id = ${id}::uuid FOR UPDATE) AS before
    WHERE id = before_id AND ${inScope(scope)}
      AND state IN ('PENDING', 'UNKNOWN') AND (lease_until IS NULL OR lease_until <= ${now})
    RETURNING id, last_touched_at AS "lastTouchedAt"`;
  const [claimed] = rows;
  if (claimed === undefined) return null;
  const row = await tx.operation.findUniqueOrThrow({ where: { id } });
  return { ...toOperation(deps, row), lastTouchedAt: claimed.lastTouchedAt };
}

/**
 * Marks an operation as done and forgets its request. An answer closes it whoever holds it; a refusal only by the attempt
 * that met it, because another one may be succeeding; an operator only while no attempt is under way. False when it was
 * closed before or may not be closed.
 */
export async function closeOperation(
  deps: StoreDeps,
  tx: Tx,
  closing: { operation: Operation; by: 'answer' | 'refusal' | 'operator' },
): Promise<boolean> {
  const { operation } = closing;
  const now = deps.clock.now();
  const conditions = {
    answer: Prisma.sql`state <> 'DONE'`,
    refusal: Prisma.sql`state IN ('PENDING', 'UNKNOWN') AND lease_owner = ${deps.processId} AND attempts = ${operation.attempts}`,
    operator: Prisma.sql`state IN ('UNKNOWN', 'PARKED') AND (lease_until IS NULL OR lease_until <= ${now})`,
  };
  const count = await tx.$executeRaw`
    UPDATE operations SET state = 'DONE', request = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL,
      done_at = ${now}, updated_at = ${now}
    WHERE id = ${operation.id}::uuid AND merchant_id = ${operation.merchantId}::uuid AND ${conditions[closing.by]}`;
  return count === 1;
}

/** Closes the open operations of a subject that nobody holds and no attempt of which had an effect. False when there is none. */
export async function abandonOperations(
  deps: StoreDeps,
  tx: Tx,
  subject: { scope: MerchantScope; subjectId: string },
): Promise<boolean> {
  const now = deps.clock.now();
  const { count } = await tx.operation.updateMany({
    where: { ...scopeOf(subject.scope), subjectId: subject.subjectId, state: 'PENDING', leaseUntil: null },
    data: { state: 'DONE', request: null, nextAttemptAt: null, doneAt: now, updatedAt: now },
  });
  return count > 0;
}

/** Gives an unanswered operation back for a later attempt, or to the operator when `nextAttemptAt` is null. */
export async function releaseOperation(
  deps: StoreDeps,
  tx: Tx,
  release: { operation: Operation; state: OperationState; lastFailure: string; nextAttemptAt: Date | null },
): Promise<boolean> {
  const { count } = await tx.operation.updateMany({
    where: {
      id: release.operation.id,
      merchantId: release.operation.merchantId,
      leaseOwner: deps.processId,
      attempts: release.operation.attempts,
      state: { in: ['PENDING', 'UNKNOWN'] },
    },
    data: {
      state: release.state,
      lastFailure: release.lastFailure,
      nextAttemptAt: release.nextAttemptAt,
      leaseOwner: null,
      leaseUntil: null,
      updatedAt: deps.clock.now(),
    },
  });
  return count === 1;
}

const DUE_BATCH = 20;

/** Open operations whose pause or lease has run out, oldest first, at most 20. */
export async function findDueOperations(tx: Tx, now: Date): Promise<(MerchantScope & { id: string })[]> {
  const rows = await tx.operation.findMany({
    where: { state: { in: ['PENDING', 'UNKNOWN'] }, nextAttemptAt: { lte: now } },
    orderBy: { nextAttemptAt: 'asc' },
    take: DUE_BATCH,
    select: { id: true, merchantId: true, environment: true },
  });
  return rows.map((row) => ({ ...row, environment: row.environment as MerchantScope['environment'] }));
}

/** Lets a database with one owner forget the leases of its dead predecessor, so that nothing waits for them to run out. */
export async function expireLeases(tx: Tx, now: Date): Promise<void> {
  await tx.operation.updateMany({
    where: { state: { in: ['PENDING', 'UNKNOWN'] }, leaseUntil: { gt: now } },
    data: { leaseUntil: now, nextAttemptAt: now },
  });
}

const OPERATOR_LIST_MAX = 500;

/** What an operator sees of an operation. UNKNOWN: the gateway still asks. PARKED: it has stopped asking. */
const OPERATOR_FIELDS = {
  id: true,
  merchantId: true,
  environment: true,
  providerAccountId: true,
  kind: true,
  subjectId: true,
  state: true,
  attempts: true,
  lastFailure: true,
  createdAt: true,
  nextAttemptAt: true,
} as const satisfies Prisma.OperationSelect;

export type UnsettledOperation = Readonly<Pick<OperationRow, keyof typeof OPERATOR_FIELDS>>;

/** Oldest first, at most 500. */
export async function listUnsettledOperations(tx: Tx): Promise<readonly UnsettledOperation[]> {
  return tx.operation.findMany({
    where: { state: { in: ['UNKNOWN', 'PARKED'] } },
    orderBy: { createdAt: 'asc' },
    take: OPERATOR_LIST_MAX,
    select: OPERATOR_FIELDS,
  });
}

export async function findUnsettledOperation(deps: StoreDeps, tx: Tx, id: string): Promise<Operation | null> {
  const row = await tx.operation.findUnique({ where: { id } });
  if (row === null || row.state === 'DONE' || row.request === null) return null;
  return toOperation(deps, row);
}

function toOperation(deps: StoreDeps, row: OperationRow): Operation {
  if (row.request === null) throw new Error(`Operation ${row.id} is open and has no request.`);
  return {
    id: row.id,
    merchantId: row.merchantId,
    environment: row.environment as Operation['environment'],
    providerAccountId: row.providerAccountId,
    kind: row.kind as EffectKind,
    subjectId: row.subjectId,
    request: deps.vault.open(row.request) as Operation['request'],
    idempotencyKey: row.idempotencyKey,
    state: row.state as OperationState,
    attempts: row.attempts,
    lastFailure: row.lastFailure,
    firstSentAt: row.firstSentAt,
    lastTouchedAt: row.updatedAt,
    createdAt: row.createdAt,
  };
}

const OPERATIONS_LISTED_MAX = 50;

/** Oldest first; of each subject the newest 50. */
export async function listOperationsOfSubjects(
  deps: Pick<Deps, 'vault'>,
  tx: Tx,
  wanted: { scope: MerchantScope; subjectIds: readonly string[] },
): Promise<readonly OperationRecord[]> {
  const newest = await tx.$queryRaw<{ id: string }[]>`
    SELECT newest.id FROM unnest(${[...wanted.subjectIds]}::uuid[]) AS subject CROSS JOIN LATERAL (
      SELECT id FROM operations WHERE subject_id = subject AND ${inScope(wanted.scope)}
      ORDER BY created_at DESC, id DESC LIMIT ${OPERATIONS_LISTED_MAX}
    ) AS newest`;
  const rows = await tx.operation.findMany({
    where: { ...scopeOf(wanted.scope), id: { in: newest.map(({ id }) => id) } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as EffectKind,
    subjectId: row.subjectId,
    state: row.state as OperationState,
    attempts: row.attempts,
    lastFailure: row.lastFailure,
    idempotencyKey: row.idempotencyKey,
    request:
      row.request === null ? null : withoutPersonalData(deps.vault.open(row.request) as EffectShapes[EffectKind]['request']),
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

function withoutPersonalData(request: object): JsonObject {
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
