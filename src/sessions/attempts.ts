import type { Movement, SessionOutcome } from '../providers/provider.ts';
import { BARE_MOVEMENT } from '../providers/shapes.ts';
import { isUnsettled, type Transaction } from '../transactions/transaction.ts';

/**
 * Which recorded attempt each movement is; null for a new one. A movement under an unknown reference is the one that it says it
 * replaces, else the attempt that waits for its payer and is not named any more: some providers give an attempt its own
 * reference late. An attempt that the bank is at work on keeps its reference.
 */
export function matchAttempts(outcome: SessionOutcome, before: readonly Transaction[]) {
  const waiting = listUnnamed(before, outcome).filter(({ isProcessing }) => !isProcessing);
  return outcome.attempts.map((movement) => {
    const { providerCode, replaces = null } = movement;
    const known = before.find((attempt) => attempt.providerCode === providerCode);
    const renamed =
      replaces === null ? undefined : listUnnamed(before, outcome).find((attempt) => attempt.providerCode === replaces);
    return { movement, attempt: known ?? renamed ?? waiting.shift() ?? null };
  });
}

/** Attempts recorded as in progress that the outcome does not name. */
export function listUnnamed(attempts: readonly Transaction[], outcome: SessionOutcome): Transaction[] {
  const named = new Set(outcome.attempts.map(({ providerCode }) => providerCode));
  return attempts.filter((attempt) => isUnsettled(attempt.status) && !named.has(attempt.providerCode ?? ''));
}

export function nextPosition(attempts: readonly Transaction[]): number {
  return Math.max(0, ...attempts.map(({ attempt }) => attempt ?? 0)) + 1;
}

type LeftEnd = 'expired' | 'canceled' | 'unknown';

/**
 * What an attempt has come to that is recorded as in progress and not named any more. One that waited for its payer: nothing, once
 * the session has ended or nothing is in progress in it. One that the bank was at work on: its result is unknown. Null while it may go on.
 */
export function endOfLeftAttempt({ isProcessing }: Transaction, { phase, closedReason }: SessionOutcome): LeftEnd | null {
  switch (phase) {
    case 'awaiting':
      return isProcessing ? null : 'canceled';
    case 'succeeded':
    case 'closed':
      if (isProcessing) return 'unknown';
      return closedReason === 'expired' ? 'expired' : 'canceled';
    case 'authenticating':
    case 'processing':
    case 'unknown':
      return null;
  }
}

export function leftMovement(attempt: Transaction, status: LeftEnd): Movement {
  return { ...BARE_MOVEMENT, providerCode: attempt.providerCode ?? '', status };
}
