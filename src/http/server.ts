import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { REFUSALS, type RefusalCode } from '../kernel/refusal.ts';
import { readBody } from './body.ts';
import { limitChunks } from './chunks.ts';
import { createHealthRoutes } from './health.ts';
import type { Metrics } from './metrics.ts';
import { createMetricsRoutes } from './metrics-route.ts';
import { send } from './send.ts';
import { createPartition, METHODS_TAKEN, readTarget, type Target, type TargetProblem } from './target.ts';
import { WEBHOOK_BODY_BYTES_MAX } from './webhooks.ts';

/** Answers the requests that are its own, and null for every other. */
export type Route = (request: Request) => Promise<Response | null> | Response | null;

/** A GraphQL endpoint, which reads its own bodies. */
export interface Endpoint {
  readonly graphqlEndpoint: string;
  /** How it refuses where its own code is not asked; without this, with the status and body of every other path. */
  readonly toRefusal?: (code: RefusalCode, requestId: string) => { readonly status: number; readonly body: object };
  fetch(request: Request, context: { requestId: string }): Promise<Response> | Response;
  /** Is given what to tell when a response goes on for minutes: when the gateway has said all. */
  (incoming: IncomingMessage, outgoing: ServerResponse, context: EndpointContext): unknown;
}

interface EndpointContext {
  readonly requestId: string;
  readonly onStream: (ended: Promise<void>) => void;
}

export interface HandlerOptions {
  readonly config: Pick<Config, 'publicUrl' | 'consoleOrigin' | 'bodyBytesMax' | 'requestTimeoutMs' | 'metricsToken'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly database: Pick<Database, 'checkWrites'>;
  /** Each at its own path; the first is the API. */
  readonly endpoints: readonly Endpoint[];
  /** Asked in this order for everything that is no endpoint, health or metrics. */
  readonly routes: readonly Route[];
}

export interface Handler {
  /** Answers one request without a port. */
  fetch(request: Request): Promise<Response>;
  /** The same for node:http; GraphQL takes yoga's own way through it, which copies less. */
  readonly listener: RequestListener;
  /** Tells balancers to send no more, and callers to come back on another connection. Requests are still answered. */
  drain(): void;
}

const REQUEST_ID = /^[\w-]{1,64}$/;
/** What the metrics tell apart; paths hold ids and secrets, and there is no end of them. */
const ROUTE_NAMES = ['health', 'metrics', 'webhooks', 'example', 'checkout', 'console', 'export'];
const QUIET_ROUTES = ['health', 'metrics'];

export function createHandler(options: HandlerOptions): Handler {
  let isDraining = false;
  const routes = [
    createHealthRoutes({ database: options.database, isDraining: () => isDraining }),
    createMetricsRoutes(options.metrics, options.config.metricsToken),
    ...options.routes,
  ];
  const endpoints = new Map(options.endpoints.map((endpoint) => [endpoint.graphqlEndpoint, endpoint]));
  const isElsewhere = createPartition(options.config);
  const headers = standardHeaders(options.config.publicUrl);
  const begin = (method: string, path: string, givenId: string | null | undefined): Visit =>
    beginVisit(options, { method, path, givenId });

  return {
    drain() {
      isDraining = true;
    },
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const visit = begin(request.method, pathname, request.headers.get('x-request-id'));
      const elsewhere = isElsewhere({ host: request.headers.get('host') ?? new URL(request.url).host, path: pathname });
      const endpoint = elsewhere === null ? endpoints.get(pathname) : undefined;
      const response =
        endpoint !== undefined
          ? await endpoint.fetch(request, { requestId: visit.requestId })
          : await answer(options, { routes, elsewhere, visit, read: () => readRequest(options, request) });
      visit.end(response.status);
      decorate(response.headers, { ...headers, date: dateOf(options.clock), 'x-request-id': visit.requestId });
      return response;
    },
    listener(incoming, outgoing) {
      const target = readTarget(incoming);
      const path = 'status' in target ? '' : target.path;
      const visit = begin(incoming.method ?? 'GET', path, incoming.headers['x-request-id']?.toString());
      outgoing.once('close', () => visit.end(outgoing.statusCode));
      const reportFailure = (error: unknown) => {
        options.log.error({ requestId: visit.requestId, error }, 'an answer could not be sent');
        outgoing.destroy();
      };
      outgoing.on('error', reportFailure);
      const own = { ...headers, date: dateOf(options.clock), 'x-request-id': visit.requestId };
      outgoing.setHeaders(new Map(Object.entries(isDraining ? { ...own, connection: 'close' } : own)));
      if ('status' in target) return refuseTarget(outgoing, target, visit);
      limitChunks(incoming);
      const elsewhere = isElsewhere(target);
      const endpoint = elsewhere === null ? endpoints.get(path) : undefined;
      const limit = endLate(outgoing, { timeoutMs: options.config.requestTimeoutMs, visit, toRefusal: endpoint?.toRefusal });
      // An endpoint reads the target for itself: it must see what was decided on here.
      incoming.url = `${path}${target.search}`;
      const respond = async (): Promise<unknown> => {
        if (endpoint !== undefined) return endpoint(incoming, outgoing, toContext({ outgoing, limit, visit }));
        const response = await answer(options, { routes, elsewhere, visit, read: () => readIncoming(options, incoming, target) });
        clearTimeout(limit);
        if (!outgoing.headersSent) fitHead(outgoing, incoming, response);
        return send(response, outgoing, options.config.requestTimeoutMs);
      };
      respond().catch(reportFailure);
    },
  };
}

/** One request from its arrival to its line in the log. */
interface Visit {
  readonly requestId: string;
  /** The response goes on for minutes: it is no request that is under way, and is measured to its head. */
  stream(): void;
  end(status: number): void;
}

function beginVisit(
  { log, metrics, clock, endpoints }: HandlerOptions,
  { method, path, givenId }: { method: string; path: string; givenId: string | null | undefined },
): Visit {
  const startedAtMs = clock.now().getTime();
  const requestId = givenId != null && REQUEST_ID.test(givenId) ? givenId : randomUUID();
  const route = endpoints.some(({ graphqlEndpoint }) => graphqlEndpoint === path) ? path.slice(1) : routeNameOf(path);
  const note = (status: number, what: string) => {
    const durationMs = clock.now().getTime() - startedAtMs;
    const level = QUIET_ROUTES.includes(route) ? 'debug' : 'info';
    log[level]({ requestId, method, path: shortened(path), status, durationMs }, what);
    return durationMs;
  };
  let isStream = false;
  metrics.requestsInFlight.inc();
  return {
    requestId,
    stream() {
      isStream = true;
      metrics.requestsInFlight.dec();
      metrics.streamsOpen.inc();
      metrics.observeRequest({ route, method, status: 200, durationMs: note(200, 'a stream begins') });
    },
    end(status) {
      const durationMs = note(status, isStream ? 'a stream has ended' : 'request');
      if (isStream) return metrics.streamsOpen.dec();
      metrics.requestsInFlight.dec();
      metrics.observeRequest({ route, method, status, durationMs });
    },
  };
}

/** Longer than every path of the gateway. The beginning of a longer one says enough. */
const LOGGED_PATH_LENGTH_MAX = 200;

function shortened(path: string): string {
  return path.length <= LOGGED_PATH_LENGTH_MAX ? path : `${path.slice(0, LOGGED_PATH_LENGTH_MAX)}…`;
}

function routeNameOf(path: string): string {
  const [, firstPart = ''] = path.split('/');
  return ROUTE_NAMES.includes(firstPart) ? firstPart : 'other';
}

async function answer(
  { log, endpoints }: HandlerOptions,
  {
    routes,
    elsewhere,
    visit,
    read,
  }: {
    routes: readonly Route[];
    /** The origin that has the path, where it is not this one. */
    elsewhere: string | null;
    visit: Visit;
    read: () => Promise<Request | 'too-large'>;
  },
): Promise<Response> {
  try {
    const request = await read();
    if (request === 'too-large') return refuse(413, 'PAYLOAD_TOO_LARGE', visit.requestId);
    if (elsewhere !== null) return Response.json({ message: `This path is at ${elsewhere}.` }, { status: 404 });
    for (const route of routes) {
      const response = await route(request);
      if (response !== null) return explained(response, request.method, visit);
    }
    return Response.json(
      { message: `There is nothing at this path. The API is at ${endpoints[0]?.graphqlEndpoint}.` },
      { status: 404 },
    );
  } catch (error) {
    log.error({ requestId: visit.requestId, error }, 'a request failed');
    return refuse(500, 'INTERNAL_SERVER_ERROR', visit.requestId);
  }
}

function refuse(status: number, code: RefusalCode, requestId: string): Response {
  return Response.json(refusalBody(code, requestId), { status });
}

function refusalBody(code: RefusalCode, requestId: string, message: string = REFUSALS[code]) {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

/** Routes leave it to this place to say which methods they take. */
function explained(response: Response, method: string, { requestId }: Visit): Response {
  const allow = response.headers.get('allow');
  if (response.status !== 405 || response.body !== null || allow === null) return response;
  const message = `The method ${method} is not served at this path. Send ${allow}.`;
  const headers = { ...Object.fromEntries(response.headers), 'content-type': 'application/json' };
  return Response.json(refusalBody('BAD_USER_INPUT', requestId, message), { status: 405, headers });
}

/** The connection ends as well: a client that sends such a request line may mean something else by the next one. */
function refuseTarget(outgoing: ServerResponse, { status, message }: TargetProblem, { requestId }: Visit): void {
  const allow = status === 405 ? { allow: METHODS_TAKEN } : {};
  outgoing.writeHead(status, { ...allow, 'content-type': 'application/json', connection: 'close' });
  outgoing.end(JSON.stringify(refusalBody('BAD_USER_INPUT', requestId, message)));
}

function standardHeaders(publicUrl: string): Readonly<Record<string, string>> {
  const strict = publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {};
  return { 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'no-referrer', ...strict };
}

/** By the clock that instants in answers come from: a page counts down to them by this header and not by the payer's clock. */
function dateOf(clock: Clock): string {
  return clock.now().toUTCString();
}

/** A route's own word for a header stands. */
function decorate(target: Headers, headers: Readonly<Record<string, string>>): void {
  const missing = Object.entries(headers).filter(([name]) => !target.has(name));
  for (const [name, value] of missing) if (name !== 'x-frame-options' || !namesFrames(target)) target.set(name, value);
}

/** Whether a policy names who may frame the page. Then it says so alone: the older header knows no such list. */
function namesFrames(headers: Headers): boolean {
  return /frame-ancestors (?!'none')/.test(headers.get('content-security-policy') ?? '');
}

function fitHead(outgoing: ServerResponse, incoming: IncomingMessage, { headers }: Response): void {
  // What is left of a body would keep the next request of the connection waiting.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  if (namesFrames(headers)) outgoing.removeHeader('x-frame-options');
}

/** Ends a request that takes longer than the limit. The work goes on: what it records can be read or repeated. */
function endLate(
  outgoing: ServerResponse,
  { timeoutMs, visit, toRefusal }: { timeoutMs: number; visit: Visit; toRefusal: Endpoint['toRefusal'] },
): NodeJS.Timeout {
  const timer = setTimeout(() => {
    if (outgoing.headersSent) return void outgoing.destroy();
    const plain = { status: 504, body: refusalBody('REQUEST_TIMED_OUT', visit.requestId) };
    const { status, body } = toRefusal?.('REQUEST_TIMED_OUT', visit.requestId) ?? plain;
    outgoing.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    outgoing.end(JSON.stringify(body));
  }, timeoutMs);
  outgoing.once('close', () => clearTimeout(timer));
  return timer;
}

/** What the gateway has said may still be on its way to a client that does not read. */
const STREAM_END_MS = 500;

/** Takes the limit of a request away where it becomes a stream, and cuts a client off that does not read the end of that. */
function toContext(exchange: { outgoing: ServerResponse; limit: NodeJS.Timeout; visit: Visit }): EndpointContext {
  const { outgoing, limit, visit } = exchange;
  const cutLate = (): void => {
    if (outgoing.closed) return;
    const timer = setTimeout(() => outgoing.destroy(), STREAM_END_MS);
    outgoing.once('close', () => clearTimeout(timer));
  };
  const onStream = (ended: Promise<void>): void => {
    clearTimeout(limit);
    visit.stream();
    ended.then(cutLate, cutLate);
  };
  return { requestId: visit.requestId, onStream };
}

function bodyBytesMaxAt(path: string, { bodyBytesMax }: HandlerOptions['config']): number {
  return routeNameOf(path) === 'webhooks' ? Math.min(bodyBytesMax, WEBHOOK_BODY_BYTES_MAX) : bodyBytesMax;
}

/** The request with its body read, so that no route meets one that is larger than allowed. */
async function readRequest({ config }: HandlerOptions, request: Request): Promise<Request | 'too-large'> {
  const body = await readBody(request.body, bodyBytesMaxAt(new URL(request.url).pathname, config));
  if (body === 'too-large' || body === null) return body ?? request;
  return new Request(request.url, { method: request.method, headers: request.headers, body });
}

async function readIncoming(
  { config }: HandlerOptions,
  incoming: IncomingMessage,
  { path, search }: Target,
): Promise<Request | 'too-large'> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined) headers.set(name, value.toString());
  const method = incoming.method ?? 'GET';
  // The path alone comes from the caller: what it says of the host is not to be trusted.
  const url = new URL(`${config.publicUrl}${path}${search}`);
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers });
  // Left open when it is too large, so that the refusal can still be sent.
  const body = await readBody(incoming.iterator({ destroyOnReturn: false }), bodyBytesMaxAt(path, config));
  return body === 'too-large' ? body : new Request(url, { method, headers, body });
}
