import {
  ClientSessionChangedDocument,
  type ClientSessionChangedSubscription,
  EventAppendedDocument,
  type EventAppendedSubscription,
  type TypedDocumentString,
} from '../generated/graphql.ts';
import { reviveAmounts, toJson, type WithBigints } from './amounts.ts';
import { inputError, TollgateError } from './errors.ts';
import { type SessionChoice, toSessionSelector } from './selectors.ts';
import { backoffMs, findError, parseBody, type TransportOptions } from './transport.ts';

export interface SubscribeOptions {
  /** Ends the subscription, also while it waits. */
  readonly signal?: AbortSignal | undefined;
}

export type SessionChange = WithBigints<ClientSessionChangedSubscription>['clientSessionChanged'];
export type AppendedEvent = WithBigints<EventAppendedSubscription>['eventAppended'];

/** The calls under `client.subscribe`. */
export type Subscribe = ReturnType<typeof createSubscribe>;

/**
 * Subscriptions as async iterators. Each subscribes again by itself behind its last message, whenever the connection is cut or the
 * gateway ends the stream, and goes on until the caller leaves the loop. It throws what a retry cannot mend, such as a revoked key.
 */
export function createSubscribe(options: TransportOptions) {
  return {
    /** A session now, or once it has another version than `afterVersion`, and then after each change. */
    session: (choice: SessionChoice, given: SubscribeOptions & { readonly afterVersion?: number | undefined } = {}) => {
      const variables = { by: toSessionSelector(choice), afterVersion: given.afterVersion ?? null };
      return follow<ClientSessionChangedSubscription, typeof variables, SessionChange>(options, given.signal, {
        document: ClientSessionChangedDocument,
        variables,
        pick: ({ clientSessionChanged }) => clientSessionChanged,
        behind: (known, { version }) => ({ ...known, afterVersion: version }),
      });
    },
    /**
     * Each event behind the cursor `after`, without a gap. Without a cursor the first message has no event, and says where in the log
     * the subscription begins. Keep the cursor of the last message that was dealt with to go on there after a restart.
     */
    events: (given: SubscribeOptions & { readonly after?: string | undefined } = {}) => {
      const variables: { after: string | null } = { after: given.after ?? null };
      return follow<EventAppendedSubscription, typeof variables, AppendedEvent>(options, given.signal, {
        document: EventAppendedDocument,
        variables,
        pick: ({ eventAppended }) => eventAppended,
        behind: (_known, { cursor }) => ({ after: cursor }),
      });
    },
  };
}

interface Subscription<Data, Variables, Message> {
  readonly document: TypedDocumentString<Data, Variables>;
  readonly variables: Variables;
  pick(data: WithBigints<Data>): Message;
  /** The variables that go on behind a message. */
  behind(variables: Variables, message: Message): Variables;
}

async function* follow<Data, Variables, Message>(
  options: TransportOptions,
  signal: AbortSignal | undefined,
  { document, variables: first, pick, behind }: Subscription<Data, Variables, Message>,
): AsyncGenerator<Message, void, void> {
  let variables = first;
  for (let failures = 1; ; failures += 1) {
    if (signal?.aborted === true) return;
    let retryAfterMs = 0;
    try {
      for await (const data of readResults(options, toJson({ query: document.toString(), variables }), signal)) {
        const message = pick(reviveAmounts(data as Data));
        variables = behind(variables, message);
        failures = 0;
        yield message;
      }
    } catch (error) {
      if (error instanceof TollgateError && error.code === 'UNAUTHENTICATED') options.onAuthError?.(error);
      if (error instanceof TollgateError) throw error;
      if (error instanceof Later) retryAfterMs = error.afterMs;
    }
    await pause(Math.max(backoffMs(failures + 1), retryAfterMs), signal);
  }
}

/** Codes of what passes by itself. */
const PASSING: readonly string[] = ['INTERNAL_SERVER_ERROR', 'TOO_MANY_REQUESTS', 'SHUTTING_DOWN', 'REQUEST_TIMED_OUT'];
const PASSING_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];
/** The gateway sends a comment every 12 seconds. */
const SILENCE_MS_MAX = 45_000;
const RETRY_AFTER_MS_MAX = 60_000;

/** Why a subscription is tried again, and not before when. */
class Later extends Error {
  readonly afterMs: number;

  constructor(message: string, afterMs = 0) {
    super(message);
    this.afterMs = Math.min(afterMs, RETRY_AFTER_MS_MAX);
  }
}

/** The data of each message of one connection. Ends with the connection. */
async function* readResults(options: TransportOptions, body: string, signal: AbortSignal | undefined): AsyncGenerator {
  const connection = new AbortController();
  const cut = () => connection.abort();
  signal?.addEventListener('abort', cut);
  let timer = setTimeout(cut, options.timeoutMs);
  try {
    const response = await options.fetch(options.url, {
      method: 'POST',
      headers: { accept: 'text/event-stream', authorization: `Bearer ${options.secretKey}`, 'content-type': 'application/json' },
      body,
      signal: connection.signal,
    });
    const requestId = response.headers.get('x-request-id');
    if (response.status !== 200 || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw refusalOf({ status: response.status, requestId, body: parseBody(await response.text()) }, response.headers);
    }
    if (!response.body) throw inputError(['fetch'], 'The given fetch hands out no body that can be read as it comes.');
    for await (const text of readBlocks(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(cut, SILENCE_MS_MAX);
      const data = /^data: ?(.+)$/m.exec(text)?.[1];
      if (data === undefined) continue;
      const answer = { status: 200, requestId, body: parseBody(data) };
      const error = findError(answer);
      if (error !== null) throw passing(error) ?? error;
      yield answer.body?.data;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cut);
    cut();
  }
}

async function* readBlocks(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += decoder.decode(chunk.value, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function refusalOf(answer: Parameters<typeof findError>[0], headers: { get(name: string): string | null }): Error {
  const afterMs = Number(headers.get('retry-after') ?? 0) * 1_000 || 0;
  if (PASSING_STATUSES.includes(answer.status)) return new Later(`The gateway answered ${answer.status}.`, afterMs);
  return findError(answer) ?? new Later('The gateway answered without a stream.');
}

function passing(error: TollgateError): Later | null {
  return PASSING.includes(error.code) ? new Later(error.message) : null;
}

function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}
