import { addMs } from '../../kernel/clock.ts';
import { insertDeliveries } from '../delivery-store.ts';
import type { SimulatorDeps } from '../deps.ts';
import { wordId } from '../ids.ts';
import { putRecord, readRecord } from '../record-store.ts';
import { type Intent, readIntent, receivedOf, sumOf } from './intent-record.ts';
import { type DisputeData, findCharge, paidAttempt } from './objects.ts';
import { chargeIdOf, methodIdOf } from './views.ts';

/** Disputes are made from the control: no card of the bank asks for one. */

const DELAY_MS = 1500;

/**
 * @param code a charge or a payment intent; what follows a colon is left out
 * @returns the id of the dispute, the same when the charge has one; null when nothing was taken that could be disputed
 */
export async function openStripeDispute(
  deps: SimulatorDeps,
  given: { accountId: string; code: string; reason: string },
): Promise<string | null> {
  const { accountId, reason } = given;
  const intent = await findDisputed(deps, accountId, given.code.split(':')[0] ?? '');
  const paid = intent && paidAttempt(intent);
  if (intent === null || paid == null || receivedOf(intent) === 0) return null;
  const id = wordId('dp_', paid.id);
  if ((await readRecord(deps.database.client, accountId, id)) !== null) return id;
  const data: DisputeData = {
    amount: receivedOf(intent) - sumOf(intent, 'REFUND'),
    currency: intent.record.data.currency,
    charge: chargeIdOf(paid),
    paymentIntent: intent.record.id,
    paymentMethod: methodIdOf(intent, paid),
    reason,
    status: 'needs_response',
  };
  await deps.database.inTransaction(async (tx) => {
    const record = {
      accountId,
      id,
      kind: 'dispute',
      bankCode: paid.id,
      reference: intent.record.id,
      data,
      createdAt: deps.clock.now(),
    };
    await putRecord(tx, record);
    await insertDeliveries(tx, [eventOf(deps, { accountId, id, type: 'charge.dispute.created', paymentCode: intent.record.id })]);
  });
  return id;
}

async function findDisputed(deps: SimulatorDeps, accountId: string, code: string): Promise<Intent | null> {
  return (await findCharge(deps, accountId, code))?.intent ?? readIntent(deps, accountId, code);
}

/** False when there is no such dispute, or it is decided otherwise already. */
export async function closeStripeDispute(
  deps: SimulatorDeps,
  given: { accountId: string; id: string; status: 'won' | 'lost' },
): Promise<boolean> {
  const { accountId, id, status } = given;
  return deps.database.inTransaction(async (tx) => {
    const record = await readRecord<DisputeData>(tx, accountId, id);
    if (record?.kind !== 'dispute') return false;
    if (record.data.status !== 'needs_response') return record.data.status === status;
    await putRecord(tx, { ...record, data: { ...record.data, status } });
    await insertDeliveries(tx, [
      eventOf(deps, { accountId, id, type: 'charge.dispute.closed', paymentCode: record.data.paymentIntent }),
    ]);
    return true;
  });
}

function eventOf(
  deps: SimulatorDeps,
  { accountId, id, type, paymentCode }: { accountId: string; id: string; type: string; paymentCode: string },
) {
  const happensAt = deps.clock.now();
  const eventId = wordId('evt_', id, type);
  return { accountId, eventId, delivery: 1, type, recordId: id, paymentCode, happensAt, dueAt: addMs(happensAt, DELAY_MS) };
}
