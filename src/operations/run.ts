import { setTimeout as sleep } from 'node:timers/promises';
import { addMs } from '../kernel/clock.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { type EffectKind, type EffectShapes, type Found, type ProviderEffect, ProviderFailure } from '../providers/provider.ts';
import { type CallResult, callProvider } from './call.ts';
import type { Deps } from './deps.ts';
import type { OperationHandler } from './handler.ts';
import {
  isAbsenceFinal,
  isGivenUp,
  type Operation,
  type OperationState,
  pauseAfterMs,
  planAttempt,
  proofOf,
} from './operation.ts';
import { claimOperation, closeOperation, findLatestOperation, releaseOperation } from './store.ts';

/**
 * How an operation stands after an attempt. `done`: answered or refused, and recorded. `not-executed`: no attempt had an
 * effect; it will be tried again. `unknown`: an attempt may have had one. `busy`: another caller holds it.
 */
export type Progress = 'done' | 'not-executed' | 'unknown' | 'busy';

type Attempt<Kind extends EffectKind> =
  | { readonly outcome: 'answered'; readonly answer: EffectShapes[Kind]['answer'] }
  | { readonly outcome: 'refused' | 'not-executed' | 'lost' | 'broken'; readonly failure: ProviderFailure };

/**
 * Makes one attempt at an operation that this process holds, and records what came of it through the feature's handler.
 * The provider is called with no database transaction open. The same operation run twice has one effect.
 */
export async function runOperation<Kind extends EffectKind>(deps: Deps, operation: Operation<Kind>): Promise<Progress> {
  deps.onStep(operation.kind, 'recorded');
  const attempt = await attemptOperation(deps, operation);
  deps.onStep(operation.kind, 'answered');
  const progress = await recordAttempt(deps, operation, attempt);
  deps.onStep(operation.kind, 'saved');
  return progress;
}

/** Waits of a caller for whoever runs the same operation: 20 s together, no connection held. */
const WAITS_MS = [10, 20, 40, 80, 150, 200, ...Array.from({ length: 78 }, () => 250)];

/**
 * Brings the newest operation about a subject to an end: waits for the one who runs it, or makes one attempt where nobody
 * does. Null when there is none.
 */
export async function driveOperation(
  deps: Deps,
  scope: MerchantScope,
  subject: { subjectId: string; kinds: readonly EffectKind[] },
): Promise<Progress | null> {
  let hasWaited = false;
  for (const waitMs of WAITS_MS) {
    const latest = await findLatestOperation(deps.database.client, scope, subject);
    if (latest === null) return null;
    if (latest.state === 'DONE') return 'done';
    if (latest.state === 'PARKED') return 'unknown';
    const lease = leaseOf(latest.leaseUntil, deps.clock.now());
    // Whoever held it while this caller waited has just made the attempt that this caller came for.
    if (lease === 'free' && hasWaited) return latest.state === 'UNKNOWN' ? 'unknown' : 'not-executed';
    const claimed = lease === 'held' ? null : await claimOperation(deps, deps.database.client, { scope, id: latest.id });
    if (claimed !== null) return runOperation(deps, claimed);
    hasWaited = true;
    await sleep(waitMs);
  }
  return 'busy';
}

/** `lapsed`: its holder vanished without a word. */
function leaseOf(leaseUntil: Date | null, now: Date): 'free' | 'held' | 'lapsed' {
  if (leaseUntil === null) return 'free';
  return leaseUntil > now ? 'held' : 'lapsed';
}

async function attemptOperation<Kind extends EffectKind>(deps: Deps, operation: Operation<Kind>): Promise<Attempt<Kind>> {
  const account = await deps.accounts.get(operation, operation.providerAccountId);
  const provider = deps.provider(account.provider);
  const call = <T>(run: (effect: ProviderEffect) => Promise<T>): Promise<CallResult<T>> =>
    callProvider(deps, account, (base) =>
      run({ ...base, operationId: operation.id, idempotencyKey: operation.idempotencyKey, attempt: operation.attempts }),
    );
  const send = () => call((effect) => provider.send(operation.kind, effect, operation.request));
  const { idempotency } = provider.capabilities;
  const lookUp = async () => {
    const found = await call((effect) => provider.findByOperation(operation.kind, effect, operation.request));
    return readLookUp<Kind>(found, isAbsenceFinal(operation, idempotency, deps.clock.now()) ? 'final' : 'early');
  };

  const plan = planAttempt(operation, idempotency, deps.clock.now());
  if (plan !== 'send') {
    const looked = await lookUp();
    const isAbsent = looked.outcome === 'refused';
    return isAbsent && plan === 'look-up-then-send' ? readSend<Kind>(await send()) : looked;
  }
  const sent = readSend<Kind>(await send());
  // A repeat that is lost again or refused proves nothing about the attempt before it: ask what became of that one.
  const isDoubtful = operation.state === 'UNKNOWN' && (sent.outcome === 'lost' || sent.outcome === 'refused');
  if (!isDoubtful) return sent;
  const looked = await lookUp();
  // Where keys do not replay, a start that is not there will never be answered: it may be given up and begun anew.
  const isGone = operation.kind === 'START' && idempotency.mode !== 'replay';
  return looked.outcome === 'refused' && !isGone ? sent : looked;
}

function readSend<Kind extends EffectKind>(result: CallResult<EffectShapes[Kind]['answer']>): Attempt<Kind> {
  if (result.isAnswered) return { outcome: 'answered', answer: result.answer };
  return { outcome: proofOf(result.failure.category), failure: result.failure };
}

function readLookUp<Kind extends EffectKind>(
  result: CallResult<Found<EffectShapes[Kind]['answer']>>,
  absence: 'final' | 'early',
): Attempt<Kind> {
  if (!result.isAnswered) return { outcome: 'lost', failure: result.failure };
  if (result.answer === 'absent' && absence === 'early') {
    return { outcome: 'lost', failure: new ProviderFailure('UNKNOWN_OUTCOME', 'The provider does not show it yet.', 'absent') };
  }
  if (result.answer === 'absent') {
    return { outcome: 'refused', failure: new ProviderFailure('NOT_FOUND', 'The provider never received it.', 'absent') };
  }
  if (result.answer === 'cannot-tell') {
    return { outcome: 'lost', failure: new ProviderFailure('UNKNOWN_OUTCOME', 'The provider cannot tell.', 'cannot-tell') };
  }
  return { outcome: 'answered', answer: result.answer.found };
}

async function recordAttempt<Kind extends EffectKind>(
  deps: Deps,
  operation: Operation<Kind>,
  attempt: Attempt<Kind>,
): Promise<Progress> {
  const handler: OperationHandler<Kind> = deps.handlers[operation.kind];
  switch (attempt.outcome) {
    case 'answered':
      await deps.database.inTransaction(async (tx) => {
        // Even when the operation was closed meanwhile: what the provider did is never dropped, and applying it twice is once.
        await closeOperation(deps, tx, { operation, by: 'answer' });
        await handler.onAnswer(deps, tx, { operation, answer: attempt.answer });
      });
      return 'done';
    case 'refused':
      await deps.database.inTransaction(async (tx) => {
        const isOurs = await closeOperation(deps, tx, { operation, by: 'refusal' });
        if (isOurs) await handler.onRefusal(deps, tx, { operation, failure: attempt.failure });
      });
      return 'done';
    case 'not-executed':
      await releaseOperation(
        deps,
        deps.database.client,
        toRelease(deps, operation, { failure: attempt.failure, state: operation.state }),
      );
      return operation.state === 'UNKNOWN' ? 'unknown' : 'not-executed';
    case 'lost':
    case 'broken':
      await deps.database.inTransaction(async (tx) => {
        const state = attempt.outcome === 'broken' ? 'PARKED' : 'UNKNOWN';
        const isOurs = await releaseOperation(deps, tx, toRelease(deps, operation, { failure: attempt.failure, state }));
        if (isOurs) await handler.onLoss(deps, tx, operation);
      });
      return 'unknown';
  }
}

function toRelease(deps: Deps, operation: Operation, news: { failure: ProviderFailure; state: OperationState }) {
  const { failure, state } = news;
  const now = deps.clock.now();
  const ageMs = now.getTime() - operation.createdAt.getTime();
  const isParked = state === 'PARKED' || isGivenUp(ageMs);
  if (isParked) deps.count('operations_parked', operation.kind);
  return {
    operation,
    state: isParked ? ('PARKED' as const) : state,
    lastFailure: failure.rawCode === null ? failure.category : `${failure.category}: ${failure.rawCode}`,
    nextAttemptAt: isParked ? null : addMs(now, pauseAfterMs(operation.attempts, ageMs)),
  };
}
