import { type Part, write } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import type { Claim } from '../database/due.ts';
import { inScope } from '../database/filter.ts';
import { held, lockRows } from '../database/lock.ts';
import { tableOf } from '../database/table.ts';
import { type Operation as OperationRow, Prisma } from '../generated/prisma/client.ts';
import { addMs } from '../kernel/clock.ts';
import { CANDIDATES_MAX } from '../kernel/due-work.ts';
import { decodeJson, encodeJson } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { SealedPlace } from '../kernel/secret.ts';
import type { EffectKind, EffectShapes } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { nextAttemptAt, type Operation, type OperationState, STORE_FAILURES_MAX } from './operation.ts';

export const operations = tableOf<OperationRow>('operations', Prisma.OperationScalarFieldEnum);

/** Neither done nor parked. */
const OPEN = ['PENDING', 'UNKNOWN'];
const NO_LEASE = { leaseOwner: null, leaseUntil: null };

export interface NewOperation<Kind extends EffectKind> {
  readonly id: string;
  readonly kind: Kind;
  readonly subjectId: string;
  readonly providerAccountId: string;
  readonly request: EffectShapes[Kind]['request'];
}

export type StoreDeps = Pick<Deps, 'vault' | 'clock' | 'processId' | 'settings'>;

/**
 * Records an intent, already leased to this process for its first attempt. The provider's key is the operation's id: it
 * depends on nothing that changes between attempts.
 */
export function recordOperation<Kind extends EffectKind>(
  deps: StoreDeps,
  operation: NewOperation<Kind> & { scope: MerchantScope },
): { operation: Operation<Kind>; part: Part } {
  const now = deps.clock.now();
  const { scope, ...fields } = operation;
  const leaseUntil = addMs(now, deps.settings.operationLeaseMs);
  const lease = { leaseOwner: deps.processId, leaseUntil, nextAttemptAt: leaseUntil };
  const request = encodeJson(fields.request);
  const row = { ...draftRow(deps, operation, request), attempts: 1, firstSentAt: now, lastSentAt: now, ...lease };
  const recorded: Operation<Kind> = {
    ...scopeOf(scope),
    ...fields,
    // As it will be read back: the first attempt sends to the letter what a later one would.
    request: decodeJson(request) as EffectShapes[Kind]['request'],
    idempotencyKey: fields.id,
    state: 'PENDING',
    attempts: 1,
    lastFailure: null,
    firstSentAt: now,
    lastSentAt: now,
    storeFailures: 0,
    leaseUntil,
    createdAt: now,
    erasedAt: null,
  };
  return { operation: recorded, part: (only) => operations.insertIf(only, row) };
}

/** The same, written at once. */
export async function insertOperation<Kind extends EffectKind>(
  deps: StoreDeps,
  tx: Tx,
  operation: NewOperation<Kind> & { scope: MerchantScope },
): Promise<Operation<Kind>> {
  const recorded = recordOperation(deps, operation);
  await write(tx, recorded.part);
  return recorded.operation;
}

/** Records an intent that no process holds yet and that is due at once: for a commit whose caller may not wait for the provider. */
export function dueOperationPart<Kind extends EffectKind>(
  deps: Pick<StoreDeps, 'vault' | 'clock'>,
  operation: NewOperation<Kind> & { scope: MerchantScope },
): Part {
  const request = encodeJson(operation.request);
  const row = { ...draftRow(deps, operation, request), attempts: 0, ...NO_LEASE, nextAttemptAt: deps.clock.now() };
  return (only) => operations.insertIf(only, row);
}

/** What is the same for each new row. */
function draftRow<Kind extends EffectKind>(
  { vault, clock }: Pick<StoreDeps, 'vault' | 'clock'>,
  operation: NewOperation<Kind> & { scope: MerchantScope },
  request: string,
) {
  const { scope, id, kind, subjectId, providerAccountId } = operation;
  const now = clock.now();
  return {
    ...scopeOf(scope),
    id,
    kind,
    subjectId,
    providerAccountId,
    request: vault.sealJson(requestOf({ ...scope, id }), request),
    requestFingerprint: vault.fingerprint(request, 'call'),
    idempotencyKey: id,
    state: 'PENDING',
    createdAt: now,
    updatedAt: now,
  };
}

type LatestOperation = Pick<OperationRow, 'id' | 'leaseUntil' | 'lastFailure'> & { readonly state: OperationState };

/** The newest operation about a subject, without its request. */
export async function findLatestOperation(
  tx: Tx,
  scope: MerchantScope,
  subject: { subjectId: string; kinds: readonly EffectKind[] },
): Promise<LatestOperation | null> {
  const { subjectId, kinds } = subject;
  const [row] = await tx.$queryRaw<LatestOperation[]>`
    SELECT ${operations.pick(['id', 'state', 'leaseUntil', 'lastFailure'])} FROM operations
    WHERE ${operations.is({ ...scopeOf(scope), subjectId, kind: kinds })} ORDER BY created_at DESC, id DESC LIMIT 1`;
  return row ?? null;
}

/**
 * Takes an open operation that no process holds. One whose holder ended without releasing it becomes UNKNOWN: its request may
 * have left until its lease ran out. Null when it is held, done or parked.
 */
export async function claimOperation(
  deps: StoreDeps,
  tx: Tx,
  wanted: { scope: MerchantScope; id: string },
): Promise<Operation | null> {
  const { scope, id } = wanted;
  const now = deps.clock.now();
  const leaseUntil = addMs(now, deps.settings.operationLeaseMs);
  const [row] = await tx.$queryRaw<OperationRow[]>`
    UPDATE operations
    SET lease_owner = ${deps.processId}, lease_until = ${leaseUntil}, next_attempt_at = ${leaseUntil}, attempts = attempts + 1,
      state = CASE WHEN lease_until IS NULL THEN state ELSE 'UNKNOWN' END,
      last_sent_at = CASE WHEN lease_until IS NULL THEN COALESCE(last_sent_at, updated_at) ELSE GREATEST(last_sent_at, lease_until) END,
      first_sent_at = COALESCE(first_sent_at, ${now}), updated_at = ${now}
    WHERE id = ${id}::uuid AND ${inScope(scope)}
      AND state IN ('PENDING', 'UNKNOWN') AND (lease_until IS NULL OR lease_until <= ${now})
    RETURNING ${operations.columns}`;
  return row === undefined ? null : toOperation(deps, row);
}

/**
 * Notes that an attempt is about to send, so that a crash leaves no send unseen. False when another process has taken the
 * operation meanwhile: then nothing may be sent.
 */
export async function markSending(deps: StoreDeps, tx: Tx, operation: Operation): Promise<boolean> {
  const count = await tx.$executeRaw`
    UPDATE operations SET last_sent_at = ${deps.clock.now()}
    WHERE id = ${operation.id}::uuid AND merchant_id = ${operation.merchantId}::uuid
      AND state IN ('PENDING', 'UNKNOWN') AND lease_owner = ${deps.processId} AND attempts = ${operation.attempts}`;
  return count === 1;
}

/**
 * Marks an operation as done and forgets its request. An answer closes it whoever holds it; a refusal only by the attempt
 * that met it, because another one may be succeeding; an operator only while no attempt is under way. False when it was
 * closed before or may not be closed.
 */
export async function closeOperation(deps: StoreDeps, tx: Tx, closing: Closing & { operation: Operation }): Promise<boolean> {
  return (await write(tx, closingPart(deps, closing))) === 1;
}

interface Closing {
  readonly operation: Operation;
  readonly by: 'answer' | 'refusal' | 'operator';
  readonly failure?: string;
}

/** The same as a part of a commit. */
export function closingPart(deps: StoreDeps, closing: Closing): Part {
  const now = deps.clock.now();
  const done = operations.set({ state: 'DONE', request: null, nextAttemptAt: null, doneAt: now, updatedAt: now, ...NO_LEASE });
  return (only) => Prisma.sql`
    UPDATE operations SET ${done}, last_failure = COALESCE(${closing.failure ?? null}, last_failure)
    WHERE ${closable(deps, closing)} AND ${only}`;
}

/** The condition that the operation can be closed, which holds its row before those of what it is about. */
export function isClosable(deps: StoreDeps, closing: Closing): Prisma.Sql {
  return held('operations', closable(deps, closing));
}

function closable(deps: StoreDeps, { operation, by }: Closing): Prisma.Sql {
  const conditions = {
    answer: Prisma.sql`state <> 'DONE'`,
    refusal: Prisma.sql`state IN ('PENDING', 'UNKNOWN') AND lease_owner = ${deps.processId} AND attempts = ${operation.attempts}`,
    operator: Prisma.sql`state IN ('UNKNOWN', 'PARKED') AND (lease_until IS NULL OR lease_until <= ${deps.clock.now()})`,
  };
  const { id, merchantId } = operation;
  return Prisma.sql`${operations.is({ id, merchantId })} AND ${conditions[by]}`;
}

/** Waits for other writers of the subject's operations, before its own row is locked. */
export async function lockOperations(tx: Tx, scope: MerchantScope, subjectId: string): Promise<void> {
  const where = operations.is({ ...scopeOf(scope), subjectId });
  await lockRows(tx, 'operations', { columns: Prisma.sql`id`, where });
}

/** Closes the open operations of a subject that nobody holds and no attempt of which had an effect. False when there is none. */
export async function abandonOperations(
  deps: StoreDeps,
  tx: Tx,
  subject: { scope: MerchantScope; subjectId: string },
): Promise<boolean> {
  const now = deps.clock.now();
  const { scope, subjectId } = subject;
  const done = operations.set({ state: 'DONE', request: null, nextAttemptAt: null, doneAt: now, updatedAt: now });
  const count = await tx.$executeRaw`
    UPDATE operations SET ${done} WHERE ${operations.is({ ...scopeOf(scope), subjectId, state: 'PENDING', leaseUntil: null })}`;
  return count > 0;
}

/** Gives an unanswered operation back for a later attempt, or to the operator when `nextAttemptAt` is null. */
export async function releaseOperation(
  deps: StoreDeps,
  tx: Tx,
  release: {
    operation: Operation;
    state: OperationState;
    lastFailure: string;
    lastSentAt: Date | null;
    storeFailures: number;
    nextAttemptAt: Date | null;
  },
): Promise<boolean> {
  const { operation, ...changes } = release;
  const { id, merchantId, attempts } = operation;
  const released = { ...changes, ...NO_LEASE, updatedAt: deps.clock.now() };
  const held = { id, merchantId, attempts, leaseOwner: deps.processId, state: OPEN };
  const count = await tx.$executeRaw`UPDATE operations SET ${operations.set(released)} WHERE ${operations.is(held)}`;
  return count === 1;
}

/**
 * Gives back an operation that this process has claimed and cannot run, such as one whose request it cannot open. Returns what
 * it is, once it has failed too often and is parked; else null.
 */
export async function postponeOperation(
  deps: StoreDeps,
  tx: Tx,
  wanted: { scope: MerchantScope; id: string },
): Promise<{ id: string; kind: EffectKind; subjectId: string } | null> {
  const where = operations.is({ ...scopeOf(wanted.scope), id: wanted.id, leaseOwner: deps.processId, state: OPEN });
  const [row] = await tx.$queryRaw<Pick<OperationRow, 'kind' | 'subjectId' | 'createdAt' | 'storeFailures'>[]>`
    SELECT ${operations.pick(['kind', 'subjectId', 'createdAt', 'storeFailures'])} FROM operations WHERE ${where}`;
  if (row === undefined) return null;
  const now = deps.clock.now();
  const isParked = row.storeFailures + 1 >= STORE_FAILURES_MAX;
  const changes = operations.set({
    ...(isParked && { state: 'PARKED' }),
    lastFailure: 'PROGRAMMING_ERROR: gateway_error',
    storeFailures: row.storeFailures + 1,
    nextAttemptAt: isParked ? null : nextAttemptAt(row.createdAt, now),
    ...NO_LEASE,
    updatedAt: now,
  });
  const count = await tx.$executeRaw`UPDATE operations SET ${changes} WHERE ${where}`;
  return isParked && count === 1 ? { id: wanted.id, kind: row.kind as EffectKind, subjectId: row.subjectId } : null;
}

/** Open operations whose pause or lease has run out, within the share, oldest first. */
export async function findDueOperations(
  tx: Tx,
  { now, share }: Claim,
): Promise<(MerchantScope & { id: string; providerAccountId: string })[]> {
  return tx.$queryRaw`
    SELECT id, merchant_id AS "merchantId", environment, provider_account_id AS "providerAccountId" FROM (
      SELECT *, row_number() OVER (PARTITION BY provider_account_id ORDER BY next_attempt_at) AS place FROM (
        SELECT id, merchant_id, environment, provider_account_id, next_attempt_at FROM operations
        WHERE state IN ('PENDING', 'UNKNOWN') AND next_attempt_at <= ${now}
          AND provider_account_id <> ALL(${[...share.busyAccounts]}::uuid[])
        ORDER BY next_attempt_at LIMIT ${CANDIDATES_MAX}) AS candidates) AS placed
    WHERE place <= ${share.perAccount} ORDER BY place LIMIT ${share.limit}`;
}

/** Lets a database with one owner forget the leases of its dead predecessor, so that nothing waits for them to run out. */
export async function expireLeases(tx: Tx, now: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE operations SET ${operations.set({ leaseUntil: now, nextAttemptAt: now })}
    WHERE ${operations.is({ state: OPEN })} AND lease_until > ${now}`;
}

export function openRequest(deps: Pick<Deps, 'vault'>, row: OperationRow): Operation['request'] | null {
  if (row.request === null) return null;
  const { id, merchantId, environment } = row;
  const place = requestOf({ id, merchantId, environment: environment as MerchantScope['environment'] });
  return deps.vault.open(place, row.request) as Operation['request'];
}

function requestOf(row: MerchantScope & { readonly id: string }): SealedPlace {
  return { column: 'operations.request', row };
}

export function toOperation(deps: StoreDeps, row: OperationRow): Operation {
  const request = openRequest(deps, row);
  if (request === null) throw new Error(`Operation ${row.id} is open and has no request.`);
  return {
    id: row.id,
    merchantId: row.merchantId,
    environment: row.environment as Operation['environment'],
    providerAccountId: row.providerAccountId,
    kind: row.kind as EffectKind,
    subjectId: row.subjectId,
    request,
    idempotencyKey: row.idempotencyKey,
    state: row.state as OperationState,
    attempts: row.attempts,
    lastFailure: row.lastFailure,
    firstSentAt: row.firstSentAt,
    lastSentAt: row.lastSentAt,
    storeFailures: row.storeFailures,
    leaseUntil: row.leaseUntil,
    createdAt: row.createdAt,
    erasedAt: row.erasedAt,
  };
}
