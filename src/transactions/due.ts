import { addMs, DAY_MS, HOUR_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Provider } from '../providers/provider.ts';
import { nextDisputeLook } from './dispute-schedule.ts';
import { isUnsettled, type Transaction } from './transaction.ts';

const CHECK_AFTER_MS = 10 * SECOND_MS;

/** In progress at the provider: soon, then ever more rarely. A live hold: when it runs out. Money taken: for its disputes. */
export function nextCheck(provider: Provider, transaction: Transaction, now: Date): Date | null {
  const { status, attempt, providerCode, action, hold, capturableUntil } = transaction;
  // Attempts in a session are watched through the session.
  const isWatchedHere = attempt === null && providerCode !== null;
  if (isUnsettled(status) && isWatchedHere) return nextPoll(transaction, now);
  if (action === 'REFUND' && status === 'SUCCEEDED' && providerCode !== null) return nextRefundLook(transaction, now);
  if (hold === 'HELD' && status === 'SUCCEEDED') return capturableUntil;
  return nextDisputeLook(provider, transaction, now);
}

const REFUND_WATCHED_MS = 14 * DAY_MS;

/** A refund that succeeded may come back, and no notification is relied on: it is asked for daily, until it is two weeks old. */
export function nextRefundLook({ createdAt }: Pick<Transaction, 'createdAt'>, now: Date): Date | null {
  return now.getTime() - createdAt.getTime() < REFUND_WATCHED_MS ? addMs(now, DAY_MS) : null;
}

/** When to ask again about a transaction in progress. A dispute is decided by people, over weeks. */
export function nextPoll({ action, createdAt }: Pick<Transaction, 'action' | 'createdAt'>, now: Date): Date {
  return addMs(now, action === 'CHARGEBACK' ? DAY_MS : pollPauseMs(now.getTime() - createdAt.getTime()));
}

/** A quarter of the age, from 10 s to an hour: quick while a person may be waiting, cheap for what takes days. */
export function pollPauseMs(ageMs: number): number {
  return Math.min(Math.max(CHECK_AFTER_MS, ageMs / 4), HOUR_MS);
}
