import { addMs, DAY_MS } from '../../kernel/clock.ts';
import {
  type ClosedReason,
  type Movement,
  type MovementStatus,
  type ProviderCall,
  ProviderFailure,
  type SessionOutcome,
  type SessionPhase,
  type SessionReference,
} from '../provider.ts';
import { callNuvei, findTransaction } from './client.ts';
import { ENDED_SESSION_CODES, NO_PAYMENT_CODE } from './errors.ts';
import { type OrderState, readState, SESSION_LIFE_MS, SETTLE_DELAY_MS } from './order.ts';
import { HOLD_DAYS, toMovement, withHold } from './outcome.ts';
import { type NuveiTransaction, toTransaction } from './wire.ts';

/** What Nuvei tells of the last transaction in a session, and whether the payer can still try another one. */
interface LastTransaction {
  readonly transaction: NuveiTransaction | null;
  readonly life: 'open' | 'ended';
}

/**
 * How far the payer came. While the session lives Nuvei is asked by its token, afterwards by our id; both tell of the last
 * transaction only. A session that is over without one has expired: a payer who failed the authentication leaves none.
 * Throws NOT_FOUND for a token that is not known there although its life is not over.
 */
export async function fetchOrder(call: ProviderCall, session: SessionReference): Promise<SessionOutcome> {
  const state = readState(session.state);
  const { transaction, life } = await findLast(call, state);
  const outcome = { observedAt: call.now, providerCode: session.providerCode, money: state.money, challengeUrl: null };
  if (transaction === null) {
    const isOpen = life === 'open';
    const phase = isOpen ? ('awaiting' as const) : ('closed' as const);
    return { ...outcome, phase, closedReason: isOpen ? null : 'expired', sessionId: null, attempts: [] };
  }
  const attempt = toAttempt(transaction, { session, state });
  const phase = life === 'open' ? OPEN_PHASES[attempt.status] : ENDED_PHASES[attempt.status].phase;
  const closedReason = life === 'open' ? null : ENDED_PHASES[attempt.status].closedReason;
  return {
    ...outcome,
    phase,
    closedReason,
    sessionId: transaction.clientUniqueId,
    attempts: [phase === 'closed' ? ended(attempt) : attempt],
    challengeUrl: phase === 'authenticating' ? transaction.challengeUrl : null,
  };
}

async function findLast(call: ProviderCall, state: OrderState): Promise<LastTransaction> {
  const { sessionToken, clientUniqueId } = state;
  const answer = await callNuvei(call, {
    method: 'getPaymentStatus',
    intent: 'read',
    fields: { sessionToken },
    at: call.now,
    expectedCodes: [NO_PAYMENT_CODE, ...ENDED_SESSION_CODES],
  });
  const ageMs = call.now.getTime() - state.openedAt.getTime();
  // Only so long after its life can an absence be believed, or an authentication be given up.
  const isOver = ageMs >= SESSION_LIFE_MS + SETTLE_DELAY_MS;
  const isEnded = ENDED_SESSION_CODES.includes(answer.errCode);
  const hasAnswer = !isEnded && answer.errCode !== NO_PAYMENT_CODE;
  if (hasAnswer) return { transaction: toTransaction(answer), life: isOver ? 'ended' : 'open' };
  if (!isEnded && !isOver) return { transaction: null, life: 'open' };
  const transaction = await findTransaction(call, { clientUniqueId });
  if (transaction === null && ageMs < SESSION_LIFE_MS)
    throw new ProviderFailure('NOT_FOUND', 'Nuvei does not know the session.', `${answer.errCode}`);
  return { transaction, life: isOver ? 'ended' : 'open' };
}

function toAttempt(
  transaction: NuveiTransaction,
  { session, state }: { session: SessionReference; state: OrderState },
): Movement {
  const movement = toMovement(transaction, { kind: session.kind, money: state.money });
  const { storedFor } = state;
  const { optionId } = transaction;
  const isStored = movement.status === 'succeeded' && storedFor !== null && optionId !== null;
  const storedMethod = isStored
    ? { providerCode: optionId, providerCustomerCode: storedFor, originCode: movement.providerCode }
    : null;
  const attempt = { ...movement, storedMethod };
  if (session.kind !== 'AUTHORIZATION') return attempt;
  return withHold(attempt, addMs(state.openedAt, HOLD_DAYS * DAY_MS));
}

/** A session that lives can be paid again after a failed attempt, until Nuvei counts `sessionCardDeclineLimit` declines. */
const OPEN_PHASES: Readonly<Record<MovementStatus, SessionPhase>> = {
  started: 'authenticating',
  authenticating: 'authenticating',
  processing: 'processing',
  succeeded: 'succeeded',
  declined: 'awaiting',
  failed: 'awaiting',
  canceled: 'awaiting',
  expired: 'awaiting',
  unknown: 'unknown',
};

interface EndedPhase {
  readonly phase: SessionPhase;
  readonly closedReason: ClosedReason | null;
}

const closed = (closedReason: ClosedReason): EndedPhase => ({ phase: 'closed', closedReason });
const still = (phase: SessionPhase): EndedPhase => ({ phase, closedReason: null });

/** After its life only a bank that takes its time can still change a session; an authentication is not answered any more. */
const ENDED_PHASES: Readonly<Record<MovementStatus, EndedPhase>> = {
  started: closed('expired'),
  authenticating: closed('expired'),
  processing: still('processing'),
  succeeded: still('succeeded'),
  declined: closed('declined'),
  failed: closed('failed'),
  canceled: closed('canceled'),
  expired: closed('expired'),
  unknown: still('unknown'),
};

function ended(attempt: Movement): Movement {
  return attempt.status === 'authenticating' ? { ...attempt, status: 'expired' } : attempt;
}
