import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CARDS, type Kind, REFUND, SETTLE, verify } from '../support/gateway.ts';
import { sampled } from '../support/template.ts';
import { ERASURES, type ErasureLab, type OpenedSession, openErasureLab, PROVIDERS } from './lab.ts';

interface Moment {
  readonly kind: Kind;
  /** What happens between the start and the erasure. */
  reach(lab: ErasureLab, session: OpenedSession): Promise<void>;
  /** How the session ends, whenever it is erased. */
  readonly end: 'COMPLETED' | 'CANCELED';
}

const seen = (kind: Kind, card: string) => async (lab: ErasureLab, session: OpenedSession) => {
  await lab.pay(session, card);
  await verify(lab.merchant, kind, session.id);
};

const MOMENTS: Readonly<Record<string, Moment>> = {
  'nothing is paid yet': { kind: 'PAYMENT', reach: async () => {}, end: 'CANCELED' },
  'the payer is asked by their bank': { kind: 'PAYMENT', reach: seen('PAYMENT', CARDS.challenge), end: 'CANCELED' },
  'the bank is at work': { kind: 'PAYMENT', reach: seen('PAYMENT', CARDS.asyncApprove), end: 'COMPLETED' },
  'it is paid and nobody has looked': {
    kind: 'PAYMENT',
    reach: (lab, session) => lab.pay(session, CARDS.approve),
    end: 'COMPLETED',
  },
  'it is paid': { kind: 'PAYMENT', reach: seen('PAYMENT', CARDS.approve), end: 'COMPLETED' },
  'money is held': { kind: 'AUTHORIZATION', reach: seen('AUTHORIZATION', CARDS.approve), end: 'COMPLETED' },
};

const SYNC = 'mutation S($by: TransactionSelector!) { syncTransaction(by: $by) { id status } }';

/** A bug of the erasure: the customer that Stripe tells of was not the one that the session remembered, which was nobody any more. */
describe.each(PROVIDERS)('money of an erased payer at %s', (provider) => {
  let lab: ErasureLab;
  beforeAll(async () => {
    lab = await openErasureLab(provider);
  });
  afterAll(() => lab.close());

  const cases = ERASURES.flatMap((by) => ([null, 'UNAVAILABLE', 'UNKNOWN_OUTCOME'] as const).map((away) => ({ by, away })));

  test.each(sampled(cases, 2))(
    'is as the bank has it after $by, whenever that comes (provider away: $away)',
    async ({ by, away }) => {
      const sessions: Record<string, OpenedSession> = {};
      for (const [name, { kind, reach }] of Object.entries(MOMENTS)) {
        const session = await lab.open(kind);
        await reach(lab, session);
        sessions[name] = session;
      }
      lab.setAway(away);
      for (const session of Object.values(sessions)) await lab.erase(by, session);
      lab.setAway(null);
      await lab.wait();

      for (const [name, session] of Object.entries(sessions)) {
        const { transactions, ...ended } = await lab.read(session);
        expect(ended, name).toMatchObject({ status: MOMENTS[name]?.end, providerError: null, isErased: true });
        for (const { id } of transactions) await lab.merchant.data(SYNC, { by: { id } });
        const succeeded = transactions.filter(({ status }: { status: string }) => status === 'SUCCEEDED');
        expect(succeeded, name).toHaveLength(ended.status === 'COMPLETED' ? 1 : 0);
        for (const { id, hold } of succeeded) {
          if (hold === 'HELD') await lab.merchant.data(SETTLE, { by: { id } });
          else await lab.merchant.data(REFUND, { by: { id }, amount: '1' });
        }
      }
      await lab.wait();
      const books = await lab.bankBooks();
      expect(books.returned).toBeGreaterThan(0n);
      expect(await lab.ownBooks()).toEqual(books);
      for (const [name, session] of Object.entries(sessions)) {
        const { status, providerError, events } = await lab.read(session);
        const alerts = events.filter(({ isAlert }: { isAlert: boolean }) => isAlert);
        expect({ status, providerError, alerts }, name).toEqual({ status: MOMENTS[name]?.end, providerError: null, alerts: [] });
      }
    },
  );
});
