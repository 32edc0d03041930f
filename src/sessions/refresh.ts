import type { EventSource } from '../events/event.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { callProvider } from '../operations/call.ts';
import { refuseFailedRead } from '../operations/refuse.ts';
import type { SessionReference } from '../providers/provider.ts';
import { type AppliedOutcome, applyOutcome, type OutcomeNews, tryOutcome } from './apply-outcome.ts';
import { listUnnamed } from './attempts.ts';
import type { Deps } from './deps.ts';
import type { Session } from './session.ts';
import { resumeStart } from './start.ts';
import { findSessionRow, readReference } from './store.ts';

/**
 * Brings a session up to date with its provider: resumes a start that has no answer yet, then asks for the whole truth and
 * applies it. Refuses with SESSION_NOT_FOUND, with what a start refuses with, or with PROVIDER_UNAVAILABLE or
 * PROVIDER_REJECTED when the provider does not tell; then nothing was changed.
 */
export async function refreshSession(
  deps: Deps,
  scope: MerchantScope,
  wanted: { id: string; source: EventSource },
): Promise<Result<Session>> {
  const found = await findSessionRow(deps.database.client, scope, { id: wanted.id });
  if (found === null) return refused(refusal('SESSION_NOT_FOUND', 'No session has this id.'));
  return refreshFound(deps, { session: found, source: wanted.source });
}

/** The same for a session that was just read. */
export async function refreshFound(
  deps: Deps,
  { session: found, source }: { session: Session; source: EventSource },
): Promise<Result<Session>> {
  const scope = scopeOf(found);
  const started = found.phase === 'starting' ? await resumeStart(deps, scope, found.id) : ok(found);
  if (!started.ok) return started;
  const session = started.value;
  const reference = await readReference(deps, deps.database.client, { scope, id: session.id });
  if (reference === null) return ok(session);
  const account = await deps.accounts.get(scope, session.providerAccountId);
  const result = await callProvider(deps, account, (call) => deps.provider(account.provider).fetchSession(call, reference));
  if (!result.isAnswered) return refused(refuseFailedRead(result.failure, { sessionId: session.id }));
  deps.onStep('LOOK_UP', 'observed');
  const news = { session, outcome: result.answer, source, askedAtVersion: session.version };
  const applied = (await tryOutcome(deps, news)) ?? (await deps.database.inTransaction((tx) => applyOutcome(deps, tx, news)));
  deps.onStep('LOOK_UP', 'applied');
  return ok(await askAboutLeft(deps, scope, { ...news, ...applied, reference }));
}

/**
 * The bank may be at work on an attempt that the provider does not tell of with its session any more, because the payer made
 * another one: it is asked for by its own reference. A success among them counts like any other.
 */
async function askAboutLeft(
  deps: Deps,
  scope: MerchantScope,
  left: OutcomeNews & AppliedOutcome & { reference: SessionReference },
): Promise<Session> {
  let { session } = left;
  for (const { providerCode, isProcessing, id: transactionId } of listUnnamed(left.attempts, left.outcome)) {
    if (!isProcessing || providerCode === null) continue;
    const account = await deps.accounts.get(scope, session.providerAccountId);
    const { reference, source } = left;
    const wanted = {
      action: reference.kind === 'AUTHORIZATION' ? 'AUTHORIZATION' : 'PAYMENT',
      providerCode,
      transactionId,
    } as const;
    const result = await callProvider(deps, account, (call) =>
      deps.provider(account.provider).fetchMovement(call, { ...wanted, session: reference }),
    );
    if (!result.isAnswered || result.answer.status !== 'succeeded') continue;
    const outcome = { ...left.outcome, phase: 'succeeded', closedReason: null, attempts: [result.answer] } as const;
    ({ session } = await deps.database.inTransaction((tx) => applyOutcome(deps, tx, { session, outcome, source })));
  }
  return session;
}
