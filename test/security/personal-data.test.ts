import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SEALED_COLUMNS } from '../../src/kernel/secret.ts';
import { IMPERSONAL_COLUMNS, PERSONAL_PLACES } from '../../src/personal-data/places.ts';
import { applyMovement } from '../../src/transactions/apply-movement.ts';
import { NUVEI, openScenarioLab, type ScenarioLab, STRIPE, type Vendor } from '../providers/scenario-lab.ts';
import {
  CARDS,
  CHARGE,
  confirm,
  type Data,
  type Gateway,
  newCode,
  openGateway,
  paid,
  REFUND,
  start,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';
import { PEOPLE, PERSONAL } from '../support/isolation.ts';

const SECRETIVE = {
  ...PEOPLE,
  description: 'Two nights for Quillfeather',
  metadata: { secretRemark: 'prefers-ravens' },
  returnUrl: 'https://shop.example/back?mail=zerafina%40quill.example',
};
const MARKS = [...PERSONAL, 'Two nights for Quillfeather', 'mail=zerafina', 'returned by Quillfeather'];
const ERASE_CUSTOMER = 'mutation E($by: CustomerSelector!) { eraseCustomer(by: $by) { isErased contact { billingEmail } } }';
const ERASE_SESSION =
  'mutation E($by: ClientSessionSelector!) { eraseClientSession(by: $by) { id status isErased returnUrl description metadata payload challengeUrl billing { billingEmail } } }';

describe('the list of personal data', () => {
  interface Column {
    readonly table: string;
    readonly name: string;
    readonly type: string;
  }

  function readColumns(): readonly Column[] {
    const schema = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
    return [...schema.matchAll(/^model \w+ \{\n([\s\S]*?)\n\}/gm)].flatMap(([, body = '']) => {
      const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
      return [...body.matchAll(/^ {2}(\w+) +(\w+)(?:\[\]|\?)?(.*)$/gm)].map(([, field = '', type = '', rest = '']) => ({
        table,
        name: /@map\("(\w+)"\)/.exec(rest)?.[1] ?? field,
        type: rest.includes('@db.Uuid') ? 'Uuid' : type,
      }));
    });
  }
  const columns = readColumns();
  const couldHold = columns.filter(({ type }) => ['String', 'Json', 'Bytes'].includes(type));

  test('names every column of text, JSON or bytes, as personal or with the reason why not, and none twice', () => {
    expect(couldHold.length).toBeGreaterThan(120);
    const personal = PERSONAL_PLACES.map(({ table, column }) => `${table}.${column}`);
    const impersonal = Object.entries(IMPERSONAL_COLUMNS).flatMap(([table, names]) =>
      Object.keys(names).map((column) => `${table}.${column}`),
    );
    const isListed = new Set([...personal, ...impersonal]);
    expect(couldHold.map(({ table, name }) => `${table}.${name}`).filter((name) => !isListed.has(name))).toEqual([]);
    expect(isListed.size).toBe(personal.length + impersonal.length);
    const all = new Set(columns.map(({ table, name }) => `${table}.${name}`));
    expect([...isListed].filter((name) => !all.has(name))).toEqual([]);
  });
});

/** Every row of the gateway's own tables as text, with all sealed values open. What a simulated vendor keeps is the vendor's. */
async function readEverything({ database, vault }: Pick<Gateway, 'database' | 'vault'>): Promise<string> {
  const { client } = database;
  const tables = await client.$queryRaw<{ name: string }[]>`
    SELECT table_name::text AS name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'simulator%' AND table_name NOT LIKE '\\_%'`;
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await client.$queryRawUnsafe<{ text: string }[]>(`SELECT t::text AS text FROM ${name} t`);
    texts.push(...rows.map(({ text }) => text));
  }
  for (const column of SEALED_COLUMNS) {
    const [table = '', name = ''] = column.split('.');
    const rows = await client.$queryRawUnsafe<{ id: string; merchantId: string; environment: 'TEST'; sealed: Uint8Array }[]>(
      `SELECT id, merchant_id AS "merchantId", environment, ${name} AS sealed FROM ${table} WHERE ${name} IS NOT NULL`,
    );
    const open = ({ sealed, ...row }: (typeof rows)[number]) => vault.open({ column, row }, sealed);
    texts.push(
      ...rows.map((row) => JSON.stringify(open(row), (_key, value) => (typeof value === 'bigint' ? `${value}` : value))),
    );
  }
  return texts.join('\n');
}

async function leftIn(gateway: Pick<Gateway, 'database' | 'vault'>): Promise<readonly string[]> {
  const text = await readEverything(gateway);
  return MARKS.filter((mark) => text.includes(mark));
}

/** Cards are test cards: their digits are looked for where they belong to a person. */
async function cardsLeft({ database }: Pick<Gateway, 'database'>): Promise<number> {
  const [row] = await database.client.$queryRaw<{ count: bigint }[]>`
    SELECT (SELECT count(*) FROM transactions WHERE card IS NOT NULL) +
      (SELECT count(*) FROM payment_methods WHERE COALESCE(brand, last4) IS NOT NULL OR exp_month IS NOT NULL OR exp_year IS NOT NULL) AS count`;
  return Number(row?.count);
}

describe.each<[string, Vendor]>([
  ['STRIPE', STRIPE],
  ['NUVEI', NUVEI],
])('erasing a customer at %s', (_name, vendor) => {
  let lab: ScenarioLab;
  beforeAll(async () => {
    lab = await openScenarioLab(vendor);
  });
  afterAll(() => lab.close());

  test('leaves nothing of them in the payload, nor anywhere else, also after late news', async () => {
    const code = newCode('customer');
    const { returnUrl: _url, ...people } = SECRETIVE;
    const data = { ...people, customer: { merchantInternalCustomerCode: code }, storePaymentMethod: true };
    const { session, transaction } = await lab.paid('PAYMENT', CARDS.approve, data);
    const late = await lab.start('PAYMENT', data);
    const { payload: before } = await sessionOf(lab.merchant, late.id);
    expect(JSON.stringify(before)).toContain('Quillfeather');
    expect((await leftIn(lab)).length).toBeGreaterThan(10);
    // Paid while nobody looks: the gateway hears of it after the erasure.
    await vendor.pay(before, CARDS.approve);

    const { eraseCustomer } = await lab.merchant.data(ERASE_CUSTOMER, { by: { merchantInternalCustomerCode: code } });
    expect(eraseCustomer).toEqual({ isErased: true, contact: null });
    expect(await leftIn(lab)).toEqual([]);

    expect((await verify(lab.merchant, 'PAYMENT', late.id)).status).toBe('SUCCEEDED');
    for (const { id, providerCode } of [session, late]) {
      await lab.merchant.data('mutation S($by: TransactionSelector!) { syncTransaction(by: $by) { id } }', {
        by: { id: transaction.id },
      });
      for (const webhook of await lab.webhooks(providerCode)) await lab.deliver(webhook);
      await lab.pass(60 * 60_000);
      expect(await sessionOf(lab.merchant, id)).toMatchObject({ payload: null, isErased: true, challengeUrl: null });
    }
    expect(await leftIn(lab)).toEqual([]);
    expect(await cardsLeft(lab)).toBe(0);
    expect(await lab.database.client.providerCustomer.count()).toBe(0);
    // Money is not forgotten: it can still be given back.
    const refund = (await lab.merchant.data(REFUND, { by: { id: transaction.id }, amount: '1' })).transaction;
    expect(['SUCCEEDED', 'PENDING']).toContain(refund.status);
  });
});

async function sessionOf(merchant: TestMerchant, id: string): Promise<Data> {
  const text = `query R($by: ClientSessionSelector!) { clientSession(by: $by) { payload isErased challengeUrl returnUrl status description } }`;
  return (await merchant.data(text, { by: { id } })).clientSession;
}

describe('erasing at the test bank', () => {
  let gateway: Gateway;
  let merchant: TestMerchant;
  beforeAll(async () => {
    gateway = await openGateway();
    merchant = await gateway.newMerchant({ returnOrigins: ['https://shop.example'] });
  });
  afterAll(() => gateway.close());

  test('a session without a customer: every state of it, and nothing is left of any', async () => {
    const { session: done } = await paid(gateway, merchant, { data: SECRETIVE });
    const open = await start(merchant, 'PAYMENT', SECRETIVE);
    const asked = await start(merchant, 'AUTHORIZATION', SECRETIVE);
    await confirm(gateway.app, asked.token, CARDS.challenge);
    await verify(merchant, 'AUTHORIZATION', asked.id);
    expect((await sessionOf(merchant, asked.id)).challengeUrl).not.toBeNull();
    for (const { id } of [done, open, asked]) {
      const { eraseClientSession } = await merchant.data(ERASE_SESSION, { by: { id } });
      const nothing = { returnUrl: null, description: null, metadata: {}, payload: null, challengeUrl: null, billing: null };
      expect(eraseClientSession).toMatchObject({ id, isErased: true, ...nothing });
      await merchant.data(ERASE_SESSION, { by: { id } });
    }
    await gateway.pass(60_000);
    expect(await leftIn(gateway)).toEqual([]);
    expect(await cardsLeft(gateway)).toBe(0);
    expect((await sessionOf(merchant, open.id)).status).toBe('CANCELED');
    expect(await merchant.code(ERASE_SESSION, { by: { id: newCode() } })).toBe('SESSION_NOT_FOUND');
  });

  test('a refund without an answer is stripped, looked up and found, and not sent again', async () => {
    const { session, transaction } = await paid(gateway, merchant, { data: SECRETIVE, card: CARDS.lostAfter });
    expect(transaction.status).toBe('SUCCEEDED');
    const reason = 'returned by Quillfeather';
    const refund = await merchant.data(
      'mutation R($by: TransactionSelector!, $reason: String) { refundTransaction(by: $by, reason: $reason) { id status } }',
      { by: { id: transaction.id }, reason },
    );
    expect(refund.refundTransaction.status).toBe('UNKNOWN');
    expect((await leftIn(gateway)).length).toBeGreaterThan(5);
    await merchant.data(ERASE_SESSION, { by: { id: session.id } });
    expect(await leftIn(gateway)).toEqual([]);
    const [operation] = await gateway.database.client.operation.findMany({ where: { subjectId: refund.refundTransaction.id } });
    expect(operation).toMatchObject({ state: 'UNKNOWN', erasedAt: expect.any(Date) });
    const uses = async () =>
      (await gateway.database.client.bankKey.findMany({ where: { key: operation?.id ?? '' } }))[0]?.attempts;
    const before = await uses();
    await gateway.pass(60_000);
    const read = 'query T($by: TransactionSelector!) { transaction(by: $by) { status } }';
    expect((await merchant.data(read, { by: { id: refund.refundTransaction.id } })).transaction.status).toBe('SUCCEEDED');
    expect(await uses()).toBe(before);
    expect(await leftIn(gateway)).toEqual([]);
  });

  test('while charges and news arrive: whoever is first, nothing personal is left and no lock is waited for in a circle', async () => {
    for (let round = 0; round < 3; round += 1) {
      const code = newCode('customer');
      const data = { ...SECRETIVE, storePaymentMethod: true, customer: { merchantInternalCustomerCode: code } };
      const { transaction } = await paid(gateway, merchant, { data });
      const open = await start(merchant, 'PAYMENT', data);
      await confirm(gateway.app, open.token, CARDS.approve);
      const charge = () => ({
        paymentMethodId: transaction.paymentMethod.id,
        merchantInternalTransactionCode: newCode('charge'),
        amount: '500',
        currency: 'USD',
        description: 'Two nights for Quillfeather',
      });
      const answers = await Promise.all([
        merchant.query('mutation V($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { id } }', {
          by: { id: open.id },
        }),
        merchant.query(CHARGE, { data: charge() }),
        merchant.query(ERASE_CUSTOMER, { by: { merchantInternalCustomerCode: code } }),
        merchant.query(REFUND, { by: { id: transaction.id }, amount: '7' }),
        merchant.query(CHARGE, { data: charge() }),
        gateway.app.jobs.runDue(),
      ]);
      const codes = answers.flatMap((answer) => (answer ? answer.errors.map(({ extensions }) => extensions.code) : []));
      expect(codes.filter((errorCode) => errorCode === 'INTERNAL_SERVER_ERROR')).toEqual([]);
      await gateway.pass(120_000);
      expect(await leftIn(gateway)).toEqual([]);
      expect(await cardsLeft(gateway)).toBe(0);
    }
  });

  test('news of a customer’s erased session stays without a card when the customer comes back', async () => {
    const code = newCode('customer');
    const data = { ...SECRETIVE, storePaymentMethod: true, customer: { merchantInternalCustomerCode: code } };
    const { transaction } = await paid(gateway, merchant, { data });
    await merchant.data(ERASE_CUSTOMER, { by: { merchantInternalCustomerCode: code } });
    await start(merchant, 'PAYMENT', { customer: { merchantInternalCustomerCode: code } });
    const card = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2031 };
    const nothing = { decline: null, failureCode: null, storedMethod: null, hold: null, capturableUntil: null };
    const movement = { ...nothing, providerCode: transaction.providerCode, status: 'succeeded', money: null, card } as const;
    await gateway.database.client.transaction.updateMany({ where: { id: transaction.id }, data: { status: 'STARTED' } });
    const news = {
      scope: merchant.scope,
      transactionId: transaction.id,
      movement,
      source: 'WEBHOOK',
      observedAt: gateway.clock.now(),
    } as const;
    await gateway.database.inTransaction((tx) => applyMovement(gateway.app.deps, tx, news));
    expect(await cardsLeft(gateway)).toBe(0);
  });
});
