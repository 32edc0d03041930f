import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
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
  /** When the attempt before this one was begun or ended; null for the first. */
  readonly lastTouchedAt: Date | null;
  readonly createdAt: Date;
}

/** How the next attempt goes about it. */
export type AttemptPlan = 'send' | 'look-up-then-send' | 'look-up';

/** A key is trusted to replay for this part of the provider's window; after it, a repeat might execute anew. */
const REPLAY_WINDOW_SHARE = 0.8;

export function planAttempt(
  operation: Pick<Operation, 'kind' | 'state' | 'firstSentAt'>,
  idempotency: Capabilities['idempotency'],
  now: Date,
): AttemptPlan {
  if (operation.state === 'PENDING' || operation.firstSentAt === null) return 'send';
  // Opening a session moves no money, and one whose answer nobody received can never be paid: it may be opened once more.
  if (operation.kind === 'START' && idempotency.mode !== 'replay') return 'send';
  const ageMs = now.getTime() - operation.firstSentAt.getTime();
  switch (idempotency.mode) {
    case 'replay':
      return ageMs < idempotency.windowMs * REPLAY_WINDOW_SHARE ? 'send' : 'look-up';
    case 'duplicate-guard':
      return ageMs > idempotency.settleDelayMs ? 'look-up-then-send' : 'look-up';
    case 'lookup-only':
      return 'look-up';
  }
}

/**
 * Whether "the provider never received it" can be believed: only once the last attempt is old enough for the provider to
 * have made it visible. Before that, it may still be executing.
 */
export function isAbsenceFinal(
  operation: Pick<Operation, 'lastTouchedAt'>,
  idempotency: Capabilities['idempotency'],
  now: Date,
): boolean {
  return operation.lastTouchedAt !== null && now.getTime() - operation.lastTouchedAt.getTime() >= idempotency.settleDelayMs;
}

const PAUSES_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS];
const GIVE_UP_AFTER_MS = 30 * DAY_MS;

/** How long to wait after the given attempt: 5 s, 30 s, 2 min, 10 min, then hourly, and daily once a day has passed. */
export function pauseAfterMs(attempts: number, ageMs: number): number {
  return PAUSES_MS[attempts - 1] ?? (ageMs < DAY_MS ? HOUR_MS : DAY_MS);
}

/** Whether machines stop asking and an operator takes over. */
export function isGivenUp(ageMs: number): boolean {
  return ageMs > GIVE_UP_AFTER_MS;
}

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
