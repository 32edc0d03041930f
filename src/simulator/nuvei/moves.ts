import { movementIdOf } from '../../bank/ids.ts';
import type { MovementResult, MoveRequest } from '../../bank/money.ts';
import type { MoneyMove } from '../../bank/payment.ts';
import { keepRecord, readRecord } from '../record-store.ts';
import { readAmount } from './amounts.ts';
import { bankCallOf, gatewayError, type NuveiCall, refusalReply } from './context.ts';
import { fail, type NuveiFailure, type NuveiReply, succeed } from './errors.ts';
import { type MoveData, type Order, readOrder, transactionIdOf } from './order-record.ts';
import type { Parameters } from './parameters.ts';
import { moveFacts, toBody } from './transactions.ts';

/** Settles, voids and refunds of an earlier transaction. */

type MoveParams = Parameters<'settleTransaction' | 'voidTransaction' | 'refundTransaction'>;
type MoveCall = NuveiCall<MoveParams>;

/** What a move goes back to: the order, and which of its transactions was named. */
interface Target {
  readonly order: Order;
  readonly names: 'sale' | 'auth' | 'settle';
}

export async function settle(call: NuveiCall<Parameters<'settleTransaction'>>): Promise<NuveiReply> {
  return move(call, 'Settle', async (target, request) => {
    if (target.names !== 'auth') return null;
    return call.deps.bank.capture(bankCallOf(call), request);
  });
}

/** A hold, or money that was taken today and of which nothing was refunded. All of it: another amount is refused. */
export async function voidTransaction(call: NuveiCall<Parameters<'voidTransaction'>>): Promise<NuveiReply> {
  return move(call, 'Void', async ({ order, names }, request) => {
    const full = names === 'settle' ? capturedOf(order) : order.statement.payment.amountMinor;
    if (call.params.amount !== undefined && request.amountMinor !== full) return 'invalid amount';
    const whole = { ...request, amountMinor: full };
    return names === 'auth' ? call.deps.bank.void(bankCallOf(call), whole) : call.deps.bank.reverse(bankCallOf(call), whole);
  });
}

/** In parts, up to what was taken. A hold is voided, not refunded. */
export async function refund(call: NuveiCall<Parameters<'refundTransaction'>>): Promise<NuveiReply> {
  return move(call, 'Credit', async (target, request) => {
    if (target.names === 'auth') return null;
    return call.deps.bank.refund(bankCallOf(call), request);
  });
}

/** Null: the named transaction is of the wrong kind. A text: the gateway's reason against it. */
type Send = (target: Target, request: MoveRequest) => Promise<Awaited<MovementResult> | null | string>;

async function move(call: MoveCall, type: MoveData['type'], send: Send): Promise<NuveiReply> {
  const { params, operationId } = call;
  const target = await findTarget(call);
  if (target === null) return fail('validation', 'relatedTransactionId');
  const { order } = target;
  const money = readMoney(call, order);
  if ('errCode' in money) return money;
  const movementId = movementIdOf(order.record.bankCode, operationId);
  const data: MoveData = {
    type,
    clientUniqueId: params.clientUniqueId ?? null,
    clientRequestId: params.clientRequestId ?? null,
    relatedTransactionId: params.relatedTransactionId,
    notificationUrl: params.urlDetails?.notificationUrl ?? null,
    orderId: order.record.id,
  };
  const id = transactionIdOf(movementId);
  await keepRecord(call, { id, kind: 'move', bankCode: movementId, reference: data.clientUniqueId, data });
  const moved = await send(target, { code: order.record.bankCode, amountMinor: money.amountMinor, currency: money.currency });
  if (moved === null) return gatewayError('transaction type is not allowed');
  if (typeof moved === 'string') return gatewayError(moved);
  if (!moved.ok) return refusalReply(moved.refusal);
  return answerOf(call, order, { movementId, data });
}

async function answerOf(call: MoveCall, { record }: Order, made: { movementId: string; data: MoveData }): Promise<NuveiReply> {
  const order = await readOrder(call.deps, call.account.id, record.id);
  const entry = order?.statement.entries.find(({ movement }) => movement.id === made.movementId);
  if (order === null || entry === undefined) throw new Error('The move was just made.');
  return succeed(toBody(moveFacts(order, entry, made.data)));
}

function readMoney(call: MoveCall, order: Order): MoneyMove | NuveiFailure {
  const { amount, currency } = call.params;
  const { payment } = order.statement;
  if (amount === undefined || currency === undefined) return payment;
  const amountMinor = readAmount(amount, currency);
  if (typeof amountMinor !== 'bigint') return amountMinor;
  return amountMinor === 0n ? fail('amount') : { amountMinor, currency };
}

async function findTarget({ deps, account, params }: MoveCall): Promise<Target | null> {
  const record = await readRecord<{ orderId: string; type?: MoveData['type'] }>(
    deps.database.client,
    account.id,
    params.relatedTransactionId,
  );
  const order = record && (await readOrder(deps, account.id, record.data.orderId));
  const entry = order?.statement.entries.find(({ movement }) => movement.id === record?.bankCode);
  if (record === null || order == null || entry === undefined) return null;
  if (record.kind === 'attempt') return { order, names: order.record.data.transactionType === 'Sale' ? 'sale' : 'auth' };
  return record.data.type === 'Settle' ? { order, names: 'settle' } : null;
}

function capturedOf({ statement }: Order): bigint {
  return statement.entries
    .filter(({ movement }) => movement.kind === 'CAPTURE' && movement.status === 'succeeded')
    .reduce((sum, { movement }) => sum + movement.amountMinor, 0n);
}
