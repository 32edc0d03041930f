import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/kernel/ids.ts';
import { findCredentialProblem } from '../../src/providers/credentials.ts';
import type { ProviderAccount, ProviderEffect, StartSessionRequest } from '../../src/providers/provider.ts';
import { createStripeClients, STRIPE_API_VERSION } from '../../src/providers/stripe/client.ts';
import { createStripeProvider } from '../../src/providers/stripe/stripe.ts';
import { CARD, intent, SESSION } from './stripe-objects.ts';

/** Answers each request as the test says, and keeps what came. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const NOW = new Date('2026-11-23T12:00:00Z');
const SECRET_KEY = 'sk_test_very-secret';
const DEADLINE_MS = 300;

let answer: Answer;
let requests: { method: string; url: string; headers: IncomingMessage['headers']; form: string }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const form = Buffer.concat(chunks).toString();
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, form });
    answer(response, request);
  });
});
let account: ProviderAccount;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  account = {
    id: 'account',
    merchantId: 'merchant',
    environment: 'TEST',
    provider: 'STRIPE',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { secretKey: SECRET_KEY, publishableKey: 'pk_test_any', webhookSecret: 'whsec_any' },
  };
});
beforeEach(() => {
  requests = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const provider = createStripeProvider({ deadlineMs: DEADLINE_MS });
const json =
  (status: number, body: unknown): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' });
    response.end(JSON.stringify(body));
  };
const error = (status: number, fields: object): Answer =>
  json(status, { error: { message: 'Jane Doe, sk_test_very', ...fields } });
const newEffect = (): ProviderEffect => {
  const operationId = newId(NOW);
  return {
    account,
    signal: new AbortController().signal,
    now: NOW,
    operationId,
    idempotencyKey: `key:${operationId}`,
    attempt: 1,
  };
};

const address = { line1: '1 Main St', line2: null, city: 'Springfield', state: 'US-IL', postalCode: '62701', country: 'US' };
const billing = { firstName: 'Jane', lastName: 'Doe', email: 'jane@example.com', phone: '+12125550100', address };
const START: StartSessionRequest = {
  sessionId: 'session',
  kind: 'PAYMENT',
  merchantInternalTransactionCode: 'order-1',
  money: { amountMinor: 500n, currency: 'ISK' },
  currency: 'ISK',
  storePaymentMethod: false,
  customerId: null,
  providerCustomerCode: null,
  billing,
  shipping: { ...billing, phone: null },
  deviceIp: null,
  description: 'One hat',
  returnUrl: null,
  attemptsMax: 3,
  expiresAt: NOW,
};
const REFUND = { transactionId: 'refund', providerCode: 'pi_1', session: null, money: { amountMinor: 1n, currency: 'USD' } };

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    ({ category, rawCode, message }: Record<string, unknown>) => ({ category, rawCode, message }),
  );
const read = () => failureOf(provider.fetchMovement(newEffect(), { ...REFUND, action: 'REFUND', providerCode: 're_1' }));
const write = (reason: string | null = null) => failureOf(provider.send('REFUND', newEffect(), { ...REFUND, reason }));

describe('a refusal of Stripe', () => {
  it.each([
    [400, { type: 'invalid_request_error', code: 'parameter_unknown', param: 'x' }, 'INVALID_REQUEST', 'parameter_unknown'],
    [400, { type: 'invalid_request_error' }, 'INVALID_REQUEST', 'invalid_request_error'],
    [400, { type: 'invalid_request_error', code: 'constructor' }, 'INVALID_REQUEST', 'constructor'],
    [400, { type: 'invalid_request_error', code: 'amount_too_large' }, 'INVALID_REQUEST', 'amount_too_large'],
    [
      400,
      { type: 'invalid_request_error', code: 'payment_intent_unexpected_state' },
      'CONFLICT',
      'payment_intent_unexpected_state',
    ],
    [400, { type: 'invalid_request_error', code: 'charge_already_refunded' }, 'CONFLICT', 'charge_already_refunded'],
    [404, { type: 'invalid_request_error', code: 'resource_missing' }, 'NOT_FOUND', 'resource_missing'],
    [404, { type: 'invalid_request_error' }, 'NOT_FOUND', 'invalid_request_error'],
    [401, { type: 'invalid_request_error' }, 'PROVIDER_AUTH', 'invalid_request_error'],
    [403, { type: 'invalid_request_error', code: 'more_permissions_required' }, 'PROVIDER_AUTH', 'more_permissions_required'],
    [402, { type: 'card_error', code: 'card_declined' }, 'INVALID_REQUEST', 'card_declined'],
    [429, { type: 'invalid_request_error', code: 'rate_limit' }, 'RATE_LIMITED', 'rate_limit'],
    [429, { type: 'invalid_request_error', code: 'lock_timeout' }, 'RATE_LIMITED', 'lock_timeout'],
    [400, { type: 'idempotency_error' }, 'PROGRAMMING_ERROR', 'idempotency_error'],
  ])('with HTTP %i and %j is %s, of a read and of a write', async (status, fields, category, rawCode) => {
    answer = error(status, fields);
    expect(await read()).toMatchObject({ category, rawCode });
    expect(await write()).toMatchObject({ category, rawCode });
    expect(requests).toHaveLength(2);
  });

  it('tells nothing that may be secret', async () => {
    answer = error(401, { type: 'invalid_request_error', code: 'Invalid API Key provided: sk_test_very' });
    const told = [await read(), await write()];
    answer = error(500, { type: 'api_error', code: 'Jane Doe' });
    told.push(await read(), await write());
    expect(JSON.stringify(told)).not.toMatch(/sk_test|Jane/);
    expect(told).toMatchObject([{ rawCode: 'invalid_request_error' }, {}, { rawCode: 'api_error' }, {}]);
  });
});

describe('an answer that cannot be trusted', () => {
  const html: Answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  const cut: Answer = (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"id":', () => response.destroy());
  };

  it.each([
    ['a 500', error(500, { type: 'api_error' })],
    ['a 503', error(503, { type: 'api_error' })],
    ['a request that is under way under the same key', error(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' })],
    ['a refusal without an error', json(422, { status: 422 })],
    ['another object', json(200, { object: 'customer', id: 'cus_1' })],
    ['an object under another kind of id', json(200, { object: 'refund', id: 'pi_1' })],
    ['an object without an id', json(200, { object: 'refund' })],
    ['a list', json(200, [])],
    ['a text', json(400, 'no')],
    ['nothing', json(400, null)],
    ['an error that is none', json(400, { error: 5 })],
    ['an error that is a text', json(400, { error: 'no' })],
    ['a page', html],
    ['half an answer', cut],
    ['a broken connection', (response: ServerResponse) => response.destroy()],
  ])('%s leaves a write unknown, and a read unanswered, after one request each', async (_name, given) => {
    answer = given;
    expect(await write()).toMatchObject({ category: 'UNKNOWN_OUTCOME' });
    expect(await read()).toMatchObject({ category: 'UNAVAILABLE' });
    expect(requests).toHaveLength(2);
  });

  it('silence is waited for no longer than the deadline', async () => {
    answer = () => {};
    expect(await write()).toMatchObject({ category: 'UNKNOWN_OUTCOME', rawCode: 'ETIMEDOUT' });
    expect(requests).toHaveLength(1);
  });

  it('is told from a request that was never sent', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const baseUrl = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    closed.close();
    await once(closed, 'close');
    const effect = { ...newEffect(), account: { ...account, baseUrl } };
    const refused = failureOf(provider.send('REFUND', effect, { ...REFUND, reason: null }));
    expect(await refused).toMatchObject({ category: 'UNAVAILABLE', rawCode: 'ECONNREFUSED' });
  });

  it('is not waited for once the call is over', async () => {
    const effect = { ...newEffect(), signal: AbortSignal.abort() };
    expect(await failureOf(provider.send('START', effect, START))).toMatchObject({ category: 'UNAVAILABLE' });
    expect(requests).toHaveLength(0);
  });
});

describe('a request to Stripe', () => {
  it('names the version, the key of the operation and the merchant, and nothing that changes between attempts', async () => {
    answer = json(200, intent('requires_payment_method'));
    const effect = newEffect();
    await provider.send('START', effect, START);
    await provider.send('START', { ...effect, attempt: 2, now: new Date('2026-11-24T12:00:00Z') }, START);
    const [first, second] = requests;
    expect(first?.headers).toMatchObject({
      'stripe-version': STRIPE_API_VERSION,
      'idempotency-key': effect.idempotencyKey,
      authorization: `Bearer ${SECRET_KEY}`,
    });
    expect(first?.headers).not.toHaveProperty('x-stripe-client-telemetry');
    expect(second?.form).toBe(first?.form);
    expect(Object.fromEntries(new URLSearchParams(first?.form))).toEqual({
      amount: '50000',
      currency: 'isk',
      capture_method: 'automatic',
      'allowed_payment_method_types[0]': 'card',
      description: 'One hat',
      'metadata[session_id]': 'session',
      'metadata[operation_id]': effect.operationId,
      'metadata[merchant_transaction_code]': 'order-1',
      'shipping[name]': 'Jane Doe',
      'shipping[address][line1]': '1 Main St',
      'shipping[address][city]': 'Springfield',
      'shipping[address][state]': 'IL',
      'shipping[address][postal_code]': '62701',
      'shipping[address][country]': 'US',
    });
  });

  it('makes the customer first, under a key of their own, with the same body whoever asks', async () => {
    answer = (response, { url }) => {
      const customer = { object: 'customer', id: 'cus_1' };
      json(200, url === '/v1/setup_intents' ? { ...SETUP, customer: 'cus_1' } : customer)(response, {} as IncomingMessage);
    };
    const effect = newEffect();
    const request = { ...START, kind: 'ADD_PAYMENT_METHOD', money: null, storePaymentMethod: true, customerId: 'c-1' } as const;
    const started = await provider.send('START', effect, request);
    expect(started).toMatchObject({ providerCustomerCode: 'cus_1', state: { intentId: 'seti_1', customerCode: 'cus_1' } });
    expect(requests.map(({ url, headers, form }) => [url, headers['idempotency-key'], decodeURIComponent(form)])).toEqual([
      ['/v1/customers', 'customer:account:c-1', 'metadata[customer_id]=c-1'],
      ['/v1/customers/cus_1', `${effect.idempotencyKey}:customer`, 'email=jane@example.com&name=Jane Doe&phone=+12125550100'],
      ['/v1/setup_intents', effect.idempotencyKey, expect.stringContaining('customer=cus_1')],
    ]);
    requests = [];
    await provider.send('START', newEffect(), { ...request, providerCustomerCode: 'cus_1' });
    expect(requests.map(({ url }) => url)).toEqual(['/v1/setup_intents']);
  });

  it.each([
    ['a mail address with capitals', { email: 'Jane@Example.COM' }, 'email=Jane@Example.COM&name=Jane Doe&phone=+12125550100'],
    ['no phone', { phone: null }, 'email=jane@example.com&name=Jane Doe'],
    ['a long name', { firstName: 'J'.repeat(149) }, `email=jane@example.com&name=${'J'.repeat(149)} &phone=+12125550100`],
  ])('writes a customer with %s as earlier versions did, byte by byte', async (_what, change, form) => {
    answer = (response, { url }) => {
      const customer = { object: 'customer', id: 'cus_1' };
      json(200, url === '/v1/setup_intents' ? { ...SETUP, customer: 'cus_1' } : customer)(response, {} as IncomingMessage);
    };
    const billing = { ...START.billing, ...change };
    const request = {
      ...START,
      kind: 'ADD_PAYMENT_METHOD',
      money: null,
      storePaymentMethod: true,
      customerId: 'c-1',
      billing,
    } as const;
    await provider.send('START', newEffect(), request);
    expect(decodeURIComponent(requests[1]?.form ?? '').replaceAll('%20', ' ')).toBe(form);
  });

  it.each([
    ['US-IL', 'IL'],
    ['US-Illinois', 'Illinois'],
    ['Illinois', 'Illinois'],
    ['IL', 'IL'],
  ])('writes the state %s of a stored start as earlier versions did', async (state, sent) => {
    answer = json(200, intent('requires_payment_method'));
    await provider.send('START', newEffect(), { ...START, shipping: { ...START.billing, address: { ...address, state } } });
    expect(new URLSearchParams(requests[0]?.form).get('shipping[address][state]')).toBe(sent);
  });

  it('gives the browser what it needs, and no secret of the account', async () => {
    answer = json(200, intent('requires_payment_method'));
    const { payload } = await provider.send('START', newEffect(), START);
    expect(payload).toEqual({
      provider: 'STRIPE',
      publishableKey: 'pk_test_any',
      clientSecret: 'pi_1_secret_any',
      intent: 'payment',
      billingDetails: {
        name: 'Jane Doe',
        email: 'jane@example.com',
        phone: '+12125550100',
        address: { line1: '1 Main St', line2: null, city: 'Springfield', state: 'IL', postal_code: '62701', country: 'US' },
      },
      apiUrl: account.baseUrl,
    });
    expect(provider.baseConfig(account)).toEqual({ provider: 'STRIPE', environment: 'TEST', publishableKey: 'pk_test_any' });
  });

  it('carries a reason for a refund only when it is one of the vendor’s words', async () => {
    answer = json(200, { object: 'refund', id: 're_1', status: 'succeeded', amount: 1, currency: 'usd' });
    await write('Jane Doe was not pleased');
    await write('fraudulent');
    expect(requests.map(({ form }) => new URLSearchParams(form).get('reason'))).toEqual([null, 'fraudulent']);
  });

  it('goes to another host with a test key only', () => {
    const clients = createStripeClients(DEADLINE_MS);
    const hostOf = (environment: ProviderAccount['environment']) => clients({ ...account, environment }).getApiField('host');
    expect([hostOf('TEST'), hostOf('LIVE')]).toEqual(['127.0.0.1', 'api.stripe.com']);
  });

  it('comes from one client for each key and host', () => {
    const clients = createStripeClients(DEADLINE_MS);
    const other = { ...account, credentials: { ...account.credentials, secretKey: 'sk_test_other' } };
    expect(clients(account)).toBe(clients({ ...account, id: 'another' }));
    expect(new Set([clients(account), clients(other), clients({ ...account, baseUrl: null })]).size).toBe(3);
  });
});

const SETUP = {
  id: 'seti_1',
  object: 'setup_intent',
  status: 'requires_payment_method',
  client_secret: 'seti_1_secret_any',
  metadata: {},
};

describe('a charge of a stored method at Stripe', () => {
  const request = {
    transactionId: 'charge',
    merchantInternalTransactionCode: 'order-2',
    method: { providerCode: 'pm_1', providerCustomerCode: 'cus_1', originCode: null },
    money: { amountMinor: 1000n, currency: 'USD' },
    customerId: 'c-1',
    billing: null,
    description: null,
  };

  it('that is declined is a movement and not a failure', async () => {
    const last_payment_error = {
      type: 'card_error',
      code: 'authentication_required',
      decline_code: 'authentication_required',
      charge: 'ch_1',
      payment_method: { id: 'pm_1', card: CARD },
    };
    const payment_intent = intent('requires_payment_method', { id: 'pi_7', last_payment_error, latest_charge: 'ch_1' });
    answer = error(402, { ...last_payment_error, payment_intent });
    expect(await provider.send('CHARGE', newEffect(), request)).toMatchObject({
      providerCode: 'pi_7',
      status: 'declined',
      decline: { reason: 'AUTHENTICATION_REQUIRED', rawCode: 'authentication_required' },
    });
  });

  it('whose method is gone is not found, and one with another mistake is refused', async () => {
    answer = error(400, { type: 'invalid_request_error', param: 'payment_method' });
    expect(await failureOf(provider.send('CHARGE', newEffect(), request))).toMatchObject({ category: 'NOT_FOUND' });
    answer = error(400, { type: 'invalid_request_error', param: 'amount', code: 'amount_too_small' });
    expect(await failureOf(provider.send('CHARGE', newEffect(), request))).toMatchObject({ category: 'INVALID_REQUEST' });
  });
});

describe('an intent that a payer has just authorized', () => {
  const session = { ...SESSION, kind: 'AUTHORIZATION' } as const;

  it('is not canceled with its session, as that would void it', async () => {
    answer = json(200, intent('requires_capture', { capture_method: 'manual' }));
    expect(await failureOf(provider.send('CANCEL', newEffect(), session))).toMatchObject({ category: 'CONFLICT' });
    expect(requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it('whose capture the bank will not make is a settle that failed', async () => {
    answer = error(402, { type: 'card_error', code: 'card_declined', payment_intent: intent('requires_capture') });
    const request = { ...REFUND, providerCode: 'ch_1', session };
    expect(await provider.send('SETTLE', newEffect(), request)).toMatchObject({
      providerCode: 'pi_1:capture',
      status: 'failed',
      failureCode: 'card_declined',
      money: null,
    });
  });
});

describe('an operation whose answer was lost', () => {
  const listOf = (ids: readonly string[], over: { operationId?: string; hasMore?: boolean } = {}) => ({
    object: 'list',
    has_more: over.hasMore ?? false,
    data: ids.map((id) => intent('requires_payment_method', { id, metadata: { operation_id: over.operationId ?? 'other' } })),
  });

  it('is looked for page by page, from shortly before it was recorded', async () => {
    const effect = newEffect();
    answer = (response, request) => {
      const isSecond = request.url?.includes('starting_after=pi_2') === true;
      const page = isSecond ? listOf(['pi_3'], effect) : listOf(['pi_1', 'pi_2'], { hasMore: true });
      json(200, page)(response, request);
    };
    expect(await provider.findByOperation('START', effect, START)).toMatchObject({ found: { providerCode: 'pi_3' } });
    const since = NOW.getTime() / 1_000 - 300;
    expect(requests.map(({ url }) => decodeURIComponent(url))).toEqual([
      `/v1/payment_intents?created[gte]=${since}&limit=100`,
      `/v1/payment_intents?created[gte]=${since}&limit=100&starting_after=pi_2`,
    ]);
  });

  it('is absent at the end of the list, and cannot be told after ten pages', async () => {
    answer = json(200, listOf(['pi_1']));
    expect(await provider.findByOperation('START', newEffect(), START)).toBe('absent');
    requests = [];
    answer = json(200, listOf(['pi_1'], { hasMore: true }));
    expect(await provider.findByOperation('START', newEffect(), START)).toBe('cannot-tell');
    expect(requests).toHaveLength(10);
  });

  it.each([
    ['succeeded', true, null, 'pi_1:capture', 'absent'],
    ['succeeded', false, null, 'absent', 'absent'],
    ['requires_capture', false, null, 'absent', 'absent'],
    ['canceled', false, 'requested_by_customer', 'absent', 'pi_1:cancel'],
    ['canceled', false, 'automatic', 'absent', 'absent'],
  ])('of a hold that is %s (ours: %s, %s): settle %s, void %s', async (status, isOurs, cancellation_reason, settle, voided) => {
    const effect = newEffect();
    const metadata = isOurs ? { settle_operation_id: effect.operationId } : {};
    answer = json(200, intent(status, { capture_method: 'manual', cancellation_reason, metadata }));
    const request = { ...REFUND, providerCode: 'ch_1', session: { ...SESSION, kind: 'AUTHORIZATION' } } as const;
    const codeOf = (found: Awaited<ReturnType<typeof provider.findByOperation<'VOID'>>>) =>
      typeof found === 'string' ? found : found.found.providerCode;
    expect(codeOf(await provider.findByOperation('SETTLE', effect, request))).toBe(settle);
    expect(codeOf(await provider.findByOperation('VOID', effect, request))).toBe(voided);
  });
});

describe('a void at Stripe', () => {
  it.each([
    ['a payment', { providerCode: 'ch_1', session: SESSION }],
    ['a charge', { providerCode: 'pi_1', session: null }],
    ['a settle', { providerCode: 'pi_1:capture', session: { ...SESSION, kind: 'AUTHORIZATION' } }],
  ] as const)('of %s is not offered, without a call', async (_name, target) => {
    const refused = failureOf(provider.send('VOID', newEffect(), { ...REFUND, ...target }));
    expect(await refused).toMatchObject({ category: 'UNSUPPORTED' });
    expect(requests).toHaveLength(0);
  });
});

describe('a method that was detached before', () => {
  const request = { method: { providerCode: 'pm_1', providerCustomerCode: 'cus_1', originCode: null } };
  const detachAt = (customer: string | null): Answer => {
    const method = json(200, { object: 'payment_method', id: 'pm_1', customer });
    const refusal = error(400, { type: 'invalid_request_error' });
    return (response, incoming) => (incoming.method === 'GET' ? method : refusal)(response, incoming);
  };

  it('is detached, and one that Stripe will not detach is not', async () => {
    answer = detachAt(null);
    expect(await provider.send('DETACH', newEffect(), request)).toBeNull();
    answer = detachAt('cus_1');
    expect(await failureOf(provider.send('DETACH', newEffect(), request))).toMatchObject({ category: 'INVALID_REQUEST' });
  });
});

describe('a dispute at Stripe', () => {
  it.each([
    ['needs_response', 'open'],
    ['under_review', 'open'],
    ['appeal_under_review', 'open'],
    ['warning_needs_response', 'open'],
    ['warning_under_review', 'open'],
    ['warning_closed', 'won'],
    ['prevented', 'won'],
    ['won', 'won'],
    ['lost', 'lost'],
    ['a_status_of_next_year', 'unknown'],
  ])('that is %s is %s', async (status, told) => {
    const dispute = { object: 'dispute', id: 'du_1', amount: 1000, currency: 'usd', reason: 'fraudulent' };
    answer = json(200, { ...dispute, status, charge: 'ch_1', payment_intent: 'pi_1' });
    expect(await provider.fetchDispute(newEffect(), 'du_1')).toEqual({
      providerCode: 'du_1',
      paymentCodes: ['pi_1', 'ch_1'],
      status: told,
      money: { amountMinor: 1000n, currency: 'USD' },
      reason: 'fraudulent',
    });
  });
});

describe('the credentials of an account at Stripe', () => {
  const problemOf = (environment: 'TEST' | 'LIVE', given: Record<string, string>) =>
    findCredentialProblem(provider.descriptor, environment, given);
  const good = { secretKey: 'sk_test_1', publishableKey: 'pk_test_1', webhookSecret: 'whsec_1' };

  it('have the form of their side', () => {
    expect(problemOf('TEST', good)).toBeNull();
    expect(problemOf('TEST', { ...good, secretKey: 'rk_test_1', webhookSecret: 'whsec_1, whsec_2' })).toBeNull();
    const live = { ...good, secretKey: 'sk_live_1', publishableKey: 'pk_live_1' };
    expect(problemOf('LIVE', live)).toBeNull();
    expect(problemOf('LIVE', good)).toContain('sk_live_');
    expect(problemOf('TEST', live)).toContain('sk_test_');
  });

  it.each([
    ['secretKey', ''],
    ['secretKey', 'pk_test_1'],
    ['secretKey', 'sk_test_1\nsk_test_2'],
    ['publishableKey', 'sk_test_1'],
    ['publishableKey', 'pk_live_1'],
    ['webhookSecret', ''],
    ['webhookSecret', 'whsec_1, sk_test_1'],
  ])('with a wrong %s are refused by its name and not its value', (name, value) => {
    const problem = problemOf('TEST', { ...good, [name]: value }) ?? '';
    expect(problem.startsWith(`${name}: `)).toBe(true);
    if (value !== '') expect(problem).not.toContain(value);
  });

  it('that Stripe refuses are found by one harmless call', async () => {
    answer = error(401, { type: 'invalid_request_error' });
    expect(await failureOf(provider.checkAccount(newEffect()))).toMatchObject({ category: 'PROVIDER_AUTH' });
    answer = json(200, { object: 'list', data: [], has_more: false });
    expect(await failureOf(provider.checkAccount(newEffect()))).toBe('done');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(2).fill('GET /v1/payment_intents?limit=1'));
  });
});
