import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import type { ChargeRequest } from '../../src/providers/provider.ts';
import { describeProvider } from './conformance.ts';
import { lastAttempt, moveOf, newEffect, read, sendFor, start, startAndPay, startRequest, USD_1000 } from './lab.ts';
import { type NuveiLab, openNuveiLab } from './nuvei-lab.ts';

describeProvider('NUVEI', openNuveiLab);

const CHALLENGE_ALWAYS = '4000002760003184';

describe('NUVEI', () => {
  let lab: NuveiLab;
  beforeAll(async () => {
    lab = await openNuveiLab();
  });
  afterAll(() => lab.close());

  const fetchOrder = (reference: Parameters<NuveiLab['provider']['fetchSession']>[1]) =>
    lab.provider.fetchSession(read(lab), reference);

  it('waits for the payer at a challenge, and succeeds when it is approved', async () => {
    const { outcome, reference } = await startAndPay(lab, 'challenge');
    expect([outcome.phase, lastAttempt(outcome).status]).toEqual(['authenticating', 'authenticating']);
    await lab.answerChallenge(outcome.challengeUrl ?? '', 'approve');
    const after = await fetchOrder(reference);
    expect([after.phase, lastAttempt(after).status, after.attempts.length]).toEqual(['succeeded', 'succeeded', 1]);
  });

  it('forgets a failed challenge, and the session can be paid again', async () => {
    const { outcome, reference, started } = await startAndPay(lab, 'challenge');
    await lab.answerChallenge(outcome.challengeUrl ?? '', 'fail');
    expect(await fetchOrder(reference)).toMatchObject({ phase: 'awaiting', attempts: [] });
    await lab.pay(started, 'approve');
    expect(await fetchOrder(reference)).toMatchObject({ phase: 'succeeded', attempts: [{ status: 'succeeded' }] });
  });

  it.each([
    ['decline', 'declined', 'declined'],
    ['challenge', 'expired', null],
  ] as const)('closes a session whose last try was a %s once its life is over: %s', async (behaviour, closedReason, status) => {
    const { reference } = await startAndPay(lab, behaviour);
    lab.clock.advance(16 * MINUTE_MS);
    const after = await fetchOrder(reference);
    expect([after.phase, after.closedReason, after.attempts.at(-1)?.status ?? null]).toEqual(['closed', closedReason, status]);
  });

  it('tells of a payment after its session is over as it did before', async () => {
    const { outcome, reference } = await startAndPay(lab, 'approve');
    lab.clock.advance(16 * MINUTE_MS);
    expect(await fetchOrder(reference)).toEqual({ ...outcome, observedAt: lab.clock.now() });
  });

  it('declines a charge for which the issuer wants the payer, also when it is looked up', async () => {
    const { started, reference } = await start(lab, 'ADD_PAYMENT_METHOD');
    await lab.payWith(started, CHALLENGE_ALWAYS);
    await lab.answerChallenge((await fetchOrder(reference)).challengeUrl ?? '', 'approve');
    const { storedMethod: method } = lastAttempt(await fetchOrder(reference));
    if (method === null) throw new Error('The method was not stored.');
    const names = { transactionId: 'challenged', merchantInternalTransactionCode: 'challenged', customerId: 'customer' };
    const request: ChargeRequest = { ...names, method, money: USD_1000, billing: null, description: null };
    const effect = newEffect(lab);
    const declined = await lab.provider.send('CHARGE', effect, request);
    expect(declined).toMatchObject({ status: 'declined', decline: { reason: 'AUTHENTICATION_REQUIRED' } });
    expect(await lab.provider.findByOperation('CHARGE', effect, request)).toEqual({ found: declined });
  });

  it('finds a detach that was lost', async () => {
    const { outcome } = await startAndPay(lab, 'approve', 'ADD_PAYMENT_METHOD');
    const { storedMethod: method } = lastAttempt(outcome);
    if (method === null) throw new Error('The method was not stored.');
    const effect = newEffect(lab);
    expect(await lab.provider.findByOperation('DETACH', effect, { method })).toBe('absent');
    await lab.control('faults', { call: 'deleteUPO', fault: 'reset-after' });
    expect(await sendFor(lab, 'DETACH', { request: { method }, effect })).toBe('UNKNOWN_OUTCOME');
    expect(await lab.provider.findByOperation('DETACH', effect, { method })).toEqual({ found: null });
  });

  it('reports no method of a payer who asked for none', async () => {
    const request = { ...startRequest(lab), customerId: 'customer-without-a-card' };
    const started = await lab.provider.send('START', newEffect(lab), request);
    await lab.pay(started, 'approve');
    const { sessionId, kind } = request;
    const outcome = await fetchOrder({ sessionId, kind, providerCode: started.providerCode, state: started.state });
    expect([outcome.phase, lastAttempt(outcome).storedMethod]).toEqual(['succeeded', null]);
  });

  it.each([
    ['lost', 'lost'],
    ['won', 'won'],
  ] as const)('tells a dispute from its opening to its end as %s', async (ending, status) => {
    const session = await startAndPay(lab, 'approve');
    const { providerCode } = lastAttempt(session.outcome);
    const { id } = await lab.control('disputes', { accountId: lab.account.id, providerCode });
    const dispute = await lab.provider.fetchDispute(read(lab), String(id));
    expect(dispute).toMatchObject({ status: 'open', paymentCodes: [providerCode], money: USD_1000 });
    await lab.control(`disputes/${String(id)}`, { status: ending });
    expect(await lab.provider.fetchDispute(read(lab), String(id))).toEqual({ ...dispute, status });
    const notified = (await lab.deliveries(session.started.providerCode)).map((delivery) =>
      lab.provider.verifyWebhook(lab.account, delivery, lab.clock.now()),
    );
    expect(notified.filter((verdict) => verdict.isVerified && verdict.hint.disputeCodes.includes(String(id)))).toHaveLength(2);
  });

  it('finds its account good, and refuses another secret', async () => {
    await lab.provider.checkAccount(read(lab));
    const credentials = { ...lab.account.credentials, merchantSecretKey: 'another-secret' };
    const call = { ...read(lab), account: { ...lab.account, credentials } };
    await expect(lab.provider.checkAccount(call)).rejects.toMatchObject({ category: 'PROVIDER_AUTH', rawCode: '1001' });
  });

  it('settles under the operation’s own request when the first answer was lost', async () => {
    const session = await startAndPay(lab, 'approve', 'AUTHORIZATION');
    const effect = newEffect(lab);
    const request = moveOf(session);
    await lab.control('faults', { call: 'settleTransaction', fault: 'reset-after' });
    expect(await sendFor(lab, 'SETTLE', { request, effect })).toBe('UNKNOWN_OUTCOME');
    expect(await lab.provider.findByOperation('SETTLE', effect, request)).toMatchObject({
      found: { status: 'succeeded', money: USD_1000 },
    });
    expect(await sendFor(lab, 'SETTLE', { request, effect: { ...effect, attempt: 2 } })).toBe('UNKNOWN_OUTCOME');
  });
});
