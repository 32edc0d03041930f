import { groupBy } from '../kernel/group.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { refuseAmbiguousName } from '../operations/refuse.ts';
import type { Deps } from './deps.ts';
import { listChildren, listTransactionsByIds, listTransactionsNamed, type TransactionSelector } from './store.ts';
import { type AllowedCall, allowedTransactionCalls, isLive, type Transaction } from './transaction.ts';

export type { TransactionSelector } from './store.ts';

type ReadDeps = Pick<Deps, 'database'>;

/**
 * By code, the outcome of the session or charge with that code. Refuses with TRANSACTION_NOT_FOUND, and with BAD_USER_INPUT when
 * transactions of several provider accounts have the name.
 */
export async function findTransaction(
  deps: ReadDeps,
  scope: MerchantScope,
  by: TransactionSelector,
): Promise<Result<Transaction>> {
  const [transaction, other] = await listTransactionsNamed(deps.database.client, scope, by);
  if (transaction === undefined) return refused(refusal('TRANSACTION_NOT_FOUND', 'No transaction matches this selector.'));
  return other === undefined ? ok(transaction) : refused(refuseAmbiguousName(by, [transaction, other]));
}

/** Of a session's attempts, the one that succeeded, else the newest. Refuses with TRANSACTION_NOT_FOUND before the first. */
export async function readOutcomeOfSession(
  deps: ReadDeps,
  scope: MerchantScope,
  sessionId: string,
): Promise<Result<Transaction>> {
  const children = await listChildren(deps.database.client, scope, { sessionIds: [sessionId] });
  const attempts = children.filter(({ relatedTransactionId }) => relatedTransactionId === null);
  const outcome = attempts.find(({ status }) => status === 'SUCCEEDED') ?? attempts.at(-1);
  return outcome === undefined ? refused(refusal('TRANSACTION_NOT_FOUND', 'The session has no transaction yet.')) : ok(outcome);
}

export async function readTransactions(
  deps: ReadDeps,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, Transaction>> {
  const transactions = await listTransactionsByIds(deps.database.client, scope, ids);
  return new Map(transactions.map((transaction) => [transaction.id, transaction]));
}

/** Everything that belongs to each session, oldest first: attempts, and what was done with their money since. */
export async function readTransactionsOfSessions(
  deps: ReadDeps,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, readonly Transaction[]>> {
  const children = await listChildren(deps.database.client, scope, { sessionIds });
  return groupBy(children, (transaction) => transaction.sessionId ?? '');
}

/** The settles, voids and refunds of each transaction, oldest first. */
export async function readRelatedTransactions(
  deps: ReadDeps,
  scope: MerchantScope,
  transactionIds: readonly string[],
): Promise<Map<string, readonly Transaction[]>> {
  const children = await listChildren(deps.database.client, scope, { transactionIds });
  return groupBy(children, (transaction) => transaction.relatedTransactionId ?? '');
}

/**
 * What may be asked of a transaction now.
 * @param related what acts on it; of an authorization at least its settles and voids
 */
export function readAllowedCalls(
  deps: Pick<Deps, 'provider'>,
  transaction: Transaction,
  related: readonly Transaction[],
): readonly AllowedCall[] {
  const isEnding = ({ action, status }: Transaction) => (action === 'SETTLE' || action === 'VOID') && isLive(status);
  const ending = transaction.action === 'AUTHORIZATION' ? (related.find(isEnding) ?? null) : null;
  return allowedTransactionCalls(transaction, ending, deps.provider(transaction.provider).capabilities);
}
