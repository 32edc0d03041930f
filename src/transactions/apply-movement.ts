import { commit, type Part, when } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { type EventSource, type NewEvent, reached } from '../events/event.ts';
import { eventsPart, insertEvents } from '../events/store.ts';
import { equalMoney } from '../kernel/money.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Operation } from '../operations/operation.ts';
import { closingPart, isClosable, type StoreDeps } from '../operations/store.ts';
import type { Movement } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { nextCheck } from './due.ts';
import {
  disputeSumPart,
  findLiveEnding,
  findParent,
  holdPart,
  isChanged,
  isUndisputed,
  lockTransaction,
  movementPart,
  refundSumPart,
  type TransactionProgress,
  transactionPart,
} from './store.ts';
import {
  isLive,
  isReturnedTwice,
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

type ApplyDeps = Pick<Deps, 'clock' | 'count' | 'provider'>;

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
  if (target.news.movement.status === 'unknown') deps.count('unknown_statuses', target.transaction.provider);
  return saveNews(deps, tx, readNews(deps, target));
}

/** What is to be written for news of a movement. */
export interface NewsPlan {
  readonly saved: Transaction;
  /** The first finds the version that was read. The events go with them. */
  readonly parts: readonly [Part, ...Part[]];
  readonly events: readonly NewEvent[];
}

/** What news writes of a movement that has not ended; null where it is an alert or needs the row's lock. */
export function planMovement(
  deps: ApplyDeps,
  target: { transaction: Transaction; news: MovementNews },
): NewsPlan | 'nothing' | null {
  const { transaction } = target;
  const news = readNews(deps, target);
  if (target.news.movement.status === 'unknown' || news.transition.isAlert) return null;
  if (isStill(news)) return 'nothing';
  return isUnsettled(transaction.status) ? planNews(deps, news) : null;
}

/**
 * Records the answer to a call in one statement, where nothing has changed since the call was recorded. Null when something has, or
 * when a dispute needs a closer look: then nothing is written, and the handler records it under the row's lock.
 */
export async function tryAnswer(
  deps: ApplyDeps & StoreDeps & Pick<Deps, 'database'>,
  answer: { transaction: Transaction; news: MovementNews; operation: Operation },
): Promise<Transaction | null> {
  const plan = planMovement(deps, answer);
  if (plan === null || plan === 'nothing') return null;
  const [first, ...others] = withEvents(plan, answer.news.source);
  const closing = { operation: answer.operation, by: 'answer' } as const;
  const decisive = when([isClosable(deps, closing), isUndisputed(answer.transaction)], first);
  return (await commit(deps.database.client, decisive, [closingPart(deps, closing), ...others])) ? plan.saved : null;
}

interface News {
  readonly transaction: Transaction;
  readonly progress: TransactionProgress;
  readonly transition: TransactionTransition;
  readonly source: EventSource;
}

function readNews(deps: ApplyDeps, { transaction, news }: { transaction: Transaction; news: MovementNews }): News {
  const { movement, source } = news;
  const isMismatched = movement.money !== null && !equalMoney(movement.money, toMoney(transaction));
  const signal = isMismatched ? 'LOST' : signalOfMovement(movement.status);
  const transition = transitionTransaction(transaction.action, transaction.status, signal);
  const hasMoved = transition.to !== transaction.status;
  const isAlert = transition.isAlert || (hasMoved && (signal === 'LOST' || transaction.action === 'CHARGEBACK'));
  const progress = progressOf(deps, transaction, { news, to: transition.to });
  return { transaction, progress, source, transition: { ...transition, isAlert } };
}

function progressOf(
  deps: ApplyDeps,
  transaction: Transaction,
  { news, to }: { news: MovementNews; to: Transaction['status'] },
): TransactionProgress {
  const { movement } = news;
  const isHoldOpen = transaction.hold === null || transaction.hold === 'HELD';
  // What was known of a success stays: later contradictions are alerts.
  const isSettled = !isUnsettled(transaction.status);
  const isStillSuccess = transaction.status === 'SUCCEEDED' && to === 'SUCCEEDED';
  return {
    status: to,
    providerCode: movement.providerCode,
    isProcessing: movement.status === 'processing' || movement.status === 'unknown',
    decline: isStillSuccess ? transaction.decline : (movement.decline ?? transaction.decline),
    failureCode: isStillSuccess ? transaction.failureCode : (movement.failureCode ?? transaction.failureCode),
    hold: isHoldOpen ? (movement.hold ?? transaction.hold) : transaction.hold,
    capturableUntil: movement.capturableUntil ?? transaction.capturableUntil,
    card: transaction.erasedAt !== null ? null : isSettled ? transaction.card : (movement.card ?? transaction.card),
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

async function saveNews(deps: ApplyDeps, tx: Tx, news: News): Promise<Transaction> {
  const { transaction, progress, transition } = news;
  if (isStill(news) && !transition.isAlert) return transaction;
  if (isLateEnding(transaction, progress) && (await findOtherEnding(tx, transaction)) !== null) {
    return alertOnly(deps, tx, { ...news, transition: { to: transaction.status, isAlert: true } });
  }
  if (isStill(news)) return alertOnly(deps, tx, news);
  const plan = planNews(deps, news);
  const { saved, events } = plan;
  const [first, ...others] = withEvents(plan, news.source);
  if (!(await commit(tx, first, others))) throw new Error(`Transaction ${transaction.id} changed under its lock.`);
  const alerts = await findReturnedTwice(tx, transaction, saved);
  countAlerts(deps, [...events, ...alerts]);
  await insertEvents(tx, { scope: transaction, source: news.source, now: deps.clock.now() }, alerts);
  return saved;
}

function isStill({ transaction, progress }: News): boolean {
  return transaction.version > 0 && !isChanged(transaction, progress);
}

function planNews(deps: ApplyDeps, { transaction, progress, transition }: News): NewsPlan {
  const now = deps.clock.now();
  const isNew = transaction.version === 0;
  const nextCheckAt = nextCheck(deps.provider(transaction.provider), { ...transaction, ...progress }, now);
  const { createdAt } = isNew ? { createdAt: now } : transaction;
  const saved = { ...transaction, ...progress, version: transaction.version + 1, createdAt, updatedAt: now };
  const events = eventsOf(transaction, saved, transition);
  const save = isNew ? attemptPart(saved, { nextCheckAt, now }) : movementPart(transaction, { progress, nextCheckAt, now });
  return { saved, parts: [save, ...parentParts(transaction, saved, now)], events };
}

function withEvents({ parts, saved, events }: NewsPlan, source: EventSource): NewsPlan['parts'] {
  return events.length === 0 ? parts : [...parts, eventsPart({ scope: saved, source, now: saved.updatedAt }, events)];
}

function countAlerts(deps: ApplyDeps, events: readonly NewEvent[]): void {
  for (const event of events) if (event.isAlert === true) deps.count('alerts', event.type);
}

/** A settle or void that we had called over and that succeeded after all. */
function isLateEnding(from: Transaction, to: TransactionProgress): boolean {
  const isEnding = from.action === 'SETTLE' || from.action === 'VOID';
  return isEnding && !isLive(from.status) && to.status === 'SUCCEEDED';
}

/** The settle or void that took the place of one that had failed: the two contradict each other, and a person must look. */
async function findOtherEnding(tx: Tx, ending: Transaction): Promise<Transaction | null> {
  return findLiveEnding(tx, { id: ending.relatedTransactionId ?? '', merchantId: ending.merchantId });
}

/** News that cannot or need not change the row is on record all the same. */
async function alertOnly(deps: ApplyDeps, tx: Tx, { transaction, transition, source }: News): Promise<Transaction> {
  const events = eventsOf(transaction, transaction, transition);
  countAlerts(deps, events);
  await insertEvents(tx, { scope: transaction, source, now: deps.clock.now() }, events);
  return transaction;
}

function attemptPart(attempt: Transaction, at: { nextCheckAt: Date | null; now: Date }): Part {
  const transaction = { ...attempt, idempotencyKey: null, inputFingerprint: null, nextCheckAt: at.nextCheckAt };
  return transactionPart(scopeOf(attempt), { transaction, now: at.now });
}

/** What the end of a settle, void, refund or chargeback means for the transaction it acts on. */
function parentParts(from: Transaction, to: Transaction, now: Date): readonly Part[] {
  if (from.status === to.status) return [];
  const isNowSucceeded = to.status === 'SUCCEEDED';
  switch (to.action) {
    case 'SETTLE':
      return isNowSucceeded ? [holdPart(to, { hold: 'SETTLED', settledAmount: to.amountMinor, now })] : [];
    case 'VOID': {
      const claim = refundSumPart(to, { refunded: 0n, reserved: reservedChange(from, to) });
      return isNowSucceeded ? [claim, holdPart(to, { hold: 'VOIDED', settledAmount: 0n, now })] : [claim];
    }
    case 'CHARGEBACK':
      return isLive(from.status) === isLive(to.status) ? [] : [disputeSumPart(to, isLive(to.status) ? 'opened' : 'over')];
    case 'REFUND': {
      const refunded = isNowSucceeded ? to.amountMinor : from.status === 'SUCCEEDED' ? -to.amountMinor : 0n;
      return [refundSumPart(to, { refunded, reserved: reservedChange(from, to) })];
    }
    case 'PAYMENT':
    case 'AUTHORIZATION':
    case 'ADD_PAYMENT_METHOD':
      return [];
  }
}

/** An alert for a refund that has succeeded beside a dispute: both take the same money. */
async function findReturnedTwice(tx: Tx, from: Transaction, to: Transaction): Promise<NewEvent[]> {
  const isGivenBack = (to.action === 'REFUND' || to.action === 'VOID') && to.status === 'SUCCEEDED' && from.status !== to.status;
  const parent = isGivenBack ? await findParent(tx, scopeOf(to), to.id) : null;
  return parent !== null && isReturnedTwice(parent) ? [returnedTwice(parent)] : [];
}

export function returnedTwice(disputed: Transaction): NewEvent {
  const { id: transactionId, sessionId, customerId, amountMinor, refundReservedMinor, disputedAmountMinor, currency } = disputed;
  const sums = { amount: amountMinor, refunds: refundReservedMinor, disputed: disputedAmountMinor };
  const data = { ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.toString()])), currency };
  return { type: 'transaction.returned_twice', isAlert: true, transactionId, sessionId, customerId, data };
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

function toMoney(transaction: Transaction): { amountMinor: bigint; currency: string } {
  return { amountMinor: transaction.amountMinor, currency: transaction.currency };
}
