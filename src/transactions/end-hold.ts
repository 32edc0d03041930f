import type { Tx } from '../database/database.ts';
import { newId } from '../kernel/ids.ts';
import { toDecimal } from '../kernel/money.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import { childOf } from './child.ts';
import { fingerprintCall, performCall, type RecordedCall, recordCall, replayCall, resumeTransaction } from './money-call.ts';
import { findTransaction } from './read.ts';
import { findLiveEnding, isKeyUsed, lockTransaction, type TransactionSelector } from './store.ts';
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
  const { kind, requestedMinor } = input;
  const fingerprint = fingerprintCall(deps, { kind, target: found.value.id, requestedMinor });
  const replay = await replayCall(deps, scope, { idempotencyKey: input.idempotencyKey, fingerprint });
  if (replay !== null) return replay;

  const authorization = await bringUpToDate(deps, scope, found.value);
  const amountMinor = requestedMinor ?? authorization.amountMinor;
  const problem = checkCall(deps, authorization, { kind, amountMinor });
  if (problem !== null) return refused(problem);
  const session = authorization.sessionId === null ? null : await deps.sessions.reference(scope, authorization.sessionId);

  const recorded = await deps.database.inTransaction(async (tx): Promise<Result<RecordedCall> | 'taken'> => {
    const locked = await lockTransaction(tx, scope, authorization.id);
    if (await isKeyUsed(tx, scope, input.idempotencyKey)) return 'taken';
    const refusalNow = await checkHold(tx, locked, kind);
    if (refusalNow !== null) return refused(refusalNow);
    const id = newId(deps.clock.now());
    const money = { amountMinor, currency: authorization.currency };
    const request = {
      transactionId: id,
      providerCode: authorization.providerCode ?? '',
      session,
      money,
      ...(kind === 'VOID' && { isHold: true }),
    };
    const child = { id, action: kind, amountMinor, idempotencyKey: input.idempotencyKey, inputFingerprint: fingerprint };
    const transaction = childOf(authorization, child, deps.clock.now());
    const operation = {
      id: newId(deps.clock.now()),
      kind,
      subjectId: id,
      providerAccountId: authorization.providerAccountId,
      request,
    };
    const call = await recordCall(deps, tx, { transaction, operation });
    return call === null ? 'taken' : ok(call);
  });
  if (recorded === 'taken') return (await replayCall(deps, scope, { ...input, fingerprint })) ?? refused(inProgress());
  if (!recorded.ok) return recorded;
  const ended = await performCall(deps, scope, recorded.value);
  // Refused there although it looked possible here: our picture of the hold is old.
  if (ended.status === 'ERROR' && authorization.sessionId !== null) await deps.sessions.refresh(scope, authorization.sessionId);
  return ok(ended);
}

/** An earlier settle or void whose answer was lost is asked about first, and so is a hold that may have run out. */
async function bringUpToDate(deps: Deps, scope: MerchantScope, authorization: Transaction): Promise<Transaction> {
  const live = await findLiveEnding(deps.database.client, authorization);
  if (live !== null && isUnsettled(live.status)) await resumeTransaction(deps, scope, live.id);
  const isOverdue =
    authorization.hold === 'HELD' && authorization.capturableUntil !== null && authorization.capturableUntil <= deps.clock.now();
  if (isOverdue && authorization.sessionId !== null) await deps.sessions.refresh(scope, authorization.sessionId);
  const fresh = await findTransaction(deps, scope, { id: authorization.id });
  return fresh.ok ? fresh.value : authorization;
}

function checkCall(deps: Deps, authorization: Transaction, call: { kind: 'SETTLE' | 'VOID'; amountMinor: bigint }) {
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

async function checkHold(tx: Tx, authorization: Transaction | null, kind: 'SETTLE' | 'VOID') {
  if (authorization === null) return refusal('TRANSACTION_NOT_FOUND', 'The authorization does not exist any more.');
  const standing = standingOf(authorization, await findLiveEnding(tx, authorization));
  if (CALLS_BY_STANDING[standing].includes(kind)) return null;
  if (standing === 'ENDING') return inProgress();
  const state = authorization.hold ?? authorization.status;
  return refusal('INVALID_TRANSACTION_STATE', `Authorization ${authorization.id} is ${state}: nothing is held any more.`);
}

function inProgress() {
  return refusal('OPERATION_IN_PROGRESS', 'Another settle or void of this authorization is under way.');
}
