import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readUnsent } from '../../src/kernel/unsent.ts';
import { createNuveiProvider } from '../../src/providers/nuvei/nuvei.ts';
import type { FailureCategory, ProviderFailure } from '../../src/providers/provider.ts';
import { createStripeProvider } from '../../src/providers/stripe/stripe.ts';

/** A listener that cuts each connection before a handshake, and one that reads the request and cuts then. */
let cutting: Server;
let reading: Server;
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  cutting = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  reading = createServer((socket) => socket.on('data', () => socket.destroy())).listen(0, '127.0.0.1');
  await Promise.all([once(cutting, 'listening'), once(reading, 'listening')]);
});
afterAll(() => {
  cutting.close();
  reading.close();
});

const ID = '019aa3b0-0000-7000-8000-000000000001';
const PROVIDERS = {
  STRIPE: {
    provider: createStripeProvider({ deadlineMs: 5_000 }),
    credentials: { secretKey: 'sk_test_1', publishableKey: 'pk_test_1' },
  },
  NUVEI: {
    provider: createNuveiProvider({ webhookUrl: () => 'https://gateway.example/hook' }),
    credentials: { merchantId: '1', merchantSiteId: '2', merchantSecretKey: 'secret-key' },
  },
} as const;

async function refundAt(
  name: keyof typeof PROVIDERS,
  given: { baseUrl: string; credentials?: Record<string, string>; transactionId?: string },
): Promise<ProviderFailure> {
  const { provider, credentials } = PROVIDERS[name];
  const account = {
    id: ID,
    merchantId: ID,
    environment: 'TEST',
    provider: name,
    baseUrl: given.baseUrl,
    credentials: { ...credentials, ...given.credentials },
  } as const;
  const now = new Date('2026-11-23T12:00:00Z');
  const call = { account, signal: new AbortController().signal, now, operationId: ID, idempotencyKey: ID, attempt: 1 };
  const request = {
    transactionId: given.transactionId ?? ID,
    providerCode: 'pi_1',
    session: null,
    money: { amountMinor: 100n, currency: 'USD' },
    reason: null,
  };
  return provider.send('REFUND', call, request).then(
    () => {
      throw new Error('The refund was answered.');
    },
    (failure: ProviderFailure) => failure,
  );
}

describe.each(['STRIPE', 'NUVEI'] as const)('a refund at %s', (name) => {
  test.each<[string, () => string, FailureCategory]>([
    ['a port at which nothing listens', () => 'http://127.0.0.1:2', 'UNAVAILABLE'],
    ['a port that HTTP clients refuse', () => 'http://127.0.0.1:1', 'UNAVAILABLE'],
    ['a name that does not exist', () => 'http://nothing.invalid', 'UNAVAILABLE'],
    ['a handshake that is cut', () => `https://127.0.0.1:${portOf(cutting)}`, 'UNAVAILABLE'],
    ['a listener that cuts after it has read', () => `http://127.0.0.1:${portOf(reading)}`, 'UNKNOWN_OUTCOME'],
  ])('that meets %s', async (_what, baseUrl, category) => {
    expect((await refundAt(name, { baseUrl: baseUrl() })).category).toBe(category);
  });
});

test.each([
  ['a key that no header can hold', { credentials: { secretKey: 'sk_test_\n1' } }],
  ['a text that cannot be encoded', { transactionId: 'half \ud83d' }],
])('at STRIPE, %s is refused as certainly not sent', async (_what, given) => {
  const { category, rawCode } = await refundAt('STRIPE', { baseUrl: `http://127.0.0.1:${portOf(reading)}`, ...given });
  expect([category, rawCode]).toEqual(['INVALID_REQUEST', 'request_not_written']);
});

test('at NUVEI, an address that is malformed is refused as certainly not sent', async () => {
  const { category, rawCode } = await refundAt('NUVEI', { baseUrl: 'http://[' });
  expect([category, rawCode]).toEqual(['INVALID_REQUEST', 'request_not_written']);
});

const withCode = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

test.each<[string, unknown, ReturnType<typeof readUnsent>]>([
  ['refused', withCode('ECONNREFUSED'), 'unreachable'],
  ['no route', withCode('EHOSTUNREACH'), 'unreachable'],
  ['late to connect', withCode('ETIMEDOUT', { syscall: 'connect' }), 'unreachable'],
  ['late to answer', withCode('ETIMEDOUT', { syscall: 'read' }), null],
  ['reset', withCode('ECONNRESET', { syscall: 'read' }), null],
  ['an expired certificate', withCode('CERT_HAS_EXPIRED'), 'unreachable'],
  ['a failed handshake', withCode('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'), 'unreachable'],
  ['a broken record', withCode('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'), null],
  ['a cause', new TypeError('fetch failed', { cause: withCode('ENOTFOUND') }), 'unreachable'],
  ['all addresses', new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]), 'unreachable'],
  ['one address that was reached', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNRESET')]), null],
  ['a header', withCode('ERR_INVALID_CHAR'), 'not-written'],
  ['nothing', undefined, null],
])('an error for %s tells how far the request came', (_what, error, expected) => {
  expect(readUnsent(error)).toBe(expected);
});
