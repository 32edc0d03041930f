import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { erasePersonalData } from '../personal-data/erase.ts';
import { cancelSession } from './close.ts';
import type { Deps } from './deps.ts';
import { findSession, type SessionSelector } from './read.ts';
import { isOpen, type Session } from './session.ts';

/**
 * Blanks the personal data that one session holds, also where it has no customer: cancels it if it can still be paid, then blanks
 * every place of `personal-data/places.ts` in the session, its transactions and its calls without an answer, in one commit. What its
 * customer and a stored method hold stays: `eraseCustomer` blanks that. Repeating is safe. Refuses with SESSION_NOT_FOUND.
 */
export async function eraseSession(deps: Deps, scope: MerchantScope, by: SessionSelector): Promise<Result<Session>> {
  const found = await findSession(deps, scope, by);
  if (!found.ok) return found;
  const { id, status, customerId } = found.value;
  // A refusal changes nothing here: what the provider is at work on ends by itself.
  if (isOpen(status)) await cancelSession(deps, scope, { id });
  const event = { type: 'session.erased', sessionId: id, customerId } as const;
  await erasePersonalData(deps, scope, { subject: { sessionId: id }, event });
  return findSession(deps, scope, { id });
}
