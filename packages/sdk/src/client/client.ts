import { createTransactions, type Transactions } from './calls.ts';
import { inputError, type TollgateError } from './errors.ts';
import { createEvents, type Events } from './events.ts';
import { createSubscribe, type Subscribe } from './subscribe.ts';
import { createSend, type Fetch, type TransportOptions } from './transport.ts';

export {
  CountryIso2 as COUNTRY_ISO_2,
  Currency as CURRENCY,
  DeclineAdvice as DECLINE_ADVICE,
  DeclineReason as DECLINE_REASON,
  DeviceType as DEVICE_TYPE,
  SessionAction as SESSION_ACTION,
  SessionKind as SESSION_KIND,
  SessionStatus as SESSION_STATUS,
  TransactionAction as TRANSACTION_ACTION,
  TransactionProvider as TRANSACTION_PROVIDER,
  TransactionStatus as TRANSACTION_STATUS,
} from '../generated/graphql.ts';
export { TollgateError, type TollgateIssue, TollgateNetworkError } from './errors.ts';
export type { AppendedEvent, SessionChange, SubscribeOptions } from './subscribe.ts';
export type { Fetch } from './transport.ts';

const TIMEOUT_MS = 60_000;
const RETRIES = 3;
const RETRIES_MAX = 10;

export interface TollgateOptions {
  /** Where the gateway is, with or without /graphql at the end. Undefined is refused, so a missing variable is told. */
  readonly url: string | undefined;
  /** `sk_test_…` or `sk_live_…`. Keep it on the server: browsers need the session's token only. */
  readonly secretKey: string | undefined;
  /** Called once for each call that is refused as UNAUTHENTICATED, before it throws. */
  readonly onAuthError?: (error: TollgateError) => void;
  /** Replaces the global fetch, for proxies or tests. */
  readonly fetch?: Fetch;
  /** How long one attempt may take: 60 seconds when left out, longer than the gateway waits for a provider. */
  readonly timeoutMs?: number;
  /** How often a call that got no answer is sent again: 3 when left out, at most 10. */
  readonly retries?: number;
}

/**
 * The gateway's Node client. Amounts are bigint in the smallest unit of the currency, both ways.
 *
 * @example
 * const tollgate = new Tollgate({ url: process.env.TOLLGATE_URL, secretKey: process.env.TOLLGATE_SECRET_KEY });
 * const session = await tollgate.transactions.clientSessions.payments.start({ ... });
 */
export class Tollgate {
  readonly transactions: Transactions;
  readonly events: Events;
  /** What is followed as it happens. */
  readonly subscribe: Subscribe;

  constructor(options: TollgateOptions) {
    if (!options.secretKey) throw inputError(['secretKey'], 'secretKey has no value: is the environment variable set?');
    const transport: TransportOptions = {
      url: endpointOf(options.url),
      secretKey: options.secretKey,
      onAuthError: options.onAuthError ?? null,
      fetch: options.fetch ?? ((url, request) => globalThis.fetch(url, request)),
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      retries: Math.min(Math.max(options.retries ?? RETRIES, 0), RETRIES_MAX),
    };
    const send = createSend(transport);
    this.transactions = createTransactions(send);
    this.events = createEvents(send);
    this.subscribe = createSubscribe(transport);
  }
}

export default Tollgate;

function endpointOf(url: string | undefined): string {
  if (!url) throw inputError(['url'], 'url has no value: is the environment variable set?');
  const endpoint = toUrl(url);
  if (endpoint === null) throw inputError(['url'], 'url is not an absolute address such as http://127.0.0.1:4000.');
  if (endpoint.pathname === '/') endpoint.pathname = '/graphql';
  return endpoint.href;
}

/** Not by `URL.canParse`: in Node.js 20 it becomes false for letters such as ü. */
function toUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
