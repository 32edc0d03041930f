import { wordId } from '../ids.ts';
import { keepRecord, putRecord, readRecord } from '../record-store.ts';
import { invalid, missing, refusalReply, type StripeReply } from './errors.ts';
import { bankCallOf, replyWith, type StripeCall } from './expand.ts';
import { readMethodState, toMethodView } from './method-view.ts';
import { type CustomerData, customerView } from './objects.ts';
import type { Parameters } from './parameters.ts';

/** Customers, and the cards that are stored for them. */

export async function createCustomer(call: StripeCall<Parameters<'customers.create'>>): Promise<StripeReply> {
  const { expand: _expand, ...data } = call.params;
  const id = wordId('cus_', call.account.id, call.operationId);
  const record = await keepRecord(call, { id, kind: 'customer', data });
  return replyWith(call, customerView(record));
}

export async function updateCustomer(call: StripeCall<Parameters<'customers.update'>>): Promise<StripeReply> {
  const { deps, account, id, params } = call;
  const record = await readRecord<CustomerData>(deps.database.client, account.id, id);
  if (record?.kind !== 'customer') return missing('customer', id);
  const { expand: _expand, metadata, ...rest } = params;
  const data = { ...record.data, ...rest, metadata: { ...record.data.metadata, ...metadata } } as CustomerData;
  await putRecord(deps.database.client, { ...record, data });
  return replyWith(call, customerView({ ...record, data }));
}

/** Takes a card from its customer. It can never be used again. */
export async function detachMethod(call: StripeCall<Parameters<'payment_methods.detach'>>): Promise<StripeReply> {
  const { deps, account, operationId, id } = call;
  const state = await readMethodState(deps, account.id, id);
  if (state === null) return missing('PaymentMethod', id, { param: 'payment_method' });
  const isRepeat = (await deps.bank.findByOperation(account.id, operationId)) !== null;
  if (state.methodId === null || (state.customer === null && !isRepeat))
    return invalid('The payment method is attached to no customer, so detachment is impossible.');
  const detached = await deps.bank.detachMethod(bankCallOf(call), state.methodId);
  if (!detached.ok) return refusalReply(detached.refusal, { intent: 'payment_intent' });
  return replyWith(call, toMethodView(id, { ...state, customer: null }));
}
