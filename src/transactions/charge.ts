import { commit, when } from '../database/commit.ts';
import type { Dialect } from '../kernel/dialect.ts';
import { newId } from '../kernel/ids.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import {
  type CodeKey,
  type CodeOwner,
  claimCode,
  claimPart,
  codeProvider,
  findCode,
  freeCode,
} from '../operations/code-store.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import { findPaymentMethod } from '../payment-methods/read.ts';
import { holdPaymentMethod, isUsable } from '../payment-methods/store.ts';
import type { Contact } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { draftTransaction, inheritedFrom } from './draft.ts';
import { draftCall, fingerprintCall, performCall, type RecordedCall, resumeTransaction } from './money-call.ts';
import type { Transaction } from './transaction.ts';

export interface ChargeInput {
  readonly paymentMethodId: string;
  readonly merchantInternalTransactionCode: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly dialect: Dialect;
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

interface WantedCharge {
  readonly input: StoredUse;
  readonly method: PaymentMethod;
  readonly claim: CodeKey & CodeOwner;
}

async function useStored(deps: Deps, scope: MerchantScope, { action, ...rest }: StoredUse): Promise<Result<Transaction>> {
  const input = { action, ...rest };
  const { dialect, ...meaning } = rest;
  const inputFingerprint = fingerprintCall(deps, { kind: action === 'PAYMENT' ? 'CHARGE' : action, ...meaning });
  const method = await findPaymentMethod(deps, scope, input.paymentMethodId);
  if (!method.ok) return method;
  const { provider, providerAccountId } = method.value;
  const key = { code: input.merchantInternalTransactionCode, provider: codeProvider(dialect, provider) };
  const claim = { ...key, ownerKind: 'TRANSACTION', ownerId: newId(deps.clock.now()), inputFingerprint } as const;
  const charge = { input, method: method.value, claim };
  const account = await deps.accounts.find(scope, { merchantTransactionProviderId: providerAccountId });
  const problem = account.ok ? checkCharge(deps, method.value, input) : account.refusal;
  if (problem === null) {
    const recorded = key.provider === null ? await tryRecord(deps, scope, charge) : null;
    if (recorded !== null) return ok(await performCall(deps, recorded));
  }
  const earlier = await findCode(deps.database.client, scope, key);
  if (earlier !== null) return replayCharge(deps, scope, { earlier, claim });
  if (problem !== null) return refused(problem);
  const recorded = await recordLocked(deps, scope, charge);
  if (!recorded.ok) return recorded;
  if ('ownerId' in recorded.value) return replayCharge(deps, scope, { earlier: recorded.value, claim });
  return ok(await performCall(deps, recorded.value));
}

async function replayCharge(
  deps: Deps,
  scope: MerchantScope,
  { earlier, claim }: { earlier: CodeOwner; claim: CodeKey & CodeOwner },
): Promise<Result<Transaction>> {
  const isSameCall = earlier.ownerKind === 'TRANSACTION' && earlier.inputFingerprint === claim.inputFingerprint;
  if (isSameCall) return resumeTransaction(deps, scope, earlier.ownerId);
  const message = `merchantInternalTransactionCode: "${claim.code}" belongs to an earlier call with other input.`;
  return refused(refusal('CODE_ALREADY_USED', message));
}

/** Records a charge in one statement. Null, with nothing written, where the code is taken or the method was withdrawn. */
async function tryRecord(deps: Deps, scope: MerchantScope, charge: WantedCharge): Promise<RecordedCall | null> {
  const { recorded, insert, others } = draftCharge(deps, scope, charge);
  const first = when([isUsable(scope, charge.method)], claimPart(scope, charge.claim));
  return (await commit(deps.database.client, first, [insert, ...others])) ? recorded : null;
}

async function recordLocked(deps: Deps, scope: MerchantScope, charge: WantedCharge): Promise<Result<RecordedCall | CodeOwner>> {
  return deps.database.inTransaction(async (tx) => {
    const { claim } = charge;
    const owner = await claimCode(tx, scope, claim);
    if (owner !== null) return ok(owner);
    const wanted = { id: charge.method.id, now: deps.clock.now() };
    const method = (await holdPaymentMethod(tx, scope, wanted)) ?? charge.method;
    // It was detached, or its customer erased, since it was looked at.
    if (method.status !== 'ENABLED') {
      await freeCode(tx, scope, claim);
      return refused(notChargeable(method));
    }
    const { recorded, insert, others } = draftCharge(deps, scope, { ...charge, method });
    if (!(await commit(tx, insert, others))) throw new Error('A new charge met an existing transaction.');
    return ok(recorded);
  });
}

function draftCharge(deps: Deps, scope: MerchantScope, { input, method, claim }: WantedCharge) {
  const { action, merchantInternalTransactionCode, amountMinor, currency, description } = input;
  const { id: paymentMethodId, card, providerAccountId, provider, customerId, stored } = method;
  const { ownerId: id } = claim;
  const now = deps.clock.now();
  const origin = { ...scope, providerAccountId, provider, customerId, currency, merchantInternalTransactionCode, erasedAt: null };
  const fields = { ...inheritedFrom(origin), id, sessionId: null, paymentMethodId, card, action, amountMinor };
  const request = {
    transactionId: id,
    merchantInternalTransactionCode,
    method: stored,
    money: { amountMinor, currency },
    ...(action === 'AUTHORIZATION' && { isHold: true }),
    customerId,
    billing: input.billing ?? method.billing,
    description,
  };
  const operation = { id: newId(now), kind: 'CHARGE', subjectId: id, providerAccountId, request } as const;
  return draftCall(deps, { transaction: draftTransaction(fields, now), operation });
}

function checkCharge(deps: Pick<Deps, 'provider'>, method: PaymentMethod, input: StoredUse): Refusal | null {
  if (method.status !== 'ENABLED') {
    return notChargeable(method);
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

function notChargeable(method: PaymentMethod): Refusal {
  return refusal('PAYMENT_METHOD_NOT_CHARGEABLE', `Payment method ${method.id} is ${method.status}.`);
}
