import { setTimeout as sleep } from 'node:timers/promises';
import type { MerchantScope } from '../kernel/scope.ts';
import { type EffectKind, type EffectShapes, type Found, type ProviderEffect, ProviderFailure } from '../providers/provider.ts';
import { type CallResult, callProvider } from './call.ts';
import type { Deps } from './deps.ts';
import type { OperationHandler } from './handler.ts';
import {
  isAbsenceFinal,
  isGivenUp,
  isUndeliverable,
  nextAttemptAt,
  type Operation,
  type OperationState,
  planAttempt,
  proofOf,
  STORE_FAILURES_MAX,
} from './operation.ts';
import { recordParked } from './park.ts';
import { claimOperation, closeOperation, findLatestOperation, markSending, releaseOperation } from './store.ts';

/**
 * How an operation stands after an attempt. `done`: answered or refused, and recorded. `not-executed`: no attempt had an
 * effect; it will be tried again. `unknown`: an attempt may have had one. `busy`: another caller holds it.
 */
export type Progress = 'done' | 'not-executed' | 'unknown' | 'busy';

type Step<Kind extends EffectKind> =
  | { readonly outcome: 'answered'; readonly answer: EffectShapes[Kind]['answer'] }
  | { readonly outcome: 'refused' | 'not-executed' | 'lost' | 'broken'; readonly failure: ProviderFailure };

type Attempt<Kind extends EffectKind> = Step<Kind> & {
  /** The last send that may have had an effect, of this attempt or an earlier one. */
  readonly lastSentAt: Date | null;
};

/**
 * Records an answer where the caller knows what it is about, in fewer statements than the handler. False when that was not
 * possible: then it has written nothing, and the handler records the answer.
 */
export type Recorder<Kind extends EffectKind> = (answer: EffectShapes[Kind]['answer']) => Promise<boolean>;

/**
 * Makes one attempt at an operation that this process holds, and records its outcome through the feature's handler.
 * The provider is called with no database transaction open. The same operation run twice has one effect.
 */
export async function runOperation<Kind extends EffectKind>(
  deps: Deps,
  operation: Operation<Kind>,
  recorder?: Recorder<Kind>,
): Promise<Progress> {
  deps.onStep(operation.kind, 'recorded');
  const attempt = await attemptOperation(deps, operation).catch((error: unknown) => unattempted(deps, operation, error));
  deps.onStep(operation.kind, 'answered');
  const record = async () => {
    if (attempt.outcome === 'answered' && (await recorder?.(attempt.answer)) === true) return 'done';
    return recordAttempt(deps, operation, attempt);
  };
  const progress = await record()
    .catch((error: unknown) => recordUnstorable(deps, operation, { attempt, error }))
    .catch((error: unknown) => {
      deps.later({ accountId: operation.id, run: (signal) => recordLater(deps, record, signal) });
      throw error;
    });
  deps.onStep(operation.kind, 'saved');
  return progress;
}

const RECORD_PAUSE_MS = 500;

/** While the database is away: keeps what the provider answered and records it at the database's return, for as long as the lease. */
async function recordLater(deps: Pick<Deps, 'settings'>, record: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const limitMs = deps.settings.operationLeaseMs;
  for (let waitedMs = 0; waitedMs < limitMs && !signal.aborted; waitedMs += RECORD_PAUSE_MS) {
    await sleep(RECORD_PAUSE_MS, undefined, { ref: false });
    const isRecorded = await record().then(
      () => true,
      () => false,
    );
    if (isRecorded) return;
  }
  throw new Error('An answer could not be recorded: the operation is taken up again when its lease has run out.');
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
  const { idempotency } = provider.capabilities;
  const call = <T>(run: (effect: ProviderEffect) => Promise<T>): Promise<CallResult<T>> =>
    callProvider(deps, account, (base) =>
      run({ ...base, operationId: operation.id, idempotencyKey: operation.idempotencyKey, attempt: operation.attempts }),
    );
  const send = async (): Promise<Attempt<Kind>> => {
    const { lastSentAt } = operation;
    if (!(await maySend(deps, operation))) return { ...LEASE_LOST, lastSentAt };
    const sent = readSend<Kind>(await call((effect) => provider.send(operation.kind, effect, operation.request)));
    return { ...sent, lastSentAt: sent.outcome === 'lost' || sent.outcome === 'broken' ? deps.clock.now() : lastSentAt };
  };
  const lookUp = async ({ lastSentAt }: { lastSentAt: Date | null }): Promise<Attempt<Kind>> => {
    const found = await call((effect) => provider.findByOperation(operation.kind, effect, operation.request));
    const isFinal = isAbsenceFinal({ ...operation, lastSentAt }, idempotency, deps.clock.now());
    return { ...readLookUp<Kind>(found, isFinal ? 'final' : 'early'), lastSentAt };
  };

  const handler: OperationHandler<Kind> = deps.handlers[operation.kind];
  // Its record was the look that the first attempt needs.
  const refusal = operation.attempts === 1 ? null : ((await handler.refuseSend?.(deps, operation)) ?? null);
  if (refusal !== null && operation.state === 'PENDING') {
    return { outcome: 'refused', failure: refusal, lastSentAt: operation.lastSentAt };
  }
  const plan = refusal === null ? planAttempt(operation, idempotency, deps.clock.now()) : 'look-up';
  if (plan !== 'send') {
    const looked = await lookUp(operation);
    const isAbsent = looked.outcome === 'refused';
    return isAbsent && plan === 'look-up-then-send' ? send() : looked;
  }
  const sent = await send();
  // A repeat that is lost again or refused proves nothing about the attempt before it: ask for the outcome of that one.
  const isDoubtful = operation.state === 'UNKNOWN' && (sent.outcome === 'lost' || sent.outcome === 'refused');
  if (!isDoubtful) return sent;
  const looked = await lookUp(sent);
  // Where keys do not replay, a start that is not there can never be paid: it may be given up and begun again.
  const isGone = operation.kind === 'START' && idempotency.mode !== 'replay';
  return looked.outcome === 'refused' && !isGone ? sent : looked;
}

/**
 * Whether no other process can have found that this attempt was never sent. The first one was recorded as sent when it was
 * inserted, for as long as its lease: a process that stood still for longer sends nothing.
 */
async function maySend(deps: Deps, operation: Operation): Promise<boolean> {
  if (operation.attempts > 1) return markSending(deps, deps.database.client, operation);
  return leaseOf(operation.leaseUntil, deps.clock.now()) === 'held';
}

/** Only what comes before a send throws: the account could not be read, for instance. */
function unattempted<Kind extends EffectKind>(
  deps: Pick<Deps, 'log'>,
  operation: Operation<Kind>,
  error: unknown,
): Attempt<Kind> {
  deps.log.error({ operationId: operation.id, kind: operation.kind, error }, 'an operation could not be attempted');
  const failure = new ProviderFailure('UNAVAILABLE', 'The gateway could not make the call.', 'gateway_error');
  return { outcome: 'not-executed', failure, lastSentAt: operation.lastSentAt };
}

const LEASE_LOST = {
  outcome: 'lost',
  failure: new ProviderFailure('UNKNOWN_OUTCOME', 'Another process has taken the operation.', 'lease_lost'),
} as const;

function readSend<Kind extends EffectKind>(result: CallResult<EffectShapes[Kind]['answer']>): Step<Kind> {
  if (result.isAnswered) return { outcome: 'answered', answer: result.answer };
  return { outcome: proofOf(result.failure.category), failure: result.failure };
}

function readLookUp<Kind extends EffectKind>(
  result: CallResult<Found<EffectShapes[Kind]['answer']>>,
  absence: 'final' | 'early',
): Step<Kind> {
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
        const isOurs = await closeOperation(deps, tx, { operation, by: 'refusal', failure: nameOf(attempt.failure) });
        if (isOurs) await handler.onRefusal(deps, tx, { operation, failure: attempt.failure });
      });
      return 'done';
    case 'not-executed':
      if (isUndeliverable(operation, ageMsOf(deps, operation)))
        return recordAttempt(deps, operation, { ...attempt, outcome: 'refused' });
      await release(deps, operation, { ...attempt, state: operation.state });
      return operation.state === 'UNKNOWN' ? 'unknown' : 'not-executed';
    case 'lost':
      await release(deps, operation, { ...attempt, state: 'UNKNOWN' });
      return 'unknown';
    case 'broken':
      await release(deps, operation, { ...attempt, state: 'PARKED' });
      return 'unknown';
  }
}

/**
 * The database would not take the outcome, which says nothing against the provider: the operation pauses like one whose answer
 * was lost, and is parked when that happens again and again. Throws the first error when even this cannot be recorded.
 */
async function recordUnstorable<Kind extends EffectKind>(
  deps: Deps,
  operation: Operation<Kind>,
  { attempt, error }: { attempt: Attempt<Kind>; error: unknown },
): Promise<Progress> {
  deps.log.error({ operationId: operation.id, kind: operation.kind, error }, 'the outcome of an operation could not be stored');
  const isCertain = attempt.outcome === 'not-executed' || attempt.outcome === 'refused';
  const storeFailures = operation.storeFailures + 1;
  const isHopeless = storeFailures >= STORE_FAILURES_MAX;
  const failure = new ProviderFailure('PROGRAMMING_ERROR', 'The answer could not be stored.', 'not_storable');
  const lastSentAt = attempt.outcome === 'answered' ? deps.clock.now() : attempt.lastSentAt;
  const state = isHopeless ? 'PARKED' : isCertain ? operation.state : 'UNKNOWN';
  await release(deps, operation, { failure, lastSentAt, state, storeFailures }).catch(() => {
    throw error;
  });
  return state === 'PENDING' ? 'not-executed' : 'unknown';
}

interface Unanswered {
  readonly failure: ProviderFailure;
  readonly lastSentAt: Date | null;
  readonly state: OperationState;
  readonly storeFailures?: number;
}

/** Gives the operation back until its next automatic attempt, or to an operator, and tells the feature where it may have acted. */
async function release<Kind extends EffectKind>(deps: Deps, operation: Operation<Kind>, news: Unanswered): Promise<void> {
  const { failure, lastSentAt, storeFailures = 0 } = news;
  const state = isGivenUp(ageMsOf(deps, operation)) ? 'PARKED' : news.state;
  const isParked = state === 'PARKED';
  const lastFailure = nameOf(failure);
  const dueAt = isParked ? null : nextAttemptAt(operation.createdAt, deps.clock.now());
  await deps.database.inTransaction(async (tx) => {
    const released = { operation, state, lastFailure, lastSentAt, storeFailures, nextAttemptAt: dueAt };
    if (!(await releaseOperation(deps, tx, released))) return;
    if (state !== 'PENDING') await deps.handlers[operation.kind].onLoss(deps, tx, operation);
    if (isParked) await recordParked(deps, tx, { scope: operation, operation, failure: lastFailure });
  });
}

function nameOf({ category, rawCode }: ProviderFailure): string {
  return rawCode === null ? category : `${category}: ${rawCode}`;
}

function ageMsOf(deps: Pick<Deps, 'clock'>, { createdAt }: Pick<Operation, 'createdAt'>): number {
  return deps.clock.now().getTime() - createdAt.getTime();
}
