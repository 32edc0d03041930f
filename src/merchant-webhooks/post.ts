import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { TcpSocketConnectOpts } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { type Clock, SECOND_MS } from '../kernel/clock.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { AddressRefusal, createGuardedLookup, isOwnMachine, judgeTarget } from './addresses.ts';
import { readAnswer } from './answer.ts';
import { type ConnectionOptions, type Connections, createConnections } from './connections.ts';
import { readRetryAfter } from './retry-after.ts';
import { type AddressRules, hostOf, portOf } from './rules.ts';
import { TunnelFailure } from './tunnel.ts';

/** Why an attempt had no response, with what to tell the merchant. */
export const POST_FAILURES = {
  refused_url: 'The URL is no longer allowed. Change the URL of the endpoint.',
  refused_address: 'The host leads to an address that is not of the public internet. Give it a public address.',
  dns: 'The host name has no address. Check its spelling and its DNS records.',
  proxy: 'The proxy of the gateway made no connection. The operator of the gateway can allow the host there.',
  connect: 'The host did not accept the connection. Check that the server runs and that its firewall lets the gateway in.',
  connect_timeout:
    'No connection was made within 5 seconds. Check that the server runs and that its firewall lets the gateway in.',
  tls: 'The TLS connection failed. Check that the certificate is valid, complete and for this host name.',
  timeout: 'The server did not respond within 15 seconds. Respond first and do the work afterwards.',
  reset: 'The server ended the connection before its response.',
  protocol: 'The response is not valid HTTP.',
  aborted: 'The gateway stopped during the attempt, which is repeated.',
  unwritable: 'The gateway could not write the request. Report it to its operator.',
} as const satisfies Record<string, string>;

export type PostFailure = keyof typeof POST_FAILURES;

/** What came of one request. Only a status from 200 to 299 is a success; redirects are not followed. */
export type PostOutcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly durationMs: number;
      /** The pause that the receiver asks for; null when it asks for none. */
      readonly retryAfterMs: number | null;
      /** The first 1,024 bytes of the answer as text. */
      readonly body: string;
    }
  | {
      readonly kind: 'failed';
      readonly reason: PostFailure;
      /** A code such as `CERT_HAS_EXPIRED` or `proxy_403`, never an address; null when there is none. */
      readonly detail: string | null;
      readonly durationMs: number;
    };

export interface PostRequest {
  /** Requests of one endpoint share connections; no others do. */
  readonly endpointId: string;
  readonly environment: MerchantScope['environment'];
  readonly url: string;
  /** Those of `signMessage`. What every message has is added: type and length of the body, and `user-agent`. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, sent as UTF-8 as it is. */
  readonly body: string;
  /** Ends the request, with `aborted`. */
  readonly signal?: AbortSignal;
}

export interface Poster {
  /**
   * Sends one request and waits for its response, for 15 seconds at most, 5 of them to connect. Never throws. Once the status is
   * known it is the outcome: an answer that goes on after 64 kB or 3 seconds, or breaks off, is cut.
   */
  post(request: PostRequest): Promise<PostOutcome>;
  /** Ends every connection. What is under way fails. */
  close(): void;
}

export interface PosterOptions {
  /** Of `readAddressRules`. */
  readonly rules: Readonly<Record<MerchantScope['environment'], AddressRules>>;
  /** `Config.webhookProxyUrl`. */
  readonly proxyUrl: string | null;
  readonly clock: Clock;
  /** Of the gateway, for `user-agent`. */
  readonly version: string;
  /** Shorter ones for tests. */
  readonly limits?: PostLimits;
  /** PEM certificates to trust instead of those of Node.js, for tests. */
  readonly authorities?: readonly string[];
}

export interface PostLimits {
  readonly connectMs: number;
  readonly totalMs: number;
  /** For the answer behind its status, within the total. */
  readonly bodyMs: number;
  /** How long a connection is kept without use: shorter than the 5 seconds after which most servers close it. */
  readonly idleMs: number;
}

const LIMITS: PostLimits = { connectMs: 5 * SECOND_MS, totalMs: 15 * SECOND_MS, bodyMs: 3 * SECOND_MS, idleMs: 4 * SECOND_MS };
const HEADER_BYTES_MAX = 16_384;

type Sent =
  | { readonly status: number; readonly retryAfter: string | undefined; readonly body: string }
  | { readonly reason: PostFailure; readonly detail: string | null; readonly isStale: boolean };

/** The sender of requests. One serves all endpoints; close it at the end of the process. */
export function createPoster(options: PosterOptions): Poster {
  const limits = options.limits ?? LIMITS;
  const { clock, proxyUrl, authorities } = options;
  const connections = createConnections({
    clock,
    proxyUrl,
    connectMs: limits.connectMs,
    idleMs: limits.idleMs,
    ...(authorities === undefined ? {} : { authorities }),
  });
  return {
    close: () => connections.close(),
    async post(request) {
      const startedAt = clock.now();
      const sent = await sendWithin({ options, connections, limits }, request);
      const now = clock.now();
      const durationMs = Math.max(0, now.getTime() - startedAt.getTime());
      if ('reason' in sent) return { kind: 'failed', reason: sent.reason, detail: sent.detail, durationMs };
      const { status, body } = sent;
      return { kind: 'response', status, durationMs, retryAfterMs: readRetryAfter(sent.retryAfter, now), body };
    },
  };
}

interface Means {
  readonly options: PosterOptions;
  readonly connections: Connections;
  readonly limits: PostLimits;
}

/** Judges the URL, then sends within the limit of time. */
async function sendWithin(means: Means, request: PostRequest): Promise<Sent> {
  const rules = means.options.rules[request.environment];
  const refusal = judgeTarget(request.url, rules);
  if (refusal !== null) return failed(refusal);
  if (request.signal?.aborted === true) return failed('aborted');
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort('timeout'), means.limits.totalMs);
  const abort = (): void => stop.abort('aborted');
  // One signal ends all requests of a process, and Node.js would warn of more than ten.
  if (request.signal !== undefined) setMaxListeners(0, request.signal);
  request.signal?.addEventListener('abort', abort, { once: true });
  try {
    const way = wayOf(means, request, rules);
    const first = await sendOnce(way, stop.signal);
    // The receiver closed the kept connection just then. A second time is on a new one.
    const isStale = 'reason' in first && first.isStale && !stop.signal.aborted;
    return isStale ? await sendOnce({ ...way, options: freshOf(way.options) }, stop.signal) : first;
  } catch {
    // What cannot be written as a request, such as a header with a line break.
    return failed('unwritable');
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
  }
}

function failed(reason: PostFailure): Sent {
  return { reason, detail: null, isStale: false };
}

type WayOptions = Omit<http.RequestOptions, 'headers'> &
  ConnectionOptions &
  Pick<TcpSocketConnectOpts, 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'> & {
    readonly headers: http.OutgoingHttpHeaders;
  };

/** A request as it is to be sent. */
interface Way {
  readonly isSecure: boolean;
  readonly connectMs: number;
  readonly bodyMs: number;
  readonly options: WayOptions;
  readonly body: Buffer;
}

function wayOf({ options, connections, limits }: Means, request: PostRequest, rules: AddressRules): Way {
  const url = new URL(request.url);
  const body = Buffer.from(request.body, 'utf8');
  return {
    isSecure: url.protocol === 'https:',
    connectMs: limits.connectMs,
    bodyMs: limits.bodyMs,
    body,
    options: {
      ...urlToHttpOptions(url),
      method: 'POST',
      headers: {
        ...request.headers,
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': `Tollgate/${options.version}`,
      },
      agent: connections.agentFor(url),
      lookup: createGuardedLookup(portOf(url), rules),
      maxHeaderSize: HEADER_BYTES_MAX,
      // A second address is tried while the first one is silent.
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: Math.ceil(limits.connectMs / 5),
      group: `${request.environment} ${request.endpointId}`,
      isProxied: options.proxyUrl !== null && !isOwnMachine(hostOf(url)),
    },
  };
}

/** The same on a connection that serves nothing else. */
function freshOf(options: WayOptions): WayOptions {
  return { ...options, group: `${options.group} once`, headers: { ...options.headers, connection: 'close' } };
}

/** Sends and waits for the response, until the signal. Throws what the request throws when it cannot be written. */
function sendOnce(way: Way, stop: AbortSignal): Promise<Sent> {
  return new Promise((resolve) => {
    const outgoing = (way.isSecure ? https : http).request(way.options);
    const state = { isConnected: false };
    // Only the first end counts.
    const end = (sent: Sent | Promise<Sent>): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', halt);
      resolve(sent);
    };
    const fail = (reason: PostFailure): void => {
      end(failed(reason));
      outgoing.destroy();
    };
    const halt = (): void => fail(stop.reason === 'aborted' ? 'aborted' : 'timeout');
    const timer = setTimeout(() => fail('connect_timeout'), way.connectMs);
    stop.addEventListener('abort', halt, { once: true });
    outgoing.on('socket', (socket) => {
      const connected = (): void => {
        state.isConnected = true;
        clearTimeout(timer);
      };
      if (outgoing.reusedSocket || (!way.isSecure && !socket.connecting)) connected();
      else socket.once(way.isSecure ? 'secureConnect' : 'connect', connected);
    });
    outgoing.on('response', (response) => end(readResponse(response, { ms: way.bodyMs, stop })));
    // Stays: an error may come after the end.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      end(failureOf(error, way, { isConnected: state.isConnected, isReused: outgoing.reusedSocket }));
    });
    // The last word: whatever else failed to be reported.
    outgoing.on('close', () => end(failed('reset')));
    outgoing.end(way.body);
  });
}

async function readResponse(
  response: http.IncomingMessage,
  limit: { readonly ms: number; readonly stop: AbortSignal },
): Promise<Sent> {
  const { body, isWhole } = await readAnswer(response, limit);
  if (!isWhole) response.destroy();
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body };
}

const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO)/;
const CUT_CODE = /^(ECONNRESET|EPIPE|ECONNABORTED)$/;

function failureOf(
  error: NodeJS.ErrnoException,
  way: Way,
  { isConnected, isReused }: { isConnected: boolean; isReused: boolean },
): Sent {
  const code = error.code ?? '';
  const tell = (reason: PostFailure): Sent => ({ reason, detail: /^\w{3,64}$/.test(code) ? code : null, isStale: false });
  if (error instanceof AddressRefusal) return failed(error.reason);
  if (error instanceof TunnelFailure) return tell('proxy');
  if (code.startsWith('HPE_')) return tell('protocol');
  if (TLS_CODE.test(code)) return tell('tls');
  const isCut = CUT_CODE.test(code);
  if (isConnected) return isCut ? { ...tell('reset'), isStale: isReused } : tell('reset');
  return isCut && way.isSecure ? tell('tls') : tell('connect');
}
