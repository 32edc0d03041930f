import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/kernel/clock.ts';
import { openScenarioLab, type ScenarioLab, STRIPE } from '../providers/scenario-lab.ts';
import { type Data, newCode, READ_SESSION, REFUND, SETTLE } from '../support/gateway.ts';

let lab: ScenarioLab;
beforeAll(async () => {
  lab = await openScenarioLab(STRIPE);
});
afterAll(() => lab.close());
beforeEach(() => lab.calm());

const READ = `query R($by: TransactionSelector!) { transaction(by: $by) { refundableAmount } }`;
const refundable = async ({ id }: Data): Promise<string> =>
  (await lab.merchant.data(READ, { by: { id } })).transaction.refundableAmount;
const chargebacks = async (session: Data): Promise<Data[]> =>
  (await lab.merchant.data(READ_SESSION, { by: { id: session.id } })).clientSession.transactions.filter(
    ({ action }: Data) => action === 'CHARGEBACK',
  );
const listed = async (): Promise<number> => (await lab.requests()).filter(({ call }) => call === 'disputes.list').length;
const dueAt = async ({ id }: Data): Promise<Date | null> =>
  (await lab.database.client.transaction.findUniqueOrThrow({ where: { id } })).nextCheckAt;
/** No notification is delivered in this file: `pass` moves the clock and runs what is due, and nothing else. */
const days = async (count: number): Promise<void> => {
  for (let day = 0; day < count; day += 1) await lab.pass(DAY_MS + 1);
};

describe('a dispute without any notification', () => {
  test.each([
    ['won', 'CANCELED', '10000'],
    ['lost', 'SUCCEEDED', '0'],
  ] as const)('of a payment is found, and so is that it was %s', async (ending, status, left) => {
    const { session, transaction } = await lab.paid('PAYMENT');
    expect(await refundable(transaction)).toBe('10000');
    const dispute = await lab.dispute(transaction.providerCode);
    await days(1);
    expect(await chargebacks(session)).toMatchObject([{ status: 'PENDING', amount: '10000' }]);
    expect(await refundable(transaction)).toBe('0');
    expect(await lab.merchant.code(REFUND, { by: { id: transaction.id }, amount: '1', key: newCode() })).toBe(
      'AMOUNT_EXCEEDS_AVAILABLE',
    );
    await lab.endDispute(dispute, ending);
    await days(2);
    expect(await chargebacks(session)).toMatchObject([{ status }]);
    expect(await refundable(transaction)).toBe(left);
    await days(8);
    expect(await chargebacks(session)).toHaveLength(1);
  });

  test('of a settle is found', async () => {
    const { session, transaction } = await lab.paid('AUTHORIZATION');
    const settle = (await lab.merchant.data(SETTLE, { by: { id: transaction.id }, amount: '4000', key: newCode() })).transaction;
    await lab.dispute(transaction.providerCode);
    await days(1);
    expect(await chargebacks(session)).toMatchObject([{ status: 'PENDING', amount: '4000' }]);
    expect(await refundable(settle)).toBe('0');
  });

  test('that is opened after months is found', async () => {
    const { session, transaction } = await lab.paid('PAYMENT');
    await lab.pass(100 * DAY_MS);
    await lab.dispute(transaction.providerCode);
    await lab.pass(21 * DAY_MS);
    expect(await chargebacks(session)).toMatchObject([{ status: 'PENDING' }]);
  });
});

describe('the looks at a payment without a dispute', () => {
  test('are five in all, at 1, 7, 30, 60 and 120 days', async () => {
    const { transaction } = await lab.paid('PAYMENT');
    const { createdAt } = await lab.database.client.transaction.findUniqueOrThrow({ where: { id: transaction.id } });
    const before = await listed();
    const ages: (number | null)[] = [];
    for (let look = 0; look < 6; look += 1) {
      const due = await dueAt(transaction);
      ages.push(due === null ? null : (due.getTime() - createdAt.getTime()) / DAY_MS);
      if (due !== null) await lab.pass(due.getTime() - lab.clock.now().getTime());
    }
    expect(ages).toEqual([1, 7, 30, 60, 120, null]);
    expect((await listed()) - before).toBe(5);
  });

  test('are repeated after a day while the provider does not respond', async () => {
    const { transaction } = await lab.paid('PAYMENT');
    await lab.pass(DAY_MS - HOUR_MS);
    await lab.simulator.close();
    await lab.pass(2 * HOUR_MS);
    const due = await dueAt(transaction);
    expect((due?.getTime() ?? 0) - lab.clock.now().getTime()).toBe(DAY_MS);
  });
});
