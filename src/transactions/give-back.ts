import { newId } from '../kernel/ids.ts';
import { toDecimal } from '../kernel/money.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { SessionReference } from '../providers/provider.ts';
import { childOf } from './child.ts';
import { fingerprintCall, performCall, type RecordedCall, recordCall, replayCall, resumeTransaction } from './money-call.ts';
import { findUnsettledChild, isKeyUsed, lockTransaction, reserveRefund } from './store.ts';
import { CALLS_BY_STANDING, isUnsettled, offersCall, refundableMinor, standingOf, type Transaction } from './transaction.ts';

export interface GiveBackInput {
  /** What is given back: a payment, charge or settle that succeeded. */
  readonly target: Transaction;
  readonly kind: 'REFUND' | 'VOID';
  /** Null for all that is left. */
  readonly requestedMinor: bigint | null;
  readonly reason: string | null;
  readonly idempotencyKey: string | null;
  /** Whether an equal call that is not settled yet is answered instead of made again. */
  readonly joinsEqual?: boolean;
}

/**
 * Gives captured money back, in part or in whole. The amount is claimed on the captured transaction in the same commit
 * that records the call, so that all live refunds together never exceed what was captured.
 */
export async function giveBack(deps: Deps, scope: MerchantScope, input: GiveBackInput): Promise<Result<Transaction>> {
  const { kind, requestedMinor, reason } = input;
  const fingerprint = fingerprintCall(deps, { kind, target: input.target.id, requestedMinor, reason });
  const replay = await replayCall(deps, scope, { idempotencyKey: input.idempotencyKey, fingerprint });
  if (replay !== null) return replay;
  const target = await bringUpToDate(deps, scope, input.target);
  const problem = checkTarget(deps, target, kind);
  if (problem !== null) return refused(problem);
  const session = target.sessionId === null ? null : await deps.sessions.reference(scope, target.sessionId);
  const recorded = await recordGiveBack(deps, scope, { input: { ...input, target }, fingerprint, session });
  if (recorded === 'taken') {
    const inProgress = refusal('OPERATION_IN_PROGRESS', 'A call with the same key is under way.');
    return (await replayCall(deps, scope, { ...input, fingerprint })) ?? refused(inProgress);
  }
  if (!recorded.ok) return recorded;
  const call = recorded.value;
  return 'operation' in call ? ok(await performCall(deps, scope, call)) : resumeTransaction(deps, scope, call.transactionId);
}

/** What is to be given back may itself have been lost on the way: that is asked about first. */
async function bringUpToDate(deps: Deps, scope: MerchantScope, target: Transaction): Promise<Transaction> {
  if (!isUnsettled(target.status) || target.attempt !== null) return target;
  const resumed = await resumeTransaction(deps, scope, target.id);
  return resumed.ok ? resumed.value : target;
}

async function recordGiveBack(
  deps: Deps,
  scope: MerchantScope,
  call: { input: GiveBackInput; fingerprint: string; session: SessionReference | null },
): Promise<Result<RecordedCall | Pick<RecordedCall, 'transactionId'>> | 'taken'> {
  const { target, kind, requestedMinor, reason, idempotencyKey, joinsEqual } = call.input;
  return deps.database.inTransaction(async (tx) => {
    const locked = await lockTransaction(tx, scope, target.id);
    if (await isKeyUsed(tx, scope, idempotencyKey)) return 'taken';
    const equal = joinsEqual === true ? await findUnsettledChild(tx, target, call.fingerprint) : null;
    if (equal !== null) return ok({ transactionId: equal.id });
    const leftMinor = locked === null ? 0n : refundableMinor(locked);
    const amountMinor = requestedMinor ?? leftMinor;
    const isWhole = kind === 'REFUND' || leftMinor === target.amountMinor;
    if (amountMinor > leftMinor || amountMinor === 0n || !isWhole) return refused(exceeds(target, leftMinor));
    const money = { amountMinor, currency: target.currency };
    const unsupported = deps.provider(target.provider).checkAmount(money);
    if (unsupported !== null) return refused(refusal('AMOUNT_NOT_SUPPORTED', `amount: ${unsupported}`));

    const id = newId(deps.clock.now());
    const request = { transactionId: id, providerCode: target.providerCode ?? '', session: call.session, money, reason };
    const child = { id, action: kind, amountMinor, reason, idempotencyKey, inputFingerprint: call.fingerprint };
    const transaction = childOf(target, child, deps.clock.now());
    const operation = { id: newId(deps.clock.now()), kind, subjectId: id, providerAccountId: target.providerAccountId, request };
    const recorded = await recordCall(deps, tx, { transaction, operation });
    if (recorded === null) return 'taken';
    if (!(await reserveRefund(tx, target, amountMinor))) throw new Error(`Transaction ${target.id} changed under its lock.`);
    return ok(recorded);
  });
}

function checkTarget(deps: Deps, target: Transaction, kind: 'REFUND' | 'VOID'): Refusal | null {
  const standing = standingOf(target, null);
  if (standing !== 'CAPTURED' || !CALLS_BY_STANDING[standing].includes(kind)) {
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
  const left = toDecimal({ amountMinor: leftMinor, currency: target.currency });
  return refusal(
    'AMOUNT_EXCEEDS_AVAILABLE',
    `amount: ${left} ${target.currency} of transaction ${target.id} can still be given back.`,
    {
      availableAmount: leftMinor.toString(),
    },
  );
}
