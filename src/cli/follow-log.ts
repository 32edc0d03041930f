import { setTimeout as wait } from 'node:timers/promises';
import { SECOND_MS } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';
import { dataOf, parse, Refused, type Remote, reasonOf, send, Unanswered } from './remote.ts';

/** An event as the API shows it. */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly isAlert: boolean;
  readonly sessionId: string | null;
  readonly transactionId: string | null;
  readonly customerId: string | null;
  readonly sequence: number | null;
  readonly data: JsonObject;
  readonly createdAt: string;
}

/** A place in the log, and what was appended there: nothing at the place where a reader without a cursor begins. */
export interface LogPlace {
  readonly cursor: string;
  readonly event: LoggedEvent | null;
}

export interface Following {
  /** The cursor to go on behind; null for the present end of the log. */
  readonly after: string | null;
  /** Ends it, also while it waits. */
  readonly signal: AbortSignal;
  /** Called once for each time that the gateway is lost, with the reason. */
  onLoss(reason: string): void;
}

const FOLLOW = `subscription Follow($after: String) {
  entry: eventAppended(after: $after) {
    cursor
    event { id type source isAlert sessionId transactionId customerId sequence data createdAt }
  }
}`;
/** The gateway sends a comment every 12 seconds. */
const SILENCE_MS_MAX = 45 * SECOND_MS;
const PAUSE_MS_MAX = 30 * SECOND_MS;
const PAUSE_MS_FIRST = SECOND_MS / 4;

/** Each event of the key's merchant as it is appended, without a gap, over every cut and restart. Throws Refused. */
export async function* followLog(remote: Remote, { after, signal, onLoss }: Following): AsyncGenerator<LogPlace, void, void> {
  let cursor = after;
  for (let failures = 0; !signal.aborted; ) {
    let pauseMs = PAUSE_MS_FIRST;
    try {
      for await (const place of readStream(remote, cursor, signal)) {
        ({ cursor } = place);
        failures = 0;
        yield place;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Unanswered)) throw error;
      if (failures === 0) onLoss(error.message);
      failures += 1;
      pauseMs = Math.min(Math.max(PAUSE_MS_FIRST * 2 ** failures, error.retryAfterMs), PAUSE_MS_MAX);
    }
    await pause(pauseMs, signal);
  }
}

/** Asks until there is an answer. Null when the signal came first. Throws Refused. */
export async function untilAnswered<T>(run: () => Promise<T>, { signal, onLoss }: Omit<Following, 'after'>): Promise<T | null> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof Unanswered)) throw error;
      if (failures === 0) onLoss(error.message);
      await pause(Math.min(Math.max(PAUSE_MS_FIRST * 2 ** failures, error.retryAfterMs), PAUSE_MS_MAX), signal);
    }
  }
  return null;
}

/** The messages of one connection. Throws Unanswered when it breaks, and ends when the gateway ends it. */
async function* readStream(remote: Remote, after: string | null, signal: AbortSignal): AsyncGenerator<LogPlace, void, void> {
  const connection = new AbortController();
  const cut = (): void => connection.abort(new Unanswered('The gateway was silent for too long.'));
  const ended = AbortSignal.any([signal, connection.signal]);
  let timer = setTimeout(cut, SILENCE_MS_MAX);
  try {
    const body = JSON.stringify({ query: FOLLOW, variables: { after } });
    const response = await send(remote, { accept: 'text/event-stream', body, signal: ended });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!isStream || response.body === null) {
      dataOf(parse(await response.text()), response.status);
      throw new Refused('The gateway answered without a stream: something on the way does not let it through.');
    }
    for await (const block of readBlocks(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(cut, SILENCE_MS_MAX);
      const data = /^data: ?(.+)$/m.exec(block)?.[1];
      if (data !== undefined) yield (dataOf(parse(data), response.status) as { entry: LogPlace }).entry;
    }
  } finally {
    clearTimeout(timer);
    connection.abort();
  }
}

async function* readBlocks(body: NonNullable<Response['body']>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (;;) {
    const chunk = await reader.read().catch((error: unknown) => {
      throw new Unanswered(`The connection to the gateway broke: ${reasonOf(error)}`);
    });
    if (chunk.done) return;
    text += decoder.decode(chunk.value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks;
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await wait(durationMs, undefined, { signal }).catch(() => undefined);
}
