import { addMs, DAY_MS, HOUR_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Provider } from '../providers/provider.ts';
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

/**
 * Ages in days at which the provider of a captured payment is asked for its disputes. Card schemes give payers up to 120 days
 * (Visa and Mastercard, most reasons), and a response is due within one to three weeks, so most looks come early. Five calls for a
 * payment in its whole life; each writes its row twice.
 */
const DISPUTE_LOOKS_DAYS: readonly number[] = [1, 7, 30, 60, 120];

/** While the last look fails, it is repeated daily for so long. */
const GRACE_MS = 7 * DAY_MS;

type Captured = Pick<Transaction, 'action' | 'status' | 'providerCode' | 'createdAt'>;

/** Whether money was taken in it that its payer may dispute, and the provider can be asked for that by the payment. */
export function isAskedForDisputes({ capabilities }: Pick<Provider, 'capabilities'>, transaction: Captured): boolean {
  const { action, status, providerCode } = transaction;
  const isCaptured = (action === 'PAYMENT' || action === 'SETTLE') && status === 'SUCCEEDED';
  return isCaptured && providerCode !== null && capabilities.disputes === 'by-payment';
}

/** Whether the first look at a captured payment is due. */
export function isDisputeLookDue({ createdAt }: Captured, now: Date): boolean {
  return now >= addMs(createdAt, (DISPUTE_LOOKS_DAYS[0] ?? 0) * DAY_MS);
}

/** When to ask next; null when never again. */
export function nextDisputeLook(provider: Pick<Provider, 'capabilities'>, transaction: Captured, now: Date): Date | null {
  if (!isAskedForDisputes(provider, transaction)) return null;
  const looks = DISPUTE_LOOKS_DAYS.map((days) => addMs(transaction.createdAt, days * DAY_MS));
  return looks.find((look) => look > now) ?? null;
}

/** When to ask again after a look without a response: in a day, or at the next look if that comes earlier. */
export function repeatDisputeLook(provider: Pick<Provider, 'capabilities'>, transaction: Captured, now: Date): Date | null {
  const next = nextDisputeLook(provider, transaction, now);
  const tomorrow = addMs(now, DAY_MS);
  if (next !== null) return next < tomorrow ? next : tomorrow;
  const lastMs = (DISPUTE_LOOKS_DAYS.at(-1) ?? 0) * DAY_MS;
  return tomorrow <= addMs(transaction.createdAt, lastMs + GRACE_MS) ? tomorrow : null;
}

/** An open dispute is asked for daily, for so long. Arbitration by a card scheme takes some months. */
const DISPUTE_WATCHED_MS = 400 * DAY_MS;

/** Whether a dispute has been open for so long that a person must look instead. */
export function isGivenUp({ action, createdAt }: Pick<Transaction, 'action' | 'createdAt'>, now: Date): boolean {
  return action === 'CHARGEBACK' && now.getTime() - createdAt.getTime() > DISPUTE_WATCHED_MS;
}
