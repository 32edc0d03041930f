import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, paid, type TestMerchant } from '../support/gateway.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { openTerminal, type TestTerminal } from './terminal.ts';

let gateway: Gateway;
let terminal: TestTerminal;
let receiver: Receiver;
let merchant: TestMerchant;
beforeAll(async () => {
  gateway = await openGateway();
  terminal = await openTerminal(gateway);
  receiver = await openReceiver();
  merchant = await gateway.newMerchant();
});
afterAll(async () => {
  await receiver.close();
  await terminal.close();
  await gateway.close();
});

const webhooks = (name: string, ...args: readonly string[]) => terminal.json(['webhooks', name, merchant.publicId, ...args]);

describe('tollgate webhooks', () => {
  it('creates an endpoint and shows its secret once, changes it and deletes it', async () => {
    const made = await webhooks('create', receiver.url, '--event', 'session.completed', '--description', 'orders');
    expect(made).toMatchObject({ url: receiver.url, description: 'orders', eventTypes: ['session.completed'], isEnabled: true });
    expect(made.secret).toMatch(/^whsec_/);
    const changed = await webhooks('update', made.id, '--all-events', '--order', 'NONE', '--description', '');
    expect(changed).toMatchObject({ url: receiver.url, description: null, eventTypes: ['all'], ordering: 'NONE' });
    expect(await webhooks('disable', made.id)).toMatchObject({ isEnabled: false, disabledReason: 'MERCHANT' });
    const listed = await terminal.run(['webhooks', 'list', merchant.publicId]);
    expect(listed.text).toContain(made.id);
    expect(listed.text).not.toContain(made.secret);
    expect(await webhooks('list', '--environment', 'LIVE')).toEqual([]);
    expect(await webhooks('delete', made.id)).toEqual({ endpointId: made.id });
    expect(await webhooks('list')).toEqual([]);
  });

  it('rotates a secret, and shows only the public key of a key pair', async () => {
    const made = await webhooks('create', receiver.url);
    const rotated = await webhooks('rotate', made.id, '--overlap-hours', '2');
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(made.secret);
    expect(Date.parse(rotated.oldSecretUntil) - gateway.clock.now().getTime()).toBe(2 * 3_600_000);
    const pair = await webhooks('rotate', made.id, '--scheme', 'ED25519');
    expect(pair).toMatchObject({ secret: null, publicKey: expect.stringMatching(/^whpk_/) });
    await webhooks('delete', made.id);
  });

  it('sends a test message, and fails with the answer where it is no success', async () => {
    const { id } = await webhooks('create', receiver.url);
    expect(await webhooks('test', id)).toMatchObject({ endpointId: id, status: 200 });
    expect(receiver.received.at(-1)).toMatchObject({ type: 'webhook.test' });
    receiver.respond(500);
    const failed = await terminal.run(['webhooks', 'test', merchant.publicId, id]);
    expect(failed).toMatchObject({ exitCode: 1, errors: 'The endpoint responded with status 500: status 500\n' });
    receiver.respond(200);
    await webhooks('delete', id);
  });

  it('lists what was sent and sends it again, also what a disabled endpoint missed', async () => {
    const { id } = await webhooks('create', receiver.url, '--event', 'session.completed');
    const before = receiver.received.length;
    const { session } = await paid(gateway, merchant);
    await gateway.pass(0);
    const [delivery, ...others] = await webhooks('deliveries', '--session', session.id);
    expect(others).toEqual([]);
    expect(delivery).toMatchObject({ endpointId: id, status: 'DELIVERED', eventType: 'session.completed', lastStatus: 200 });
    expect(await webhooks('replay', '--delivery', delivery.id)).toEqual({ count: 1, nextFrom: null });
    await gateway.pass(0);
    await webhooks('disable', id);
    await paid(gateway, merchant);
    await webhooks('enable', id, '--send-missed');
    await gateway.pass(0);
    const ids = receiver.received.slice(before).map((message) => message.id);
    expect(ids.slice(0, 2)).toEqual([delivery.eventId, delivery.eventId]);
    expect(new Set(ids).size).toBe(2);
    expect(await webhooks('deliveries', '--endpoint', id, '--status', 'FAILED')).toEqual([]);
    const [from, to] = [new Date(0).toISOString(), new Date(gateway.clock.now().getTime() + 60_000).toISOString()];
    expect(await webhooks('replay', '--endpoint', id, '--from', from, '--to', to)).toEqual({ count: 2, nextFrom: null });
    await webhooks('delete', id);
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['an address that may not be called', ['create', 'MERCHANT', 'http://10.0.0.1/hooks'], 1, /^url /],
    ['an unknown type of event', ['create', 'MERCHANT', 'https://a.example', '--event', 'x.y'], 1, /x\.y is no type of event/],
    [
      'an order that there is not',
      ['create', 'MERCHANT', 'https://a.example', '--order', 'ANY'],
      2,
      /Allowed choices are PER_SESSION/,
    ],
    ['an unknown endpoint', ['rotate', 'MERCHANT', 'x'], 1, /no webhook endpoint x/],
    ['an unknown merchant', ['list', 'nobody'], 1, /There is no merchant nobody/],
    ['a change of nothing', ['update', 'MERCHANT', 'x'], 1, /Say what is to change/],
    ['both some and all types', ['update', 'MERCHANT', 'x', '--event', 'a', '--all-events'], 2, /either --event or --all-events/],
    [
      'an overlap that is too long',
      ['rotate', 'MERCHANT', 'x', '--overlap-hours', '169'],
      1,
      /overlapHours: must be at most 168/,
    ],
    ['half a range', ['replay', 'MERCHANT', '--endpoint', 'x', '--from', '2026-11-27T08:00:00Z'], 1, /a later --to/],
    ['a time that is none', ['replay', 'MERCHANT', '--endpoint', 'x', '--from', 'noon'], 1, /must be a time such as/],
    ['an unknown delivery', ['replay', 'MERCHANT', '--delivery', 'x'], 1, /no webhook delivery x/],
    ['a page that is too long', ['deliveries', 'MERCHANT', '--limit', '101'], 1, /must be at most 100/],
  ])('refuses %s', async (_what, args, exitCode, message) => {
    const ran = await terminal.run(['webhooks', ...args.map((word) => (word === 'MERCHANT' ? merchant.publicId : word))]);
    expect(ran).toMatchObject({ exitCode, errors: expect.stringMatching(message) });
  });
});
