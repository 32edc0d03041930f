import type { Tx } from '../database/database.ts';
import { hasId, inScope, isAnyOf, ledgerConditions } from '../database/filter.ts';
import { allOf, BY_CREATION, countRows, readPage, type SortKey } from '../database/page.ts';
import { Prisma, type Transaction as TransactionRow } from '../generated/prisma/client.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { TransactionFilter, TransactionSort } from './list.ts';
import { toTransaction, transactions } from './store.ts';
import type { Transaction } from './transaction.ts';

const SORT_KEYS: Readonly<Record<TransactionSort['field'], SortKey<TransactionRow>>> = {
  CREATED_AT: BY_CREATION,
  AMOUNT: { name: 'amount', column: 'amount', type: 'amount', valueOf: (row) => row.amount },
};

/** Refuses a cursor of another list or order. */
export async function readTransactionPage(
  tx: Tx,
  scope: MerchantScope,
  query: { filter: TransactionFilter; sort: TransactionSort; page: PageRequest },
): Promise<Result<Page<Transaction>>> {
  return readPage(tx, {
    table: 'transactions',
    columns: transactions.columns,
    where: conditions(scope, query.filter),
    sort: { key: SORT_KEYS[query.sort.field], order: query.sort.order },
    page: query.page,
    toNode: toTransaction,
  });
}

export async function countTransactionRows(tx: Tx, scope: MerchantScope, filter: TransactionFilter): Promise<number> {
  return countRows(tx, 'transactions', conditions(scope, filter));
}

function conditions(scope: MerchantScope, filter: TransactionFilter): Prisma.Sql {
  const all = ledgerConditions(scope, filter);
  if (filter.actions !== undefined) all.push(isAnyOf('action', filter.actions));
  if (filter.sessionId !== undefined) all.push(hasId('session_id', filter.sessionId));
  if (filter.relatedTransactionId !== undefined) all.push(hasId('related_transaction_id', filter.relatedTransactionId));
  if (filter.relatedProviderCode !== undefined) all.push(actsOn(scope, filter.relatedProviderCode));
  if (filter.paymentMethodCode !== undefined) all.push(usesMethod(scope, filter.paymentMethodCode));
  if (filter.isOfCard !== undefined) {
    all.push(Prisma.sql`(card IS NOT NULL OR payment_method_id IS NOT NULL) = ${filter.isOfCard}::boolean`);
  }
  if (filter.hasProviderError !== undefined) {
    all.push(Prisma.sql`(failure_code IS NOT NULL OR decline_raw_code IS NOT NULL) = ${filter.hasProviderError}::boolean`);
  }
  if (filter.isDisputed !== undefined) all.push(Prisma.sql`${hasDispute(scope)} = ${filter.isDisputed}::boolean`);
  if (filter.isReverted !== undefined) {
    all.push(Prisma.sql`(refunded_amount > 0 OR hold IS NOT DISTINCT FROM 'VOIDED') = ${filter.isReverted}::boolean`);
  }
  return allOf(all);
}

function actsOn(scope: MerchantScope, providerCode: string): Prisma.Sql {
  return Prisma.sql`related_transaction_id IN (SELECT id FROM transactions WHERE ${inScope(scope)} AND provider_code = ${providerCode})`;
}

function hasDispute(scope: MerchantScope): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT FROM transactions dispute WHERE dispute.merchant_id = ${scope.merchantId}::uuid
    AND dispute.related_transaction_id = transactions.id AND dispute.action = 'CHARGEBACK')`;
}

function usesMethod(scope: MerchantScope, providerCode: string): Prisma.Sql {
  return Prisma.sql`payment_method_id IN (SELECT id FROM payment_methods WHERE ${inScope(scope)} AND provider_code = ${providerCode})`;
}
