import { createHmac, randomUUID } from 'node:crypto';
import { DOCUMENTS, PAGE_SIZE } from './documents.ts';
import { codesOf, type Stocked, transactionIdOf } from './stock-ids.ts';

/** The operations that are compared. One unit of an operation is one request, or several of one caller in turn. */
export const OPERATIONS = ['start', 'page', 'verify', 'settle', 'refund', 'webhook', 'base-config', 'life'] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** Those whose units each use up something that is stored before. */
export const STOCKED: Readonly<Partial<Record<OperationName, Stocked>>> = {
  settle: 'authorization',
  refund: 'payment',
  webhook: 'unheard',
};

export type Side = 'gateway' | 'baseline';

/** What the units of an operation work on. */
export interface Supply {
  /** Sessions that have ended, to be verified. */
  readonly endedSessionIds: readonly string[];
  /** What is stored for the operation and not used yet. */
  readonly stock: { readonly from: number; readonly before: number };
  readonly webhook: { readonly path: string; readonly secret: string };
}

export interface Request {
  /** The gateway has one path for its API, the baseline one for each route. */
  readonly route: Exclude<OperationName, 'life' | 'webhook'>;
  readonly body: string;
}

/** A request to a path that is not of the API. */
export interface PlainRequest {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns the body. Throws when the response is an error. */
export type Send = (request: Request | PlainRequest) => Promise<string>;

/** Does one unit of work. Returns the responses. */
export type Unit = (send: Send) => Promise<readonly string[]>;

export function pathOf(side: Side, request: Request | PlainRequest): string {
  if ('path' in request) return request.path;
  return side === 'gateway' ? '/graphql' : `/${request.route}`;
}

/** Makes the units of one operation, one after the other; null once the stock is used up. */
export function createUnits(operation: OperationName, supply: Supply): () => Unit | null {
  const run = randomUUID();
  let count = 0;
  const nextItem = takeFrom(supply);
  switch (operation) {
    case 'life':
      return () => doLife(`${run}-${count++}`);
    case 'webhook':
      return () => nextItem((index) => one(toNotification(supply, index)));
    case 'settle':
    case 'refund':
      return () => nextItem((index) => one(toMoneyRequest(operation, index)));
    case 'start':
      return () => one(toStart(`${run}-${count++}`));
    case 'verify':
      return () => one(toVerify(supply.endedSessionIds[count++ % supply.endedSessionIds.length] ?? ''));
    case 'page': {
      const page = one(toRequest('page', { first: PAGE_SIZE }));
      return () => page;
    }
    case 'base-config': {
      const baseConfig = one(toRequest('base-config', { provider: { transactionProvider: 'EXAMPLE' } }));
      return () => baseConfig;
    }
  }
}

function takeFrom({ stock }: Supply): (use: (index: number) => Unit) => Unit | null {
  let next = stock.from;
  return (use) => {
    if (next >= stock.before) return null;
    next += 1;
    return use(next - 1);
  };
}

function one(request: Request | PlainRequest): Unit {
  return async (send) => [await send(request)];
}

/** Starts, pays at the bank with the token for browsers, and verifies. */
function doLife(code: string): Unit {
  return async (send) => {
    const started = await send(toStart(code));
    const { id, payload } = readStarted(started);
    const confirmed = await send(toConfirm(payload.clientToken));
    return [started, confirmed, await send(toVerify(id))];
  };
}

export interface StartedSession {
  readonly id: string;
  readonly payload: { readonly clientToken: string };
}

export function readStarted(body: string): StartedSession {
  return (JSON.parse(body) as { data: { startPaymentSession: StartedSession } }).data.startPaymentSession;
}

/** The bank sends no notification for this card, so that none falls into another measurement. */
const CARD = { number: '4000009900000111', expMonth: 12, expYear: 2040, cvc: '123' };

function toConfirm(token: string): PlainRequest {
  return { path: '/example/v1/confirm', body: JSON.stringify({ token, card: CARD }) };
}

function toVerify(id: string): Request {
  return toRequest('verify', { by: { id } });
}

function toMoneyRequest(operation: 'settle' | 'refund', index: number): Request {
  const by = { id: transactionIdOf(operation === 'settle' ? 'authorization' : 'payment', index) };
  const idempotencyKey = randomUUID();
  return toRequest(operation, operation === 'settle' ? { by, idempotencyKey } : { by, idempotencyKey, amount: '2500' });
}

/** What the bank sends when an attempt has succeeded, signed now. */
function toNotification({ webhook }: Supply, index: number): PlainRequest {
  const codes = codesOf('unheard', index);
  const body = JSON.stringify({ id: `exm_evt_${randomUUID()}`, type: 'attempt.succeeded', codes });
  const seconds = Math.floor(Date.now() / 1_000);
  const mac = createHmac('sha256', webhook.secret).update(`${seconds}.${body}`).digest('hex');
  return { path: webhook.path, body, headers: { 'example-signature': `t=${seconds},v1=${mac}` } };
}

function toStart(code: string): Request {
  return toRequest('start', {
    provider: { transactionProvider: 'EXAMPLE' },
    data: {
      merchantInternalTransactionCode: code,
      amount: '10000',
      currency: 'USD',
      storePaymentMethod: false,
      billing: {
        billingFirstName: 'Jane',
        billingLastName: 'Smith',
        billingEmail: 'jane@example.com',
        billingPhone: '+12125550100',
        billingAddressCountry: 'US',
        billingAddressState: 'US-NY',
        billingAddressCity: 'New York',
        billingAddressPostalCode: '10001',
        billingAddressLine1: '1 Main Street',
      },
    },
  });
}

function toRequest(route: Request['route'], variables: object): Request {
  return { route, body: JSON.stringify({ query: DOCUMENTS[route], variables }) };
}
