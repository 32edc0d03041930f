import { randomBytes } from 'node:crypto';
import { given } from '../../kernel/given.ts';
import type { StripeAccount } from '../accounts.ts';
import type { SimulatorDeps } from '../deps.ts';
import { runWithFault, type Trouble } from '../faults.ts';
import { jsonAnswer, type WireAnswer, type WireOutcome, type WireRequest } from '../wire.ts';
import type { Audience } from './errors.ts';
import { fail, invalid, rateLimited, type StripeReply } from './errors.ts';
import type { StripeCall } from './expand.ts';
import { KEY_LENGTH_MAX, runKeyed } from './idempotency.ts';
import { decodeForm, type FormObject, readParameters } from './parameters.ts';
import { ROUTES, type Route } from './routes.ts';

/**
 * Stripe over HTTP: who calls, what, under which key, and the headers of the answer. Any `Stripe-Version` is taken and echoed; the
 * shapes are those of 2026-10-28. Assumption: a publishable key on a secret call is a 401.
 */

const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'request-id' };
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, stripe-version',
  'access-control-max-age': '600',
};

/** Answers everything under /v1. */
export async function serveStripe(deps: SimulatorDeps, request: WireRequest): Promise<WireOutcome> {
  const found = findRoute(request);
  if (request.method === 'OPTIONS') return { status: found?.route.isForBrowsers ? 204 : 403, headers: PREFLIGHT, body: '' };
  const form = decodeForm(request.method === 'GET' ? request.query : new URLSearchParams(request.body));
  const caller = authenticate(deps, request, form);
  const name = found?.route.name ?? 'unknown';
  const order = deps.faults.take(name, request);
  const turndown = {
    limited: () => toAnswer(request, rateLimited()),
    unavailable: () => toAnswer(request, fail(503, { type: 'api_error', message: 'The service is briefly unavailable.' })),
  };
  const outcome = await runWithFault(order, turndown, (trouble) => answer(deps, { request, found, form, caller, trouble }));
  const at = deps.clock.now().toISOString();
  const accountId = 'account' in caller ? caller.account.id : null;
  deps.requests.record(request, { at, accountId, call: name, body: form }, outcome);
  return outcome;
}

interface Found {
  readonly route: Route;
  readonly id: string;
}

function findRoute({ method, path }: WireRequest): Found | null {
  for (const route of ROUTES) {
    const match = route.path.exec(path);
    const isMeant = route.method === method || method === 'OPTIONS';
    if (match !== null && isMeant) return { route, id: match[1] ?? '' };
  }
  return null;
}

type Caller = { readonly account: StripeAccount; readonly audience: Audience } | { readonly refusal: StripeReply };

function authenticate(deps: SimulatorDeps, { headers, query }: WireRequest, form: FormObject | null): Caller {
  const key = bearer(headers['authorization'] ?? '') ?? query.get('key') ?? form?.['key'];
  if (typeof key !== 'string' || key === '') return { refusal: unauthorized('You did not provide an API key.') };
  const account = deps.accounts.bySecretKey(key);
  if (account !== undefined) return { account, audience: 'server' };
  const published = deps.accounts.byPublishableKey(key);
  if (published !== undefined) return { account: published, audience: 'browser' };
  return { refusal: unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`) };
}

function bearer(header: string): string | null {
  const [, scheme, value = ''] = /^(bearer|basic)\s+(\S+)$/i.exec(header) ?? [];
  if (scheme === undefined) return null;
  if (scheme.toLowerCase() === 'bearer') return value;
  return Buffer.from(value, 'base64').toString('utf8').split(':')[0] ?? null;
}

function unauthorized(message: string, code?: string): StripeReply {
  return fail(401, { type: 'invalid_request_error', message, ...given({ code }) });
}

interface Asked {
  readonly request: WireRequest;
  readonly found: Found | null;
  readonly form: FormObject | null;
  readonly caller: Caller;
  readonly trouble: Trouble;
}

async function answer(deps: SimulatorDeps, asked: Asked): Promise<WireOutcome> {
  const { request, found, form, caller, trouble } = asked;
  if ('refusal' in caller) return toAnswer(request, caller.refusal);
  if (found === null) return toAnswer(request, unknownUrl(request));
  const { route, id } = found;
  const { account, audience } = caller;
  if (audience === 'browser' && !route.isForBrowsers)
    return toAnswer(request, unauthorized('This call needs a secret API key.', 'secret_key_required'));
  const key = route.method === 'POST' ? (request.headers['idempotency-key'] ?? null) : null;
  if (key !== null && key.length > KEY_LENGTH_MAX)
    return toAnswer(request, invalid(`An idempotency key may have ${KEY_LENGTH_MAX} characters.`));
  const keyed = await runKeyed(deps, {
    accountId: account.id,
    key,
    request: `${request.method} ${request.path}\n${request.body}`,
    trouble,
    async run(operationId) {
      const params = form === null ? null : readParameters(route.name, form);
      if (params === null) return { reply: invalid('The form cannot be read.'), outcome: 'refused' };
      if (!params.ok) return { reply: params.refusal, outcome: 'refused' };
      const call: StripeCall<unknown> = { deps, account, caller: audience, params: params.value, id, operationId };
      const reply = await route.run(call);
      return { reply, outcome: isTransient(reply) ? 'begun' : 'answered' };
    },
  });
  return toAnswer(request, keyed.reply, keyed.isReplay ? { 'idempotent-replayed': 'true' } : {});
}

/** The bank turned the call away before its key counted: the same key may give another result. */
function isTransient(reply: StripeReply): boolean {
  return reply === 'reset' || reply.status === 429 || reply.status === 500;
}

function unknownUrl({ method, path }: WireRequest): StripeReply {
  return fail(404, { type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${path}).` });
}

function toAnswer({ headers }: WireRequest, reply: StripeReply, more: Record<string, string> = {}): WireAnswer | 'reset' {
  if (reply === 'reset') return reply;
  const key = headers['idempotency-key'];
  return jsonAnswer(reply.status, reply.body, {
    ...CORS,
    'cache-control': 'no-cache, no-store',
    'request-id': `req_${randomBytes(7).toString('hex')}`,
    'stripe-version': headers['stripe-version'] ?? '2026-10-28.endive',
    ...given({ 'idempotency-key': key }),
    ...more,
  });
}
