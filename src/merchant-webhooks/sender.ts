import { setMaxListeners } from 'node:events';
import { SECOND_MS } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { createLoop } from '../kernel/loop.ts';
import { scopeOf } from '../kernel/scope.ts';
import { within } from '../kernel/within.ts';
import { claimDue, type EndedAttempt, recordAttempts } from './delivery-store.ts';
import type { Deps } from './deps.ts';
import type { WebhookEndpoint } from './endpoint.ts';
import { noteHealth } from './health.ts';
import { type DueDelivery, toBody } from './message.ts';
import type { PostOutcome } from './post.ts';
import { isSuccess, verdictOf } from './schedule.ts';
import { sendMessage } from './send-message.ts';
import { listEndpointsByIds } from './store.ts';

export interface Sender {
  /** Begins to look for due deliveries every second, and within 50 ms after events were appended in this process. */
  start(): void;
  /** Makes every attempt that is due now, and records it. */
  runDue(): Promise<void>;
  /** Begins no further attempt, gives those under way half of the limit to end, and records them. */
  stop(limitMs: number): Promise<void>;
}

export interface SenderOptions {
  /** From 0 to 1, for the jitter of pauses. Random unless told. */
  readonly random?: () => number;
  /** Called between the steps of sending; tests end the process there. */
  readonly onStep?: (step: SendStep) => void;
}

/** The steps of sending, in their order. */
export const SEND_STEPS = ['claimed', 'sent', 'answered', 'recorded'] as const;
export type SendStep = (typeof SEND_STEPS)[number];

const PAUSE_MS = SECOND_MS;
/** News of that long is looked at together, so that a busy gateway does not claim after each of its commits. */
const NEWS_MS = 50;
const ROUND_MS_MAX = 30 * SECOND_MS;

interface Attempt {
  readonly due: DueDelivery;
  readonly endpoint: WebhookEndpoint;
  readonly at: Date;
  readonly outcome: PostOutcome;
}

/**
 * Sends the deliveries of all merchants, several processes side by side: a delivery goes to the process that claims it. At most eight
 * requests to one endpoint are under way in a process, so that a slow or dead one holds nothing up but itself. What has ended is
 * recorded together, in one statement, before more is claimed.
 */
export function createSender(deps: Deps, { random = Math.random, onStep = () => {} }: SenderOptions = {}): Sender {
  const flight = createFlight(deps, onStep);
  let stopListening = (): void => {};
  const round = async (signal: AbortSignal): Promise<number> => {
    if (await flight.record(random)) onStep('recorded');
    if (signal.aborted) return 0;
    const claimed = await claimDue(deps.database.client, deps.clock.now(), flight.busy);
    if (claimed.length === 0) return 0;
    onStep('claimed');
    const ids = [...new Set(claimed.map(({ endpointId }) => endpointId))];
    const endpoints = new Map((await listEndpointsByIds(deps.database.client, ids)).map((endpoint) => [endpoint.id, endpoint]));
    for (const due of claimed) {
      const endpoint = endpoints.get(due.endpointId);
      // Deleted or disabled since: its lease runs out unused.
      if (endpoint !== undefined && endpoint.disabledAt === null) flight.begin(due, endpoint, () => loop.wake());
    }
    return claimed.length;
  };
  const loop = createLoop({
    name: 'webhooks',
    log: deps.log,
    pauseMs: PAUSE_MS,
    roundMsMax: ROUND_MS_MAX,
    round: async (signal) => {
      if ((await round(signal)) > 0) loop.wake();
    },
  });
  return {
    start() {
      let isWaiting = false;
      stopListening = deps.database.onNews(() => {
        if (isWaiting) return;
        isWaiting = true;
        setTimeout(() => {
          isWaiting = false;
          loop.wake();
        }, NEWS_MS).unref();
      });
      loop.start();
    },
    async runDue() {
      const never = new AbortController().signal;
      while (!flight.isStopped() && ((await round(never)) > 0 || flight.hasEnded())) await flight.idle();
    },
    async stop(limitMs) {
      stopListening();
      await loop.stop(limitMs);
      await within(limitMs / 2, flight.idle());
      flight.abort();
      await flight.idle();
      await flight.record(random);
    },
  };
}

/** The requests of this process that are under way, and those that have ended and are not recorded yet. */
function createFlight(deps: Deps, onStep: (step: SendStep) => void) {
  const busy = new Map<string, number>();
  const ended: Attempt[] = [];
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  // One for each request that is under way.
  setMaxListeners(0, stopped.signal);
  const send = async (due: DueDelivery, endpoint: WebhookEndpoint): Promise<void> => {
    const at = deps.clock.now();
    // A process that stood still for longer than its lease sends nothing: another one may have sent what comes later.
    if (at >= due.leaseUntil) return;
    ended.push({ due, endpoint, at, outcome: await post(deps, { due, endpoint, at, signal: stopped.signal, onStep }) });
  };
  const free = (endpointId: string): void => {
    const left = (busy.get(endpointId) ?? 1) - 1;
    if (left === 0) busy.delete(endpointId);
    else busy.set(endpointId, left);
  };
  return {
    busy: busy as ReadonlyMap<string, number>,
    begin(due: DueDelivery, endpoint: WebhookEndpoint, onEnd: () => void) {
      busy.set(endpoint.id, (busy.get(endpoint.id) ?? 0) + 1);
      const sending = send(due, endpoint)
        // Its secret cannot be opened, for instance. Its lease runs out, and it is begun again.
        .catch((error: unknown) => deps.log.error({ endpointId: endpoint.id, error }, 'a webhook could not be sent'))
        .finally(() => {
          underWay.delete(sending);
          free(endpoint.id);
          onEnd();
        });
      underWay.add(sending);
    },
    /** Whether there was anything to record. What the database does not take is kept for the next time. */
    async record(random: () => number): Promise<boolean> {
      const taken = ended.splice(0, RECORDED_MAX);
      if (taken.length === 0) return false;
      const now = deps.clock.now();
      const rows = taken.map((attempt) => toEnded(deps, attempt, { now, random: random() }));
      await recordAttempts(deps.database.client, rows, now).catch((error: unknown) => {
        ended.push(...taken);
        throw error;
      });
      // Any success counts, or else the last one.
      const telling = new Map(taken.map((attempt) => [attempt.endpoint.id, attempt]));
      for (const attempt of taken) if (isSuccess(attempt.outcome)) telling.set(attempt.endpoint.id, attempt);
      for (const { endpoint, outcome } of telling.values()) await noteHealth(deps, endpoint, { outcome, now });
      return true;
    },
    hasEnded: () => ended.length > 0,
    idle: () => Promise.all(underWay),
    isStopped: () => stopped.signal.aborted,
    abort: () => stopped.abort(),
  };
}

const RECORDED_MAX = 500;

interface Posting {
  readonly due: DueDelivery;
  readonly endpoint: WebhookEndpoint;
  readonly at: Date;
  readonly signal: AbortSignal;
  readonly onStep: (step: SendStep) => void;
}

async function post(deps: Deps, { due, endpoint, at, signal, onStep }: Posting): Promise<PostOutcome> {
  const body = toBody(due);
  onStep('sent');
  const outcome = await sendMessage(deps, endpoint, { id: due.event.id, at, body, signal });
  onStep('answered');
  return outcome;
}

function toEnded(deps: Deps, { due, at, outcome }: Attempt, { now, random }: { now: Date; random: number }): EndedAttempt {
  const scope = scopeOf(due);
  const id = newId(at);
  const isAborted = outcome.kind === 'failed' && outcome.reason === 'aborted';
  const verdict = isAborted
    ? { status: 'PENDING' as const, nextAttemptAt: now }
    : verdictOf(outcome, { attempts: due.attempts + 1, now, random });
  const nextAttemptAt = verdict.status === 'PENDING' ? verdict.nextAttemptAt : null;
  const body = outcome.kind === 'response' && outcome.body !== '' ? outcome.body : null;
  const place = { column: 'delivery_attempts.response', row: { ...scope, id } } as const;
  return {
    ...scope,
    deliveryId: due.id,
    leaseUntil: due.leaseUntil,
    delivery: {
      status: verdict.status,
      attempts: due.attempts + (isAborted ? 0 : 1),
      nextAttemptAt,
      endedAt: nextAttemptAt === null ? now : null,
    },
    attempt: {
      id,
      at,
      durationMs: Math.round(outcome.durationMs),
      status: outcome.kind === 'response' ? outcome.status : null,
      failure: outcome.kind === 'failed' ? outcome.reason : null,
      sealedResponse: body === null ? null : deps.vault.seal(place, body),
    },
  };
}
