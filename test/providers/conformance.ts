import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { AMOUNT_MINOR_MAX } from '../../src/kernel/money.ts';
import { DECLINE_REASONS, type EffectKind, type EffectShapes } from '../../src/providers/provider.ts';
import {
  LOST,
  lastAttempt,
  moveOf,
  newEffect,
  type ProviderLab,
  REFUSED,
  read,
  sendFor,
  start,
  startAndPay,
  startRequest,
  USD_1000,
} from './lab.ts';

/** What every provider must do behind the port, whatever it does behind its own wire. Run it once per provider. */
export function describeProvider(name: string, openLab: () => Promise<ProviderLab>): void {
  describe(`${name} behind the port`, () => {
    let lab: ProviderLab;
    beforeAll(async () => {
      lab = await openLab();
    });
    afterAll(() => lab.close());
    const suite: Suite = () => lab;
    describe('a session', () => checkSessions(suite));
    describe('a hold', () => checkHolds(suite));
    describe('a refund', () => checkRefunds(suite));
    describe('a stored method', () => checkMethods(suite));
    describe('a key', () => checkKeys(suite));
    describe('a webhook', () => checkWebhooks(suite));
    describe('what is not offered', () => checkLimits(suite));
  });
}

type Suite = () => ProviderLab;

/** For `skip`: whether the lab lacks something, and the reason that the report shows. */
function lackOf(lab: ProviderLab, what: ProviderLab['lacks'][number]): [condition: boolean, reason: string] {
  return [lab.lacks.includes(what), `this lab cannot show it: ${what}`];
}

function checkSessions(lab: Suite): void {
  it('awaits a payer once it is started', async () => {
    const { started, reference } = await start(lab());
    const outcome = await lab().provider.fetchSession(read(lab()), reference);
    expect(outcome).toMatchObject({
      phase: 'awaiting',
      closedReason: null,
      providerCode: started.providerCode,
      money: USD_1000,
      attempts: [],
    });
    expect([reference.sessionId, null]).toContain(outcome.sessionId);
  });

  it('succeeds with the amount that was asked for', async () => {
    const { outcome } = await startAndPay(lab(), 'approve');
    expect(outcome.phase).toBe('succeeded');
    expect(outcome.attempts).toHaveLength(1);
    expect(lastAttempt(outcome)).toMatchObject({ status: 'succeeded', money: USD_1000, decline: null, hold: null });
    expect(lastAttempt(outcome).card?.last4).toMatch(/^\d{4}$/);
  });

  it('stays open after a decline, which has a reason from the list', async () => {
    const { outcome } = await startAndPay(lab(), 'decline');
    expect([outcome.phase, lastAttempt(outcome).status]).toEqual(['awaiting', 'declined']);
    expect(DECLINE_REASONS).toContain(lastAttempt(outcome).decline?.reason);
  });

  it.for([
    ['approve', 'succeeded', 'succeeded'],
    ['fail', 'awaiting', 'declined'],
  ] as const)('whose challenge is answered with %s is %s', async ([result, phase, status], { skip }) => {
    skip(...lackOf(lab(), 'challenge'));
    const { outcome, reference } = await startAndPay(lab(), 'challenge');
    expect([outcome.phase, lastAttempt(outcome).status]).toEqual(['authenticating', 'authenticating']);
    await lab().answerChallenge(outcome.challengeUrl ?? '', result);
    const after = await lab().provider.fetchSession(read(lab()), reference);
    expect([after.phase, lastAttempt(after).status, after.attempts.length]).toEqual([phase, status, 1]);
  });

  it('is closed by a cancel, where there is one, and not once it is paid', async ({ skip }) => {
    skip(!lab().provider.capabilities.effects.includes('CANCEL'), 'the provider cannot cancel a session');
    const open = await start(lab());
    const canceled = await lab().provider.send('CANCEL', newEffect(lab()), open.reference);
    expect(canceled).toMatchObject({ phase: 'closed', closedReason: 'canceled' });
    const paid = await startAndPay(lab(), 'approve');
    expect(await sendFor(lab(), 'CANCEL', { request: paid.reference })).toBe('CONFLICT');
  });

  it('expires with its client token, or stays open where that never ends', async ({ skip }) => {
    skip(...lackOf(lab(), 'time'));
    const { reference, started } = await start(lab());
    lab().clock.advance(30 * MINUTE_MS);
    const isEndless = started.clientTokenExpiresAt === null;
    const expected = isEndless ? { phase: 'awaiting' } : { phase: 'closed', closedReason: 'expired' };
    expect(await lab().provider.fetchSession(read(lab()), reference)).toMatchObject(expected);
  });

  it('that is unknown is not found', async () => {
    const { reference } = await start(lab());
    await expect(lab().provider.fetchSession(read(lab()), lab().unknown(reference))).rejects.toMatchObject({
      category: 'NOT_FOUND',
    });
  });
}

function checkHolds(lab: Suite): void {
  it('is settled once, in part, and then no more', async () => {
    const session = await startAndPay(lab(), 'approve', 'AUTHORIZATION');
    expect(lastAttempt(session.outcome).hold).toBe('HELD');
    expect(lastAttempt(session.outcome).capturableUntil).toBeInstanceOf(Date);
    expect(REFUSED).toContain(await sendFor(lab(), 'SETTLE', { request: moveOf(session, 1001n) }));
    const settle = await lab().provider.send('SETTLE', newEffect(lab()), moveOf(session, 400n));
    expect(settle).toMatchObject({ status: 'succeeded', money: { amountMinor: 400n, currency: 'USD' } });
    expect(REFUSED).toContain(await sendFor(lab(), 'SETTLE', { request: moveOf(session, 1n) }));
    expect(REFUSED).toContain(await sendFor(lab(), 'VOID', { request: moveOf(session) }));
    const after = await lab().provider.fetchSession(read(lab()), session.reference);
    // Not every provider tells it with the session; the core knows of its own settle.
    expect(['SETTLED', 'HELD']).toContain(lastAttempt(after).hold);
  });

  it('is released by a void, and cannot be settled then', async () => {
    const session = await startAndPay(lab(), 'approve', 'AUTHORIZATION');
    expect((await lab().provider.send('VOID', newEffect(lab()), moveOf(session))).status).toBe('succeeded');
    expect(REFUSED).toContain(await sendFor(lab(), 'SETTLE', { request: moveOf(session) }));
  });

  it('that is not settled runs out', async ({ skip }) => {
    skip(...lackOf(lab(), 'time'));
    const session = await startAndPay(lab(), 'approve', 'AUTHORIZATION');
    lab().clock.advance(8 * DAY_MS);
    const after = await lab().provider.fetchSession(read(lab()), session.reference);
    expect([after.phase, lastAttempt(after).status]).toEqual(['succeeded', 'succeeded']);
    // Not every provider tells it; each refuses the settle.
    expect(['EXPIRED', 'HELD']).toContain(lastAttempt(after).hold);
    expect(REFUSED).toContain(await sendFor(lab(), 'SETTLE', { request: moveOf(session) }));
  });
}

function checkRefunds(lab: Suite): void {
  it('may come in parts, up to what was paid', async () => {
    const session = await startAndPay(lab(), 'approve');
    const refund = await lab().provider.send('REFUND', newEffect(lab()), moveOf(session, 600n));
    expect(refund).toMatchObject({ status: 'succeeded', money: { amountMinor: 600n, currency: 'USD' } });
    expect(REFUSED).toContain(await sendFor(lab(), 'REFUND', { request: moveOf(session, 401n) }));
    expect(await sendFor(lab(), 'REFUND', { request: moveOf(session, 400n) })).toBe('done');
    const reference = {
      action: 'REFUND',
      providerCode: refund.providerCode,
      transactionId: 'any',
      session: session.reference,
    } as const;
    expect(await lab().provider.fetchMovement(read(lab()), reference)).toEqual(refund);
  });

  it('of a hold gives back what was settled', async () => {
    const session = await startAndPay(lab(), 'approve', 'AUTHORIZATION');
    expect(REFUSED).toContain(await sendFor(lab(), 'REFUND', { request: moveOf(session, 1n) }));
    const settle = await lab().provider.send('SETTLE', newEffect(lab()), moveOf(session, 400n));
    const request = { ...moveOf(session, 400n), providerCode: settle.providerCode };
    expect(await sendFor(lab(), 'REFUND', { request })).toBe('done');
  });

  it('is impossible once the payment was voided, where payments can be', async ({ skip }) => {
    skip(!lab().provider.capabilities.voidsPayments, 'the provider voids holds only');
    const session = await startAndPay(lab(), 'approve');
    expect(await lab().provider.send('VOID', newEffect(lab()), moveOf(session))).toMatchObject({ status: 'succeeded' });
    expect(REFUSED).toContain(await sendFor(lab(), 'REFUND', { request: moveOf(session, 1n) }));
  });
}

function checkMethods(lab: Suite): void {
  it('is charged without the payer, and not once it is detached', async () => {
    const { outcome } = await startAndPay(lab(), 'approve', 'ADD_PAYMENT_METHOD');
    const { storedMethod: method, money } = lastAttempt(outcome);
    if (method === null) throw new Error('The method was not stored.');
    expect(money).toBeNull();
    const request: EffectShapes['CHARGE']['request'] = {
      transactionId: 'charge',
      merchantInternalTransactionCode: 'charge',
      method,
      money: USD_1000,
      customerId: 'customer',
      billing: null,
      description: null,
    };
    expect(await lab().provider.send('CHARGE', newEffect(lab()), request)).toMatchObject({
      status: 'succeeded',
      money: USD_1000,
    });
    expect(await sendFor(lab(), 'DETACH', { request: { method } })).toBe('done');
    expect(await sendFor(lab(), 'CHARGE', { request })).toBe('NOT_FOUND');
  });

  it('is held on without the payer and settled in part, where the provider can', async ({ skip }) => {
    skip(!lab().provider.capabilities.holdsStored, 'the provider holds nothing on a stored method');
    const { outcome } = await startAndPay(lab(), 'approve', 'ADD_PAYMENT_METHOD');
    const { storedMethod: method } = lastAttempt(outcome);
    if (method === null) throw new Error('The method was not stored.');
    const { operationId: transactionId } = newEffect(lab());
    const described = { transactionId, merchantInternalTransactionCode: 'hold', billing: null, description: null };
    const request = { ...described, method, money: USD_1000, isHold: true, customerId: 'customer' };
    const held = await lab().provider.send('CHARGE', newEffect(lab()), request);
    expect(held).toMatchObject({ status: 'succeeded', hold: 'HELD', money: USD_1000 });
    const reference = { transactionId, providerCode: held.providerCode, session: null };
    expect(await lab().provider.fetchMovement(newEffect(lab()), { ...reference, action: 'AUTHORIZATION' })).toMatchObject({
      status: 'succeeded',
      hold: 'HELD',
    });
    const settle = { ...reference, transactionId: 'settle', money: { ...USD_1000, amountMinor: 400n } };
    expect(await lab().provider.send('SETTLE', newEffect(lab()), settle)).toMatchObject({ status: 'succeeded' });
  });
}

function checkKeys(lab: Suite): void {
  const replays = () => lab().provider.capabilities.idempotency.mode === 'replay';

  it('of a start that was not sent is absent', async () => {
    expect(await lab().provider.findByOperation('START', newEffect(lab()), startRequest(lab()))).toBe('absent');
  });

  it('gives the same start again and refuses another, where keys replay', async ({ skip }) => {
    skip(!replays(), 'the provider does not replay keys');
    const effect = newEffect(lab());
    const request = startRequest(lab());
    const started = await lab().provider.send('START', effect, request);
    expect(await lab().provider.send('START', { ...effect, attempt: 2 }, request)).toEqual(started);
    expect(await lab().provider.findByOperation('START', effect, request)).toEqual({ found: started });
    const other = { ...request, money: { ...USD_1000, amountMinor: 1001n } };
    expect(await sendFor(lab(), 'START', { request: other, effect })).toBe('PROGRAMMING_ERROR');
  });

  it('moves money once when the answer was lost after the effect', async ({ skip }) => {
    skip(...lackOf(lab(), 'answer-lost'));
    const session = await startAndPay(lab(), 'answer-lost');
    const effect = newEffect(lab());
    const request = moveOf(session, 600n);
    expect(LOST).toContain(await sendFor(lab(), 'REFUND', { request, effect }));
    const found = await lab().provider.findByOperation('REFUND', effect, request);
    expect(found).toMatchObject({ found: { status: 'succeeded' } });
    const again = sendFor(lab(), 'REFUND', { request, effect: { ...effect, attempt: 2 } });
    expect(await again).toBe(replays() ? 'done' : 'UNKNOWN_OUTCOME');
    expect(REFUSED).toContain(await sendFor(lab(), 'REFUND', { request: moveOf(session, 401n) }));
  });

  it('moves money once when the request was lost before the effect', async ({ skip }) => {
    skip(...lackOf(lab(), 'request-lost'));
    const session = await startAndPay(lab(), 'request-lost');
    const effect = newEffect(lab());
    const request = moveOf(session, 600n);
    const first = await sendFor(lab(), 'REFUND', { request, effect });
    expect(LOST).toContain(first);
    if (first !== 'done') expect(await lab().provider.findByOperation('REFUND', effect, request)).toBe('absent');
    const repeated = replays() ? 'done' : 'UNKNOWN_OUTCOME';
    const second = sendFor(lab(), 'REFUND', { request, effect: { ...effect, attempt: 2 } });
    expect(await second).toBe(first === 'done' ? repeated : 'done');
    expect(await sendFor(lab(), 'REFUND', { request, effect: { ...effect, attempt: 3 } })).toBe(repeated);
    // The first call of every new operation is lost with this card.
    const tooMuch = { request: moveOf(session, 401n), effect: newEffect(lab()) };
    expect([...LOST, ...REFUSED]).toContain(await sendFor(lab(), 'REFUND', tooMuch));
    expect(REFUSED).toContain(await sendFor(lab(), 'REFUND', tooMuch));
  });
}

function checkWebhooks(lab: Suite): void {
  const verify = (request: Parameters<ProviderLab['provider']['verifyWebhook']>[1]) =>
    lab().provider.verifyWebhook(lab().account, request, lab().clock.now());

  it('names what may have changed, once its signature is right', async ({ skip }) => {
    skip(...lackOf(lab(), 'webhooks'));
    const { started, outcome } = await startAndPay(lab(), 'approve');
    const verdict = verify((await lab().deliveries(started.providerCode))[0] ?? unsigned);
    if (!verdict.isVerified) throw new Error(`Rejected as ${verdict.rejection}.`);
    const known = [started.providerCode, lastAttempt(outcome).providerCode];
    expect(known.some((code) => verdict.hint.providerCodes.includes(code))).toBe(true);
  });

  it('is rejected when its content was changed, the signature is missing or it is old', async ({ skip }) => {
    skip(...lackOf(lab(), 'webhooks'));
    const { started } = await startAndPay(lab(), 'approve');
    const [delivery = unsigned] = await lab().deliveries(started.providerCode);
    expect(verify(delivery).isVerified).toBe(true);
    expect(verify(lab().tamper(delivery))).toMatchObject({
      rejection: expect.stringMatching(/^(wrong-signature|changed-body)$/),
    });
    expect(verify(lab().unsign(delivery))).toEqual({ isVerified: false, rejection: 'unsigned' });
    lab().clock.advance(HOUR_MS);
    if (lab().deliveriesGoStale) expect(verify(delivery)).toEqual({ isVerified: false, rejection: 'stale' });
  });

  it.for(['notified-twice', 'notified-out-of-order'] as const)(
    'of a session that is %s leaves the same truth',
    async (behaviour, { skip }) => {
      skip(...lackOf(lab(), behaviour));
      const { started, reference, outcome } = await startAndPay(lab(), behaviour);
      const deliveries = await lab().deliveries(started.providerCode);
      const ids = deliveries.map(verify).map((verdict) => (verdict.isVerified ? verdict.hint.eventId : verdict.rejection));
      const copies = behaviour === 'notified-twice' ? 2 : 1;
      expect(deliveries.length).toBeGreaterThan(1);
      expect(new Set(ids).size * copies).toBe(deliveries.length);
      for (const _delivery of deliveries) expect(await lab().provider.fetchSession(read(lab()), reference)).toEqual(outcome);
    },
  );
}

const unsigned = { method: 'POST', rawBody: new Uint8Array(), headers: {}, query: {} } as const;

function checkLimits(lab: Suite): void {
  it('answers UNSUPPORTED, without a call', async () => {
    const requests = await requestsOfEachKind(lab());
    const { effects, voidsPayments, disputes } = lab().provider.capabilities;
    for (const kind of Object.keys(requests) as EffectKind[]) {
      if (effects.includes(kind)) continue;
      expect(await sendFor(lab(), kind, { request: requests[kind] })).toBe('UNSUPPORTED');
    }
    if (!voidsPayments) expect(await sendFor(lab(), 'VOID', { request: requests.VOID })).toBe('UNSUPPORTED');
    if (disputes === 'none') {
      await expect(lab().provider.fetchDispute(read(lab()), 'any')).rejects.toMatchObject({ category: 'UNSUPPORTED' });
    }
    if (disputes !== 'by-payment') {
      const payment = { action: 'PAYMENT', providerCode: 'any', transactionId: 'any', session: null } as const;
      await expect(lab().provider.findDisputes(read(lab()), payment)).rejects.toMatchObject({ category: 'UNSUPPORTED' });
    }
  });

  it('is told of an amount before any call', () => {
    expect(lab().provider.checkAmount(USD_1000)).toBeNull();
    expect(lab().provider.checkAmount({ amountMinor: 0n, currency: 'USD' })).toEqual(expect.any(String));
    expect(lab().provider.checkAmount({ amountMinor: AMOUNT_MINOR_MAX + 1n, currency: 'USD' })).toEqual(expect.any(String));
  });

  it('keeps secrets out of the base config', () => {
    const config = JSON.stringify(lab().provider.baseConfig(lab().account));
    const secrets = Object.entries(lab().account.credentials).filter(([name]) => !lab().publicCredentials.includes(name));
    expect(secrets).not.toHaveLength(0);
    for (const [, secret] of secrets) expect(config).not.toContain(secret);
  });
}

async function requestsOfEachKind(lab: ProviderLab): Promise<{ [Kind in EffectKind]: EffectShapes[Kind]['request'] }> {
  const session = await startAndPay(lab, 'approve');
  const method = { providerCode: 'none', providerCustomerCode: null, originCode: null };
  return {
    START: startRequest(lab),
    CANCEL: session.reference,
    SETTLE: moveOf(session),
    VOID: moveOf(session),
    REFUND: moveOf(session),
    CHARGE: {
      transactionId: 'charge',
      merchantInternalTransactionCode: 'charge',
      method,
      money: USD_1000,
      customerId: 'customer',
      billing: null,
      description: null,
    },
    DETACH: { method },
  };
}
