import type { Bank } from '../bank/bank.ts';
import type { BrowserSelector } from '../bank/confirm.ts';
import type { BankMovementView, BankPaymentView } from '../bank/payment.ts';
import { type BankRefusal, type BankRefusalCode, bankRefusal } from '../bank/refusal.ts';
import { given } from '../kernel/given.ts';
import { challengeUrlOf, shopperCode } from '../providers/example/outcome.ts';
import { backToCheckout, challengePage, messagePage, type Shop } from './challenge.ts';
import { challengeSchema, confirmSchema, type FormError, readJson, readText, statusSchema } from './request.ts';

/** The browser side of EXAMPLE: what a provider's own script and pages are elsewhere. Outside of our GraphQL, as card numbers pass here. */

interface ExampleRoutesDeps {
  readonly bank: Bank;
  /** The payment behind a session token of the gateway; null when the token opens none. */
  readonly resolveSession: (token: string) => Promise<{ providerAccountId: string; providerCode: string } | null>;
  /** The shop behind an account of the bank; null when there is none. */
  readonly findShop: (providerAccountId: string) => Promise<Shop | null>;
  /** Where browsers reach this gateway, without a slash at the end. */
  readonly publicUrl: string;
}

type Route = (request: Request) => Promise<Response>;

/** Answers the paths under /example, and null for every other. */
export function createExampleRoutes(deps: ExampleRoutesDeps): (request: Request) => Promise<Response | null> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/example/v1/confirm') return script(request, (posted) => confirm(deps, posted));
    if (pathname === '/example/v1/status') return script(request, (posted) => readStatus(deps, posted));
    const [, scriptPrefix, challengeId] = /^\/example\/(v1\/)?challenge\/([\w-]{1,100})$/.exec(pathname) ?? [];
    if (challengeId === undefined) return null;
    if (scriptPrefix !== undefined) return script(request, (posted) => answerByScript(deps, posted, challengeId));
    if (request.method === 'GET') return showChallenge(deps, challengeId);
    if (request.method === 'POST') return answerByForm(deps, request, challengeId);
    return new Response(null, { status: 405, headers: { allow: 'GET, POST' } });
  };
}

/** Any origin may call: nothing is read from cookies, the token in the body is the whole right. */
const CORS = { 'access-control-allow-origin': '*' };
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};

async function script(request: Request, run: Route): Promise<Response> {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT });
  if (request.method === 'POST') return run(request);
  return new Response(null, { status: 405, headers: { ...CORS, allow: 'POST, OPTIONS' } });
}

async function confirm(deps: ExampleRoutesDeps, request: Request): Promise<Response> {
  const input = await readJson(request, confirmSchema);
  if (!input.ok) return toError(input.refusal);
  const by = await toSelector(deps, input.value.token);
  if (by === null) return toError(toFormError(bankRefusal('unknown_token')));
  const payment = await deps.bank.confirm(by, input.value.card);
  return payment.ok ? json(200, toAnswer(deps, payment.value)) : toError(toFormError(payment.refusal));
}

async function readStatus(deps: ExampleRoutesDeps, request: Request): Promise<Response> {
  const input = await readJson(request, statusSchema);
  if (!input.ok) return toError(input.refusal);
  const by = await toSelector(deps, input.value.token);
  if (by === null) return toError(toFormError(bankRefusal('unknown_token')));
  const payment = await deps.bank.readAsBrowser(by);
  return payment.ok ? json(200, toStatus(deps, payment.value)) : toError(toFormError(payment.refusal));
}

async function toSelector(deps: ExampleRoutesDeps, token: string): Promise<BrowserSelector | null> {
  if (token.startsWith('exm_tok_')) return { clientToken: token };
  const session = await deps.resolveSession(token);
  return session && { accountId: session.providerAccountId, paymentId: session.providerCode };
}

async function answerByScript(deps: ExampleRoutesDeps, request: Request, challengeId: string): Promise<Response> {
  const input = await readJson(request, challengeSchema);
  if (!input.ok) return toError(input.refusal);
  const payment = await deps.bank.answerChallenge(challengeId, input.value.result);
  return payment.ok ? json(200, toAnswer(deps, payment.value)) : toError(toFormError(payment.refusal));
}

async function showChallenge(deps: ExampleRoutesDeps, challengeId: string): Promise<Response> {
  const payment = await deps.bank.readChallenge(challengeId);
  if (!payment.ok) return messagePage(payment.refusal.message, 404, null);
  return challengePage(payment.value, challengeId, await deps.findShop(payment.value.accountId));
}

async function answerByForm(deps: ExampleRoutesDeps, request: Request, challengeId: string): Promise<Response> {
  const payment = await deps.bank.readChallenge(challengeId);
  if (!payment.ok) return messagePage(payment.refusal.message, 404, null);
  const shop = await deps.findShop(payment.value.accountId);
  const text = await readText(request);
  if (!text.ok) return messagePage(text.refusal.message, text.refusal.status, shop);
  const form = new URLSearchParams(text.value);
  const answer = challengeSchema.safeParse({ result: form.get('result') });
  const isOwnForm = form.get('challenge') === challengeId;
  if (!isOwnForm || !answer.success) return messagePage('Use the buttons of the page to answer.', 400, shop);
  // A challenge that is over by now is told by the checkout page, which knows how the payment stands.
  await deps.bank.answerChallenge(challengeId, answer.data.result);
  return backToCheckout(answer.data.result === 'leave' ? 'left' : 'answered', shop);
}

interface AttemptAnswer {
  readonly status: 'succeeded' | 'declined' | 'requires_action' | 'processing';
  readonly declineCode?: string;
  readonly challengeUrl?: string;
}

function toAnswer(deps: ExampleRoutesDeps, { challengeId, attempts }: BankPaymentView): AttemptAnswer {
  if (challengeId !== null) return { status: 'requires_action', challengeUrl: challengeUrlOf(deps.publicUrl, challengeId) };
  const attempt = attempts.at(-1);
  if (attempt?.status === 'succeeded' || attempt?.status === 'processing') return { status: attempt.status };
  return { status: 'declined', ...declineOf(attempt) };
}

function declineOf(attempt: BankMovementView | undefined): { declineCode?: string } {
  if (attempt?.declineCode) return { declineCode: shopperCode(attempt.declineCode) };
  return attempt?.failureCode ? { declineCode: attempt.failureCode } : {};
}

interface StatusAnswer {
  readonly phase: 'open' | 'requires_action' | 'processing' | 'succeeded' | 'closed';
  readonly closedAs?: 'canceled' | 'expired' | 'declined';
  /** Of the last attempt, where it was declined. */
  readonly declineCode?: string;
  readonly challengeUrl?: string;
}

function toStatus(deps: ExampleRoutesDeps, payment: BankPaymentView): StatusAnswer {
  const { phase, closedAs, challengeId } = payment;
  return {
    phase: phase === 'challenged' ? 'requires_action' : phase,
    ...declineOf(payment.attempts.at(-1)),
    ...given({ closedAs, challengeUrl: challengeId && challengeUrlOf(deps.publicUrl, challengeId) }),
  };
}

const STATUSES: Partial<Record<BankRefusalCode, number>> = {
  unknown_token: 404,
  unknown_challenge: 404,
  payment_succeeded: 409,
  payment_closed: 409,
  payment_expired: 409,
  attempt_in_progress: 409,
  rate_limited: 429,
  bank_error: 500,
  answer_lost: 504,
};

function toFormError({ code, message, field }: BankRefusal): FormError {
  return given({ status: STATUSES[code] ?? 400, code, message, field: field && `card.${field}` });
}

function toError({ status, ...error }: FormError): Response {
  return json(status, { error });
}

function json(status: number, body: object): Response {
  const wait: Record<string, string> = status === 429 ? { 'retry-after': '1' } : {};
  return Response.json(body, {
    status,
    headers: { ...CORS, ...wait, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  });
}
