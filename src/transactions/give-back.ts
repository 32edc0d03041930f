import { toDecimal } from '../kernel/money.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { type CallOnTarget, callOn, resumeTransaction } from './money-call.ts';
import { CALLS_BY_STANDING, isUnsettled, offersCall, refundableMinor, standingOf, type Transaction } from './transaction.ts';

/** `target`: a payment, charge or settle that succeeded. */
export type GiveBackInput = Pick<CallOnTarget, 'target' | 'requestedMinor' | 'idempotencyKey' | 'joinsEqual'> & {
  readonly kind: 'REFUND' | 'VOID';
  readonly reason: string | null;
};

/**
 * Gives captured money back, in part or in whole. The amount is claimed on the captured transaction in the same commit
 * that records the call, so that all live refunds together never exceed what was captured.
 */
export async function giveBack(deps: Deps, scope: MerchantScope, input: GiveBackInput): Promise<Result<Transaction>> {
  return callOn(deps, scope, {
    ...input,
    isOld: false,
    decide: (target) => decideAmount(deps, target, input),
    // What is to be given back may itself have been lost on the way.
    async refresh() {
      const { status, id } = input.target;
      if (isUnsettled(status)) await resumeTransaction(deps, scope, id);
    },
  });
}

function decideAmount(deps: Deps, target: Transaction, { kind, requestedMinor }: GiveBackInput): Result<bigint> {
  const problem = checkTarget(deps, target, kind);
  if (problem !== null) return refused(problem);
  const leftMinor = refundableMinor(target);
  const amountMinor = requestedMinor ?? leftMinor;
  const isWhole = kind === 'REFUND' || leftMinor === target.amountMinor;
  if (amountMinor > leftMinor || amountMinor === 0n || !isWhole) return refused(exceeds(target, leftMinor));
  const unsupported = deps.provider(target.provider).checkAmount({ amountMinor, currency: target.currency });
  return unsupported === null ? ok(amountMinor) : refused(refusal('AMOUNT_NOT_SUPPORTED', `amount: ${unsupported}`));
}

function checkTarget(deps: Pick<Deps, 'provider'>, target: Transaction, kind: 'REFUND' | 'VOID'): Refusal | null {
  const standing = standingOf(target, null);
  if (!CALLS_BY_STANDING[standing].includes(kind)) {
    const message = `Transaction ${target.id} is a ${target.action} in ${target.status}: only a payment or settle that SUCCEEDED can be given back.`;
    return refusal('INVALID_TRANSACTION_STATE', message);
  }
  const { capabilities } = deps.provider(target.provider);
  if (offersCall(capabilities, kind, standing)) return null;
  if (kind === 'VOID' && !capabilities.voidsPayments) {
    return refusal('UNSUPPORTED', `${target.provider} does not void captured payments. Refund the transaction instead.`);
  }
  return refusal('UNSUPPORTED', `${target.provider} does not offer ${kind}.`);
}

function exceeds(target: Transaction, leftMinor: bigint): Refusal {
  const { id, currency, disputedAmountMinor } = target;
  const left = toDecimal({ amountMinor: leftMinor, currency });
  const message = `amount: ${left} ${currency} of transaction ${id} can still be given back.`;
  const details = { availableAmount: leftMinor.toString() };
  if (disputedAmountMinor === 0n) return refusal('AMOUNT_EXCEEDS_AVAILABLE', message, details);
  const disputed = toDecimal({ amountMinor: disputedAmountMinor, currency });
  const reason = `The payer has disputed ${disputed} ${currency} of it at their bank, which cannot be refunded besides.`;
  return refusal('AMOUNT_EXCEEDS_AVAILABLE', `${message} ${reason}`, {
    ...details,
    disputedAmount: disputedAmountMinor.toString(),
  });
}
