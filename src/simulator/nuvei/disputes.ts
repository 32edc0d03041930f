import { addMs } from '../../kernel/clock.ts';
import { insertDeliveries } from '../delivery-store.ts';
import type { SimulatorDeps } from '../deps.ts';
import { numberId, wordId } from '../ids.ts';
import { putRecord, readRecord, type VendorRecord } from '../record-store.ts';
import { writeAmount } from './amounts.ts';
import { type ChargebackData, lastAttempt, type MoveData, type Order, readOrder, transactionIdOf } from './order-record.ts';
import { registerAttempts, type toDetails } from './transactions.ts';

/**
 * Chargebacks, made from the control. Assumption throughout: the facts name a notification of transactionType Chargeback and no more.
 * Here it is a transaction of its own that is PENDING while it is argued, APPROVED once the money is gone and DECLINED once it is back.
 */

const DELAY_MS = 1500;

/**
 * @param code a transaction or an order
 * @returns the chargeback's transactionId; null when nothing was taken that could be disputed
 */
export async function openNuveiDispute(
  deps: SimulatorDeps,
  given: { accountId: string; code: string; reason: string },
): Promise<string | null> {
  const { accountId, code, reason } = given;
  const disputed = await findDisputed(deps, accountId, code);
  if (disputed === null) return null;
  const { order, movementId, amountMinor } = disputed;
  const relatedTransactionId = transactionIdOf(movementId);
  const id = numberId('712', 19, movementId);
  if ((await readRecord(deps.database.client, accountId, id)) !== null) return id;
  const { currency } = order.record.data;
  const amount = writeAmount(amountMinor, currency);
  const data: ChargebackData = { orderId: order.record.id, relatedTransactionId, amount, currency, reason, status: 'PENDING' };
  await deps.database.inTransaction(async (tx) => {
    await putRecord(tx, {
      accountId,
      id,
      kind: 'chargeback',
      bankCode: movementId,
      reference: null,
      data,
      createdAt: deps.clock.now(),
    });
    await insertDeliveries(tx, [eventOf(deps, { accountId, id, data })]);
  });
  return id;
}

interface Disputed {
  readonly order: Order;
  /** The Sale or the Settle. */
  readonly movementId: string;
  readonly amountMinor: bigint;
}

async function findDisputed(deps: SimulatorDeps, accountId: string, code: string): Promise<Disputed | null> {
  const record = await readRecord<Partial<MoveData>>(deps.database.client, accountId, code);
  const order = record && (await readOrder(deps, accountId, record.data.orderId ?? record.id));
  if (order == null) return null;
  await registerAttempts(deps, order);
  const { entries, payment } = order.statement;
  const taken =
    payment.kind === 'AUTHORIZATION' ? entries.find(({ movement }) => movement.kind === 'CAPTURE') : lastAttempt(order);
  if (payment.kind === 'STORE' || taken?.movement.status !== 'succeeded') return null;
  return { order, movementId: taken.movement.id, amountMinor: taken.movement.amountMinor };
}

/** False when there is no such chargeback, or it is decided otherwise already. */
export async function closeNuveiDispute(
  deps: SimulatorDeps,
  given: { accountId: string; id: string; status: 'won' | 'lost' },
): Promise<boolean> {
  const { accountId, id } = given;
  const status = given.status === 'lost' ? 'APPROVED' : 'DECLINED';
  return deps.database.inTransaction(async (tx) => {
    const record = await readRecord<ChargebackData>(tx, accountId, id);
    if (record?.kind !== 'chargeback') return false;
    if (record.data.status !== 'PENDING') return record.data.status === status;
    const data = { ...record.data, status } as const;
    await putRecord(tx, { ...record, data });
    await insertDeliveries(tx, [eventOf(deps, { accountId, id, data })]);
    return true;
  });
}

function eventOf(deps: SimulatorDeps, { accountId, id, data }: { accountId: string; id: string; data: ChargebackData }) {
  const happensAt = deps.clock.now();
  const type = `Chargeback.${data.status}`;
  const eventId = wordId('dmn_', id, type);
  return {
    accountId,
    eventId,
    delivery: 1,
    type,
    recordId: id,
    paymentCode: data.orderId,
    happensAt,
    dueAt: addMs(happensAt, DELAY_MS),
  };
}

export function chargebackDetails({ id, data, createdAt }: VendorRecord<ChargebackData>): ReturnType<typeof toDetails> {
  return {
    transactionDetails: {
      date: createdAt.toISOString(),
      transactionId: id,
      transactionType: 'Chargeback',
      transactionStatus: data.status,
      relatedTransactionId: data.relatedTransactionId,
      processedAmount: data.amount,
      processedCurrency: data.currency,
      gwErrorCode: 0,
      gwErrorReason: data.reason,
      gwExtendedErrorCode: 0,
    },
  };
}
