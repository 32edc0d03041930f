import type { Tx } from '../database/database.ts';
import { type EventSource, type NewEvent, reached } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { addMs, DAY_MS, HOUR_MS, SECOND_MS } from '../kernel/clock.ts';
import { equalMoney } from '../kernel/money.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { Movement } from '../providers/provider.ts';
import {
  countRefund,
  findLiveEnding,
  findTransactionRow,
  insertTransaction,
  lockTransaction,
  saveHold,
  saveTransaction,
  type TransactionProgress,
} from './store.ts';
import {
  isLive,
  isUnsettled,
  signalOfMovement,
  type Transaction,
  type TransactionSignal,
  type TransactionTransition,
  transitionTransaction,
} from './transaction.ts';

export interface MovementNews {
  readonly movement: Movement;
  readonly source: EventSource;
  /** When the provider said so. */
  readonly observedAt: Date;
  /** The stored method that the movement left behind. */
  readonly paymentMethodId?: string | null;
}

type ApplyDeps = Pick<Deps, 'clock' | 'count'>;

/**
 * The one door for news of a movement. Takes the row's lock, moves it along the transition table, moves the sums of the
 * transaction it acts on, and records events, all in the caller's transaction. Repeated and late news changes nothing,
 * except that a success always counts.
 */
export async function applyMovement(
  deps: ApplyDeps,
  tx: Tx,
  target: { scope: MerchantScope; transactionId: string } & MovementNews,
): Promise<Transaction> {
  const transaction = await lockTransaction(tx, target.scope, target.transactionId);
  if (transaction === null) throw new Error(`Transaction ${target.transactionId} does not exist.`);
  return applyToLocked(deps, tx, { transaction, news: target });
}

/** Like `applyMovement`, on a row that the caller has locked, or on one of version 0, which is not stored yet. */
export async function applyToLocked(
  deps: ApplyDeps,
  tx: Tx,
  target: { transaction: Transaction; news: MovementNews },
): Promise<Transaction> {
  const { transaction, news } = target;
  const { movement } = news;
  if (movement.status === 'unknown') deps.count('unknown_statuses', transaction.provider);
  const isMismatched = movement.money !== null && !equalMoney(movement.money, toMoney(transaction));
  const signal = isMismatched ? 'LOST' : signalOfMovement(movement.status);
  const transition = transitionTransaction(transaction.action, transaction.status, signal);
  const isChanged = transition.to !== transaction.status;
  const isAlert = transition.isAlert || (isChanged && (signal === 'LOST' || transaction.action === 'CHARGEBACK'));
  const progress = progressOf(deps, transaction, { news, to: transition.to });
  return saveNews(deps, tx, { transaction, progress, source: news.source, transition: { ...transition, isAlert } });
}

function progressOf(
  deps: ApplyDeps,
  transaction: Transaction,
  { news, to }: { news: MovementNews; to: Transaction['status'] },
): TransactionProgress {
  const { movement } = news;
  const isHoldOpen = transaction.hold === null || transaction.hold === 'HELD';
  // What was known of a success stays: later contradictions are alerts, and an erased card must not come back.
  const isSettled = transaction.version > 0 && !isUnsettled(transaction.status);
  const isStillSuccess = transaction.status === 'SUCCEEDED' && to === 'SUCCEEDED';
  return {
    status: to,
    providerCode: movement.providerCode,
    decline: isStillSuccess ? transaction.decline : (movement.decline ?? transaction.decline),
    failureCode: isStillSuccess ? transaction.failureCode : (movement.failureCode ?? transaction.failureCode),
    hold: isHoldOpen ? (movement.hold ?? transaction.hold) : transaction.hold,
    capturableUntil: movement.capturableUntil ?? transaction.capturableUntil,
    card: isSettled ? transaction.card : (movement.card ?? transaction.card),
    paymentMethodId: news.paymentMethodId ?? transaction.paymentMethodId,
    observedAt: news.observedAt,
    endedAt: transaction.endedAt ?? (isUnsettled(to) ? null : deps.clock.now()),
  };
}

/** For news that carries no movement: a lost answer, or a refusal. The caller holds no lock yet. */
export async function applySignal(
  deps: ApplyDeps,
  tx: Tx,
  target: {
    scope: MerchantScope;
    transactionId: string;
    signal: TransactionSignal;
    failureCode: string | null;
    source: EventSource;
  },
): Promise<Transaction> {
  const transaction = await lockTransaction(tx, target.scope, target.transactionId);
  if (transaction === null) throw new Error(`Transaction ${target.transactionId} does not exist.`);
  const transition = transitionTransaction(transaction.action, transaction.status, target.signal);
  const progress: TransactionProgress = {
    ...transaction,
    status: transition.to,
    failureCode: target.failureCode ?? transaction.failureCode,
    endedAt: transaction.endedAt ?? (isUnsettled(transition.to) ? null : deps.clock.now()),
  };
  return saveNews(deps, tx, { transaction, progress, transition, source: target.source });
}

async function saveNews(
  deps: ApplyDeps,
  tx: Tx,
  news: { transaction: Transaction; progress: TransactionProgress; transition: TransactionTransition; source: EventSource },
): Promise<Transaction> {
  const { transaction, progress, transition } = news;
  const now = deps.clock.now();
  const isNew = transaction.version === 0;
  const isStill = !isNew && !isChanged(transaction, progress);
  if (isStill && !transition.isAlert) return transaction;
  if (isLateEnding(transaction, progress) && (await findOtherEnding(tx, transaction)) !== null) {
    return alertOnly(deps, tx, { ...news, transition: { to: transaction.status, isAlert: true } });
  }
  if (isStill) return alertOnly(deps, tx, news);
  const nextCheckAt = nextCheck(transaction, progress, now);
  const saved = isNew
    ? await insertAttempt(tx, { ...transaction, ...progress }, { nextCheckAt, now })
    : await saveTransaction(tx, transaction, { progress, nextCheckAt, now });
  await moveParentSums(tx, transaction, { to: saved, now });
  const events = eventsOf(transaction, saved, transition);
  for (const event of events) if (event.isAlert === true) deps.count('alerts', event.type);
  await insertEvents(tx, { scope: transaction, source: news.source, now }, events);
  return saved;
}

/** A settle or void that we had called over and that succeeded after all. */
function isLateEnding(from: Transaction, to: TransactionProgress): boolean {
  const isEnding = from.action === 'SETTLE' || from.action === 'VOID';
  return isEnding && !isLive(from.status) && to.status === 'SUCCEEDED';
}

/** The settle or void that took the place of one that had failed: the two contradict each other, and a person must look. */
async function findOtherEnding(tx: Tx, ending: Transaction): Promise<Transaction | null> {
  const authorization = { id: ending.relatedTransactionId ?? '', merchantId: ending.merchantId };
  const live = await findLiveEnding(tx, authorization);
  return live?.id === ending.id ? null : live;
}

/** News that cannot or need not change the row is on record all the same. */
async function alertOnly(
  deps: ApplyDeps,
  tx: Tx,
  news: { transaction: Transaction; transition: TransactionTransition; source: EventSource },
): Promise<Transaction> {
  const { transaction, transition, source } = news;
  const events = eventsOf(transaction, transaction, transition);
  for (const event of events) deps.count('alerts', event.type);
  await insertEvents(tx, { scope: transaction, source, now: deps.clock.now() }, events);
  return transaction;
}

async function insertAttempt(tx: Tx, attempt: Transaction, at: { nextCheckAt: Date | null; now: Date }): Promise<Transaction> {
  const transaction = { ...attempt, idempotencyKey: null, inputFingerprint: null, nextCheckAt: at.nextCheckAt };
  const isInserted = await insertTransaction(tx, scopeOf(attempt), { transaction, now: at.now });
  if (!isInserted)
    throw new Error(`Attempt ${attempt.attempt} of session ${attempt.sessionId} appeared under its session's lock.`);
  return { ...attempt, version: 1, createdAt: at.now, updatedAt: at.now };
}

/** What the end of a settle, void or refund means for the transaction it acts on. */
async function moveParentSums(tx: Tx, from: Transaction, change: { to: Transaction; now: Date }): Promise<void> {
  const { to, now } = change;
  if (from.status === to.status || to.relatedTransactionId === null) return;
  const isNowSucceeded = to.status === 'SUCCEEDED';
  const parent = { id: to.relatedTransactionId, merchantId: to.merchantId };
  switch (to.action) {
    case 'SETTLE':
      if (isNowSucceeded) await saveHold(tx, parent, { hold: 'SETTLED', settledAmountMinor: to.amountMinor, now });
      return;
    case 'VOID':
      if (!(await isAuthorization(tx, to, parent.id)))
        await countRefund(tx, to, { refunded: 0n, reserved: reservedChange(from, to) });
      else if (isNowSucceeded) await saveHold(tx, parent, { hold: 'VOIDED', settledAmountMinor: 0n, now });
      return;
    case 'REFUND': {
      const wasSucceeded = from.status === 'SUCCEEDED';
      const refunded = isNowSucceeded ? to.amountMinor : wasSucceeded ? -to.amountMinor : 0n;
      await countRefund(tx, to, { refunded, reserved: reservedChange(from, to) });
      return;
    }
    case 'PAYMENT':
    case 'AUTHORIZATION':
    case 'ADD_PAYMENT_METHOD':
    case 'CHARGEBACK':
      return;
  }
}

async function isAuthorization(tx: Tx, transaction: Transaction, id: string): Promise<boolean> {
  return (await findTransactionRow(tx, scopeOf(transaction), { id }))?.action === 'AUTHORIZATION';
}

function reservedChange(from: Transaction, to: Transaction): bigint {
  if (isLive(from.status) === isLive(to.status)) return 0n;
  return isLive(to.status) ? to.amountMinor : -to.amountMinor;
}

function eventsOf(from: Transaction, to: Transaction, transition: TransactionTransition): NewEvent[] {
  const subject = { sessionId: to.sessionId, transactionId: to.id, customerId: to.customerId };
  const data = {
    action: to.action,
    amount: to.amountMinor.toString(),
    currency: to.currency,
    declineReason: to.decline?.reason ?? null,
    failureCode: to.failureCode,
    relatedTransactionId: to.relatedTransactionId,
  };
  const events: NewEvent[] = [];
  if (from.status !== to.status || from.version === 0 || transition.isAlert) {
    events.push({ ...subject, type: reached('transaction', to.status), isAlert: transition.isAlert, data });
  }
  if (from.action === 'AUTHORIZATION' && from.hold !== to.hold && to.hold !== null && to.hold !== 'HELD') {
    events.push({ ...subject, type: reached('transaction', `hold_${to.hold}`), data });
  }
  return events;
}

const CHECK_AFTER_MS = 10 * SECOND_MS;

/** In progress at the provider: soon, then ever more rarely. A live hold: when it runs out. Anything else: never. */
function nextCheck(from: Transaction, to: TransactionProgress, now: Date): Date | null {
  const isInProgress = isUnsettled(to.status);
  // Attempts in a session are watched through the session.
  const isWatchedHere = from.attempt === null && to.providerCode !== null;
  if (isInProgress && isWatchedHere) return nextPoll(from, now);
  if (to.hold === 'HELD' && to.status === 'SUCCEEDED') return to.capturableUntil;
  return null;
}

/** When to ask again about a transaction in progress. A dispute is decided by people, over weeks. */
export function nextPoll({ action, createdAt }: Pick<Transaction, 'action' | 'createdAt'>, now: Date): Date {
  return addMs(now, action === 'CHARGEBACK' ? DAY_MS : pollPauseMs(now.getTime() - createdAt.getTime()));
}

/** A quarter of the age, from 10 s to an hour: quick while a person may be waiting, cheap for what takes days. */
export function pollPauseMs(ageMs: number): number {
  return Math.min(Math.max(CHECK_AFTER_MS, ageMs / 4), HOUR_MS);
}

function isChanged(from: Transaction, to: TransactionProgress): boolean {
  return (
    from.status !== to.status ||
    from.hold !== to.hold ||
    from.providerCode !== to.providerCode ||
    from.paymentMethodId !== to.paymentMethodId ||
    from.failureCode !== to.failureCode ||
    from.decline?.rawCode !== to.decline?.rawCode ||
    from.capturableUntil?.getTime() !== to.capturableUntil?.getTime()
  );
}

function toMoney(transaction: Transaction): { amountMinor: bigint; currency: string } {
  return { amountMinor: transaction.amountMinor, currency: transaction.currency };
}
