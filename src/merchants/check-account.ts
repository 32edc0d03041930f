import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { callProvider } from '../operations/call.ts';
import type { Deps } from '../operations/deps.ts';
import type { FailureCategory } from '../providers/provider.ts';
import { findAccountOf } from './find-account.ts';
import type { Owner } from './merchant.ts';
import { noSuchAccount } from './provider-account.ts';

const FINDINGS: Readonly<Record<FailureCategory, string>> = {
  PROVIDER_AUTH:
    'It refuses the credentials. Compare them with its pages: a key may be revoked, of another account, or of the other environment.',
  UNAVAILABLE: 'It cannot be reached. Check the network, its status page and, where one is set, the base URL.',
  UNKNOWN_OUTCOME:
    'It gave no answer that can be read in time. Check that the base URL leads to the provider, and its status page.',
  RATE_LIMITED: 'It is limiting calls at the moment. The credentials may be right: check again in a minute.',
  INVALID_REQUEST: 'It refuses the request of the check. The account may lack a permission, or be of an older kind.',
  NOT_FOUND: 'It does not know the account. Compare the ids with its pages.',
  CONFLICT: 'It refuses the request of the check in its present state. Look at its pages.',
  UNSUPPORTED: 'It does not offer the call that the check makes. The account may be of an older kind.',
  PROGRAMMING_ERROR: 'It answered something that the gateway does not understand. Please report it.',
};

/**
 * Asks the provider one harmless question with the account's credentials. Refuses with PROVIDER_ACCOUNT_NOT_FOUND, or with
 * PROVIDER_REJECTED or PROVIDER_UNAVAILABLE and words for a person: what is wrong and what to do.
 */
export async function checkProviderAccount(
  deps: Deps,
  owner: Owner,
  accountId: string,
): Promise<Result<{ accountId: string; finding: string }>> {
  const account = await findAccountOf(deps, owner, accountId);
  if (account === null) return refused(noSuchAccount(accountId));
  const result = await callProvider(deps, account, (call) => deps.provider(account.provider).checkAccount(call));
  if (result.isAnswered) return ok({ accountId, finding: `${account.provider} accepts the credentials.` });
  const { category, rawCode } = result.failure;
  const code = rawCode === null ? '' : ` (${rawCode})`;
  const isPassing = category === 'UNAVAILABLE' || category === 'UNKNOWN_OUTCOME' || category === 'RATE_LIMITED';
  const finding = `${account.provider}: ${FINDINGS[category]}${code}`;
  return refused(refusal(isPassing ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REJECTED', finding));
}
