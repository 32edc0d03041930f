import { timeOfId } from '../../kernel/ids.ts';
import type { Money } from '../../kernel/money.ts';
import {
  type ChargeRequest,
  type DetachRequest,
  type Movement,
  type ProviderCall,
  type ProviderEffect,
  ProviderFailure,
  type RefundRequest,
  type SettleRequest,
  type VoidRequest,
} from '../provider.ts';
import { toNuveiAmount } from './amounts.ts';
import { type NuveiMethod, presentFields } from './checksum.ts';
import { callNuvei } from './client.ts';
import { clip, contactFields, type NuveiDeps } from './order.ts';
import { failureCodeOf, type MovementKind, toMovement, withoutPayer, withStoredHold } from './outcome.ts';
import { type NuveiAnswer, toTransaction } from './wire.ts';

/** Settles, voids, refunds, charges and the end of stored methods. Each is sent once, with what depends on the operation alone. */

export function settle(deps: NuveiDeps, call: ProviderEffect, request: SettleRequest): Promise<Movement> {
  const fields = { ...moveFields(deps, call, request), ...amountFields(request.money) };
  return move(call, 'SETTLE', { fields, money: request.money });
}

/** Without an amount: all of it is voided, and an amount that differs in its form would be refused (ActiveMerchant, read 2026-11). */
export function voidMovement(deps: NuveiDeps, call: ProviderEffect, request: VoidRequest): Promise<Movement> {
  return move(call, 'VOID', { fields: moveFields(deps, call, request), money: request.money });
}

export function refund(deps: NuveiDeps, call: ProviderEffect, request: RefundRequest): Promise<Movement> {
  const comment = clip(request.reason, COMMENT_LENGTH_MAX);
  const fields = { ...moveFields(deps, call, request), ...amountFields(request.money), comment };
  return move(call, 'REFUND', { fields, money: request.money });
}

const COMMENT_LENGTH_MAX = 255;

const METHODS = {
  SETTLE: 'settleTransaction',
  VOID: 'voidTransaction',
  REFUND: 'refundTransaction',
} as const satisfies Partial<Record<MovementKind, NuveiMethod>>;

async function move(
  call: ProviderEffect,
  kind: keyof typeof METHODS,
  { fields, money }: { fields: Parameters<typeof presentFields>[0]; money: Money },
): Promise<Movement> {
  const method = METHODS[kind];
  const answer = await callNuvei(call, { method, intent: 'money', fields, at: timeOfId(call.operationId) });
  return toMovement(toTransaction(requireTransaction(answer, method)), { kind, money });
}

function moveFields(
  deps: NuveiDeps,
  { account, idempotencyKey }: ProviderEffect,
  { transactionId, providerCode }: { transactionId: string; providerCode: string },
) {
  return {
    clientRequestId: idempotencyKey,
    clientUniqueId: transactionId,
    relatedTransactionId: providerCode,
    urlDetails: { notificationUrl: deps.webhookUrl(account) },
  };
}

function amountFields(money: Money): { amount: string; currency: string } {
  return { amount: toNuveiAmount(money), currency: money.currency };
}

/**
 * Charges a stored method without the payer. Nuvei wants a session token for it, which is fetched first and moves nothing. A
 * challenge that the issuer asks for is a decline.
 */
export async function charge(deps: NuveiDeps, call: ProviderEffect, request: ChargeRequest): Promise<Movement> {
  const { method, money, transactionId, billing } = request;
  const sessionToken = await fetchToken(call, {
    clientRequestId: `${call.idempotencyKey}:token`,
    at: timeOfId(call.operationId),
  });
  const fields = {
    sessionToken,
    clientRequestId: call.idempotencyKey,
    clientUniqueId: transactionId,
    ...amountFields(money),
    transactionType: request.isHold === true ? 'Auth' : 'Sale',
    userTokenId: method.providerCustomerCode ?? request.customerId,
    // The merchant, not the payer, asks for this one; it refers to the payment with which the payer stored the card.
    isRebilling: '1',
    relatedTransactionId: method.originCode,
    paymentOption: { userPaymentOptionId: method.providerCode },
    billingAddress: billing === null ? null : contactFields(billing),
    urlDetails: { notificationUrl: deps.webhookUrl(call.account) },
    merchantDetails: presentFields({
      customField1: clip(request.merchantInternalTransactionCode, COMMENT_LENGTH_MAX),
      customField2: clip(request.description, COMMENT_LENGTH_MAX),
    }),
  };
  const answer = await callNuvei(call, { method: 'payment', intent: 'money', fields, at: timeOfId(call.operationId) });
  const transaction = toTransaction(requireTransaction(answer, 'payment'));
  if (request.isHold !== true) return withoutPayer(toMovement(transaction, { kind: 'PAYMENT', money }));
  const held = withoutPayer(toMovement(transaction, { kind: 'AUTHORIZATION', money }));
  return withStoredHold(held, transactionId);
}

/** A fresh session token: proves the credentials and is nothing until something is paid with it. */
export async function fetchToken(call: ProviderCall, token: { clientRequestId: string; at: Date }): Promise<string> {
  const { clientRequestId, at } = token;
  const answer = await callNuvei(call, { method: 'getSessionToken', intent: 'read', fields: { clientRequestId }, at });
  if (answer.sessionToken !== null) return answer.sessionToken;
  throw new ProviderFailure('UNAVAILABLE', 'Nuvei gave no session token.', 'incomplete');
}

export async function detach(call: ProviderEffect, { method }: DetachRequest): Promise<null> {
  const fields = {
    userTokenId: requireUser(method.providerCustomerCode),
    clientRequestId: call.idempotencyKey,
    userPaymentOptionId: method.providerCode,
  };
  try {
    await callNuvei(call, { method: 'deleteUPO', intent: 'harmless', fields, at: timeOfId(call.operationId) });
  } catch (failure) {
    // One that is gone already is what was asked for.
    const isGone =
      failure instanceof ProviderFailure && failure.category === 'NOT_FOUND' && !(await isAttached(call, { method }));
    if (!isGone) throw failure;
  }
  return null;
}

/** Whether the user's list has the method and it is not switched off. */
export async function isAttached(call: ProviderEffect, { method }: DetachRequest): Promise<boolean> {
  const userTokenId = requireUser(method.providerCustomerCode);
  const clientRequestId = `${call.idempotencyKey}:list`;
  const fields = { userTokenId, clientRequestId };
  const answer = await callNuvei(call, { method: 'getUserUPOs', intent: 'read', fields, at: call.now });
  const option = (answer.paymentMethods ?? []).find((known) => known.userPaymentOptionId === method.providerCode);
  return option !== undefined && (option.upoStatus ?? 'enabled').toLowerCase() === 'enabled';
}

function requireUser(providerCustomerCode: string | null): string {
  if (providerCustomerCode !== null) return providerCustomerCode;
  throw new ProviderFailure('INVALID_REQUEST', 'A method stored at NUVEI has a user there.');
}

/** A call that Nuvei accepted without making a transaction was turned away by its gateway. */
function requireTransaction(answer: NuveiAnswer, method: NuveiMethod): NuveiAnswer {
  const transaction = toTransaction(answer);
  if (transaction.id !== null) return answer;
  if (transaction.gwErrorCode === 0)
    throw new ProviderFailure('UNKNOWN_OUTCOME', `Nuvei’s answer to ${method} tells of no transaction.`, 'incomplete');
  throw new ProviderFailure('CONFLICT', `Nuvei’s gateway refused ${method}.`, failureCodeOf(transaction));
}
