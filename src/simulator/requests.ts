import type { WireOutcome, WireRequest } from './wire.ts';

/** The calls that came in, for tests to read: bounded, in memory, without what must not be kept. */

export interface RecordedRequest {
  /** ISO, by the simulator's clock. */
  readonly at: string;
  readonly accountId: string | null;
  readonly call: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly body: unknown;
  /** The HTTP status, or what happened instead of an answer. */
  readonly outcome: number | 'reset' | 'hang';
}

const REQUESTS_MAX = 2000;
/** Characters of the paths, headers and bodies that are kept. */
const LENGTH_MAX = 16 * 1_048_576;
const HIDDEN = '[hidden]';
/** Parts of a card, in either vendor's words, and what opens an account. Ids and checksums stay. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set(['number', 'cvc', 'cardNumber', 'CVV', 'cardHolderName']);
const HIDDEN_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

export interface RequestLog {
  record(request: WireRequest, facts: Pick<RecordedRequest, 'at' | 'accountId' | 'call' | 'body'>, outcome: WireOutcome): void;
  /** Oldest first. */
  list(by: { readonly accountId?: string; readonly call?: string }): readonly RecordedRequest[];
}

export function createRequestLog(): RequestLog {
  const kept: { readonly request: RecordedRequest; readonly length: number }[] = [];
  let lengthOfAll = 0;
  return {
    record(request, facts, outcome) {
      const query = request.query.size === 0 ? '' : `?${request.query}`;
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, HIDDEN_HEADERS.has(name) ? HIDDEN : value]),
      );
      const result = typeof outcome === 'string' ? outcome : outcome.status;
      const path = `${request.path}${query}`;
      const recorded = { ...facts, method: request.method, path, headers, body: withoutCards(facts.body), outcome: result };
      const length = path.length + JSON.stringify(headers).length + request.body.length;
      kept.push({ request: recorded, length });
      lengthOfAll += length;
      while (kept.length > REQUESTS_MAX || lengthOfAll > LENGTH_MAX) lengthOfAll -= kept.shift()?.length ?? 0;
    },
    list({ accountId, call }) {
      const isMeant = (request: RecordedRequest) =>
        (accountId === undefined || request.accountId === accountId) && (call === undefined || request.call === call);
      return kept.map(({ request }) => request).filter(isMeant);
    },
  };
}

function withoutCards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCards);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, HIDDEN_FIELDS.has(name) ? HIDDEN : withoutCards(item)]),
  );
}
