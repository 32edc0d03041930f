import { commit, type Part, when } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { eventsPart } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { encodeJson } from '../kernel/json.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { OperationHandler } from '../operations/handler.ts';
import type { Operation } from '../operations/operation.ts';
import { driveOperation, runOperation } from '../operations/run.ts';
import { type NewOperation, recordOperation } from '../operations/store.ts';
import { type Movement, ProviderFailure, type SessionReference } from '../providers/provider.ts';
import { applyMovement, applySignal, tryAnswer } from './apply-movement.ts';
import type { Deps } from './deps.ts';
import { childOf } from './draft.ts';
import {
  claimPart,
  findByIdempotencyKey,
  findLiveEnding,
  findParent,
  findTransactionRow,
  findUnsettledChild,
  isKeyUsed,
  isUntouched,
  lockTransaction,
  type NewTransaction,
  transactionPart,
} from './store.ts';
import { isReturnedTwice, type Transaction } from './transaction.ts';

export type MoneyEffect = 'SETTLE' | 'VOID' | 'REFUND' | 'CHARGE';
const MONEY_EFFECTS: readonly MoneyEffect[] = ['SETTLE', 'VOID', 'REFUND', 'CHARGE'];

/** A call that moves money, recorded but not yet sent. */
export interface RecordedCall {
  readonly transaction: Transaction;
  readonly operation: Operation<MoneyEffect>;
}

/** A settle, void or refund of an earlier transaction. */
export interface CallOnTarget {
  readonly kind: 'SETTLE' | 'VOID' | 'REFUND';
  readonly target: Transaction;
  /** Null for all that there is. */
  readonly requestedMinor: bigint | null;
  readonly reason?: string | null;
  readonly idempotencyKey: string | null;
  /** Whether an equal call that is not settled yet is answered instead of made again. */
  readonly joinsEqual?: boolean;
  /** The amount that the call moves, or why it may not be made; `ending` is the live settle or void of the target. */
  readonly decide: (target: Transaction, ending: Transaction | null) => Result<bigint>;
  /** Whether what is stored of the target may be old. */
  readonly isOld: boolean;
  /** Asks the provider for what may be missing here. */
  readonly refresh: () => Promise<unknown>;
}

interface WantedCall extends CallOnTarget {
  readonly fingerprint: string;
  readonly session: SessionReference | null;
}

/**
 * Makes a call on an earlier transaction. Where that is as it was read, one statement records the call; else everything is looked at
 * again under its lock. A repeated key gives the first call's transaction.
 */
export async function callOn(deps: Deps, scope: MerchantScope, call: CallOnTarget): Promise<Result<Transaction>> {
  const { kind, target, requestedMinor, reason, idempotencyKey } = call;
  const fingerprint = fingerprintCall(deps, { kind, target: target.id, requestedMinor, reason });
  const session = target.sessionId === null ? null : await deps.sessions.reference(scope, target.sessionId);
  const wanted = { ...call, fingerprint, session };
  const amount = call.isOld || call.joinsEqual === true ? null : call.decide(target, null);
  const recorded = amount?.ok ? await recordOn(deps, deps.database.client, { wanted, target, amountMinor: amount.value }) : null;
  if (recorded !== null) return ok(await performOn(deps, target, recorded));
  const replay = await replayCall(deps, scope, { idempotencyKey, fingerprint });
  if (replay !== null) return replay;
  await call.refresh();
  const result = await recordLocked(deps, scope, wanted);
  if (result === 'taken') {
    const inProgress = refusal('OPERATION_IN_PROGRESS', 'Another call on this transaction is under way.');
    return (await replayCall(deps, scope, { idempotencyKey, fingerprint })) ?? refused(inProgress);
  }
  if (!result.ok) return result;
  return 'operation' in result.value
    ? ok(await performOn(deps, target, result.value))
    : resumeTransaction(deps, scope, result.value.id);
}

async function performOn(deps: Deps, target: Transaction, call: RecordedCall): Promise<Transaction> {
  const { action, sessionId } = target;
  const ended = await performCall(deps, call);
  // Refused there although it looked possible here: our picture of the hold is old.
  if (ended.status === 'ERROR' && action === 'AUTHORIZATION' && sessionId !== null)
    await deps.sessions.refresh(scopeOf(target), sessionId);
  return ended;
}

async function recordLocked(
  deps: Deps,
  scope: MerchantScope,
  wanted: WantedCall,
): Promise<Result<RecordedCall | Transaction> | 'taken'> {
  return deps.database.inTransaction(async (tx) => {
    const target = await lockTransaction(tx, scope, wanted.target.id);
    if (target === null) throw new Error(`Transaction ${wanted.target.id} does not exist.`);
    if (await isKeyUsed(tx, scope, wanted.idempotencyKey)) return 'taken';
    const equal = wanted.joinsEqual === true ? await findUnsettledChild(tx, target, wanted.fingerprint) : null;
    if (equal !== null) return ok(equal);
    const amount = wanted.decide(target, await findLiveEnding(tx, target));
    if (!amount.ok) return amount;
    const recorded = await recordOn(deps, tx, { wanted, target, amountMinor: amount.value });
    return recorded === null ? 'taken' : ok(recorded);
  });
}

/** Null, with nothing written, where the target has changed, the key is taken or a settle or void of the target is live. */
async function recordOn(
  deps: Deps,
  tx: Tx,
  { wanted, target, amountMinor }: { wanted: WantedCall; target: Transaction; amountMinor: bigint },
): Promise<RecordedCall | null> {
  const { kind, idempotencyKey, fingerprint: inputFingerprint, session, reason = null } = wanted;
  const { providerAccountId, currency } = target;
  const now = deps.clock.now();
  const id = newId(now);
  const isHold = target.action === 'AUTHORIZATION';
  // Of the target as it is now: its payer may have been erased since it was read.
  const transaction = childOf(target, { id, action: kind, amountMinor, reason, idempotencyKey, inputFingerprint }, now);
  const request = {
    transactionId: id,
    providerCode: target.providerCode ?? '',
    session,
    money: { amountMinor, currency },
    ...(kind === 'VOID' && isHold && { isHold }),
    ...(!isHold && { reason: transaction.reason }),
  };
  const operation = { id: newId(now), kind, subjectId: id, providerAccountId, request };
  const { recorded, insert, others } = draftCall(deps, { transaction, operation });
  const claim = claimPart(target, isHold ? 0n : amountMinor);
  const isWritten = await commit(tx, when([isUntouched(target, idempotencyKey)], insert), [claim, ...others]);
  return isWritten ? recorded : null;
}

/** Tells equal calls from different ones under one idempotency key. */
export function fingerprintCall(deps: Pick<Deps, 'vault'>, call: Readonly<Record<string, unknown>>): string {
  return deps.vault.fingerprint(encodeJson(call), 'call');
}

/**
 * The earlier call with this key, brought as far as it can be now. Null when the key is new or none was given. Refuses with
 * IDEMPOTENCY_KEY_REUSED when that call had other input.
 */
export async function replayCall(
  deps: Deps,
  scope: MerchantScope,
  call: { idempotencyKey: string | null; fingerprint: string },
): Promise<Result<Transaction> | null> {
  if (call.idempotencyKey === null) return null;
  const earlier = await findByIdempotencyKey(deps.database.client, scope, call.idempotencyKey);
  if (earlier === null) return null;
  if (earlier.inputFingerprint !== call.fingerprint) {
    return refused(refusal('IDEMPOTENCY_KEY_REUSED', 'idempotencyKey: an earlier call with other input used this key.'));
  }
  return resumeTransaction(deps, scope, earlier.transaction.id);
}

/** Brings the operation behind a transaction as far as it can be now, waiting for whoever runs it. Refuses with OPERATION_IN_PROGRESS. */
export async function resumeTransaction(deps: Deps, scope: MerchantScope, transactionId: string): Promise<Result<Transaction>> {
  const progress = await driveOperation(deps, scope, { subjectId: transactionId, kinds: MONEY_EFFECTS });
  if (progress === 'busy') {
    return refused(refusal('OPERATION_IN_PROGRESS', 'The same call is still under way.', { transactionId }));
  }
  return ok(await readTransaction(deps, scope, transactionId));
}

/**
 * The transaction, its operation and their event, to be written in one commit before anything leaves for the provider. The first
 * writes nothing where the key or the place of the one live settle or void is taken.
 */
export function draftCall<Kind extends MoneyEffect>(
  deps: Deps,
  call: { transaction: NewTransaction; operation: NewOperation<Kind> },
): { readonly recorded: RecordedCall; readonly insert: Part; readonly others: readonly Part[] } {
  const { transaction } = call;
  const { id: transactionId, sessionId, customerId, action, amountMinor, currency, relatedTransactionId } = transaction;
  const now = deps.clock.now();
  const scope = scopeOf(transaction);
  const { operation, part } = recordOperation(deps, { scope, ...call.operation });
  const data = { action, amount: amountMinor.toString(), currency, relatedTransactionId };
  const event = { type: 'transaction.pending', transactionId, sessionId, customerId, data } as const;
  const recorded = { transaction: { ...transaction, version: 1 }, operation };
  return {
    recorded,
    insert: transactionPart(scope, { transaction, now }),
    others: [part, eventsPart({ scope, source: 'API', now }, [event])],
  };
}

/**
 * Sends a recorded call and returns its transaction. A lost answer is a transaction in UNKNOWN, a call that could not be
 * delivered one in PENDING, and one that the provider refused one in ERROR: the reconciler goes on with the first two.
 */
export async function performCall(deps: Deps, { transaction, operation }: RecordedCall): Promise<Transaction> {
  let answered: Transaction | null = null;
  await runOperation(deps, operation, async (movement: Movement) => {
    const news = { movement, source: 'PROVIDER', observedAt: deps.clock.now() } as const;
    answered = await tryAnswer(deps, { transaction, news, operation });
    return answered !== null;
  });
  return answered ?? readTransaction(deps, scopeOf(transaction), transaction.id);
}

async function readTransaction(deps: Pick<Deps, 'database'>, scope: MerchantScope, id: string): Promise<Transaction> {
  const transaction = await findTransactionRow(deps.database.client, scope, { id });
  if (transaction === null) throw new Error(`Transaction ${id} does not exist.`);
  return transaction;
}

/** A payer who has disputed the payment meanwhile gets the money from their bank, and must not get it twice. */
async function refuseDisputed(deps: Pick<Deps, 'database'>, operation: Operation): Promise<ProviderFailure | null> {
  const parent = await findParent(deps.database.client, scopeOf(operation), operation.subjectId);
  if (parent === null || !isReturnedTwice(parent)) return null;
  return new ProviderFailure('CONFLICT', 'The payer has disputed the payment.', 'disputed');
}

function handlerFor<Kind extends MoneyEffect>(): OperationHandler<Kind> {
  const subjectOf = (operation: Operation) => ({
    scope: scopeOf(operation),
    transactionId: operation.subjectId,
    source: 'PROVIDER' as const,
  });
  return {
    async onAnswer(deps, tx, { operation, answer }) {
      await applyMovement(deps, tx, { ...subjectOf(operation), movement: answer, observedAt: deps.clock.now() });
    },
    async onRefusal(deps, tx, { operation, failure }) {
      const failureCode = failure.rawCode ?? failure.category;
      await applySignal(deps, tx, { ...subjectOf(operation), signal: 'REFUSED', failureCode });
    },
    async onLoss(deps, tx, operation) {
      await applySignal(deps, tx, { ...subjectOf(operation), signal: 'LOST', failureCode: null });
    },
  };
}

export const settleHandler = handlerFor<'SETTLE'>();
export const voidHandler: OperationHandler<'VOID'> = { ...handlerFor<'VOID'>(), refuseSend: refuseDisputed };
export const refundHandler: OperationHandler<'REFUND'> = { ...handlerFor<'REFUND'>(), refuseSend: refuseDisputed };
export const chargeHandler = handlerFor<'CHARGE'>();
