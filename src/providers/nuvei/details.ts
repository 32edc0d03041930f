import { type ProviderCall, ProviderFailure } from '../provider.ts';
import { callNuvei } from './client.ts';
import { type NuveiTransaction, toTransaction } from './wire.ts';

/** By Nuvei's id of a transaction, or by ours: the session's for an attempt, the transaction's for everything else. */
export type TransactionKey = { readonly transactionId: string } | { readonly clientUniqueId: string };

/** Null when Nuvei knows no such transaction. It may learn of one a while after the call that made it. */
export async function findTransaction(call: ProviderCall, key: TransactionKey): Promise<NuveiTransaction | null> {
  try {
    const request = { method: 'getTransactionDetails', intent: 'read', fields: { ...key }, at: call.now } as const;
    const transaction = toTransaction(await callNuvei(call, request));
    // Some answers leave out what was asked by.
    return { ...transaction, id: transaction.id ?? ('transactionId' in key ? key.transactionId : null) };
  } catch (thrown) {
    if (thrown instanceof ProviderFailure && thrown.category === 'NOT_FOUND') return null;
    throw thrown;
  }
}
