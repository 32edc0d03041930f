import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isKnownEvent, type VerifyOptions, verify, type WebhookEvent } from '../../packages/sdk/src/webhooks/webhooks.ts';
import { HOUR_MS } from '../../src/kernel/clock.ts';
import { type Gateway, openGateway, type TestMerchant } from '../support/gateway.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

const CREATE = `mutation Create($data: CreateWebhookEndpointInput!) {
  created: createWebhookEndpoint(data: $data) { secret endpoint { id publicKey } } }`;
const ROTATE = `mutation Rotate($data: RotateWebhookSecretInput!) {
  rotated: rotateWebhookSecret(data: $data) { secret endpoint { id publicKey } } }`;
const TEST = 'mutation Test($id: ID!) { testWebhookEndpoint(id: $id) { status } }';

let gateway: Gateway;
let merchant: TestMerchant;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
  receiver = await openReceiver();
});
afterAll(async () => {
  await receiver.close();
  await gateway.close();
});

/** The message that a test of the endpoint sends now, as it is seen with these keys. */
async function receiveTest(id: string): Promise<(keys: VerifyOptions['keys']) => Promise<WebhookEvent>> {
  await merchant.data(TEST, { id });
  const { body, headers } = receiver.received.at(-1) ?? { body: '', headers: {} };
  const { now } = gateway.clock;
  return (keys) => verify(body, headers, { keys, now });
}

describe.each(['HMAC_SHA256', 'ED25519'])('an endpoint of the gateway that signs by %s', (scheme) => {
  test('is verified by its own key only, and by both while they change', async () => {
    const { created } = await merchant.data(CREATE, { data: { url: receiver.url, scheme } });
    const { created: other } = await merchant.data(CREATE, { data: { url: receiver.url, scheme } });
    const { id } = created.endpoint;
    const [older, foreign] = [created, other].map(({ secret, endpoint }) => secret ?? endpoint.publicKey);
    const before = await receiveTest(id);
    const event = await before(older);
    expect([event.type, isKnownEvent(event)]).toEqual(['webhook.test', true]);
    await expect(before(foreign)).rejects.toMatchObject({ code: 'KEY_WRONG' });

    const { rotated } = await merchant.data(ROTATE, { data: { id, overlapHours: 1 } });
    const newer = rotated.secret ?? rotated.endpoint.publicKey;
    expect(newer).not.toBe(older);
    const during = await receiveTest(id);
    for (const keys of [older, newer, [older, newer]]) expect((await during(keys)).type).toBe('webhook.test');

    gateway.clock.advance(HOUR_MS + 1);
    const after = await receiveTest(id);
    expect((await after([older, newer])).type).toBe('webhook.test');
    await expect(after(older)).rejects.toMatchObject({ code: 'KEY_WRONG' });
  });
});
