import { addMs, SECOND_MS } from '../kernel/clock.ts';
import type { Scenario } from './cards.ts';
import { notificationIdOf } from './ids.ts';
import type { MovementFacts, PaymentFacts } from './payment.ts';

/** One delivery that the bank owes: something of the payment changed. What it is now, the receiver asks for. */
export interface BankNotification {
  /** The same for each delivery of one event. */
  readonly eventId: string;
  /** 1 for the first delivery of the event. */
  readonly delivery: number;
  readonly accountId: string;
  readonly paymentId: string;
  /** Null when the payment itself changed. */
  readonly movementId: string | null;
  /** Such as `attempt.succeeded` or `payment.canceled`. */
  readonly type: string;
  readonly runAt: Date;
  /** When what it tells of happens: at once, or when a late decision is made. */
  readonly happensAt: Date;
}

const NOTIFICATION_DELAY_MS = 1.5 * SECOND_MS;

/** What is owed for a movement that was just made or changed: one notification now, one more when it settles, as its card has it. */
export function notificationsOf(
  movement: MovementFacts,
  accountId: string,
  from: { scenario: Scenario; now: Date },
): readonly BankNotification[] {
  const kind = movement.kind.toLowerCase();
  const soon = addMs(from.now, NOTIFICATION_DELAY_MS);
  const news = [{ type: `${kind}.${movement.status}`, runAt: soon, happensAt: from.now }];
  if (movement.settlesAt !== null)
    news.push({
      type: `${kind}.${movement.settledStatus}`,
      runAt: later(movement.settlesAt, soon),
      happensAt: movement.settlesAt,
    });
  const subject = { accountId, paymentId: movement.paymentId, movementId: movement.id };
  const plain = news.map(({ type, runAt, happensAt }) => ({
    ...subject,
    type,
    runAt,
    happensAt,
    delivery: 1,
    eventId: notificationIdOf(movement.id, type),
  }));
  return applyHabit(plain, from.scenario, kind);
}

export function cancelNotification(payment: PaymentFacts, now: Date): BankNotification {
  const type = 'payment.canceled';
  return {
    accountId: payment.accountId,
    paymentId: payment.id,
    movementId: null,
    type,
    delivery: 1,
    eventId: notificationIdOf(payment.id, type),
    runAt: addMs(now, NOTIFICATION_DELAY_MS),
    happensAt: now,
  };
}

function applyHabit(plain: readonly BankNotification[], scenario: Scenario, kind: string): readonly BankNotification[] {
  switch (scenario.notifications) {
    case 'once':
      return plain;
    case 'never':
      return [];
    case 'twice':
      return plain.flatMap((first) => [first, { ...first, delivery: 2, runAt: addMs(first.runAt, NOTIFICATION_DELAY_MS) }]);
    case 'newest-first':
      return plain.flatMap((newest) => [newest, overtaken(newest, kind)]);
  }
}

/** News that is older than its neighbour and arrives after it. */
function overtaken(newest: BankNotification, kind: string): BankNotification {
  const type = `${kind}.created`;
  const eventId = notificationIdOf(newest.movementId ?? newest.paymentId, type);
  return { ...newest, type, eventId, runAt: addMs(newest.runAt, NOTIFICATION_DELAY_MS) };
}

function later(left: Date, right: Date): Date {
  return left > right ? left : right;
}
