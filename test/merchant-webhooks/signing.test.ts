import { createPublicKey, verify } from 'node:crypto';
import { Webhook as StandardWebhook, WebhookVerificationError } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, test } from 'vitest';
import {
  newSharedSecret,
  newSigningPair,
  publicKeyOf,
  type SignatureHeaders,
  signMessage,
} from '../../src/merchant-webhooks/signing.ts';

const ID = '019aa3b0-0000-7000-8000-000000000001';
const BODY = '{"type":"session.completed","timestamp":"2026-11-27T00:00:00.000Z","data":{"sequence":1,"note":"für €"}}';

/**
 * The example in the text of Standard Webhooks 1.0.0 shows this `v1a` signature. Its key and message are those of the test
 * `test_asymmetric_key_signing` of the Svix server (worker.rs), read on 2026-11-27.
 */
const VECTOR = {
  secretKey: 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
  publicKey: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
  message: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', sentAt: new Date(1_614_265_330_999), body: '{"test": 2432232314}' },
  signature: 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
};

/** The libraries compare the timestamp with the machine's clock. */
const now = () => new Date();
const headersOf = (signed: SignatureHeaders) => ({ ...signed });

function isValidUnder(publicKey: string, signed: SignatureHeaders, body: string): boolean {
  const head = Buffer.from('302a300506032b6570032100', 'hex');
  const der = Buffer.concat([head, Buffer.from(publicKey.replace('whpk_', ''), 'base64')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const content = Buffer.from(`${signed['webhook-id']}.${signed['webhook-timestamp']}.${body}`);
  return signed['webhook-signature']
    .split(' ')
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) => verify(null, content, key, Buffer.from(signature.slice('v1a,'.length), 'base64')));
}

describe.each([
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const)('the library %s', (_name, Webhook) => {
  test('verifies what is signed under a shared secret', () => {
    const secret = newSharedSecret();
    const signed = signMessage({ id: ID, sentAt: now(), body: BODY }, [secret]);
    expect(() => new Webhook(secret).verify(BODY, headersOf(signed))).not.toThrow();
  });

  test('verifies under the old and the new secret during a rotation, also beside an ed25519 key', () => {
    const [older, newer] = [newSharedSecret(), newSharedSecret()];
    const signed = signMessage({ id: ID, sentAt: now(), body: BODY }, [newSigningPair().secretKey, newer, older]);
    for (const secret of [older, newer]) expect(() => new Webhook(secret).verify(BODY, headersOf(signed))).not.toThrow();
    expect(() => new Webhook(newSharedSecret()).verify(BODY, headersOf(signed))).toThrow(WebhookVerificationError);
  });

  test.each([
    ['another secret', (signed: SignatureHeaders) => ({ headers: headersOf(signed), secret: newSharedSecret(), body: BODY })],
    ['another body', (signed: SignatureHeaders, secret: string) => ({ headers: headersOf(signed), secret, body: `${BODY} ` })],
    [
      'another id',
      (signed: SignatureHeaders, secret: string) => ({ headers: { ...signed, 'webhook-id': 'x' }, secret, body: BODY }),
    ],
  ])('refuses %s', (_what, change) => {
    const secret = newSharedSecret();
    const { headers, secret: used, body } = change(signMessage({ id: ID, sentAt: now(), body: BODY }, [secret]), secret);
    expect(() => new Webhook(used).verify(body, headers)).toThrow(WebhookVerificationError);
  });
});

describe('signatures', () => {
  test('under an ed25519 key are those of the vector', () => {
    const signed = signMessage(VECTOR.message, [VECTOR.secretKey]);
    expect(signed).toEqual({
      'webhook-id': VECTOR.message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': VECTOR.signature,
    });
    expect(publicKeyOf(VECTOR.secretKey)).toBe(VECTOR.publicKey);
  });

  test('under a new ed25519 key are valid under its public key only', () => {
    const [pair, other] = [newSigningPair(), newSigningPair()];
    const signed = signMessage({ id: ID, sentAt: now(), body: BODY }, [pair.secretKey]);
    expect(pair.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(publicKeyOf(pair.secretKey)).toBe(pair.publicKey);
    expect(isValidUnder(pair.publicKey, signed, BODY)).toBe(true);
    expect(isValidUnder(pair.publicKey, signed, `${BODY} `)).toBe(false);
    expect(isValidUnder(other.publicKey, signed, BODY)).toBe(false);
  });

  test('come in the order of the keys, with spaces between', () => {
    const [secret, pair] = [newSharedSecret(), newSigningPair()];
    const both = signMessage({ id: ID, sentAt: now(), body: BODY }, [pair.secretKey, secret])['webhook-signature'];
    expect(both).toMatch(/^v1a,[A-Za-z0-9+/=]{88} v1,[A-Za-z0-9+/=]{44}$/);
  });

  test('are made with no secret twice', () => {
    const secrets = Array.from({ length: 20 }, newSharedSecret);
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
  });
});

describe('a message that cannot be signed safely', () => {
  const message = { id: ID, sentAt: now(), body: BODY };

  test.each(['', 'a.1674087231', 'a b', 'a\n', 'ü', 'x'.repeat(101)])('has the id %j', (id) => {
    expect(() => signMessage({ ...message, id }, [newSharedSecret()])).toThrow('id of a message');
  });

  test('has no key', () => {
    expect(() => signMessage(message, [])).toThrow('one key at least');
  });

  test.each([
    'whsec_',
    'whsec_c2hvcnQ=',
    `whsec_${Buffer.alloc(23).toString('base64')}`,
    `whsec_${Buffer.alloc(65).toString('base64')}`,
    'whsec_not base64!',
    Buffer.alloc(32).toString('base64'),
    `whsk_${Buffer.alloc(32).toString('base64')}`,
    VECTOR.publicKey,
  ])('has the malformed key %s, which no message repeats', (key) => {
    let thrown: unknown;
    try {
      signMessage(message, [key]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    const rest = key.replace(/^\w+_/, '');
    if (rest !== '') expect(String(thrown)).not.toContain(rest);
  });
});
