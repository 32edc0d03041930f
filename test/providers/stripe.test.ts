import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/kernel/ids.ts';
import type { ChargeRequest, ProviderEffect, StoredMethod } from '../../src/providers/provider.ts';
import { STRIPE_API_VERSION } from '../../src/providers/stripe/client.ts';
import { describeProvider } from './conformance.ts';
import { lastAttempt, moveOf, newEffect, read, sendFor, start, startAndPay, startRequest, USD_1000 } from './lab.ts';
import { openStripeLab, type SimulatedRequest, type StripeLab } from './stripe-lab.ts';
import { checkStripeRequest } from './stripe-requests.ts';

/** What the adapter has sent in this file, for the last of its tests. */
const requests: SimulatedRequest[] = [];

async function openRecordedLab(): Promise<StripeLab> {
  const lab = await openStripeLab();
  return {
    ...lab,
    async close() {
      requests.push(...(await lab.requests()));
      await lab.close();
    },
  };
}

describeProvider('STRIPE', openRecordedLab);

describe('STRIPE', () => {
  let lab: StripeLab;
  beforeAll(async () => {
    lab = await openRecordedLab();
  });
  afterAll(() => lab.close());

  const effectOf = (): ProviderEffect => ({ ...newEffect(lab), operationId: newId(lab.clock.now()) });
  const breakOnce = (call: string, fault: string) => lab.control('faults', { call, fault, times: 1 });
  const store = async (): Promise<StoredMethod> => {
    const { outcome } = await startAndPay(lab, 'approve', 'ADD_PAYMENT_METHOD');
    const method = lastAttempt(outcome).storedMethod;
    if (method === null) throw new Error('The method was not stored.');
    return method;
  };
  const chargeOf = (method: StoredMethod): ChargeRequest => ({
    transactionId: randomUUID(),
    merchantInternalTransactionCode: randomUUID(),
    method,
    money: USD_1000,
    customerId: randomUUID(),
    billing: null,
    description: null,
  });

  it('makes one customer for many first starts of one at once, and names it', async () => {
    const request = { ...startRequest(lab), customerId: randomUUID() };
    const starts = Array.from({ length: 5 }, () =>
      lab.provider.send('START', effectOf(), { ...request, sessionId: randomUUID() }).catch(() => null),
    );
    const codes = (await Promise.all(starts)).map((started) => started?.providerCustomerCode).filter((code) => code != null);
    expect(codes[0]).toMatch(/^cus_/);
    expect(new Set(codes).size).toBe(1);
    const [providerCustomerCode = null] = codes;
    const later = await lab.provider.send('START', effectOf(), { ...request, providerCustomerCode });
    expect(later).toMatchObject({ providerCustomerCode, state: { customerCode: providerCustomerCode } });
  });

  it('finds a start whose answer was lost, the same as it would have been answered', async () => {
    for (const kind of ['PAYMENT', 'AUTHORIZATION', 'ADD_PAYMENT_METHOD'] as const) {
      const request = startRequest(lab, kind);
      const effect = effectOf();
      const intents = kind === 'ADD_PAYMENT_METHOD' ? 'setup_intents' : 'payment_intents';
      await breakOnce(`${intents}.create`, 'reset-after');
      expect(await sendFor(lab, 'START', { request, effect })).toBe('UNKNOWN_OUTCOME');
      const found = await lab.provider.findByOperation('START', effect, request);
      expect({ found: await lab.provider.send('START', { ...effect, attempt: 2 }, request) }).toEqual(found);
    }
  });

  it('finds a charge, a settle and a void whose answer was lost, and none that was never sent', async () => {
    const request = chargeOf(await store());
    const effect = effectOf();
    expect(await lab.provider.findByOperation('CHARGE', effect, request)).toBe('absent');
    await breakOnce('payment_intents.create', 'reset-after');
    expect(await sendFor(lab, 'CHARGE', { request, effect })).toBe('UNKNOWN_OUTCOME');
    const found = await lab.provider.findByOperation('CHARGE', effect, request);
    expect(found).toMatchObject({ found: { status: 'succeeded', money: USD_1000, card: { last4: '4242' } } });
    expect({ found: await lab.provider.send('CHARGE', effect, request) }).toEqual(found);

    for (const [kind, call] of [
      ['SETTLE', 'capture'],
      ['VOID', 'cancel'],
    ] as const) {
      const session = await startAndPay(lab, 'approve', 'AUTHORIZATION');
      const move = moveOf(session);
      const moving = effectOf();
      expect(await lab.provider.findByOperation(kind, moving, move)).toBe('absent');
      await breakOnce(`payment_intents.${call}`, 'reset-after');
      expect(await sendFor(lab, kind, { request: move, effect: moving })).toBe('UNKNOWN_OUTCOME');
      const moved = await lab.provider.findByOperation(kind, moving, move);
      expect(moved).toMatchObject({ found: { status: 'succeeded', money: USD_1000 } });
      expect({ found: await lab.provider.send(kind, moving, move) }).toEqual(moved);
      const reference = { action: kind, ...move, providerCode: `${session.started.providerCode}:${call}` };
      expect({ found: await lab.provider.fetchMovement(read(lab), reference) }).toEqual(moved);
    }
  });

  it('finds a cancel and a detach whose answer was lost', async () => {
    const { reference } = await start(lab);
    const effect = effectOf();
    expect(await lab.provider.findByOperation('CANCEL', effect, reference)).toBe('absent');
    await breakOnce('payment_intents.cancel', 'reset-after');
    expect(await sendFor(lab, 'CANCEL', { request: reference, effect })).toBe('UNKNOWN_OUTCOME');
    expect(await lab.provider.findByOperation('CANCEL', effect, reference)).toMatchObject({
      found: { closedReason: 'canceled' },
    });
    const setup = await start(lab, 'ADD_PAYMENT_METHOD');
    const canceled = await lab.provider.send('CANCEL', effectOf(), setup.reference);
    expect(canceled).toMatchObject({ phase: 'closed', closedReason: 'canceled' });
    expect(await lab.provider.findByOperation('CANCEL', effectOf(), setup.reference)).toEqual({ found: canceled });

    const request = { method: await store() };
    expect(await lab.provider.findByOperation('DETACH', effect, request)).toBe('absent');
    await breakOnce('payment_methods.detach', 'reset-after');
    expect(await sendFor(lab, 'DETACH', { request })).toBe('UNKNOWN_OUTCOME');
    expect(await lab.provider.findByOperation('DETACH', effect, request)).toEqual({ found: null });
    expect(await sendFor(lab, 'DETACH', { request })).toBe('done');
  });

  it('tells of each attempt once it has a charge, in order', async () => {
    const session = await startAndPay(lab, 'decline');
    lab.clock.advance(1_000);
    await lab.pay(session.started, 'decline');
    lab.clock.advance(1_000);
    await lab.pay(session.started, 'approve');
    const { attempts } = await lab.provider.fetchSession(read(lab), session.reference);
    expect(attempts.map(({ status }) => status)).toEqual(['declined', 'declined', 'succeeded']);
    expect(new Set(attempts.map(({ providerCode }) => providerCode)).size).toBe(3);
    for (const { providerCode } of attempts) expect(providerCode).toMatch(/^ch_/);
  });

  it('tells of a dispute from its opening to its end', async () => {
    const { started, outcome } = await startAndPay(lab, 'approve');
    const { providerCode } = lastAttempt(outcome);
    const { id } = await lab.control<{ id: string }>('disputes', { accountId: lab.account.id, providerCode });
    expect(await lab.provider.fetchDispute(read(lab), id)).toMatchObject({
      providerCode: id,
      paymentCodes: [started.providerCode, providerCode],
      status: 'open',
      money: USD_1000,
    });
    await lab.control(`disputes/${id}`, { status: 'lost' });
    expect(await lab.provider.fetchDispute(read(lab), id)).toMatchObject({ status: 'lost' });
    const payment = { action: 'PAYMENT', providerCode: started.providerCode, transactionId: 'any', session: null } as const;
    expect(await lab.provider.findDisputes(read(lab), payment)).toMatchObject([{ providerCode: id, status: 'lost' }]);
    const hints = (await lab.deliveries(id)).map((delivery) =>
      lab.provider.verifyWebhook(lab.account, delivery, lab.clock.now()),
    );
    expect(hints).toMatchObject([{ hint: { disputeCodes: [id] } }, { hint: { disputeCodes: [id] } }]);
  });

  it('knows that its account is good', async () => {
    await expect(lab.provider.checkAccount(read(lab))).resolves.toBeUndefined();
    const stranger = { ...lab.account, credentials: { ...lab.account.credentials, secretKey: 'sk_test_stranger' } };
    await expect(lab.provider.checkAccount({ ...read(lab), account: stranger })).rejects.toMatchObject({
      category: 'PROVIDER_AUTH',
    });
  });
});

describe('every request of these tests', () => {
  const sent = () => requests.filter(({ call }) => !call.endsWith('.confirm'));

  it('was one that the vendor’s library could have made, of the pinned version, for cards alone', () => {
    expect(sent().length).toBeGreaterThan(50);
    for (const { call, method, path, headers, body } of sent()) {
      checkStripeRequest(call, method, path.split('?', 1)[0] ?? '', body);
      expect([call, headers['stripe-version']]).toEqual([call, STRIPE_API_VERSION]);
    }
    expect(JSON.stringify(sent())).not.toContain('"payment_method_types"');
  });

  it('carried a key where it could change something, and none twice for different requests', () => {
    const writes = sent().filter(({ method }) => method === 'POST');
    for (const { call, headers } of writes) expect([call, headers['idempotency-key']]).toEqual([call, expect.any(String)]);
    expect(writes.some(({ headers }) => headers['idempotency-key']?.startsWith('stripe-node-retry'))).toBe(false);
  });

  it('covers every call of the adapter', () => {
    expect([...new Set(sent().map(({ call }) => call))].sort()).toEqual([
      'charges.list',
      'customers.create',
      'customers.update',
      'disputes.list',
      'disputes.retrieve',
      'payment_intents.cancel',
      'payment_intents.capture',
      'payment_intents.create',
      'payment_intents.list',
      'payment_intents.retrieve',
      'payment_methods.detach',
      'payment_methods.retrieve',
      'refunds.create',
      'refunds.list',
      'refunds.retrieve',
      'setup_intents.cancel',
      'setup_intents.create',
      'setup_intents.list',
      'setup_intents.retrieve',
    ]);
  });
});
