import { newId } from '../kernel/ids.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { type CodeOwner, claimCode, findCode } from '../operations/codes.ts';
import type { Deps } from '../operations/deps.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import { findPaymentMethod } from '../payment-methods/read.ts';
import type { Contact } from '../providers/provider.ts';
import { draftTransaction, inheritedFrom } from './draft.ts';
import { fingerprintCall, performCall, type RecordedCall, recordCall, resumeTransaction } from './money-call.ts';
import type { NewTransaction } from './store.ts';
import type { Transaction } from './transaction.ts';

export interface ChargeInput {
  readonly paymentMethodId: string;
  readonly merchantInternalTransactionCode: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly description: string | null;
  /** Null for the billing data that the method was stored with. */
  readonly billing: Contact | null;
}

/**
 * Charges a stored method without the payer, through the account that stored it. Returns the PAYMENT transaction: a decline
 * is its status, not an error. The same code and input give the same transaction. Refuses with PAYMENT_METHOD_NOT_FOUND,
 * PAYMENT_METHOD_NOT_CHARGEABLE, PROVIDER_ACCOUNT_DISABLED, AMOUNT_NOT_SUPPORTED, UNSUPPORTED, CODE_ALREADY_USED or OPERATION_IN_PROGRESS, and then
 * nothing was sent.
 */
export async function chargePaymentMethod(deps: Deps, scope: MerchantScope, input: ChargeInput): Promise<Result<Transaction>> {
  return useStored(deps, scope, { ...input, action: 'PAYMENT' });
}

/**
 * Holds money on a stored method without the payer, to be settled or voided later. Returns the AUTHORIZATION transaction, which
 * belongs to no session; everything else is as in `chargePaymentMethod`.
 */
export async function authorizePaymentMethod(deps: Deps, scope: MerchantScope, input: ChargeInput): Promise<Result<Transaction>> {
  return useStored(deps, scope, { ...input, action: 'AUTHORIZATION' });
}

interface StoredUse extends ChargeInput {
  readonly action: 'PAYMENT' | 'AUTHORIZATION';
}

async function useStored(deps: Deps, scope: MerchantScope, { action, ...rest }: StoredUse): Promise<Result<Transaction>> {
  const input = { action, ...rest };
  const code = input.merchantInternalTransactionCode;
  const kind = action === 'PAYMENT' ? 'CHARGE' : action;
  const fingerprint = fingerprintCall(deps, { kind, ...rest });
  const earlier = await findCode(deps.database.client, scope, code);
  if (earlier !== null) return replayCharge(deps, scope, { earlier, fingerprint, code });

  const method = await findPaymentMethod(deps, scope, input.paymentMethodId);
  if (!method.ok) return method;
  const account = await deps.accounts.find(scope, { merchantTransactionProviderId: method.value.providerAccountId });
  if (!account.ok) return account;
  const problem = checkCharge(deps, method.value, input);
  if (problem !== null) return refused(problem);
  const recorded = await recordCharge(deps, scope, { input, method: method.value, fingerprint });
  if ('ownerId' in recorded) return replayCharge(deps, scope, { earlier: recorded, fingerprint, code });
  return ok(await performCall(deps, scope, recorded));
}

async function replayCharge(
  deps: Deps,
  scope: MerchantScope,
  replay: { earlier: CodeOwner; fingerprint: string; code: string },
): Promise<Result<Transaction>> {
  const isSameCall = replay.earlier.ownerKind === 'TRANSACTION' && replay.earlier.inputFingerprint === replay.fingerprint;
  if (isSameCall) return resumeTransaction(deps, scope, replay.earlier.ownerId);
  const message = `merchantInternalTransactionCode: "${replay.code}" belongs to an earlier call with other input.`;
  return refused(refusal('CODE_ALREADY_USED', message));
}

async function recordCharge(
  deps: Deps,
  scope: MerchantScope,
  charge: { input: StoredUse; method: PaymentMethod; fingerprint: string },
): Promise<RecordedCall | CodeOwner> {
  const { input, method, fingerprint } = charge;
  const { merchantInternalTransactionCode, amountMinor, currency, description } = input;
  const id = newId(deps.clock.now());
  const billing = input.billing ?? method.billing;
  return deps.database.inTransaction(async (tx) => {
    const claim = {
      code: merchantInternalTransactionCode,
      ownerKind: 'TRANSACTION',
      ownerId: id,
      inputFingerprint: fingerprint,
    } as const;
    const owner = await claimCode(tx, scope, claim);
    if (owner !== null) return owner;
    const { customerId, providerAccountId, stored } = method;
    const money = { amountMinor, currency };
    const request = {
      transactionId: id,
      merchantInternalTransactionCode,
      method: stored,
      money,
      ...(input.action === 'AUTHORIZATION' && { isHold: true }),
      customerId,
      billing,
      description,
    };
    const operation = { id: newId(deps.clock.now()), kind: 'CHARGE', subjectId: id, providerAccountId, request } as const;
    const recorded = await recordCall(deps, tx, { transaction: toTransaction(deps, scope, { id, input, method }), operation });
    if (recorded === null) throw new Error('A new charge met an existing transaction.');
    return recorded;
  });
}

function checkCharge(deps: Deps, method: PaymentMethod, input: StoredUse): Refusal | null {
  if (method.status !== 'ENABLED') {
    return refusal('PAYMENT_METHOD_NOT_CHARGEABLE', `Payment method ${method.id} is ${method.status}.`);
  }
  const provider = deps.provider(method.provider);
  if (!provider.capabilities.effects.includes('CHARGE')) {
    return refusal('UNSUPPORTED', `${method.provider} does not charge stored payment methods.`);
  }
  if (input.action === 'AUTHORIZATION' && !provider.capabilities.holdsStored) {
    return refusal('UNSUPPORTED', `${method.provider} does not hold money on stored payment methods.`);
  }
  const unsupported = provider.checkAmount({ amountMinor: input.amountMinor, currency: input.currency });
  return unsupported === null ? null : refusal('AMOUNT_NOT_SUPPORTED', `amount: ${unsupported}`);
}

function toTransaction(
  deps: Deps,
  scope: MerchantScope,
  charge: { id: string; input: StoredUse; method: PaymentMethod },
): NewTransaction {
  const { id, input, method } = charge;
  const { amountMinor } = input;
  const { id: paymentMethodId, card, providerAccountId, provider, customerId } = method;
  const { currency, merchantInternalTransactionCode } = input;
  const origin = { ...scope, providerAccountId, provider, customerId, currency, merchantInternalTransactionCode };
  const fields = {
    ...inheritedFrom(origin),
    id,
    sessionId: null,
    paymentMethodId,
    card,
    action: input.action,
    amountMinor,
  };
  return draftTransaction(fields, deps.clock.now());
}
