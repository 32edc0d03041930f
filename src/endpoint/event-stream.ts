import type { ExecutionResult } from 'graphql';
import { type Plugin, processRegularResult } from 'graphql-yoga';
import { SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createLoop, type Loop } from '../kernel/loop.ts';
import { toPlainResponse } from './plain-response.ts';
import { acceptedTypes, acceptsStream, messageIdOf, sourceEndOf } from './subscriptions.ts';

/**
 * Answers in the `text/event-stream` of the GraphQL over SSE protocol, its mode of distinct connections. A message has the event
 * `next`, its name as `id` where it has one, and the result as data. `complete` says that there is nothing to come back for: after a
 * single result, and after one without data. A stream that merely ends can be subscribed to again.
 */

/** `no-transform` and the header of nginx keep proxies from collecting or compressing what should arrive at once. */
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;
/** Shorter than the idle limits of proxies, of which many are 30 seconds. */
const COMMENT_EVERY_MS = 12 * SECOND_MS;

/** What a stream is told of its request. */
interface Exchange {
  publish(result: ExecutionResult): ExecutionResult;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Resolves at the end of the source, which a client that reads nothing does not ask for. */
  readonly sourceEnd: Promise<void> | undefined;
  /** Is told that the response goes on, and when the gateway has said all or the source has ended. */
  readonly onStream: ((ended: Promise<void>) => void) | undefined;
}

type Results = AsyncIterable<ExecutionResult>;
type Controller = ReadableStreamDefaultController<Uint8Array>;

export interface EventStreamOptions {
  readonly log: Logger;
  publish(result: ExecutionResult, requestId: string): ExecutionResult;
  requestIdOf(request: Request, given: string | undefined): string;
}

interface ServerParts {
  readonly requestId?: string;
  readonly onStream?: (ended: Promise<void>) => void;
}

/** Takes the place of Yoga's own processor for `text/event-stream`, which names no messages and beats once for each stream. */
export function answerWithEvents({ log, publish, requestIdOf }: EventStreamOptions): Plugin<object, ServerParts> {
  const pulse = createPulse(log);
  return {
    onResultProcess({ request, result, serverContext, setResultProcessor }) {
      if (Array.isArray(result)) return;
      if (!(Symbol.asyncIterator in result)) {
        if (wantsEvents(request)) setResultProcessor(toSingle as never, 'text/event-stream');
        return;
      }
      const requestId = requestIdOf(request, serverContext.requestId);
      const exchange: Exchange = {
        publish: (each) => publish(each, requestId),
        signal: request.signal,
        sourceEnd: sourceEndOf(request),
        onStream: serverContext.onStream,
      };
      setResultProcessor((results) => toStream(results as Results, exchange, pulse), 'text/event-stream');
    },
  };
}

/** Whether a single result is wanted in a stream: where nothing else is accepted. */
function wantsEvents(request: Request): boolean {
  return acceptsStream(request) && acceptedTypes(request).every((type) => type.startsWith('text/'));
}

/** What failed before anything of the operation was known is said by the status, as any HTTP client understands it. */
function toSingle(result: ExecutionResult, fetchAPI: Parameters<typeof processRegularResult>[1]): unknown {
  const hasStatus = result.errors?.some(({ extensions }) => {
    const { http } = extensions;
    return http?.status !== undefined && http.spec !== true;
  });
  if (hasStatus) return processRegularResult(result, fetchAPI, 'application/json');
  return new Response(`${toNext(result)}${COMPLETE}`, { headers: HEADERS });
}

const COMMENT = ':\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';

/** JSON holds no line break. */
function toNext(result: ExecutionResult, id?: string): string {
  const named = id === undefined ? '' : `id: ${id}\n`;
  return `event: next\n${named}data: ${toPlainResponse(result, 'application/json').body}\n\n`;
}

/**
 * A result is made when the client has taken the one before, so a slow one keeps no more than that. A client that goes away ends the
 * source at once.
 */
function toStream(results: Results, exchange: Exchange, pulse: Pulse): Response {
  const { publish, signal } = exchange;
  const source = results[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let resolveEnd = (): void => {};
  const ended = new Promise<void>((resolve) => {
    resolveEnd = resolve;
  });
  exchange.onStream?.(ended);
  exchange.sourceEnd?.then(resolveEnd, resolveEnd);
  let isOver = false;
  let forget = (): void => {};
  const end = (controller: Controller | null): void => {
    if (isOver) return;
    isOver = true;
    forget();
    signal.removeEventListener('abort', leave);
    void Promise.resolve(source.return?.()).catch(() => {});
    controller?.close();
    resolveEnd();
  };
  let leave = (): void => end(null);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const beat = () => controller.enqueue(encoder.encode(COMMENT));
      leave = () => end(controller);
      forget = pulse.add(() => ((controller.desiredSize ?? 0) > 0 ? beat() : undefined));
      signal.addEventListener('abort', leave);
      // Some browsers show a response only when something of its body has come.
      if (signal.aborted) leave();
      else beat();
    },
    async pull(controller) {
      const next = await nextOf(source);
      if (isOver) return;
      if (next.done) return end(controller);
      const isLast = next.value.data == null;
      const text = toNext(publish(next.value), messageIdOf(next.value));
      controller.enqueue(encoder.encode(isLast ? text + COMPLETE : text));
      if (isLast) end(controller);
    },
    cancel: () => end(null),
  });
  return new Response(body, { headers: HEADERS });
}

/** A source that fails is over, and its failure the last result. */
async function nextOf(source: AsyncIterator<ExecutionResult>): Promise<IteratorResult<ExecutionResult>> {
  try {
    return await source.next();
  } catch (error) {
    return { done: false, value: { errors: [error as never] } };
  }
}

interface Pulse {
  /** Calls regularly, until the returned function is called. */
  add(beat: () => void): () => void;
}

/** One timer for all streams of the endpoint, and none without a stream. */
function createPulse(log: Logger): Pulse {
  const beats = new Set<() => void>();
  let loop: Loop | null = null;
  return {
    add(beat) {
      beats.add(beat);
      if (loop === null) {
        const round = async (): Promise<void> => {
          for (const each of beats) each();
        };
        loop = createLoop({ name: 'comments in streams', log, pauseMs: COMMENT_EVERY_MS, roundMsMax: SECOND_MS, round });
        loop.start(COMMENT_EVERY_MS);
      }
      return () => {
        beats.delete(beat);
        if (beats.size > 0) return;
        loop?.stop(0).catch(() => undefined);
        loop = null;
      };
    },
  };
}
