import type { Tx } from '../database/database.ts';
import { insertEvents } from '../events/store.ts';
import { encodeJson } from '../kernel/json.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { OperationHandler } from '../operations/handler.ts';
import type { Operation } from '../operations/operation.ts';
import { driveOperation, runOperation } from '../operations/run.ts';
import { insertOperation, type NewOperation } from '../operations/store.ts';
import { applyMovement, applySignal } from './apply-movement.ts';
import { findByIdempotencyKey, findTransactionRow, insertTransaction, type NewTransaction } from './store.ts';
import type { Transaction } from './transaction.ts';

export type MoneyEffect = 'SETTLE' | 'VOID' | 'REFUND' | 'CHARGE';
const MONEY_EFFECTS: readonly MoneyEffect[] = ['SETTLE', 'VOID', 'REFUND', 'CHARGE'];

/** A call that moves money, recorded but not yet sent. */
export interface RecordedCall {
  readonly transactionId: string;
  readonly operation: Operation;
}

/** Tells equal calls from different ones under one idempotency key. */
export function fingerprintCall(deps: Pick<Deps, 'vault'>, call: Readonly<Record<string, unknown>>): string {
  return deps.vault.fingerprint(encodeJson(call));
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
 * Writes the transaction, its operation and their event in one commit, before anything leaves for the provider. Null when
 * the key or the one live settle or void of an authorization was taken by a concurrent call: nothing is written.
 */
export async function recordCall<Kind extends MoneyEffect>(
  deps: Deps,
  tx: Tx,
  call: { transaction: NewTransaction; operation: NewOperation<Kind> },
): Promise<RecordedCall | null> {
  const { transaction } = call;
  const now = deps.clock.now();
  const scope = scopeOf(transaction);
  if (!(await insertTransaction(tx, scope, { transaction, now }))) return null;
  const operation = await insertOperation(deps, tx, { scope, ...call.operation });
  await insertEvents(tx, { scope, source: 'API', now }, [
    {
      type: 'transaction.pending',
      transactionId: transaction.id,
      sessionId: transaction.sessionId,
      customerId: transaction.customerId,
      data: {
        action: transaction.action,
        amount: transaction.amountMinor.toString(),
        currency: transaction.currency,
        relatedTransactionId: transaction.relatedTransactionId,
      },
    },
  ]);
  return { transactionId: transaction.id, operation };
}

/**
 * Sends a recorded call and reads what became of it. A lost answer is a transaction in UNKNOWN, a call that could not be
 * delivered one in PENDING, and one that the provider refused one in ERROR: the reconciler goes on with the first two.
 */
export async function performCall(deps: Deps, scope: MerchantScope, call: RecordedCall): Promise<Transaction> {
  await runOperation(deps, call.operation);
  return readTransaction(deps, scope, call.transactionId);
}

async function readTransaction(deps: Deps, scope: MerchantScope, id: string): Promise<Transaction> {
  const transaction = await findTransactionRow(deps.database.client, scope, { id });
  if (transaction === null) throw new Error(`Transaction ${id} does not exist.`);
  return transaction;
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
export const voidHandler = handlerFor<'VOID'>();
export const refundHandler = handlerFor<'REFUND'>();
export const chargeHandler = handlerFor<'CHARGE'>();
