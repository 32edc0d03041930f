import type { LedgerFilter } from '../database/filter.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { ProviderName } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { countTransactionRows, readTransactionPage } from './list-store.ts';
import type { Transaction, TransactionAction, TransactionStatus } from './transaction.ts';

export interface TransactionFilter extends LedgerFilter {
  readonly statuses?: readonly TransactionStatus[];
  readonly actions?: readonly TransactionAction[];
  readonly providers?: readonly ProviderName[];
  readonly sessionId?: string;
  readonly relatedTransactionId?: string;
  /** The provider's reference of the transaction that it acts on. */
  readonly relatedProviderCode?: string;
  /** The provider's reference of the stored payment method. */
  readonly paymentMethodCode?: string;
  /** True: a card was used, or a stored one; false: none was yet. */
  readonly isOfCard?: boolean;
  /** True: the provider gave a reason for a decline or failure; false: it did not. */
  readonly hasProviderError?: boolean;
  /** True: the payer disputed it at their bank; false: not. */
  readonly isDisputed?: boolean;
  /** True: money of it was given back or let go; false: none. */
  readonly isReverted?: boolean;
}

export interface TransactionSort {
  readonly field: 'CREATED_AT' | 'AMOUNT';
  readonly order: 'ASC' | 'DESC';
}

type ListDeps = Pick<Deps, 'database'>;

/** One page of the merchant's transactions. Refuses a cursor of another list or order. */
export async function listTransactions(
  { database }: ListDeps,
  scope: MerchantScope,
  query: { filter: TransactionFilter; sort: TransactionSort; page: PageRequest },
): Promise<Result<Page<Transaction>>> {
  return readTransactionPage(database.client, scope, query);
}

export async function countTransactions(
  { database }: ListDeps,
  scope: MerchantScope,
  filter: TransactionFilter,
): Promise<number> {
  return database.inTurn(() => countTransactionRows(database.client, scope, filter));
}
