import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { addMs, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import type { Movement, SessionOutcome } from '../../src/providers/provider.ts';
import { openPatientGateway, SUCCEEDED, type Wire, type WiredGateway } from '../operations/wire.ts';
import { BILLING, type Data, type Kind, newCode, start, type TestMerchant, verifyText } from '../support/gateway.ts';

/** What the provider's account of a session changes, keeps and reports. */
let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const SYNC = 'mutation Sync($by: TransactionSelector!) { syncTransaction(by: $by) { id } }';
const CANCEL = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status } }';
const CARD = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2030 };
const USD_1 = { amountMinor: 1n, currency: 'USD' } as const;

const rowOf = ({ id }: Data) => gateway.database.client.session.findUniqueOrThrow({ where: { id } });
const attemptsOf = ({ id: sessionId }: Data) =>
  gateway.database.client.transaction.findMany({ where: { sessionId }, orderBy: { attempt: 'asc' } });
const reported = ({ id: sessionId }: Data, type?: string) =>
  gateway.database.client.event.findMany({
    where: { sessionId, ...(type === undefined ? {} : { type }) },
    orderBy: { id: 'asc' },
  });
const typesOf = async (session: Data): Promise<string[]> =>
  (await reported(session)).map(({ type, isAlert }) => (isAlert ? `${type} !` : type));

type News = Partial<SessionOutcome> | ((outcome: SessionOutcome) => Partial<SessionOutcome>);
/** The session's row once the provider has told this of it, whether it has ended or not. */
async function tell(session: Data, news: News, kind: Kind = 'PAYMENT') {
  wire.outcome = (outcome) => ({ ...outcome, ...(typeof news === 'function' ? news(outcome) : news) });
  await merchant.query(verifyText(kind), { by: { id: session.id } });
  return rowOf(session);
}
/** The same of a session that has ended, which a verify does not ask about any more. */
async function tellLater(session: Data, news: News) {
  const [attempt] = await attemptsOf(session);
  wire.outcome = (outcome) => ({ ...outcome, ...(typeof news === 'function' ? news(outcome) : news) });
  await merchant.query(SYNC, { by: { id: attempt?.id } });
  return rowOf(session);
}
const movement = (providerCode: string, fields: Partial<Movement> = {}): Movement => ({ ...SUCCEEDED, providerCode, ...fields });
const succeeds = (...attempts: readonly Movement[]) => ({ phase: 'succeeded', attempts }) as const;

describe('an outcome that does not fit', () => {
  test.each<[what: string, mismatch: string, news: Partial<SessionOutcome>, told: Record<string, unknown>]>([
    ['another reference', 'reference', { providerCode: 'another' }, { providerCode: 'another', amount: '10000' }],
    ['another session', 'session', { sessionId: 'another' }, { amount: '10000', currency: 'USD' }],
    ['another amount', 'amount', { money: USD_1 }, { amount: '1', currency: 'USD' }],
    ['another currency', 'amount', { money: { amountMinor: 10_000n, currency: 'EUR' } }, { amount: '10000', currency: 'EUR' }],
    [
      'an attempt of another amount',
      'amount',
      { money: null, attempts: [movement('a', { money: USD_1 })] },
      { amount: null, currency: null },
    ],
  ])('because it is of %s is an alert, and nothing of it is believed', async (_what, mismatch, news, told) => {
    const session = await start(merchant, 'PAYMENT');
    expect(await tell(session, { phase: 'succeeded', ...news })).toMatchObject({
      status: 'ERROR',
      providerError: `MISMATCH: ${mismatch}`,
      nextCheckAt: null,
      endedAt: gateway.clock.now(),
      paymentMethodId: null,
    });
    expect((await attemptsOf(session)).filter(({ attempt }) => attempt !== 0)).toEqual([]);
    const [alert, ...others] = await reported(session, 'session.mismatched');
    expect([alert?.isAlert, others]).toEqual([true, []]);
    expect(alert?.data).toEqual({ mismatch, phase: 'succeeded', providerCode: session.providerCode, currency: 'USD', ...told });
  });

  test('is reported once, and again when it is another one', async () => {
    const session = await start(merchant, 'PAYMENT');
    await tell(session, { money: USD_1 });
    await tellLater(session, { money: USD_1 });
    expect(await reported(session, 'session.mismatched')).toHaveLength(1);
    await tellLater(session, { providerCode: 'another' });
    expect(await reported(session, 'session.mismatched')).toHaveLength(2);
    expect((await typesOf(session)).filter((type) => type.endsWith('!'))).toHaveLength(2);
  });

  test('ends the closing of a session that was being closed', async () => {
    const session = await closing();
    expect(await tell(session, { money: USD_1 })).toMatchObject({ status: 'ERROR', closingAs: null });
  });

  test('is none where it names no session and no amount', async () => {
    const session = await start(merchant, 'PAYMENT');
    const news = { sessionId: null, money: null, ...succeeds(movement('a')) };
    expect(await tell(session, news)).toMatchObject({ status: 'COMPLETED', providerError: null });
  });

  test('is none for the amount of a card that is only stored', async () => {
    const session = await start(merchant, 'ADD_PAYMENT_METHOD');
    const news = { money: USD_1, ...succeeds(movement('a')) };
    expect(await tell(session, news, 'ADD_PAYMENT_METHOD')).toMatchObject({ status: 'COMPLETED' });
  });
});

async function closing(): Promise<Data> {
  wire.capabilities = { effects: ['START', 'SETTLE', 'VOID', 'REFUND', 'CHARGE'] };
  const session = await start(merchant, 'PAYMENT');
  wire.outcome = (outcome) => ({ ...outcome, phase: 'awaiting', closedReason: null });
  await merchant.data(CANCEL, { by: { id: session.id } });
  expect(await rowOf(session)).toMatchObject({ closingAs: 'CANCELED' });
  return session;
}

test('a session that is being closed stays so while it is open, and not once it has ended', async () => {
  const session = await closing();
  const attempt = movement('a', { status: 'declined' });
  expect(await tell(session, { phase: 'awaiting', attempts: [attempt] })).toMatchObject({
    status: 'ACTIVE',
    closingAs: 'CANCELED',
  });
  const closed = { phase: 'closed', closedReason: 'expired', attempts: [attempt] } as const;
  expect(await tell(session, closed)).toMatchObject({ status: 'CANCELED', closingAs: null });
});

describe('an attempt', () => {
  test('gives the session its start, which later ones do not move', async () => {
    const session = await start(merchant, 'PAYMENT');
    expect((await tell(session, {})).startedAt).toBeNull();
    const startedAt = gateway.clock.now();
    const first = movement('a', { status: 'declined', failureCode: 'first' });
    expect(await tell(session, { phase: 'awaiting', attempts: [first] })).toMatchObject({
      status: 'ACTIVE',
      startedAt,
      attempts: 1,
      providerError: 'first',
    });
    gateway.clock.advance(SECOND_MS);
    const second = movement('b', { status: 'declined', failureCode: 'second' });
    expect(await tell(session, { phase: 'awaiting', attempts: [first, second] })).toMatchObject({
      startedAt,
      attempts: 2,
      providerError: 'second',
      observedAt: gateway.clock.now(),
    });
    expect(
      await tell(session, { phase: 'awaiting', attempts: [first, second, movement('c', { status: 'declined' })] }),
    ).toMatchObject({
      attempts: 3,
      providerError: 'second',
    });
    const common = { action: 'PAYMENT', amount: 10_000n, currency: 'USD', customerId: null, status: 'DECLINED' };
    expect(await attemptsOf(session)).toMatchObject([1, 2, 3].map((attempt) => ({ ...common, attempt })));
  });

  test('is reported when the payer is at the bank, and when the bank is at work, once each', async () => {
    const session = await start(merchant, 'PAYMENT');
    const attempt = movement('a', { status: 'processing' });
    await tell(session, { phase: 'authenticating', attempts: [{ ...attempt, status: 'authenticating' }] });
    await tell(session, { phase: 'authenticating', attempts: [{ ...attempt, status: 'authenticating' }] });
    await tell(session, { phase: 'processing', attempts: [attempt] });
    await tell(session, { phase: 'processing', attempts: [attempt] });
    await tell(session, { phase: 'awaiting', attempts: [{ ...attempt, status: 'declined' }] });
    expect((await typesOf(session)).slice(2)).toEqual([
      'transaction.pending',
      'session.active',
      'session.authenticating',
      'session.processing',
      'transaction.declined',
    ]);
  });

  test('in progress in a session that has ended is no progress of the session', async () => {
    const session = await start(merchant, 'PAYMENT');
    await tell(session, { phase: 'closed', closedReason: 'expired', attempts: [movement('a', { status: 'expired' })] });
    const row = await tellLater(session, { phase: 'processing', attempts: [movement('b', { status: 'processing' })] });
    expect(row).toMatchObject({ status: 'EXPIRED', phase: 'processing' });
    expect(await reported(session, 'session.processing')).toEqual([]);
  });

  test('is looked at soon while it is in progress, and at the session’s expiry while the payer may try again', async () => {
    const session = await start(merchant, 'PAYMENT');
    const attempts = [movement('a', { status: 'processing' })];
    const { nextCheckAt } = await tell(session, { phase: 'processing', attempts });
    expect((nextCheckAt?.getTime() ?? 0) - gateway.clock.now().getTime()).toBe(10 * SECOND_MS);
  });
});

describe('news that only adds to what is known is recorded without a transaction that reads first:', () => {
  const declined = movement('a', { status: 'declined' });
  test.each<[what: string, before: readonly Movement[], news: Partial<SessionOutcome>, status: string]>([
    ['a success', [], succeeds(movement('a')), 'COMPLETED'],
    ['an attempt in progress', [], { phase: 'processing', attempts: [movement('a', { status: 'processing' })] }, 'ACTIVE'],
    ['a further attempt', [declined], succeeds(declined, movement('b')), 'COMPLETED'],
    ['two at once', [], succeeds(declined, movement('b')), 'COMPLETED'],
    ['an end', [declined], { phase: 'closed', closedReason: 'declined', attempts: [declined] }, 'DECLINED'],
  ])('%s', async (_what, before, news, status) => {
    const session = await start(merchant, 'PAYMENT');
    if (before.length > 0) await tell(session, { phase: 'awaiting', attempts: before });
    const { database } = gateway.app.deps;
    const transactions = vi.spyOn(database, 'inTransaction');
    const row = await tell(session, () => {
      // The bank behind the wire has had its own by now.
      transactions.mockClear();
      return news;
    });
    expect(row).toMatchObject({ status });
    expect(transactions).not.toHaveBeenCalled();
    transactions.mockRestore();
    const { attempts = [] } = news;
    expect((await attemptsOf(session)).map(({ attempt, providerCode }) => [attempt, providerCode])).toEqual(
      attempts.map(({ providerCode }, index) => [index + 1, providerCode]),
    );
  });
});

describe('the payer’s challenge', () => {
  const at = (challengeUrl: string | null) => ({
    phase: 'authenticating' as const,
    challengeUrl,
    attempts: [movement('a', { status: 'authenticating' })],
  });

  test('is kept, and news of the same address writes nothing', async () => {
    const session = await start(merchant, 'PAYMENT');
    const { version } = await tell(session, at('https://bank.example/1'));
    gateway.clock.advance(SECOND_MS);
    expect(await tell(session, at('https://bank.example/1'))).toMatchObject({ version });
    expect((await gateway.read(session.id)).challengeUrl).toBe('https://bank.example/1');
    await tell(session, at('https://bank.example/2'));
    expect((await gateway.read(session.id)).challengeUrl).toBe('https://bank.example/2');
    expect(await tell(session, at(null))).toMatchObject({ challengeUrl: null });
  });
});

describe('news that is older than what is known', () => {
  /** While the provider is asked, another caller hears that the bank is at work; then the older answer arrives. */
  async function overtaken(older: Partial<SessionOutcome>) {
    const session = await start(merchant, 'PAYMENT');
    const before = addMs(gateway.clock.now(), -MINUTE_MS);
    const newer = { phase: 'processing', attempts: [movement('a', { status: 'processing' })] } as const;
    let asked = 0;
    wire.outcome = async (outcome) => {
      asked += 1;
      if (asked > 1) return { ...outcome, ...newer };
      await merchant.query(verifyText('PAYMENT'), { by: { id: session.id } });
      return { ...outcome, observedAt: before, ...older };
    };
    await merchant.query(verifyText('PAYMENT'), { by: { id: session.id } });
    expect(asked).toBe(2);
    return rowOf(session);
  }

  test('is dropped', async () => {
    expect(await overtaken({ phase: 'awaiting' })).toMatchObject({ status: 'ACTIVE', phase: 'processing' });
  });

  test.each<[what: string, Partial<SessionOutcome>, status: string]>([
    ['a success', succeeds(movement('a')), 'COMPLETED'],
    ['an end', { phase: 'closed', closedReason: 'declined' }, 'DECLINED'],
  ])('counts where it is final: %s', async (_what, older, status) => {
    expect(await overtaken(older)).toMatchObject({ status });
  });

  test('counts where it is of the same instant', async () => {
    expect(await overtaken({ phase: 'authenticating', observedAt: gateway.clock.now() })).toMatchObject({
      phase: 'authenticating',
    });
  });
});

describe('a second success', () => {
  test('is an alert once, however often it is told and whatever comes after it', async () => {
    const session = await start(merchant, 'PAYMENT');
    const [first, second] = [movement('a'), movement('b')];
    await tell(session, succeeds(first));
    await tellLater(session, succeeds(first));
    expect(await reported(session, 'session.paid_twice')).toEqual([]);
    await tellLater(session, succeeds(first, second));
    await tellLater(session, succeeds(first, second));
    await tellLater(session, succeeds(first, second, movement('c', { status: 'declined' })));
    expect(await reported(session, 'session.paid_twice')).toMatchObject([{ isAlert: true, sessionId: session.id }]);
  });
});

describe('a card that is to be stored', () => {
  const stored = (providerCode: string = newCode('method')): Movement['storedMethod'] => ({
    providerCode,
    providerCustomerCode: null,
    originCode: null,
  });
  const startStoring = () =>
    start(merchant, 'PAYMENT', { storePaymentMethod: true, customer: { merchantInternalCustomerCode: newCode('customer') } });
  const methodsOf = async (session: Data) => {
    const { customerId } = await rowOf(session);
    return gateway.database.client.paymentMethod.findMany({ where: { customerId: customerId ?? '' } });
  };

  test('is stored by a success, reported once, and named by its session and its attempt', async () => {
    const session = await startStoring();
    const success = succeeds(movement('a', { storedMethod: stored(), card: CARD }));
    const { paymentMethodId, customerId } = await tell(session, success);
    const [method, ...others] = await methodsOf(session);
    expect([method?.id, others]).toEqual([paymentMethodId, []]);
    expect(method?.billing).toMatchObject({ firstName: BILLING.billingFirstName, email: BILLING.billingEmail });
    expect(await attemptsOf(session)).toMatchObject([{ paymentMethodId }]);
    await tellLater(session, success);
    const events = await reported(session, 'payment_method.stored');
    expect(events).toMatchObject([{ customerId, sessionId: session.id, data: { paymentMethodId } }]);
  });

  test('that the provider stored before is the same method, and not reported again', async () => {
    const [first, second] = [await startStoring(), await startStoring()];
    const success = succeeds(movement('a', { storedMethod: stored(), card: CARD }));
    const { paymentMethodId } = await tell(first, success);
    expect(paymentMethodId).toEqual(expect.any(String));
    const customerId = (await rowOf(first)).customerId;
    await gateway.database.client.session.update({ where: { id: second.id }, data: { customerId } });
    expect(await tell(second, success)).toMatchObject({ paymentMethodId });
    expect(await reported(second, 'payment_method.stored')).toEqual([]);
  });

  test('stays the one that was stored first, also when a second success stores another', async () => {
    const session = await startStoring();
    const first = movement('a', { storedMethod: stored(), card: CARD });
    const { paymentMethodId } = await tell(session, succeeds(first));
    expect(paymentMethodId).toEqual(expect.any(String));
    const second = movement('b', { storedMethod: stored(), card: CARD });
    expect(await tellLater(session, succeeds(first, second))).toMatchObject({ paymentMethodId });
    expect(await methodsOf(session)).toHaveLength(1);
  });

  test.each<[when: string, fields: Partial<Movement>, status: string]>([
    ['the attempt did not succeed', { status: 'declined', card: CARD }, 'ACTIVE'],
    ['the provider does not tell the card', { card: null }, 'COMPLETED'],
    ['the provider did not store it', { storedMethod: null, card: CARD }, 'COMPLETED'],
  ])('is not stored where %s', async (_when, fields, status) => {
    const session = await startStoring();
    const attempts = [movement('a', { storedMethod: stored(), ...fields })];
    const row = await tell(session, { phase: status === 'ACTIVE' ? 'awaiting' : 'succeeded', attempts });
    expect(row).toMatchObject({ status, paymentMethodId: null });
    expect(await methodsOf(session)).toEqual([]);
  });

  test('is not stored where the payment has no customer', async () => {
    const session = await start(merchant, 'PAYMENT');
    const code = newCode('method');
    const row = await tell(session, succeeds(movement('a', { storedMethod: stored(code), card: CARD })));
    expect(row).toMatchObject({ status: 'COMPLETED', paymentMethodId: null });
    expect(await gateway.database.client.paymentMethod.count({ where: { providerCode: code } })).toBe(0);
  });
});

test('a phase that the gateway does not know is counted', async () => {
  const name = 'unknown_statuses_total{provider="EXAMPLE"}';
  const [session, before] = [await start(merchant, 'PAYMENT'), await gateway.metric(name)];
  await tell(session, { phase: 'awaiting' });
  expect(await gateway.metric(name)).toBe(before);
  expect(await tell(session, { phase: 'unknown' })).toMatchObject({ status: 'UNKNOWN' });
  expect(await gateway.metric(name)).toBe(before + 1);
});

test.each<[alert: string, news: Partial<SessionOutcome>]>([
  ['session.mismatched', { money: USD_1 }],
  ['session.paid_twice', succeeds(movement('a'), movement('b'))],
])('an alert %s is counted, once', async (type, news) => {
  const name = `alerts_total{type="${type}"}`;
  const [session, before] = [await start(merchant, 'PAYMENT'), await gateway.metric(name)];
  await tell(session, news);
  await tellLater(session, news);
  expect(await reported(session, type)).toHaveLength(1);
  expect(await gateway.metric(name)).toBe(before + 1);
});
