import { parseJson } from '../../kernel/json.ts';
import type { NuveiAccount } from '../accounts.ts';
import type { SimulatorDeps } from '../deps.ts';
import { delay, runWithFault, type Trouble } from '../faults.ts';
import { htmlAnswer, jsonAnswer, type WireAnswer, type WireOutcome, type WireRequest } from '../wire.ts';
import { isSignedRightly } from './checksum.ts';
import { type NuveiCall, operationIdOf } from './context.ts';
import { fail, type NuveiBody, type NuveiReply } from './errors.ts';
import { getPaymentStatus, getTransactionDetails } from './lookups.ts';
import { refund, settle, voidTransaction } from './moves.ts';
import { getSessionToken, openOrder } from './orders.ts';
import { isMethod, type MethodName, type Parameters, readParameters } from './parameters.ts';
import { deleteUPO, getUserUPOs, pay } from './payments.ts';

/** Nuvei's REST 1.0 over HTTP: every answer of the API itself comes with status 200. */

type Handlers = { readonly [Name in MethodName]: (call: NuveiCall<Parameters<Name>>) => Promise<NuveiReply> };

const HANDLERS: Handlers = {
  openOrder,
  getSessionToken,
  payment: pay,
  getPaymentStatus,
  getTransactionDetails,
  settleTransaction: settle,
  voidTransaction,
  refundTransaction: refund,
  getUserUPOs,
  deleteUPO,
};

/** The web SDK pays and asks how it went, with its session token alone; everything else is for servers. */
const BROWSER_CALLS: ReadonlySet<string> = new Set(['payment', 'getPaymentStatus']);
/** A second call under a used clientRequestId is refused here: a guard, not a replay. */
const GUARDED: ReadonlySet<MethodName> = new Set(['payment', 'settleTransaction', 'voidTransaction', 'refundTransaction']);
/** Operations that run in this process. */
const running = new WeakMap<SimulatorDeps, Set<string>>();

const CORS = { 'access-control-allow-origin': '*' };
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};

/** The suffix `.do` is optional. */
const PATH = /^\/ppp\/api\/v1\/(\w+?)(?:\.do)?$/;

/** Answers everything under /ppp/api/v1. */
export async function serveNuvei(deps: SimulatorDeps, request: WireRequest): Promise<WireOutcome> {
  const name = PATH.exec(request.path)?.[1] ?? 'unknown';
  const isOpen = BROWSER_CALLS.has(name);
  if (request.method === 'OPTIONS') return { status: isOpen ? 204 : 403, headers: isOpen ? PREFLIGHT : {}, body: '' };
  const body = parseObject(request.body);
  const order = deps.faults.take(name, request);
  const turndown = {
    limited: () => toAnswer(429, { isOpen, body }),
    unavailable: () => htmlAnswer(503, '<html><body><h1>503 Service Unavailable</h1></body></html>'),
  };
  const account = accountOf(deps, body);
  const outcome = await runWithFault(order, turndown, async (trouble) => {
    const reply = await answer(deps, { request, name, body, trouble });
    return reply === 'reset' ? 'reset' : toAnswer(reply, { isOpen, body });
  });
  const at = deps.clock.now().toISOString();
  deps.requests.record(request, { at, accountId: typeof account === 'string' ? null : account.id, call: name, body }, outcome);
  return outcome;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

function accountOf(deps: SimulatorDeps, body: Readonly<Record<string, unknown>> | null): NuveiAccount | 'merchant' | 'site' {
  const { merchantId, merchantSiteId: site } = body ?? {};
  const merchants = typeof merchantId === 'string' ? deps.accounts.byMerchant(merchantId) : [];
  if (merchants.length === 0) return 'merchant';
  return merchants.find(({ merchantSiteId }) => merchantSiteId === site) ?? 'site';
}

interface Asked {
  readonly request: WireRequest;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly trouble: Trouble;
}

async function answer(deps: SimulatorDeps, { request, name, body, trouble }: Asked): Promise<NuveiReply> {
  if (trouble.breaks === 'before') return 500;
  if (request.method !== 'POST' || !isMethod(name)) return fail('method');
  if (body === null) return fail('validation', 'the body is no JSON object');
  const account = accountOf(deps, body);
  if (typeof account === 'string') return fail(account);
  const isBrowser = name === 'payment' && body['checksum'] === undefined;
  if (!isBrowser && !isSignedRightly(name, body, account)) return fail('checksum');
  const params = readParameters(name, body);
  if (!params.ok) return params.refusal;
  const clientRequestId = GUARDED.has(name) && !isBrowser ? body['clientRequestId'] : undefined;
  const operationId = operationIdOf(account.id, typeof clientRequestId === 'string' ? clientRequestId : undefined);
  const call = { deps, account, params: params.value, operationId, isBrowser };
  const reply = await runGuarded(call, async () => {
    await delay(trouble);
    return HANDLERS[name](call as NuveiCall<never>);
  });
  return trouble.breaks === 'after' ? 500 : reply;
}

/** Once for each operation: one that runs, or that the bank executed, is a duplicate. */
async function runGuarded(
  { deps, account, operationId }: NuveiCall<unknown>,
  run: () => Promise<NuveiReply>,
): Promise<NuveiReply> {
  const busy = running.get(deps) ?? new Set();
  running.set(deps, busy);
  if (busy.has(operationId)) return fail('duplicate');
  busy.add(operationId);
  try {
    const isDone = (await deps.bank.findByOperation(account.id, operationId)) !== null;
    return isDone ? fail('duplicate') : await run();
  } finally {
    busy.delete(operationId);
  }
}

function toAnswer(
  reply: Exclude<NuveiReply, 'reset'>,
  { isOpen, body }: { isOpen: boolean; body: NuveiBody | null },
): WireAnswer {
  const headers = isOpen ? CORS : {};
  if (reply === 500) return htmlAnswer(500, '<html><body><h1>500 Internal Server Error</h1></body></html>', headers);
  if (reply === 429)
    return htmlAnswer(429, '<html><body><h1>429 Too Many Requests</h1></body></html>', { ...headers, 'retry-after': '1' });
  const { merchantId = '', merchantSiteId = '', clientRequestId = '' } = body ?? {};
  return jsonAnswer(
    200,
    { merchantId, merchantSiteId, clientRequestId, version: '1.0', internalRequestId: INTERNAL_REQUEST_ID, ...reply },
    headers,
  );
}

/** A number that means something to nobody but Nuvei. */
const INTERNAL_REQUEST_ID = 1;
