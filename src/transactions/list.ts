import { hasId, isAnyOf, type LedgerFilter, ledgerConditions } from '../database/filter.ts';
import { allOf, columnsOf, countRows, readPage, type SortKey } from '../database/page.ts';
import { Prisma, type Transaction as TransactionRow } from '../generated/prisma/client.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { ProviderName } from '../providers/provider.ts';
import { toTransaction } from './store.ts';
import type { Transaction, TransactionAction, TransactionStatus } from './transaction.ts';

export interface TransactionFilter extends LedgerFilter {
  readonly statuses?: readonly TransactionStatus[];
  readonly actions?: readonly TransactionAction[];
  readonly providers?: readonly ProviderName[];
  readonly sessionId?: string;
  readonly relatedTransactionId?: string;
  readonly paymentMethodId?: string;
}

export interface TransactionSort {
  readonly field: 'CREATED_AT' | 'AMOUNT';
  readonly order: 'ASC' | 'DESC';
}

const COLUMNS = columnsOf(Object.keys(Prisma.TransactionScalarFieldEnum));

const SORT_KEYS: Readonly<Record<TransactionSort['field'], SortKey<TransactionRow>>> = {
  CREATED_AT: { name: 'createdAt', column: 'created_at', type: 'instant', valueOf: (row) => row.createdAt },
  AMOUNT: { name: 'amount', column: 'amount', type: 'amount', valueOf: (row) => row.amount },
};

/** One page of the merchant's transactions. Refuses a cursor of another list or order. */
export async function listTransactions(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  query: { filter: TransactionFilter; sort: TransactionSort; page: PageRequest },
): Promise<Result<Page<Transaction>>> {
  return readPage(deps.database.client, {
    table: 'transactions',
    columns: COLUMNS,
    where: conditions(scope, query.filter),
    sort: { key: SORT_KEYS[query.sort.field], order: query.sort.order },
    page: query.page,
    toNode: toTransaction,
  });
}

export async function countTransactions(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  filter: TransactionFilter,
): Promise<number> {
  return countRows(deps.database.client, 'transactions', conditions(scope, filter));
}

function conditions(scope: MerchantScope, filter: TransactionFilter): Prisma.Sql {
  const all = ledgerConditions(scope, filter);
  if (filter.actions !== undefined) all.push(isAnyOf('action', filter.actions));
  if (filter.sessionId !== undefined) all.push(hasId('session_id', filter.sessionId));
  if (filter.relatedTransactionId !== undefined) all.push(hasId('related_transaction_id', filter.relatedTransactionId));
  if (filter.paymentMethodId !== undefined) all.push(hasId('payment_method_id', filter.paymentMethodId));
  return allOf(all);
}
