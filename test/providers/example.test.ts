import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_CARDS } from '../../src/bank/cards.ts';
import { newSecret } from '../../src/kernel/secret.ts';
import { createExampleProvider } from '../../src/providers/example/example.ts';
import { shopperCode, toDecline } from '../../src/providers/example/outcome.ts';
import { encodeNotification, SIGNATURE_HEADER, signNotification } from '../../src/providers/example/webhook.ts';
import type { WebhookRequest } from '../../src/providers/provider.ts';
import { createRegistry } from '../../src/providers/registry.ts';
import { type BankWorld, cardInput, codeOf, openBankWorld } from '../bank/bank-world.ts';
import { describeProvider } from './conformance.ts';
import { type Behaviour, newEffect, type ProviderLab, start, startAndPay, startRequest } from './lab.ts';

const CARDS: Readonly<Record<Behaviour, string>> = {
  approve: '4242424242424242',
  decline: '4000000000000002',
  challenge: '4000000000003220',
  'answer-lost': '4000009900000038',
  'request-lost': '4000009900000046',
  'notified-twice': '4000009900000095',
  'notified-out-of-order': '4000009900000103',
};

async function openExampleLab(): Promise<ProviderLab & { world: BankWorld }> {
  const world = await openBankWorld();
  const webhookSecret = newSecret('whsec_');
  return {
    world,
    provider: createExampleProvider({ bank: world.bank, publicUrl: 'http://gateway.test' }),
    account: {
      id: randomUUID(),
      merchantId: randomUUID(),
      environment: 'TEST',
      provider: 'EXAMPLE',
      baseUrl: null,
      credentials: { webhookSecret },
    },
    clock: world.clock,
    async pay(started, behaviour) {
      const clientToken = String(started.payload['clientToken']);
      const unexecuted = ['answer_lost', 'bank_error', 'rate_limited'];
      for (let tries = 0; tries < 3; tries += 1) {
        const code = codeOf(await world.bank.confirm({ clientToken }, cardInput(CARDS[behaviour])));
        if (!unexecuted.includes(code)) return;
      }
    },
    async answerChallenge(challengeUrl, result) {
      await world.bank.answerChallenge(challengeUrl.split('/').at(-1) ?? '', result);
    },
    lacks: [],
    publicCredentials: [],
    tamper: (delivery) => ({ ...delivery, rawBody: new Uint8Array([...delivery.rawBody, 32]) }),
    unsign: (delivery) => ({ ...delivery, headers: {} }),
    deliveriesGoStale: true,
    unknown: (reference) => ({ ...reference, providerCode: `${reference.providerCode}x` }),
    deliveries: async (providerCode) => deliveriesOf(world, providerCode, webhookSecret),
    close: () => world.close(),
  };
}

function deliveriesOf(world: BankWorld, paymentId: string, secret: string): readonly WebhookRequest[] {
  return world.notifications
    .filter((notification) => notification.paymentId === paymentId)
    .sort((left, right) => left.runAt.getTime() - right.runAt.getTime())
    .map((notification) => {
      const body = encodeNotification(notification);
      const headers = { [SIGNATURE_HEADER]: signNotification(secret, body, world.clock.now()) };
      return { method: 'POST', rawBody: new TextEncoder().encode(body), headers, query: {} };
    });
}

describeProvider('EXAMPLE', openExampleLab);

describe('EXAMPLE', () => {
  let lab: Awaited<ReturnType<typeof openExampleLab>>;
  beforeAll(async () => {
    lab = await openExampleLab();
  });
  afterAll(() => lab.close());

  it('gives the browser a token that is not in the database', async () => {
    const { started } = await start(lab);
    expect(started.payload).toEqual({
      provider: 'EXAMPLE',
      clientToken: expect.stringMatching(/^exm_tok_/),
      confirmUrl: 'http://gateway.test/example/v1/confirm',
    });
    const { client } = lab.world.database;
    const rows = [await client.bankPayment.findMany(), await client.bankKey.findMany()];
    const text = JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
    expect(text).toContain(started.providerCode);
    expect(text).not.toContain(started.payload['clientToken']);
  });

  it('starts one payment for a hundred equal starts at once', async () => {
    const effect = newEffect(lab);
    const request = startRequest(lab);
    const answers = await Promise.all(Array.from({ length: 100 }, () => lab.provider.send('START', effect, request)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await lab.world.database.client.bankPayment.count({ where: { reference: request.sessionId } })).toBe(1);
  });

  it('answers a call that is over before it is sent as certainly not executed', async () => {
    const effect = { ...newEffect(lab), signal: AbortSignal.abort() };
    await expect(lab.provider.send('START', effect, startRequest(lab))).rejects.toMatchObject({ category: 'UNAVAILABLE' });
  });

  it('puts the challenge on the public address', async () => {
    const { outcome } = await startAndPay(lab, 'challenge');
    expect(outcome.challengeUrl).toMatch(/^http:\/\/gateway\.test\/example\/challenge\/exm_chl_[\w-]{64}$/);
  });

  it('rejects a signed body that is not a notification', () => {
    const rawBody = new TextEncoder().encode('{"id":1}');
    const headers = {
      [SIGNATURE_HEADER]: signNotification(lab.account.credentials['webhookSecret'] ?? '', rawBody, lab.clock.now()),
    };
    expect(lab.provider.verifyWebhook(lab.account, { method: 'POST', rawBody, headers, query: {} }, lab.clock.now())).toEqual({
      isVerified: false,
      rejection: 'malformed',
    });
  });

  it('believes nobody when the account has no secret', () => {
    const account = { ...lab.account, credentials: {} };
    const rawBody = new TextEncoder().encode('{}');
    const headers = { [SIGNATURE_HEADER]: signNotification('', rawBody, lab.clock.now()) };
    expect(lab.provider.verifyWebhook(account, { method: 'POST', rawBody, headers, query: {} }, lab.clock.now()).isVerified).toBe(
      false,
    );
  });
});

describe('a decline of EXAMPLE', () => {
  it('has its own reason for every code in the card table', () => {
    const codes = TEST_CARDS.flatMap(({ scenario }) => [scenario.confirm.decision, scenario.charge.decision]).flatMap(
      (decision) => (decision.outcome === 'decline' && decision.code !== 'generic_decline' ? [decision.code] : []),
    );
    for (const code of codes) expect([code, toDecline(code).reason]).not.toEqual([code, 'GENERIC']);
  });

  it('never tells the shopper of a lost or stolen card, or of fraud', () => {
    expect(['lost_card', 'stolen_card', 'fraudulent', 'insufficient_funds'].map(shopperCode)).toEqual([
      'generic_decline',
      'generic_decline',
      'generic_decline',
      'insufficient_funds',
    ]);
  });
});

describe('the registry', () => {
  it('says clearly that a provider is not served, and takes each once', () => {
    const provider = createExampleProvider({ bank: {} as never, publicUrl: '' });
    const registry = createRegistry([provider]);
    const found = [registry.find('EXAMPLE')?.name, registry.find('STRIPE')?.name, registry.names];
    expect(found).toEqual(['EXAMPLE', undefined, ['EXAMPLE']]);
    expect(() => createRegistry([provider, provider])).toThrow('once');
  });
});
