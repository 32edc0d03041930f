import { paymentIdOf } from '../../bank/ids.ts';
import { keepRecord, putRecord, readRecord } from '../record-store.ts';
import { readAmount } from './amounts.ts';
import { bankCallOf, type NuveiCall, refusalReply } from './context.ts';
import { fail, type NuveiReply, succeed } from './errors.ts';
import { lastAttempt, type OrderData, optionIdOf, orderIdOf, readOrder } from './order-record.ts';
import { readSession } from './orders.ts';
import type { Parameters } from './parameters.ts';
import { attemptFacts, registerAttempts, toBody } from './transactions.ts';

/** `payment`: a browser pays the order of its session with a card, or a server charges a stored option. */

type PaymentCall = NuveiCall<Parameters<'payment'>>;

export async function pay(call: PaymentCall): Promise<NuveiReply> {
  const session = await readSession(call, call.params.sessionToken);
  if (typeof session === 'string') return fail(session);
  if (!call.isBrowser) return charge(call);
  if (session.orderId === null) return fail('token', 'it belongs to no order');
  return payOrder(call, session.orderId);
}

/** In the order's 15 minutes, as often as its limit of declines allows. */
async function payOrder(call: PaymentCall, orderId: string): Promise<NuveiReply> {
  const { deps, account, params } = call;
  const order = await readOrder(deps, account.id, orderId);
  const { card } = params.paymentOption;
  if (order === null) return fail('token', 'its order is gone');
  if (card === undefined) return fail('cardData');
  const { userTokenId } = order.record.data;
  if (params.userTokenId !== undefined && params.userTokenId !== userTokenId)
    return fail('validation', 'userTokenId is not that of the order');
  const year = Number(card.expirationYear);
  const typed = {
    number: card.cardNumber,
    expMonth: Number(card.expirationMonth),
    expYear: year < 100 ? 2000 + year : year,
    cvc: card.CVV,
  };
  // A card is kept when its payer ticked the box; a zero authorization is for nothing else.
  const isStore = order.statement.payment.kind === 'STORE';
  const storeMethod = isStore || String(params.savePM ?? false) === 'true';
  const returnUrl = card.threeD?.notificationURL ?? null;
  if (returnUrl !== order.record.data.returnUrl)
    await putRecord(deps.database.client, { ...order.record, data: { ...order.record.data, returnUrl } });
  const by = { accountId: account.id, paymentId: order.record.bankCode };
  const confirmed = await deps.bank.confirm(by, typed, { storeMethod });
  if (!confirmed.ok) return refusalReply(confirmed.refusal);
  return answerOf(call, orderId);
}

/** The order's last attempt, as the answer to the call that made it. */
async function answerOf(call: PaymentCall, orderId: string): Promise<NuveiReply> {
  const order = await readOrder(call.deps, call.account.id, orderId);
  const attempt = order && lastAttempt(order);
  if (order === null || attempt == null) throw new Error(`The order ${orderId} was just paid.`);
  await registerAttempts(call.deps, order);
  return succeed({ sessionToken: call.params.sessionToken, ...toBody(attemptFacts(call.deps, order, attempt)) });
}

/** Without the payer: isRebilling 1 with the transaction in which they were there. */
async function charge(call: PaymentCall): Promise<NuveiReply> {
  const { deps, account, params } = call;
  const { amount: amountText, currency, userTokenId } = params;
  const optionId = String(params.paymentOption.userPaymentOptionId ?? '');
  if (amountText === undefined || currency === undefined) return fail('validation', 'amount, currency');
  const amount = readAmount(amountText, currency);
  if (typeof amount !== 'bigint') return amount;
  if (amount === 0n) return fail('amount');
  const option = await readRecord(deps.database.client, account.id, optionId);
  if (option?.kind !== 'upo' || option.bankCode === null || option.reference !== userTokenId) return fail('option');
  if (params.isRebilling === '1' && !(await isKnown(call, params.relatedTransactionId)))
    return fail('validation', 'relatedTransactionId');
  const data: OrderData = {
    sessionToken: params.sessionToken,
    clientUniqueId: params.clientUniqueId ?? null,
    clientRequestId: params.clientRequestId ?? null,
    userTokenId,
    transactionType: params.transactionType ?? 'Sale',
    currency,
    notificationUrl: params.urlDetails?.notificationUrl ?? null,
    optionId,
    returnUrl: null,
  };
  const orderId = orderIdOf(account.id, call.operationId);
  const bankCode = paymentIdOf(account.id, call.operationId);
  await keepRecord(call, { id: orderId, kind: 'charge_order', bankCode, reference: data.clientUniqueId, data });
  const charged = await deps.bank.chargeMethod(bankCallOf(call), {
    methodId: option.bankCode,
    reference: orderId,
    isHold: data.transactionType === 'Auth',
    amountMinor: amount,
    currency,
  });
  return charged.ok ? answerOf(call, orderId) : refusalReply(charged.refusal);
}

async function isKnown({ deps, account }: PaymentCall, transactionId: string | undefined): Promise<boolean> {
  const record = transactionId === undefined ? null : await readRecord(deps.database.client, account.id, transactionId);
  return record?.kind === 'attempt';
}

/** The stored options of a user. */

/** Assumption: an option that was deleted is not listed any more. */
export async function getUserUPOs({ deps, account, params }: NuveiCall<Parameters<'getUserUPOs'>>): Promise<NuveiReply> {
  const methods = await deps.bank.listMethods(account.id, params.userTokenId);
  const paymentMethods = methods.map((method) => ({
    userPaymentOptionId: optionIdOf(method.id),
    paymentMethodName: 'cc_card',
    upoName: `****${method.last4}`,
    upoStatus: 'enabled',
    expiryDate: `${method.expYear}${String(method.expMonth).padStart(2, '0')}`,
    upoData: {
      ccCardNumber: `****${method.last4}`,
      brand: method.brand.toUpperCase(),
      ccExpMonth: String(method.expMonth).padStart(2, '0'),
      ccExpYear: String(method.expYear),
    },
  }));
  return succeed({ userTokenId: params.userTokenId, paymentMethods });
}

export async function deleteUPO(call: NuveiCall<Parameters<'deleteUPO'>>): Promise<NuveiReply> {
  const { deps, account, params } = call;
  const option = await readRecord(deps.database.client, account.id, String(params.userPaymentOptionId));
  if (option?.kind !== 'upo' || option.bankCode === null || option.reference !== params.userTokenId) return fail('option');
  const method = await deps.bank.readMethod(account.id, option.bankCode);
  if (!method.ok || method.value.isDetached) return fail('option');
  const detached = await deps.bank.detachMethod(bankCallOf(call), option.bankCode);
  return detached.ok ? succeed({ userTokenId: params.userTokenId }) : refusalReply(detached.refusal);
}
