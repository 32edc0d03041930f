import { randomUUID } from 'node:crypto';
import type { OpenRequest } from '../../bank/bank.ts';
import { paymentIdOf } from '../../bank/ids.ts';
import { addMs } from '../../kernel/clock.ts';
import { keepRecord, readRecord } from '../record-store.ts';
import { readAmount } from './amounts.ts';
import { bankCallOf, type NuveiCall, refusalReply } from './context.ts';
import { fail, type NuveiReply, succeed } from './errors.ts';
import { type OrderData, orderIdOf, SESSION_LIFE_MS, type SessionData } from './order-record.ts';
import type { Parameters } from './parameters.ts';

/** Sessions and orders. A repeated call opens another order: the duplicate guard is for calls that move money. */

/** Assumption: how many declines end a session where the merchant does not say. */
const DECLINES_MAX = 10;

export async function openOrder(call: NuveiCall<Parameters<'openOrder'>>): Promise<NuveiReply> {
  const { deps, account, params } = call;
  const amount = readAmount(params.amount, params.currency);
  if (typeof amount !== 'bigint') return amount;
  if (amount === 0n && params.transactionType === 'Sale') return fail('amount', 'only an Auth can be of 0');
  const orderId = orderIdOf(account.id, call.operationId);
  const sessionToken = await openSession(call, orderId);
  const data: OrderData = {
    sessionToken,
    clientUniqueId: params.clientUniqueId ?? null,
    clientRequestId: params.clientRequestId ?? null,
    userTokenId: params.userTokenId ?? null,
    transactionType: params.transactionType,
    currency: params.currency,
    notificationUrl: params.urlDetails?.notificationUrl ?? null,
    optionId: null,
    returnUrl: null,
  };
  const bankCode = paymentIdOf(account.id, call.operationId);
  await keepRecord(call, { id: orderId, kind: 'order', bankCode, reference: data.clientUniqueId, data });
  const opened = await deps.bank.openPayment(bankCallOf(call), toOpenRequest(call, amount, orderId));
  if (!opened.ok) return refusalReply(opened.refusal);
  return succeed({
    orderId,
    sessionToken,
    ...(data.userTokenId !== null && { userTokenId: data.userTokenId }),
    clientUniqueId: data.clientUniqueId ?? '',
  });
}

function toOpenRequest(
  { deps, params }: NuveiCall<Parameters<'openOrder'>>,
  amountMinor: bigint,
  reference: string,
): OpenRequest {
  const limit = Number(params.sessionCardDeclineLimit ?? 0);
  return {
    reference,
    kind: params.transactionType === 'Sale' ? 'PAYMENT' : amountMinor === 0n ? 'STORE' : 'AUTHORIZATION',
    amountMinor,
    currency: params.currency,
    storeMethod: false,
    customerReference: params.userTokenId ?? null,
    attemptsMax: limit === 0 ? DECLINES_MAX : limit,
    expiresAt: addMs(deps.clock.now(), SESSION_LIFE_MS),
    returnUrl: null,
  };
}

export async function getSessionToken(call: NuveiCall<Parameters<'getSessionToken'>>): Promise<NuveiReply> {
  return succeed({ sessionToken: await openSession(call, null) });
}

async function openSession(call: NuveiCall<unknown>, orderId: string | null): Promise<string> {
  const data: SessionData = { expiresAt: addMs(call.deps.clock.now(), SESSION_LIFE_MS).toISOString(), orderId };
  return (await keepRecord(call, { id: randomUUID(), kind: 'session', reference: orderId, data })).id;
}

/** The living session of a token, or why there is none. */
export async function readSession(
  { deps, account }: NuveiCall<unknown>,
  token: string,
): Promise<SessionData | 'token' | 'expired'> {
  const record = await readRecord<SessionData>(deps.database.client, account.id, token);
  if (record?.kind !== 'session') return 'token';
  return deps.clock.now() < new Date(record.data.expiresAt) ? record.data : 'expired';
}
