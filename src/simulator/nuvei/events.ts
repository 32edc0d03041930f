import type { BankNotification } from '../../bank/notifications.ts';
import { readLedger } from '../../bank/store.ts';
import type { NuveiAccount } from '../accounts.ts';
import type { OwedEvent } from '../delivery-store.ts';
import type { SimulatorDeps } from '../deps.ts';
import type { EventDialect, WrittenEvent } from '../events.ts';
import { wordId } from '../ids.ts';
import { findByBankCode, readRecord } from '../record-store.ts';
import { notificationChecksum } from './checksum.ts';
import {
  type ChargebackData,
  type MoveData,
  ORDER_KINDS,
  type Order,
  type OrderData,
  readOrder,
  transactionIdOf,
} from './order-record.ts';
import { attemptFacts, moveFacts, registerAttempts, type TransactionFacts } from './transactions.ts';

/** Direct merchant notifications: a form, sent to the URL that the order or the call named. */

/** What of the bank's news is told. A challenge is not, and neither is an order that nobody paid. */
const TOLD: ReadonlySet<string> = new Set(
  ['attempt', 'capture', 'void', 'refund'].flatMap((kind) =>
    ['succeeded', 'declined', 'failed', 'processing', 'created'].map((status) => `${kind}.${status}`),
  ),
);

export function createNuveiEvents(deps: SimulatorDeps): EventDialect {
  return {
    async owed(tx, notification) {
      const { accountId, paymentId: bankCode, movementId, type } = notification;
      if (!TOLD.has(type) || movementId === null) return [];
      const order = await findByBankCode<OrderData>(tx, { bankCode, kinds: ORDER_KINDS });
      const ledger = await readLedger(tx, { accountId, code: bankCode });
      const movement = ledger?.movements.find(({ id }) => id === movementId);
      // A failed authentication is not told at all.
      if (order === null || movement === undefined || movement.declineCode === 'authentication_failed') return [];
      return [toOwed(notification, { orderId: order.id, movementId })];
    },
    async write(event, account) {
      return event.type.startsWith('Chargeback.')
        ? writeChargeback(deps, event, account as NuveiAccount)
        : write(deps, event, account as NuveiAccount);
    },
    headers: () => ({ 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Simulated DMN' }),
  };
}

function toOwed(
  { accountId, eventId, delivery, type, happensAt, runAt }: BankNotification,
  about: { orderId: string; movementId: string },
): OwedEvent {
  const recordId = transactionIdOf(about.movementId);
  return {
    accountId,
    eventId: wordId('dmn_', eventId, type),
    delivery,
    type,
    recordId,
    paymentCode: about.orderId,
    happensAt,
    dueAt: runAt,
  };
}

async function write(deps: SimulatorDeps, event: OwedEvent, account: NuveiAccount): Promise<WrittenEvent | null> {
  const order = await readOrder(deps, account.id, event.paymentCode);
  const facts = order && (await factsOf(deps, order, event));
  if (order === null || facts == null) return null;
  return { body: toForm(account, fieldsOf(event, facts)), url: facts.notificationUrl };
}

async function factsOf(deps: SimulatorDeps, order: Order, { recordId }: OwedEvent): Promise<TransactionFacts | null> {
  const entry = order.statement.entries.find(({ movement }) => transactionIdOf(movement.id) === recordId);
  if (entry === undefined) return null;
  if (entry.movement.kind === 'ATTEMPT') {
    await registerAttempts(deps, order);
    return attemptFacts(deps, order, entry);
  }
  const move = await readRecord<MoveData>(deps.database.client, order.record.accountId, recordId);
  return move && moveFacts(order, entry, move.data);
}

/** The order's notification URL, so that a chargeback is told where its payment was. */
async function writeChargeback(deps: SimulatorDeps, event: OwedEvent, account: NuveiAccount): Promise<WrittenEvent | null> {
  const record = await readRecord<ChargebackData>(deps.database.client, account.id, event.recordId);
  const order = record && (await readOrder(deps, account.id, record.data.orderId));
  if (record === null || order == null) return null;
  const { data } = record;
  const fields = {
    ppp_status: 'OK',
    PPP_TransactionID: data.orderId,
    TransactionID: record.id,
    relatedTransactionId: data.relatedTransactionId,
    Status: data.status,
    transactionType: 'Chargeback',
    totalAmount: data.amount,
    currency: data.currency,
    Reason: data.reason,
    clientUniqueId: order.record.data.clientUniqueId ?? '',
    responseTimeStamp: stampOf(event.happensAt),
  };
  return { body: toForm(account, fields), url: order.record.data.notificationUrl };
}

const PPP_STATUSES = { APPROVED: 'OK', DECLINED: 'FAIL', ERROR: 'FAIL', PENDING: 'PENDING', REDIRECT: 'PENDING' } as const;

function fieldsOf(event: OwedEvent, facts: TransactionFacts): Readonly<Record<string, string>> {
  // Old news that arrives late tells the state that was before.
  const status = event.type.endsWith('.created') ? 'PENDING' : facts.transactionStatus;
  const { card } = facts;
  return {
    ppp_status: PPP_STATUSES[status],
    PPP_TransactionID: facts.orderId,
    TransactionID: facts.transactionId,
    relatedTransactionId: facts.relatedTransactionId ?? '',
    Status: status,
    transactionType: facts.transactionType,
    totalAmount: facts.amount,
    currency: facts.currency,
    clientUniqueId: facts.clientUniqueId ?? '',
    merchant_unique_id: facts.clientUniqueId ?? '',
    clientRequestId: facts.clientRequestId ?? '',
    user_token_id: facts.userTokenId ?? '',
    userPaymentOptionId: facts.optionId ?? '',
    productId: '',
    responseTimeStamp: stampOf(event.happensAt),
    payment_method: 'cc_card',
    authCode: facts.authCode,
    cardNumber: card === null ? '' : `****${card.last4}`,
    expMonth: card === null ? '' : String(card.expMonth).padStart(2, '0'),
    expYear: card === null ? '' : String(card.expYear % 100).padStart(2, '0'),
    cardCompany: card?.brand ?? '',
    ErrCode: String(facts.gwErrorCode),
    ExErrCode: '0',
    Reason: facts.gwErrorReason,
    ReasonCode: '0',
    message: facts.gwErrorReason,
    type: 'DEPOSIT',
  };
}

/** `YYYY-MM-DD.HH:MM:SS`. */
function stampOf(instant: Date): string {
  return instant.toISOString().slice(0, 19).replace('T', '.');
}

function toForm(account: NuveiAccount, fields: Readonly<Record<string, string>>): string {
  const { merchantId, merchantSiteId } = account;
  const all = { ...fields, merchant_id: merchantId, merchant_site_id: merchantSiteId };
  return new URLSearchParams({ ...all, advanceResponseChecksum: notificationChecksum(all, account) }).toString();
}
