import { addMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { DisabledReason, WebhookEndpoint } from './endpoint.ts';
import type { PostOutcome } from './post.ts';

/** The pause before each attempt: ten attempts within 75 hours and 35 minutes. The example of Standard Webhooks 1.0. */
const PAUSES_MS: readonly number[] = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
const JITTER = 0.2;
/** How much longer than planned a receiver may ask the gateway to wait. */
const RETRY_AFTER_FACTOR_MAX = 2;

/** What follows an attempt. */
export type Verdict = { readonly status: 'DELIVERED' | 'FAILED' } | { readonly status: 'PENDING'; readonly nextAttemptAt: Date };

/**
 * @param attempts how many were made, this one included
 * @param random from 0 to 1, for the jitter of 20 % both ways
 */
export function verdictOf(
  outcome: PostOutcome,
  { attempts, now, random }: { attempts: number; now: Date; random: number },
): Verdict {
  if (isSuccess(outcome)) return { status: 'DELIVERED' };
  const plannedMs = PAUSES_MS[attempts];
  if (plannedMs === undefined) return { status: 'FAILED' };
  const askedMs = outcome.kind === 'response' ? (outcome.retryAfterMs ?? 0) : 0;
  const pauseMs = Math.min(Math.max(plannedMs, askedMs), plannedMs * RETRY_AFTER_FACTOR_MAX);
  const jitteredMs = pauseMs * (1 - JITTER + 2 * JITTER * random);
  // A receiver that asks for time gets at least that.
  return { status: 'PENDING', nextAttemptAt: addMs(now, Math.max(jitteredMs, Math.min(askedMs, pauseMs))) };
}

export function isSuccess(outcome: PostOutcome): boolean {
  return outcome.kind === 'response' && outcome.status >= 200 && outcome.status < 300;
}

const GONE = 410;
const DISABLED_AFTER_MS = 120 * HOUR_MS;
/** How long an endpoint has failed when an alert is raised. */
const ALERTS_AFTER_MS: readonly number[] = [24 * HOUR_MS, 72 * HOUR_MS];

/** What an attempt says about its endpoint. */
export type Health =
  | { readonly kind: 'unchanged' | 'succeeded' | 'failing' | 'alert' }
  | { readonly kind: 'disabled'; readonly reason: DisabledReason };

const SUCCESS_NOTED_EVERY_MS = MINUTE_MS;

/** The time of a success is exact to a minute, so that a busy endpoint's row is not written with every delivery. */
export function healthAfter(
  endpoint: Pick<WebhookEndpoint, 'failingSince' | 'failureAlerts' | 'lastSuccessAt'>,
  outcome: PostOutcome,
  now: Date,
): Health {
  const { failingSince, failureAlerts, lastSuccessAt } = endpoint;
  if (isSuccess(outcome)) {
    const isNoted = lastSuccessAt !== null && now < addMs(lastSuccessAt, SUCCESS_NOTED_EVERY_MS);
    return { kind: failingSince === null && isNoted ? 'unchanged' : 'succeeded' };
  }
  if (outcome.kind === 'failed' && outcome.reason === 'aborted') return { kind: 'unchanged' };
  if (outcome.kind === 'response' && outcome.status === GONE) return { kind: 'disabled', reason: 'GONE' };
  if (failingSince === null) return { kind: 'failing' };
  const failingMs = now.getTime() - failingSince.getTime();
  if (failingMs >= DISABLED_AFTER_MS) return { kind: 'disabled', reason: 'FAILING' };
  const isAlertDue = failingMs >= (ALERTS_AFTER_MS[failureAlerts] ?? Number.POSITIVE_INFINITY);
  return { kind: isAlertDue ? 'alert' : 'unchanged' };
}
