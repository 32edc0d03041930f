import { toDecimal } from '../kernel/money.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { callOn, resumeTransaction } from './money-call.ts';
import { findTransaction } from './read.ts';
import { findLiveEnding, type TransactionSelector } from './store.ts';
import { CALLS_BY_STANDING, isUnsettled, offersCall, standingOf, type Transaction } from './transaction.ts';

export interface EndHoldInput {
  readonly kind: 'SETTLE' | 'VOID';
  readonly by: TransactionSelector;
  readonly idempotencyKey: string | null;
  /** Null for all that is held. */
  readonly requestedMinor: bigint | null;
}

/** Ends an authorization's hold by taking the money or by letting it go: at most one of the two, once. */
export async function endHold(deps: Deps, scope: MerchantScope, input: EndHoldInput): Promise<Result<Transaction>> {
  const found = await findTransaction(deps, scope, input.by);
  if (!found.ok) return found;
  const { kind, requestedMinor, idempotencyKey } = input;
  const target = found.value;
  const isOld = target.hold === 'HELD' && target.capturableUntil !== null && target.capturableUntil <= deps.clock.now();
  return callOn(deps, scope, {
    kind,
    target,
    requestedMinor,
    idempotencyKey,
    isOld,
    decide(authorization, ending) {
      const amountMinor = requestedMinor ?? authorization.amountMinor;
      const problem = checkCall(deps, authorization, { kind, amountMinor }) ?? checkHold(authorization, ending, kind);
      return problem === null ? ok(amountMinor) : refused(problem);
    },
    refresh: () => bringUpToDate(deps, scope, { authorization: target, isOld }),
  });
}

/** An earlier settle or void whose answer was lost is asked about first, and so is a hold that may have run out. */
async function bringUpToDate(
  deps: Deps,
  scope: MerchantScope,
  { authorization, isOld }: { authorization: Transaction; isOld: boolean },
): Promise<void> {
  const live = await findLiveEnding(deps.database.client, authorization);
  if (live !== null && isUnsettled(live.status)) await resumeTransaction(deps, scope, live.id);
  if (isOld && authorization.sessionId !== null) await deps.sessions.refresh(scope, authorization.sessionId);
}

function checkCall(
  deps: Pick<Deps, 'provider'>,
  authorization: Transaction,
  call: { kind: 'SETTLE' | 'VOID'; amountMinor: bigint },
): Refusal | null {
  if (authorization.action !== 'AUTHORIZATION') {
    return refusal(
      'INVALID_TRANSACTION_STATE',
      `Transaction ${authorization.id} is a ${authorization.action}, not an AUTHORIZATION.`,
    );
  }
  const provider = deps.provider(authorization.provider);
  if (!offersCall(provider.capabilities, call.kind, 'HELD')) {
    return refusal('UNSUPPORTED', `${authorization.provider} does not offer ${call.kind}.`);
  }
  if (call.amountMinor > authorization.amountMinor) {
    const held = toDecimal({ amountMinor: authorization.amountMinor, currency: authorization.currency });
    return refusal('AMOUNT_EXCEEDS_AVAILABLE', `amount: more than the ${held} ${authorization.currency} that were authorized.`);
  }
  const unsupported = provider.checkAmount({ amountMinor: call.amountMinor, currency: authorization.currency });
  return unsupported === null ? null : refusal('AMOUNT_NOT_SUPPORTED', `amount: ${unsupported}`);
}

function checkHold(authorization: Transaction, ending: Transaction | null, kind: 'SETTLE' | 'VOID'): Refusal | null {
  const standing = standingOf(authorization, ending);
  if (CALLS_BY_STANDING[standing].includes(kind)) return null;
  if (standing === 'ENDING')
    return refusal('OPERATION_IN_PROGRESS', 'Another settle or void of this authorization is under way.');
  const state = authorization.hold ?? authorization.status;
  return refusal('INVALID_TRANSACTION_STATE', `Authorization ${authorization.id} is ${state}: nothing is held any more.`);
}
