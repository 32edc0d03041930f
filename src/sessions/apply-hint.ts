import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { applyDispute, fetchDispute } from '../transactions/chargeback.ts';
import { listAttempts, listChildren, listTransactionsByProviderCodes } from '../transactions/store.ts';
import { refreshTransaction } from '../transactions/sync.ts';
import { isLive, type Transaction } from '../transactions/transaction.ts';
import type { Deps } from './deps.ts';
import { refreshFound } from './refresh.ts';
import { listSessionsByProviderCodes } from './store.ts';

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
  const looks = [
    ...sessions.map((session) => async () => {
      settled(deps, await refreshFound(deps, { session, source: 'WEBHOOK' }));
      return true;
    }),
    ...transactions.map((transaction) => async () => {
      settled(deps, await refreshTransaction(deps, transaction, 'WEBHOOK'));
      return true;
    }),
    ...hint.disputeCodes.map((disputeCode) => () => applyDisputeHint(deps, hint, disputeCode)),
  ];
  return lookAtAll(looks);
}

/** Makes every look, also after one that fails, and then throws the first failure. Returns whether any found something. */
async function lookAtAll(looks: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  let hasFound = false;
  const failures: unknown[] = [];
  for (const look of looks) {
    try {
      if (await look()) hasFound = true;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return hasFound;
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
  const [session] = sessions;
  const attempts = session === undefined ? [] : await listAttempts(client, hint, session.id);
  const [named] = transactions;
  const paid = attempts.filter(({ status }) => status === 'SUCCEEDED');
  // Of a session that was paid twice, the payment that the dispute names.
  const payment = paid.find(({ providerCode }) => paymentCodes.includes(providerCode ?? '')) ?? paid[0] ?? named;
  if (payment === undefined || payment.action !== 'AUTHORIZATION') return payment ?? null;
  const children = await listChildren(client, hint, { transactionIds: [payment.id] });
  // A settle whose answer was lost has taken the money too: the payer could not dispute it otherwise.
  return children.find(({ action, status }) => action === 'SETTLE' && isLive(status)) ?? payment;
}

/** Movements that belong to a session in the list are left to it. */
async function findNamed(deps: Pick<Deps, 'database'>, hint: Hint, providerCodes: readonly string[]) {
  const { client } = deps.database;
  const { merchantId, providerAccountId } = hint;
  const account = { merchantId, providerAccountId };
  const sessions = await listSessionsByProviderCodes(client, account, providerCodes);
  const named = await listTransactionsByProviderCodes(client, account, providerCodes);
  const isAttempt = ({ attempt, sessionId }: Transaction) => attempt !== null && sessions.some(({ id }) => id === sessionId);
  return { sessions, transactions: named.filter((transaction) => !isAttempt(transaction)) };
}

/** Throws while asking again may help. What the provider will not tell at all is counted, and whoever polls asks again later. */
function settled<T>(deps: Pick<Deps, 'count' | 'log'>, result: Result<T>): T | null {
  if (result.ok) return result.value;
  const { code, message } = result.refusal;
  if (code !== 'PROVIDER_REJECTED') throw new Error(`${code}: ${message}`);
  deps.count('webhooks', 'refused-by-provider');
  deps.log.warn({ code }, 'the provider did not tell of what its notification named');
  return null;
}
