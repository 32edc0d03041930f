import { listRecords, readRecord, type VendorRecord } from '../record-store.ts';
import type { NuveiCall } from './context.ts';
import { chargebackDetails } from './disputes.ts';
import { fail, type NuveiReply, succeed } from './errors.ts';
import {
  type ChargebackData,
  isTransaction,
  lastAttempt,
  type MoveData,
  ORDER_KINDS,
  type OrderData,
  readOrder,
  withStatement,
} from './order-record.ts';
import { readSession } from './orders.ts';
import type { Parameters } from './parameters.ts';
import { attemptFacts, moveFacts, registerAttempts, toBody, toDetails } from './transactions.ts';

/** What happened: in a living session, and at any time. */

/** The last transaction of the session's order. */
export async function getPaymentStatus(call: NuveiCall<Parameters<'getPaymentStatus'>>): Promise<NuveiReply> {
  const { deps, account, params } = call;
  const { sessionToken } = params;
  const session = await readSession(call, sessionToken);
  if (typeof session === 'string') return fail(session);
  const order = session.orderId === null ? null : await readOrder(deps, account.id, session.orderId);
  const attempt = order && lastAttempt(order);
  if (order === null || attempt == null) return { ...fail('nothingPaid'), sessionToken };
  await registerAttempts(deps, order);
  return succeed({ sessionToken, ...toBody(attemptFacts(deps, order, attempt)) });
}

/** By Nuvei's id, or the newest by the merchant's; where both are given, both must fit. */
export async function getTransactionDetails(call: NuveiCall<Parameters<'getTransactionDetails'>>): Promise<NuveiReply> {
  const { transactionId, clientUniqueId } = call.params;
  if (transactionId === undefined && clientUniqueId === undefined) return fail('validation', 'transactionId or clientUniqueId');
  const found = transactionId === undefined ? await byUniqueId(call, clientUniqueId ?? '') : await byId(call, transactionId);
  if (found === null) return fail('unknownTransaction');
  const isOther = transactionId !== undefined && clientUniqueId !== undefined && found['clientUniqueId'] !== clientUniqueId;
  return isOther ? fail('unknownTransaction') : succeed(found);
}

type Details = ReturnType<typeof toDetails>;

async function byId(call: NuveiCall<unknown>, transactionId: string): Promise<Details | null> {
  const { deps, account } = call;
  const record = await readRecord(deps.database.client, account.id, transactionId);
  switch (record?.kind ?? 'none') {
    case 'attempt':
      return ofAttempt(call, record as VendorRecord<{ orderId: string }>);
    case 'move':
      return ofMove(call, record as VendorRecord<MoveData>);
    case 'chargeback':
      return chargebackDetails(record as VendorRecord<ChargebackData>);
    default:
      return null;
  }
}

const CANDIDATES_MAX = 100;

async function byUniqueId(call: NuveiCall<unknown>, reference: string): Promise<Details | null> {
  const { deps, account } = call;
  const query = { accountId: account.id, kinds: [...ORDER_KINDS, 'move'], reference };
  for (const record of await listRecords(deps.database.client, query, CANDIDATES_MAX)) {
    const isMove = record.kind === 'move';
    const details = isMove
      ? await ofMove(call, record as VendorRecord<MoveData>)
      : await ofOrder(call, record as VendorRecord<OrderData>);
    if (details !== null) return details;
  }
  return null;
}

async function ofAttempt(
  { deps, account }: NuveiCall<unknown>,
  record: VendorRecord<{ orderId: string }>,
): Promise<Details | null> {
  const order = await readOrder(deps, account.id, record.data.orderId);
  const entry = order?.statement.entries.find(({ movement }) => movement.id === record.bankCode);
  return order === null || entry === undefined || !isTransaction(entry) ? null : toDetails(attemptFacts(deps, order, entry));
}

/** Null for a move that the bank turned down. */
async function ofMove({ deps, account }: NuveiCall<unknown>, record: VendorRecord<MoveData>): Promise<Details | null> {
  const order = await readOrder(deps, account.id, record.data.orderId);
  const entry = order?.statement.entries.find(({ movement }) => movement.id === record.bankCode);
  return order === null || entry === undefined ? null : toDetails(moveFacts(order, entry, record.data));
}

async function ofOrder({ deps }: NuveiCall<unknown>, record: VendorRecord<OrderData>): Promise<Details | null> {
  const order = await withStatement(deps, record);
  const entry = order && lastAttempt(order);
  if (order === null || entry == null) return null;
  await registerAttempts(deps, order);
  return toDetails(attemptFacts(deps, order, entry));
}
