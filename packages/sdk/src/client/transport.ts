import type { TypedDocumentString } from '../generated/graphql.ts';
import { reviveAmounts, toJson, type WithBigints } from './amounts.ts';
import { TollgateError, type TollgateIssue, TollgateNetworkError } from './errors.ts';

/** The part of the global `fetch` that the client uses, so that a wrapped one can be handed in. */
export type Fetch = (
  url: string,
  request: { method: 'POST'; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<{
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
  /** Read as it comes by subscriptions only. */
  readonly body?: ReadableStream<Uint8Array> | null;
}>;

export interface TransportOptions {
  readonly url: string;
  readonly secretKey: string;
  readonly onAuthError: ((error: TollgateError) => void) | null;
  readonly fetch: Fetch;
  /** For one attempt, not for all of them together. */
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Sends one document and answers its data with amounts as bigint. */
export type Send = <Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
) => Promise<WithBigints<Data>>;

const RETRIED_STATUSES: readonly number[] = [502, 503, 504];
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 5_000;

/**
 * Retries what got no answer, with growing pauses. That is safe for every call of this client: starts and charges are
 * known by their code, settles, voids and refunds by a key that stays the same, and the rest changes nothing twice.
 */
export function createSend(options: TransportOptions): Send {
  return async (document, variables) => {
    const body = toJson({ query: document.toString(), variables });
    const answer = await attemptUntilAnswered(options, body);
    const error = findError(answer);
    if (error === null) return reviveAmounts(answer.body?.data as never);
    if (error.code === 'UNAUTHENTICATED') options.onAuthError?.(error);
    throw error;
  };
}

export interface Answer {
  readonly status: number;
  readonly requestId: string | null;
  /** Null when the body is not a GraphQL answer. */
  readonly body: { readonly data?: unknown; readonly errors?: readonly unknown[] } | null;
}

async function attemptUntilAnswered(options: TransportOptions, body: string): Promise<Answer> {
  let lastStatus: number | null = null;
  let lastCause: unknown;
  for (let attempt = 1; attempt <= options.retries + 1; attempt += 1) {
    if (attempt > 1) await pause(backoffMs(attempt - 1));
    try {
      const answer = await attemptOnce(options, body);
      if (!RETRIED_STATUSES.includes(answer.status)) return answer;
      lastStatus = answer.status;
    } catch (cause) {
      lastCause = cause;
      lastStatus = null;
    }
  }
  const attempts = options.retries + 1;
  const what = lastStatus === null ? 'did not answer' : `answered ${lastStatus}`;
  throw new TollgateNetworkError(`The gateway ${what} after ${attempts} attempts. Repeating the same call is safe.`, {
    attempts,
    status: lastStatus,
    cause: lastCause,
  });
}

async function attemptOnce(options: TransportOptions, body: string): Promise<Answer> {
  const response = await options.fetch(options.url, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      authorization: `Bearer ${options.secretKey}`,
      'content-type': 'application/json',
    },
    body,
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  return { status: response.status, requestId: response.headers.get('x-request-id'), body: parseBody(await response.text()) };
}

export function parseBody(text: string): Answer['body'] {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : null;
  } catch {
    return null;
  }
}

interface WireError {
  readonly message?: unknown;
  readonly extensions?: {
    readonly code?: unknown;
    readonly issues?: readonly TollgateIssue[];
    readonly details?: Readonly<Record<string, string>>;
    readonly requestId?: unknown;
  };
}

export function findError(answer: Answer): TollgateError | null {
  if (answer.body === null) {
    const message = `The gateway answered ${answer.status} without a GraphQL answer. Check the url.`;
    return new TollgateError({ code: 'UNEXPECTED_ANSWER', message, issues: [], details: {}, requestId: answer.requestId });
  }
  const first = answer.body.errors?.[0] as WireError | undefined;
  if (first === undefined && answer.body.data) return null;
  const { code, issues, details, requestId } = first?.extensions ?? {};
  return new TollgateError({
    code: typeof code === 'string' ? code : 'UNEXPECTED_ANSWER',
    message: typeof first?.message === 'string' ? first.message : 'The gateway answered without data.',
    issues: issues ?? [],
    details: details ?? {},
    requestId: typeof requestId === 'string' ? requestId : answer.requestId,
  });
}

/** Doubles each time, and is drawn between half and all of it, so that clients do not return in step. */
export function backoffMs(retry: number): number {
  const full = Math.min(BACKOFF_FIRST_MS * 2 ** (retry - 1), BACKOFF_MAX_MS);
  return full / 2 + Math.random() * (full / 2);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
