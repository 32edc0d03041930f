import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import { type Data, PUBLIC_URL, type WireError } from '../support/gateway.ts';
import { overPort } from '../support/over-port.ts';

/** One event of a stream as it came, its data parsed. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: { readonly data?: Data; readonly errors?: readonly WireError[] } | null;
}

export interface Reader {
  readonly response: Response;
  /** The next event, comments left out; null at the end of the stream, however it ends. */
  next(): Promise<StreamEvent | null>;
  /** The data of the next event, which must be a `next` without errors. */
  data(): Promise<Data>;
  /** Goes away, as a page that is closed. */
  leave(): Promise<void>;
}

export interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export const WATCH = `subscription Watch($by: ClientSessionSelector!, $after: Int) {
  change: clientSessionChanged(by: $by, afterVersion: $after) { version session { id status attempts } }
}`;
export const FOLLOW = `subscription Follow($after: String) {
  entry: eventAppended(after: $after) { cursor event { id type sessionId } }
}`;

/** Subscribes with plain `fetch`, as any client can. */
export async function subscribe(
  app: App,
  credential: string | null,
  asked: Asked,
  headers: Record<string, string> = {},
): Promise<Reader> {
  const controller = new AbortController();
  const response = await overPort(app.listener)(`${PUBLIC_URL}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
      ...headers,
    },
    body: JSON.stringify(asked),
    signal: controller.signal,
  });
  const events = readEvents(response);
  const next = async (): Promise<StreamEvent | null> => {
    const { value, done } = await events.next();
    return done === true ? null : value;
  };
  return {
    response,
    next,
    async data() {
      const event = await next();
      if (event?.event !== 'next' || event.data?.errors) throw new Error(`Expected data, got ${JSON.stringify(event)}`);
      return event.data?.data;
    },
    async leave() {
      controller.abort();
      await events.return(undefined);
    },
  };
}

async function* readEvents(response: Response): AsyncGenerator<StreamEvent, void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) if (!block.startsWith(':')) yield toEvent(block);
    }
  } catch {
    // Cut off.
  }
}

function toEvent(block: string): StreamEvent {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const data = fields.get('data') ?? '';
  return { event: fields.get('event') ?? '', id: fields.get('id') ?? null, data: data === '' ? null : JSON.parse(data) };
}

/** A `fetch` that breaks the body off behind its first message, when the client waits for the next one. */
export async function cutAfterEachMessage(url: string, init: RequestInit): Promise<Response> {
  const controller = new AbortController();
  const response = await fetch(url, { ...init, signal: controller.signal });
  const firstMessage = async function* (): AsyncGenerator<Uint8Array, void> {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const end = text.indexOf('\n\n', text.indexOf('event: next'));
      if (!text.includes('event: next') || end === -1) continue;
      yield new TextEncoder().encode(text.slice(0, end + 2));
      await setImmediate();
      controller.abort();
    }
  };
  return new Response(ReadableStream.from(firstMessage()) as BodyInit, response);
}
