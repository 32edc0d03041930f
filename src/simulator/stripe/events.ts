import { createHmac } from 'node:crypto';
import type { BankNotification } from '../../bank/notifications.ts';
import type { Ledger } from '../../bank/payment.ts';
import { readLedger } from '../../bank/store.ts';
import type { Tx } from '../../database/database.ts';
import { addMs } from '../../kernel/clock.ts';
import type { StripeAccount } from '../accounts.ts';
import type { OwedEvent } from '../delivery-store.ts';
import type { SimulatorDeps } from '../deps.ts';
import type { EventDialect } from '../events.ts';
import { wordId } from '../ids.ts';
import { findByBankCode, type VendorRecord } from '../record-store.ts';
import { holdOf, INTENT_KINDS, type IntentData, type IntentKind, readIntent } from './intent-record.ts';
import { chargeById, disputeById, refundById } from './objects.ts';
import { chargeIdOf, intentView, seconds, type View } from './views.ts';

/** Stripe's events: what the bank tells, in the types that its receivers subscribe to. */

/** The version that the simulated endpoints were made with. */
const API_VERSION = '2026-10-28.endive';

/** Of the bank's news by intent; what is not here has no event. `capture.failed` and a late setup have none at Stripe. */
const INTENT_EVENTS: Readonly<Record<string, Partial<Record<IntentKind, string>>>> = {
  'attempt.succeeded': { payment_intent: 'payment_intent.succeeded', setup_intent: 'setup_intent.succeeded' },
  'attempt.declined': { payment_intent: 'payment_intent.payment_failed', setup_intent: 'setup_intent.setup_failed' },
  'attempt.failed': { payment_intent: 'payment_intent.payment_failed', setup_intent: 'setup_intent.setup_failed' },
  'attempt.challenged': { payment_intent: 'payment_intent.requires_action', setup_intent: 'setup_intent.requires_action' },
  'attempt.processing': { payment_intent: 'payment_intent.processing' },
  // Old news that arrives late.
  'attempt.created': { payment_intent: 'payment_intent.created', setup_intent: 'setup_intent.created' },
  'capture.succeeded': { payment_intent: 'payment_intent.succeeded' },
  'capture.created': { payment_intent: 'payment_intent.amount_capturable_updated' },
  'void.succeeded': { payment_intent: 'payment_intent.canceled' },
  'void.created': { payment_intent: 'payment_intent.amount_capturable_updated' },
  'payment.canceled': { payment_intent: 'payment_intent.canceled', setup_intent: 'setup_intent.canceled' },
};

const REFUND_MADE = ['refund.created', 'charge.refunded'];
const REFUND_EVENTS: Readonly<Record<string, readonly string[]>> = {
  'refund.processing': REFUND_MADE,
  'refund.failed': ['refund.failed'],
  'refund.created': ['refund.updated'],
};

/** Both tell that a hold ran out, when it does. */
const EXPIRY_EVENTS = ['charge.expired', 'payment_intent.canceled'];
const HOLD_EXPIRES = 'hold.expired';

type IntentRecord = VendorRecord<IntentData> & { readonly kind: IntentKind };

export function createStripeEvents(deps: SimulatorDeps): EventDialect {
  return {
    async owed(tx, notification) {
      const { accountId, paymentId: bankCode } = notification;
      const intent = await findByBankCode<IntentData>(tx, { bankCode, kinds: INTENT_KINDS });
      const ledger = await readLedger(tx, { accountId, code: bankCode });
      if (intent === null || ledger === null) return [];
      const about = { intent: intent as IntentRecord, ledger };
      const types = await typesOf(tx, notification, about);
      const told: OwedEvent[] = [];
      for (const type of types) told.push(await toOwed(tx, notification, { type, ...about }));
      return [...told, ...expiryOf(notification, about)];
    },
    async write(event) {
      const object = await objectOf(deps, event);
      return object && { body: toBody(event, object), url: null };
    },
    headers: ({ body }, account, sentAt) => ({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'stripe-signature': signatureOf(body, (account as StripeAccount).webhookSecret, sentAt),
    }),
  };
}

interface About {
  readonly intent: IntentRecord;
  readonly ledger: Ledger;
}

async function typesOf(tx: Tx, notification: BankNotification, { intent, ledger }: About): Promise<readonly string[]> {
  const { type, movementId } = notification;
  if (type === 'attempt.succeeded' && ledger.payment.kind === 'AUTHORIZATION')
    return ['payment_intent.amount_capturable_updated'];
  if (!type.startsWith('refund.')) return [INTENT_EVENTS[type]?.[intent.kind] ?? []].flat();
  if (type !== 'refund.succeeded') return REFUND_EVENTS[type] ?? [];
  // One that was pending before is updated now; one that succeeds at once is new.
  const wasPending = ledger.movements.find(({ id }) => id === movementId)?.status === 'processing';
  return wasPending ? ['refund.updated'] : REFUND_MADE;
}

async function toOwed(tx: Tx, notification: BankNotification, about: About & { type: string }): Promise<OwedEvent> {
  const { type, intent, ledger } = about;
  const { accountId, eventId, delivery, movementId, happensAt, runAt: dueAt } = notification;
  const recordId = await subjectOf(tx, { type, movementId, intent, ledger });
  const id = wordId('evt_', eventId, type);
  return { accountId, eventId: id, delivery, type, recordId, paymentCode: intent.id, happensAt, dueAt };
}

async function subjectOf(tx: Tx, about: About & { type: string; movementId: string | null }): Promise<string> {
  const { type, movementId, intent, ledger } = about;
  if (type.startsWith('charge.')) return chargeIdOf({ id: paidAttemptId(ledger) });
  if (!type.startsWith('refund.')) return intent.id;
  const refund = await findByBankCode(tx, { bankCode: movementId ?? '', kinds: ['refund'] });
  return refund?.id ?? '';
}

function paidAttemptId({ movements }: Ledger): string {
  const paid = movements.find(
    ({ kind, status, settledStatus }) => kind === 'ATTEMPT' && (settledStatus ?? status) === 'succeeded',
  );
  return paid?.id ?? '';
}

/** Owed in advance: whether the hold ran out then is asked then. */
function expiryOf(notification: BankNotification, { intent, ledger }: About): readonly OwedEvent[] {
  const { type, accountId, delivery, movementId } = notification;
  const placed = ledger.movements.find(({ id }) => id === movementId);
  const expiresAt = placed?.holdExpiresAt;
  if (type !== 'attempt.succeeded' || delivery !== 1 || placed === undefined || expiresAt == null) return [];
  return EXPIRY_EVENTS.map((name) => ({
    accountId,
    eventId: wordId('evt_', placed.id, HOLD_EXPIRES, name),
    delivery: 1,
    type: name,
    recordId: name === 'charge.expired' ? chargeIdOf(placed) : intent.id,
    paymentCode: intent.id,
    happensAt: expiresAt,
    dueAt: addMs(expiresAt, 1500),
  }));
}

/** The object as it is now; null when there is nothing to tell of it. */
async function objectOf(deps: SimulatorDeps, event: OwedEvent): Promise<View | null> {
  const { accountId, recordId, type, paymentCode } = event;
  const [family] = type.split('.');
  const intent = await readIntent(deps, accountId, paymentCode);
  if (intent === null) return null;
  const isExpiry = EXPIRY_EVENTS.some((name) => wordId('evt_', paidId(intent), HOLD_EXPIRES, name) === event.eventId);
  if (isExpiry && holdOf(intent) !== 'EXPIRED') return null;
  const view = await intentView(deps, intent, 'server');
  if (type.startsWith('charge.dispute.')) return disputeById(deps, accountId, recordId);
  if (family === 'refund') return refundById(deps, accountId, recordId);
  return family === 'charge' ? chargeById(deps, accountId, recordId) : view;
}

function paidId({ statement }: NonNullable<Awaited<ReturnType<typeof readIntent>>>): string {
  return (
    statement.entries.find(({ movement }) => movement.kind === 'ATTEMPT' && movement.status === 'succeeded')?.movement.id ?? ''
  );
}

/** Two spaces a level, as Stripe writes them: receivers must keep the bytes. */
function toBody(event: OwedEvent, object: View): string {
  return JSON.stringify(
    {
      id: event.eventId,
      object: 'event',
      api_version: API_VERSION,
      created: seconds(event.happensAt),
      data: { object },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type: event.type,
    },
    null,
    2,
  );
}

/** `t` in seconds, `v1` an HMAC-SHA256 in hex of `<t>.<body>` (docs.stripe.com/webhooks, read 2026-11). */
function signatureOf(body: string, secret: string, sentAt: Date): string {
  const stamp = seconds(sentAt);
  return `t=${stamp},v1=${createHmac('sha256', secret).update(`${stamp}.${body}`).digest('hex')}`;
}
