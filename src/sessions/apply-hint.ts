import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import { applyDispute, fetchDispute } from '../transactions/chargeback.ts';
import { findTransactionByProviderCode, listAttempts, listChildren } from '../transactions/store.ts';
import { refreshTransaction } from '../transactions/sync.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { refreshSession } from './refresh.ts';
import type { Session } from './session.ts';
import { findSessionByProviderCode } from './store.ts';

/** What a verified notification of a provider account names. */
export interface Hint extends MerchantScope {
  readonly providerAccountId: string;
  readonly providerCodes: readonly string[];
  readonly disputeCodes: readonly string[];
}

/**
 * Asks the provider again about everything that a notification names, each session and movement once. Answers whether any of
 * it is ours. Throws while the provider cannot be asked, so that the caller tries again later.
 */
export async function applyHint(deps: Deps, hint: Hint): Promise<boolean> {
  const { sessions, transactions } = await findNamed(deps, hint, hint.providerCodes);
  for (const { id } of sessions.values()) settled(deps, await refreshSession(deps, hint, { id, source: 'WEBHOOK' }));
  for (const transaction of transactions.values()) settled(deps, await refreshTransaction(deps, transaction, 'WEBHOOK'));
  let isOurs = sessions.size + transactions.size > 0;
  for (const disputeCode of hint.disputeCodes) if (await applyDisputeHint(deps, hint, disputeCode)) isOurs = true;
  return isOurs;
}

async function applyDisputeHint(deps: Deps, hint: Hint, disputeCode: string): Promise<boolean> {
  const account = await deps.accounts.get(hint, hint.providerAccountId);
  const dispute = settled(deps, await fetchDispute(deps, account, disputeCode));
  if (dispute === null) return false;
  const disputed = await findDisputed(deps, hint, dispute.paymentCodes);
  if (disputed === null) return false;
  await applyDispute(deps, { disputedId: disputed.id, scope: hint, dispute, source: 'WEBHOOK' });
  return true;
}

/** The movement that took the money: the settle of an authorization, else the payment itself. */
async function findDisputed(deps: Deps, hint: Hint, paymentCodes: readonly string[]): Promise<Transaction | null> {
  const { client } = deps.database;
  const { sessions, transactions } = await findNamed(deps, hint, paymentCodes);
  const [session] = sessions.values();
  const attempts = session === undefined ? [] : await listAttempts(client, hint, session.id);
  const [named] = transactions.values();
  const payment = attempts.find(({ status }) => status === 'SUCCEEDED') ?? named;
  if (payment === undefined || payment.action !== 'AUTHORIZATION') return payment ?? null;
  const children = await listChildren(client, hint, { transactionIds: [payment.id] });
  return children.find(({ action, status }) => action === 'SETTLE' && status === 'SUCCEEDED') ?? payment;
}

/** Movements that belong to a session in the list are left to it. */
async function findNamed(deps: Deps, hint: Hint, providerCodes: readonly string[]) {
  const { client } = deps.database;
  const account = { merchantId: hint.merchantId, providerAccountId: hint.providerAccountId };
  const sessions = new Map<string, Session>();
  const transactions = new Map<string, Transaction>();
  for (const providerCode of providerCodes) {
    const session = await findSessionByProviderCode(client, account, providerCode);
    if (session !== null) sessions.set(session.id, session);
  }
  for (const providerCode of providerCodes) {
    const transaction = await findTransactionByProviderCode(client, account, providerCode);
    const isAttempt = transaction !== null && transaction.attempt !== null && sessions.has(transaction.sessionId ?? '');
    if (transaction !== null && !isAttempt) transactions.set(transaction.id, transaction);
  }
  return { sessions, transactions };
}

/** Throws while asking again may help. What the provider will not tell at all is counted, and whoever polls asks again later. */
function settled<T>(deps: Deps, result: Result<T>): T | null {
  if (result.ok) return result.value;
  const { code, message } = result.refusal;
  if (code !== 'PROVIDER_REJECTED') throw new Error(`${code}: ${message}`);
  deps.count('webhooks', 'refused-by-provider');
  deps.log.warn({ code }, 'the provider did not tell of what its notification named');
  return null;
}
