import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/kernel/ids.ts';
import { detachPaymentMethod, recordUnwanted } from '../../src/payment-methods/detach.ts';
import { ProviderFailure } from '../../src/providers/provider.ts';
import { CARDS, CHARGE, type Data, type Kind, newCode, verify } from '../support/gateway.ts';
import { sampled } from '../support/template.ts';
import { ERASURES, type ErasureLab, type OpenedSession, openErasureLab, PROVIDERS } from './lab.ts';

const STORING = { storePaymentMethod: true };
const DETACH = 'mutation D($id: ID!) { detachPaymentMethod(id: $id) { id status } }';

async function openStoring(lab: ErasureLab, kind: Kind, customerCode = newCode('customer')): Promise<OpenedSession> {
  const customer = { merchantInternalCustomerCode: customerCode };
  return { ...(await lab.open(kind, { customer, ...(kind === 'PAYMENT' && STORING) })), customerCode };
}

/** Cards that the bank still keeps for the account. */
async function keptAtBank({ database, accountId }: ErasureLab): Promise<number> {
  return database.client.bankMethod.count({ where: { accountId, detachedAt: null } });
}

async function listMethods({ database }: ErasureLab, { customerCode }: OpenedSession): Promise<readonly Data[]> {
  const customer = await database.client.customer.findFirst({ where: { code: customerCode } });
  return database.client.paymentMethod.findMany({ where: { customerId: customer?.id ?? '' } });
}

const WITHDRAWN = {
  status: 'DISABLED',
  detachedAt: expect.any(Date),
  brand: null,
  last4: null,
  expMonth: null,
  expYear: null,
  billing: null,
  providerCustomerCode: null,
};

async function expectForgotten(lab: ErasureLab, session: OpenedSession, end: string): Promise<void> {
  const { status, providerError, events, paymentMethod } = await lab.read(session);
  const alerts = events.filter(({ isAlert }: Data) => isAlert);
  expect({ status, providerError, alerts }).toEqual({ status: end, providerError: null, alerts: [] });
  if (end === 'COMPLETED') expect(paymentMethod).toMatchObject({ status: 'DISABLED' });
  for (const method of await listMethods(lab, session)) expect(method).toMatchObject(WITHDRAWN);
  expect(await keptAtBank(lab)).toBe(0);
  expect(await lab.database.client.operation.count({ where: { state: { not: 'DONE' } } })).toBe(0);
  expect(await lab.ownBooks()).toEqual(await lab.bankBooks());
}

/** A bug of the erasure: a card that was stored after it stayed at the provider, and here nobody knew of it. */
describe.each(sampled(PROVIDERS, 2))('a card that %s stores for a payer who was erased', (provider) => {
  let lab: ErasureLab;
  beforeAll(async () => {
    lab = await openErasureLab(provider);
  });
  afterAll(() => lab.close());

  test.each(ERASURES)('is forgotten there after %s, when the bank was at work', async (by) => {
    const session = await openStoring(lab, 'PAYMENT');
    await lab.pay(session, CARDS.asyncApprove);
    await verify(lab.merchant, 'PAYMENT', session.id);
    await lab.erase(by, session);
    await lab.wait();
    await expectForgotten(lab, session, 'COMPLETED');
  });

  test.each(ERASURES)('is forgotten there after %s, when nobody had looked and the provider was away', async (by) => {
    for (const kind of ['PAYMENT', 'ADD_PAYMENT_METHOD'] as const) {
      const session = await openStoring(lab, kind);
      await lab.pay(session, CARDS.approve);
      lab.setAway('UNKNOWN_OUTCOME');
      await lab.erase(by, session);
      lab.setAway(null);
      lab.beforeNext('DETACH', async () => {
        throw new ProviderFailure('UNAVAILABLE', 'The provider is away once more.');
      });
      await lab.wait();
      await expectForgotten(lab, session, 'COMPLETED');
    }
  });

  test.each(ERASURES)('is forgotten there after %s, when the payer still had the page open', async (by) => {
    const session = await openStoring(lab, 'PAYMENT');
    await lab.erase(by, session);
    await lab.pay(session, CARDS.approve);
    await lab.wait();
    // NUVEI cannot cancel an order.
    await expectForgotten(lab, session, provider === 'NUVEI' ? 'COMPLETED' : 'CANCELED');
  });

  test('stays in use when it was stored before its session was erased', async () => {
    const session = await openStoring(lab, 'PAYMENT');
    await lab.pay(session, CARDS.approve);
    const { paymentMethod } = await verify(lab.merchant, 'PAYMENT', session.id);
    await lab.erase('eraseClientSession', session);
    await verify(lab.merchant, 'PAYMENT', session.id);
    await lab.wait();
    expect((await lab.read(session)).paymentMethod).toEqual({ id: paymentMethod.id, status: 'ENABLED' });
    expect(await keptAtBank(lab)).toBe(1);
    await lab.merchant.data(DETACH, { id: paymentMethod.id });
    expect(await keptAtBank(lab)).toBe(0);
  });

  /** A bug of the erasure: it had listed the methods before, so that this one stayed ENABLED and could be charged. */
  test('is forgotten there when it is stored while the customer is erased', async () => {
    const first = await openStoring(lab, 'PAYMENT');
    await lab.pay(first, CARDS.approve);
    await verify(lab.merchant, 'PAYMENT', first.id);
    const second = await openStoring(lab, 'PAYMENT', first.customerCode);
    await lab.pay(second, CARDS.asyncApprove);
    await verify(lab.merchant, 'PAYMENT', second.id);
    lab.beforeNext('DETACH', async () => {
      lab.clock.advance(60 * 60_000);
      await verify(lab.merchant, 'PAYMENT', second.id);
    });
    await lab.erase('eraseCustomer', first);
    const charge = { merchantInternalTransactionCode: newCode(), amount: '777', currency: 'USD' };
    for (const { id: paymentMethodId } of await listMethods(lab, first)) {
      expect(await lab.merchant.code(CHARGE, { data: { ...charge, paymentMethodId } })).toBe('PAYMENT_METHOD_NOT_CHARGEABLE');
    }
    await lab.wait();
    await expectForgotten(lab, second, 'COMPLETED');
  });

  test('is forgotten there, whichever of the news and the erasure commits first', async () => {
    for (let round = 0; round < 3; round += 1) {
      const sessions: OpenedSession[] = [];
      const customerCode = newCode('customer');
      for (let count = 0; count < 3; count += 1) {
        const session = await openStoring(lab, 'PAYMENT', customerCode);
        await lab.pay(session, CARDS.approve);
        sessions.push(session);
      }
      const news = sessions.map(({ id }) => verify(lab.merchant, 'PAYMENT', id));
      const [first] = sessions;
      await Promise.all([...news.slice(0, 2), lab.erase('eraseCustomer', first as OpenedSession), ...news.slice(2)]);
      await lab.wait();
      for (const session of sessions) await expectForgotten(lab, session, 'COMPLETED');
    }
  });
});

describe('a method that is recorded as unwanted', () => {
  let lab: ErasureLab;
  beforeAll(async () => {
    lab = await openErasureLab('EXAMPLE');
  });
  afterAll(() => lab.close());

  test('stays in use where it is, and is detached once more where it was', async () => {
    const session = await openStoring(lab, 'PAYMENT');
    await lab.pay(session, CARDS.approve);
    const { paymentMethod } = await verify(lab.merchant, 'PAYMENT', session.id);
    const { scope } = lab.merchant;
    const { deps } = lab.app;
    const [known] = await listMethods(lab, session);
    const { customerId, providerAccountId, provider, providerCode } = known;
    const stored = { providerCode, providerCustomerCode: customerId, originCode: null };
    const record = async () => {
      const method = { id: newId(lab.clock.now()), customerId, providerAccountId, provider, stored };
      return lab.database.inTransaction((tx) => recordUnwanted(deps, tx, { scope, method, source: 'JOB' }));
    };
    const detaches = () => lab.database.client.operation.count({ where: { subjectId: paymentMethod.id, kind: 'DETACH' } });

    expect(await record()).toBe(paymentMethod.id);
    expect((await listMethods(lab, session))[0]).toMatchObject({ status: 'ENABLED', last4: '4242' });
    expect(await detaches()).toBe(0);
    await detachPaymentMethod(deps, scope, paymentMethod.id);
    expect(await record()).toBe(paymentMethod.id);
    await lab.wait();
    expect(await detaches()).toBe(2);
    expect(await lab.database.client.operation.count({ where: { state: { not: 'DONE' } } })).toBe(0);
  });
});
