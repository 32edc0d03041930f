import { addMs, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Capabilities, EffectKind, EffectShapes, Environment, FailureCategory } from '../providers/provider.ts';

/**
 * One durable intent towards a provider. It is committed before the first byte leaves and keeps its request until it is
 * done, so that a retry, by whichever process, sends exactly what the first attempt sent.
 *
 * PENDING: no attempt can have had an effect yet. UNKNOWN: an attempt may have had one. DONE: answered. PARKED: machines
 * cannot tell what became of it; an operator decides.
 */
export const OPERATION_STATES = ['PENDING', 'UNKNOWN', 'DONE', 'PARKED'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

export interface Operation<Kind extends EffectKind = EffectKind> {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: Environment;
  readonly providerAccountId: string;
  readonly kind: Kind;
  /** The session, transaction or payment method it is about. */
  readonly subjectId: string;
  readonly request: EffectShapes[Kind]['request'];
  readonly idempotencyKey: string;
  readonly state: OperationState;
  /** Attempts that were begun. */
  readonly attempts: number;
  readonly lastFailure: string | null;
  readonly firstSentAt: Date | null;
  /** The last send that may have had an effect. A look-up never moves it. */
  readonly lastSentAt: Date | null;
  /** Attempts in a row whose answer could not be stored. */
  readonly storeFailures: number;
  /** Until then no other process takes it. */
  readonly leaseUntil: Date | null;
  readonly createdAt: Date;
  /** When personal fields were taken out of the request: it is not the one that was sent any more. */
  readonly erasedAt: Date | null;
}

/** How the next attempt goes about it. */
export type AttemptPlan = 'send' | 'look-up-then-send' | 'look-up';

/** A key is trusted to replay for this part of the provider's window; after it, a repeat might execute anew. */
const REPLAY_WINDOW_SHARE = 0.8;

export function planAttempt(
  operation: Pick<Operation, 'kind' | 'state' | 'firstSentAt' | 'erasedAt'>,
  idempotency: Capabilities['idempotency'],
  now: Date,
): AttemptPlan {
  // Another request under the same key could be refused or executed as a second one, and an erased payer needs no session.
  if (operation.erasedAt !== null && (operation.state !== 'PENDING' || operation.kind === 'START')) return 'look-up';
  if (operation.state === 'PENDING' || operation.firstSentAt === null) return 'send';
  // Opening a session moves no money, and one whose answer nobody received can never be paid: it may be opened once more.
  if (operation.kind === 'START' && idempotency.mode !== 'replay') return 'send';
  const ageMs = now.getTime() - operation.firstSentAt.getTime();
  switch (idempotency.mode) {
    case 'replay':
      return ageMs < idempotency.windowMs * REPLAY_WINDOW_SHARE ? 'send' : 'look-up';
    case 'duplicate-guard':
      return ageMs >= idempotency.settleDelayMs ? 'look-up-then-send' : 'look-up';
    case 'lookup-only':
      return 'look-up';
  }
}

/**
 * Whether "the provider never received it" can be believed: only once the last send is old enough for the provider to show
 * it. Before that, it may still be executing. Asking does not renew this.
 */
export function isAbsenceFinal(
  operation: Pick<Operation, 'kind' | 'firstSentAt' | 'lastSentAt' | 'erasedAt'>,
  idempotency: Capabilities['idempotency'],
  now: Date,
): boolean {
  // What was erased is not sent any more, so one that never left will not arrive.
  if (operation.erasedAt !== null && operation.lastSentAt === null) return true;
  // A start that does not replay is sent again by every attempt, and no send of it can be paid without its answer.
  const isHarmless = operation.kind === 'START' && idempotency.mode !== 'replay';
  const sentAt = isHarmless ? operation.firstSentAt : operation.lastSentAt;
  return sentAt !== null && now.getTime() - sentAt.getTime() >= idempotency.settleDelayMs;
}

const PAUSES_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS];
const GIVE_UP_AFTER_MS = 30 * DAY_MS;

/**
 * When the next automatic attempt is due: 5 s, 30 s, 2 min and 10 min apart from the first, then hourly, and daily once a day
 * has passed. It follows from the age alone, so callers who ask in between neither delay it nor use it up.
 */
export function nextAttemptAt(createdAt: Date, now: Date): Date {
  const ageMs = now.getTime() - createdAt.getTime();
  let dueMs = 0;
  for (const pauseMs of PAUSES_MS) {
    dueMs += pauseMs;
    if (dueMs > ageMs) return addMs(createdAt, dueMs);
  }
  const stepMs = ageMs < DAY_MS ? HOUR_MS : DAY_MS;
  return addMs(createdAt, dueMs + (Math.floor((ageMs - dueMs) / stepMs) + 1) * stepMs);
}

/** Whether machines stop asking and an operator takes over. */
export function isGivenUp(ageMs: number): boolean {
  return ageMs > GIVE_UP_AFTER_MS;
}

/** Money that could not be asked for in a day is not moved by surprise weeks later. */
const UNDELIVERED_AFTER_MS = DAY_MS;

/** Whether an operation ends as refused, because no attempt at it has left for so long. Certain, so no person need look. */
export function isUndeliverable({ state }: Pick<Operation, 'state'>, ageMs: number): boolean {
  return state === 'PENDING' && ageMs >= UNDELIVERED_AFTER_MS;
}

/** About five hours of answers that the database refuses: the answer itself is at fault. */
export const STORE_FAILURES_MAX = 8;

/** What a failed call proves. `lost`: it may have had its effect. */
export type FailureProof = 'not-executed' | 'refused' | 'lost' | 'broken';

export function proofOf(category: FailureCategory): FailureProof {
  switch (category) {
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return 'not-executed';
    case 'INVALID_REQUEST':
    case 'CONFLICT':
    case 'NOT_FOUND':
    case 'PROVIDER_AUTH':
    case 'UNSUPPORTED':
      return 'refused';
    case 'UNKNOWN_OUTCOME':
      return 'lost';
    case 'PROGRAMMING_ERROR':
      return 'broken';
  }
}
