import Stripe from 'stripe';
import type { OutboundFetch } from '../../kernel/proxy.ts';
import { type ProviderAccount, ProviderFailure } from '../provider.ts';
import { noteHandover } from './ask.ts';

/** The version of Stripe's API that every request names, so that answers have the form that this adapter reads. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

const CLIENTS_MAX = 100;

/** The client for an account's key, kept for the next call. */
type StripeClients = (account: ProviderAccount) => Stripe;

/**
 * @param deadlineMs how long a connection may stay silent; through a proxy, how long a whole request may take
 * @param outboundFetch the way through a proxy
 */
export function createStripeClients(deadlineMs: number, outboundFetch: OutboundFetch | null = null): StripeClients {
  const clients = new Map<string, Stripe>();
  return (account) => {
    const secretKey = account.credentials['secretKey'] ?? '';
    if (secretKey === '') throw new ProviderFailure('PROVIDER_AUTH', 'The account has no secretKey.');
    // A live key never leaves for another host, whatever the account says.
    const baseUrl = account.environment === 'TEST' ? account.baseUrl : null;
    const name = `${baseUrl ?? ''} ${secretKey}`;
    const client = clients.get(name) ?? createClient(secretKey, { baseUrl, deadlineMs, outboundFetch });
    clients.set(name, client);
    const [oldest] = clients.keys();
    if (clients.size > CLIENTS_MAX && oldest !== undefined) clients.delete(oldest);
    return client;
  };
}

interface ClientOptions {
  readonly baseUrl: string | null;
  readonly deadlineMs: number;
  readonly outboundFetch: OutboundFetch | null;
}

function createClient(secretKey: string, { baseUrl, deadlineMs, outboundFetch }: ClientOptions): Stripe {
  return new Stripe(secretKey, {
    apiVersion: STRIPE_API_VERSION,
    timeout: deadlineMs,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: createHttpClient(outboundFetch),
    ...(baseUrl === null ? {} : toHost(baseUrl)),
  });
}

function toHost(baseUrl: string): Stripe.StripeConfig {
  const { protocol, hostname, port } = new URL(baseUrl);
  const isPlain = protocol === 'http:';
  return { protocol: isPlain ? 'http' : 'https', host: hostname, port: port === '' ? (isPlain ? 80 : 443) : port };
}

type HttpClient = NonNullable<Stripe.StripeConfig['httpClient']>;
type HttpResponse = Awaited<ReturnType<HttpClient['makeRequest']>>;

/** One of the library's own HTTP clients without two of its habits (stripe 23.1.0, RequestSender.js). */
function createHttpClient(outboundFetch: OutboundFetch | null): HttpClient {
  const client =
    outboundFetch === null ? Stripe.createNodeHttpClient() : Stripe.createFetchHttpClient(outboundFetch as typeof fetch);
  return {
    getClientName: () => client.getClientName(),
    makeRequest(...request) {
      noteHandover();
      return client.makeRequest(...request).then(withObjectsOnly, rejectOnce);
    },
  };
}

/** An answer whose JSON is a text or a number would end the process, by a rejection that nobody can catch. Here it is unreadable. */
function withObjectsOnly(response: HttpResponse): HttpResponse {
  const readJson = response.toJSON.bind(response);
  response.toJSON = async () => {
    const body: unknown = await readJson();
    if (typeof body !== 'object' || body === null) throw new Error('The answer is not an object.');
    return body;
  };
  return response;
}

const CLOSED_CONNECTION_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/**
 * A request whose connection breaks is sent again, even with `maxNetworkRetries: 0`. The library knows the break by its code,
 * so here it does not learn that: operations retry, and nothing below them.
 */
function rejectOnce(error: unknown): never {
  const isClosed = error instanceof Error && 'code' in error && CLOSED_CONNECTION_CODES.includes(error.code);
  throw isClosed ? new Error('The connection broke.', { cause: error }) : error;
}
