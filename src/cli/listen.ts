import type { JsonObject } from '../kernel/json.ts';
import { POST_FAILURES, type PostOutcome } from '../merchant-webhooks/post.ts';
import { followLog, type LoggedEvent, type LogPlace, untilAnswered } from './follow-log.ts';
import { createForwarder } from './forward.ts';
import { openRemote, type RemoteOptions } from './remote.ts';
import type { Terminal } from './terminal.ts';

export interface TailOptions extends RemoteOptions {
  readonly after?: string;
  readonly json?: boolean;
}

export interface ListenOptions extends TailOptions {
  readonly forwardTo: string;
}

/** Prints each event of the log until the signal. Throws Refused. */
export async function tailEvents(terminal: Terminal, options: TailOptions, signal: AbortSignal): Promise<void> {
  const remote = await openRemote(terminal, options);
  if (options.json !== true) terminal.print(`Events of ${remote.environment} at ${remote.url}. Ctrl-C ends this.\n`);
  const follow = followingOf(terminal, options, signal);
  await walk(terminal, followLog(remote, follow), async ({ cursor, event }) => {
    if (event !== null) terminal.print(options.json === true ? toLine({ cursor, event: { ...event } }) : `${describe(event)}\n`);
    return 'done';
  });
}

/**
 * Sends each event to a receiver on this machine, one after the other, and prints what it answers, until the signal. An event that the
 * receiver does not take is not sent again. Throws Refused.
 */
export async function listen(terminal: Terminal, options: ListenOptions, signal: AbortSignal): Promise<void> {
  const { forwardTo, json: isJson = false } = options;
  const remote = await openRemote(terminal, options);
  const forwarder = createForwarder(remote, forwardTo);
  const { secret } = forwarder;
  const { url, environment } = remote;
  terminal.print(
    isJson
      ? toLine({ url, environment, forwardTo, secret })
      : `Events of ${environment} at ${url} go to ${forwardTo}. Ctrl-C ends this.\nSecret: ${secret}\n`,
  );
  const follow = followingOf(terminal, options, signal);
  try {
    await walk(terminal, followLog(remote, follow), async ({ cursor, event }) => {
      if (event === null) return 'done';
      const body = await untilAnswered(() => forwarder.toMessage(event, signal), follow);
      if (body === null) return 'stopped';
      const outcome = await forwarder.post(event, body, signal);
      if (outcome.kind === 'failed' && outcome.reason === 'aborted') return 'stopped';
      terminal.print(
        isJson
          ? toLine({ cursor, event: { ...event }, ...factsOf(outcome) })
          : `${describe(event)}  ${describeOutcome(outcome)}\n`,
      );
      return 'done';
    });
  } finally {
    forwarder.close();
  }
}

function followingOf(terminal: Terminal, { after }: TailOptions, signal: AbortSignal) {
  const onLoss = (reason: string): void => terminal.complain(`${reason} Trying again.\n`);
  return { after: after ?? null, signal, onLoss };
}

/** Does it for each place, and says at the end where to go on: behind the last one that was done. */
async function walk(
  terminal: Terminal,
  places: AsyncIterable<LogPlace>,
  run: (place: LogPlace) => Promise<'done' | 'stopped'>,
): Promise<void> {
  let last: string | null = null;
  for await (const place of places) {
    if ((await run(place)) === 'stopped') break;
    last = place.cursor;
  }
  if (last !== null) terminal.complain(`To go on from here: --after ${last}\n`);
}

function describe({ createdAt, type, sessionId, sequence, isAlert }: LoggedEvent): string {
  const place = sessionId === null ? '-' : `${sessionId} #${sequence}`;
  return `${createdAt}  ${type}${isAlert ? ' (alert)' : ''}  ${place}`;
}

function describeOutcome(outcome: PostOutcome): string {
  if (outcome.kind === 'failed') return `no answer: ${POST_FAILURES[outcome.reason]}`;
  const { status, durationMs, body } = outcome;
  // One line, and nothing in it that a terminal obeys.
  const said = body.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return `${status} in ${Math.round(durationMs)} ms${said === '' ? '' : `: ${said}`}`;
}

function factsOf(outcome: PostOutcome): JsonObject {
  const durationMs = Math.round(outcome.durationMs);
  if (outcome.kind === 'failed') return { status: null, durationMs, problem: POST_FAILURES[outcome.reason] };
  return { status: outcome.status, durationMs, response: outcome.body };
}

function toLine(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}
