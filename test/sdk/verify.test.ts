import { generateKeyPairSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import {
  isKnownEvent,
  type KnownWebhookEvent,
  type VerifyOptions,
  verify,
  WEBHOOK_EVENT_TYPES,
  type WebhookErrorCode,
  type WebhookEvent,
  type WebhookHeaders,
  WebhookVerificationError,
} from '../../packages/sdk/src/webhooks/webhooks.ts';
import { EVENT_TYPES } from '../../src/events/event.ts';
import { bodyOf, type Headers, newSecret, SENT_AT, signed, signedPrivately } from './messages.ts';

const SECRET = newSecret();
const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes).toString('base64')}`;
const MESSAGE = signed(bodyOf('session.completed'), [SECRET]);
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const PUBLIC_KEY = `whpk_${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
const { publicKey: foreignKey } = generateKeyPairSync('ed25519');
const FOREIGN_PUBLIC_KEY = `whpk_${foreignKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;

/** Keys at a moment shortly after the message was sent. */
function at(keys: VerifyOptions['keys'], secondsLater = 1): VerifyOptions {
  return { keys, now: () => new Date(SENT_AT.getTime() + secondsLater * 1000) };
}

/** The code and text with which a request is refused. */
async function refusalOf(body: unknown, headers: unknown, keys: unknown): Promise<string> {
  const error = await verify(body as string, headers as Headers, keys as VerifyOptions).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WebhookVerificationError);
  const { code, message } = error as WebhookVerificationError;
  return `${code}: ${message}`;
}

/** Such as `BODY_CHANGED` and a part of the text. */
function refusal(code: WebhookErrorCode, part: string) {
  return {
    asymmetricMatch: (text: string) => text.startsWith(`${code}: `) && text.includes(part),
    toString: () => `${code}: … ${part} …`,
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a message is accepted', () => {
  test('that the library standardwebhooks signed', async () => {
    expect(await verify(MESSAGE.body, MESSAGE.headers, at(SECRET))).toEqual(JSON.parse(MESSAGE.body));
  });

  test('that the library svix signed', async () => {
    const signature = new SvixWebhook(SECRET).sign('msg_1', SENT_AT, MESSAGE.body);
    const headers = { ...MESSAGE.headers, 'webhook-id': 'msg_1', 'webhook-signature': signature };
    expect((await verify(MESSAGE.body, headers, at(SECRET))).type).toBe('session.completed');
  });

  test('that ed25519 signed', async () => {
    const { body, headers } = signedPrivately(bodyOf('session.completed'), privateKey);
    expect((await verify(body, headers, at(PUBLIC_KEY))).type).toBe('session.completed');
    expect(await refusalOf(body, headers, at(FOREIGN_PUBLIC_KEY))).toEqual(refusal('KEY_WRONG', 'does not fit'));
  });

  test('by any of several keys and any of several signatures', async () => {
    const [older, newer] = [newSecret(), newSecret()];
    const { body, headers } = signed(bodyOf('session.completed'), [older, newer]);
    const { 'webhook-signature': v1a } = signedPrivately(body, privateKey).headers;
    const all = { ...headers, 'webhook-signature': `v9,abc ${headers['webhook-signature']} ${v1a}` };
    for (const keys of [older, newer, PUBLIC_KEY, [newSecret(), newer], [FOREIGN_PUBLIC_KEY, newSecret(), PUBLIC_KEY]]) {
      expect((await verify(body, all, at(keys))).type).toBe('session.completed');
    }
    expect(await refusalOf(body, all, at([newSecret(), FOREIGN_PUBLIC_KEY]))).toEqual(refusal('KEY_WRONG', 'None of the 2 keys'));
  });

  test.each<[string, (body: string) => string | Uint8Array | ArrayBuffer]>([
    ['a text', (body) => body],
    ['a Buffer', (body) => Buffer.from(body)],
    ['a part of a larger memory', (body) => Buffer.from(`  ${body}  `).subarray(2, -2)],
    ['an ArrayBuffer', (body) => new TextEncoder().encode(body).buffer],
  ])('whose body is %s', async (_name, form) => {
    expect((await verify(form(MESSAGE.body), MESSAGE.headers, at(SECRET))).type).toBe('session.completed');
  });

  test.each<[string, (headers: Headers) => WebhookHeaders]>([
    ['Headers', (headers) => new Headers(headers)],
    ['headers of Node.js', (headers): IncomingHttpHeaders => ({ ...headers, host: 'shop.test', 'set-cookie': ['a', 'b'] })],
    [
      'a plain object in capitals',
      (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
    ],
    ['lists of values', (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))],
  ])('whose headers are %s', async (_name, form) => {
    expect((await verify(MESSAGE.body, form(MESSAGE.headers), at(SECRET))).type).toBe('session.completed');
  });

  test('within the tolerance on either side, which can be set', async () => {
    for (const seconds of [-300, 300])
      await expect(verify(MESSAGE.body, MESSAGE.headers, at(SECRET, seconds))).resolves.toBeDefined();
    const wide = { ...at(SECRET, 3_600), toleranceMs: 3_600_000 };
    await expect(verify(MESSAGE.body, MESSAGE.headers, wide)).resolves.toBeDefined();
  });

  test('by the clock of the machine where none is passed', async () => {
    const { body, headers } = signed(bodyOf('session.completed'), [SECRET], new Date());
    expect((await verify(body, headers, SECRET)).type).toBe('session.completed');
    expect((await verify(body, headers, [SECRET, newSecret()])).type).toBe('session.completed');
    expect(await refusalOf(MESSAGE.body, MESSAGE.headers, SECRET)).toMatch(/^TOO_/);
  });
});

/**
 * The example in the text of Standard Webhooks 1.0.0 shows this signature. Its key and message are those of the test
 * `test_asymmetric_key_signing` of the Svix server (worker.rs), read on 2026-11-27. The message is no event of ours.
 */
test('the example of the specification for v1a has a right signature, and no other content has', async () => {
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  };
  const options = { keys: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=', now: () => new Date(1_614_265_330_999) };
  expect(await refusalOf('{"test": 2432232314}', headers, options)).toEqual(refusal('NOT_AN_EVENT', 'signature is right'));
  expect(await refusalOf('{"test": 2432232315}', headers, options)).toEqual(refusal('KEY_WRONG', 'does not fit'));
  expect(await refusalOf('{"test": 2432232314}', { ...headers, 'webhook-timestamp': '1614265331' }, options)).toMatch(
    /^KEY_WRONG/,
  );
  expect(await refusalOf('{"test": 2432232314}', { ...headers, 'webhook-id': 'msg_2' }, options)).toMatch(/^KEY_WRONG/);
});

describe('an error says which mistake was made:', () => {
  const { body, headers } = MESSAGE;
  const without = (name: string) => Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));

  test.each<[string, unknown, unknown, unknown, WebhookErrorCode, string]>([
    ['no id', body, without('webhook-id'), SECRET, 'HEADER_MISSING', 'webhook-id is missing'],
    ['no timestamp', body, without('webhook-timestamp'), SECRET, 'HEADER_MISSING', 'webhook-timestamp is missing'],
    ['no signature', body, new Headers(without('webhook-signature')), SECRET, 'HEADER_MISSING', 'webhook-signature is missing'],
    ['no headers', body, undefined, SECRET, 'HEADER_MISSING', 'Pass all headers'],
    ['two ids', body, { ...headers, 'webhook-id': ['a', 'b'] }, SECRET, 'HEADER_MALFORMED', 'webhook-id is not one value'],
    ['a long id', body, { ...headers, 'webhook-id': 'x'.repeat(101) }, SECRET, 'HEADER_MALFORMED', 'webhook-id is not an id'],
    ['a wrong id of full length', body, { ...headers, 'webhook-id': 'x'.repeat(100) }, SECRET, 'KEY_WRONG', 'does not fit'],
    ['an id with a full stop', body, { ...headers, 'webhook-id': 'a.1' }, SECRET, 'HEADER_MALFORMED', 'without a full stop'],
    ['a date as timestamp', body, { ...headers, 'webhook-timestamp': '2026-11-27' }, SECRET, 'HEADER_MALFORMED', 'whole seconds'],
    ['a bare signature', body, { ...headers, 'webhook-signature': 'abc=' }, SECRET, 'HEADER_MALFORMED', 'no whole signature'],
    ['a cut signature', body, { ...headers, 'webhook-signature': 'v1,YWJj' }, SECRET, 'HEADER_MALFORMED', 'no whole signature'],
    ['a parsed body', JSON.parse(body), headers, SECRET, 'BODY_NOT_RAW', 'parsed before'],
    ['a promise', Promise.resolve(body), headers, SECRET, 'BODY_NOT_RAW', 'await it'],
    [
      'a request',
      new Request('http://shop.test', { method: 'POST', body }),
      headers,
      SECRET,
      'BODY_NOT_RAW',
      'read its bytes first',
    ],
    ['a stream of the web', new Response(body).body, headers, SECRET, 'BODY_NOT_RAW', 'read its bytes first'],
    ['a stream of Node.js', Readable.from([body]), headers, SECRET, 'BODY_NOT_RAW', 'read its bytes first'],
    ['no body', undefined, headers, SECRET, 'BODY_NOT_RAW', 'missing'],
    ['a number', 42, headers, SECRET, 'BODY_NOT_RAW', 'The body is a number.'],
    ['an empty text', '', headers, SECRET, 'BODY_NOT_RAW', 'has read the request before'],
    ['no bytes', new Uint8Array(), headers, SECRET, 'BODY_NOT_RAW', 'has read the request before'],
    [
      'a body that is written prettily',
      JSON.stringify(JSON.parse(body), null, 2),
      headers,
      SECRET,
      'BODY_CHANGED',
      'parsed and written again',
    ],
    ['a body with a line end', `${body}\n`, headers, SECRET, 'BODY_CHANGED', 'spaces'],
    ['a body in a JSON text', JSON.stringify(body), headers, SECRET, 'BODY_CHANGED', 'inside of a JSON text'],
    ['a body in base64', Buffer.from(body).toString('base64'), headers, SECRET, 'BODY_CHANGED', 'base64'],
    ['a body in another encoding', Buffer.from(body).toString('latin1'), headers, SECRET, 'BODY_CHANGED', 'encoding'],
    ['a body of others', body.replace('10000', '10001'), headers, SECRET, 'KEY_WRONG', 'content was changed'],
    ['a body that is no text', Buffer.from([0xff, 0xfe]), headers, SECRET, 'KEY_WRONG', 'does not fit'],
    ['the secret of another endpoint', body, headers, newSecret(), 'KEY_WRONG', 'each has keys of its own'],
    ['several wrong secrets', body, headers, [newSecret(), newSecret()], 'KEY_WRONG', 'None of the 2 keys fits'],
    ['a public key for v1', body, headers, PUBLIC_KEY, 'KEY_WRONG', 'signs by v1: pass its whsec_ secret'],
    ['no key', body, headers, undefined, 'KEY_MALFORMED', 'The key has no value: is the environment variable set?'],
    ['an empty key', body, headers, [SECRET, ''], 'KEY_MALFORMED', 'Key 2 of 2 has no value'],
    ['an empty list of keys', body, headers, [], 'KEY_MALFORMED', 'No key'],
    ['a secret without its beginning', body, headers, SECRET.replace('whsec_', ''), 'KEY_MALFORMED', 'neither whsec_ nor whpk_'],
    ['a private key', body, headers, 'whsk_abc', 'KEY_MALFORMED', 'private key'],
    ['an API key', body, headers, 'sk_test_abc', 'KEY_MALFORMED', 'API key'],
    ['a publishable key', body, headers, 'pk_test_abc', 'KEY_MALFORMED', 'API key'],
    ['half a secret', body, headers, SECRET.slice(0, 20), 'KEY_MALFORMED', 'to its end'],
    ['a short secret', body, headers, secretOf(23), 'KEY_MALFORMED', 'The key begins with whsec_'],
    ['a long secret', body, headers, [secretOf(65)], 'KEY_MALFORMED', 'The key begins with whsec_'],
    ['the shortest secret there is', body, headers, secretOf(24), 'KEY_WRONG', 'does not fit'],
    ['the longest secret there is', body, headers, secretOf(64), 'KEY_WRONG', 'does not fit'],
    ['half a public key', body, headers, PUBLIC_KEY.slice(0, 21), 'KEY_MALFORMED', 'to its end'],
  ])('%s', async (_name, given, sent, keys, code, part) => {
    const text = await refusalOf(given, sent, at(keys as string));
    expect(text).toEqual(refusal(code, part));
    expect(text).not.toContain(SECRET.slice('whsec_'.length));
  });

  test('only v1a is sent and a secret of v1 is passed', async () => {
    const message = signedPrivately(body, privateKey);
    expect(await refusalOf(message.body, message.headers, at(SECRET))).toEqual(
      refusal('KEY_WRONG', 'signs by v1a: pass its whpk_'),
    );
  });

  test('the clock, with the difference', async () => {
    expect(await refusalOf(body, headers, at(SECRET, 301))).toEqual(refusal('TOO_OLD', '5 min 1 s behind'));
    expect(await refusalOf(body, headers, at(SECRET, 301))).toContain('waited in a queue');
    expect(await refusalOf(body, headers, at(SECRET, -301))).toEqual(refusal('TOO_NEW', '5 min 1 s ahead of'));
    expect(await refusalOf(body, headers, at(SECRET, -301))).toContain('the gateway’s clock is fast');
    expect(await refusalOf(body, headers, { ...at(SECRET, 61), toleranceMs: 60_000 })).toEqual(
      refusal('TOO_OLD', '61 seconds behind'),
    );
    // A wrong key is told as such, whatever the time.
    expect(await refusalOf(body, headers, at(newSecret(), 301))).toMatch(/^KEY_WRONG/);
  });

  /** A runtime that fails to import keys of ed25519 in this way. */
  function failToImport(name: string): void {
    const { subtle } = globalThis.crypto;
    const importKey = subtle.importKey.bind(subtle) as (...given: unknown[]) => Promise<CryptoKey>;
    vi.spyOn(subtle, 'importKey').mockImplementation((async (...given: unknown[]) => {
      if ((given[2] as { name: string }).name === 'Ed25519') throw new DOMException('It failed.', name);
      return importKey(...given);
    }) as never);
  }

  test('a runtime without ed25519, and only where that is needed', async () => {
    const message = signedPrivately(body, privateKey);
    const both = { ...headers, 'webhook-signature': `${message.headers['webhook-signature']} ${headers['webhook-signature']}` };
    failToImport('NotSupportedError');
    expect(await refusalOf(body, message.headers, at(PUBLIC_KEY))).toEqual(refusal('RUNTIME_UNSUPPORTED', 'has no Ed25519'));
    expect((await verify(body, both, at([PUBLIC_KEY, SECRET]))).type).toBe('session.completed');
  });

  test('32 bytes that are no point of the curve, where the runtime looks', async () => {
    failToImport('DataError');
    const message = signedPrivately(body, privateKey);
    expect(await refusalOf(body, message.headers, at(PUBLIC_KEY))).toEqual(refusal('KEY_MALFORMED', 'no public key of Ed25519'));
  });

  test.each(['[]', '"text"', '{"type":"session.completed"}', '{"type":1,"timestamp":"x","data":{}}', 'no json'])(
    'a signed body that is no event: %s',
    async (text) => {
      const signature = new SvixWebhook(SECRET).sign('msg_1', SENT_AT, text);
      const sent = { ...headers, 'webhook-id': 'msg_1', 'webhook-signature': signature };
      expect(await refusalOf(text, sent, at(SECRET))).toMatch(/^NOT_AN_EVENT/);
    },
  );
});

test('a header with a thousand signatures costs sixteen comparisons', async () => {
  const compare = vi.spyOn(globalThis.crypto.subtle, 'verify');
  const wrong = Array.from({ length: 1_000 }, () => `v1,${Buffer.alloc(32).toString('base64')}`).join(' ');
  const headers = { ...MESSAGE.headers, 'webhook-signature': `${wrong} ${MESSAGE.headers['webhook-signature']}` };
  expect(await refusalOf('no json', headers, at(SECRET))).toMatch(/^KEY_WRONG/);
  expect(compare).toHaveBeenCalledTimes(16);
});

test('a large body is not searched for mistakes', async () => {
  const text = await refusalOf(`${MESSAGE.body}${' '.repeat(65_536)}`, MESSAGE.headers, at(SECRET));
  expect(text).toMatch(/^KEY_WRONG/);
});

describe('the types of events', () => {
  test('are those of the gateway', () => {
    expect([...WEBHOOK_EVENT_TYPES].sort()).toEqual([...EVENT_TYPES].sort());
  });

  test('one that a newer gateway sends is returned as it is, and is not known', async () => {
    const { body, headers } = signed(bodyOf('session.teleported'), [SECRET]);
    const event = await verify(body, headers, at(SECRET));
    expect(event).toEqual(JSON.parse(body));
    expect(isKnownEvent(event)).toBe(false);
    expect(isKnownEvent(await verify(MESSAGE.body, MESSAGE.headers, at(SECRET)))).toBe(true);
  });

  test('decide what an event holds, also beside those that are not known', async () => {
    const event: WebhookEvent = await verify(MESSAGE.body, MESSAGE.headers, at(SECRET));
    if (event.type === 'session.completed') {
      expectTypeOf(event.data.session.merchantInternalTransactionCode).toBeString();
      expectTypeOf(event.data.sequence).toBeNumber();
    }
    if (event.type === 'transaction.declined') {
      expectTypeOf(event.data.transaction.id).toBeString();
      expectTypeOf(event.data.session).toBeNullable();
    }
    if (!isKnownEvent(event)) expectTypeOf(event.type).toExtend<string>();
    if (isKnownEvent(event)) expectTypeOf(event).toEqualTypeOf<KnownWebhookEvent>();
    // @ts-expect-error No event has this type: a misspelt one is found by the compiler.
    const isMisspelt = event.type === 'session.complete';
    expect(isMisspelt).toBe(false);
    expectTypeOf<Extract<KnownWebhookEvent, { type: 'customer.erased' }>['data']['session']>().toBeNullable();
  });
});
