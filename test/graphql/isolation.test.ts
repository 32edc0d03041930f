import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createKey } from '../../src/merchants/manage-keys.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Gateway,
  must,
  paid,
  REFUND,
  SETTLE,
  start,
  startInput,
  startText,
  type TestMerchant,
} from '../support/gateway.ts';
import {
  attack,
  type Dialect,
  expectNothingOf,
  fieldsOfRoots,
  marksOf,
  type Outsider,
  openTarget,
  PEOPLE,
  PERSONAL,
  rowsOf,
  textOf,
} from '../support/isolation.ts';
import { ATTACKS, type Belongings, q } from './attacks.ts';

const NATIVE: Dialect = {
  schema,
  attacks: ATTACKS,
  ask: ({ a: merchant }, text, credential) => merchant.query(text, {}, credential),
  noAccount: 'PROVIDER_ACCOUNT_NOT_FOUND',
  needsAccount: (args) => args.includes('transactionProvider: EXAMPLE'),
  filters: (args) => args.startsWith('filter') && !args.includes('hasProviderError'),
};

let gateway: Gateway;
let a: TestMerchant;
let of: Belongings;

beforeAll(async () => {
  ({ gateway, a, of } = await openTarget());
});

afterAll(() => gateway.close());

const FIELDS = fieldsOfRoots(schema);
const IN_ORDER = Object.keys(ATTACKS).sort((left, right) => Number(isErasing(left)) - Number(isErasing(right)));

/** What creates rows of the outsider's own under A's customer code comes last: it changes what its other calls are answered. */
function isErasing(field: string): boolean {
  return field.includes('.start');
}

test('every field of the schema is tried', () => {
  expect(Object.keys(ATTACKS).sort()).toEqual([...FIELDS].sort());
});

describe('another merchant sees and changes nothing through', () => {
  let outsider: Outsider;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    const b = await gateway.newMerchant();
    await paid(gateway, b, { data: { storePaymentMethod: true } });
    before = await rowsOf(gateway, a);
    outsider = { credential: b.secretKey, marks: marksOf(before), hasAccount: true };
  });

  test.each(IN_ORDER)('%s', async (field) => {
    await attack(NATIVE, { gateway, a, of }, { outsider, field });
    expect(await rowsOf(gateway, a)).toEqual(before);
  });

  test('the browser’s door of another merchant or session', async () => {
    const b = await gateway.newMerchant();
    const own = await start(b, 'PAYMENT');
    for (const credential of [b.publishableKey, own.token]) {
      const answer = await a.query(textOf(NATIVE, 'Query.clientSession', `by: { token: ${q(of.openToken)} }`), {}, credential);
      expect(answer.errors[0]?.extensions.code).toBe('SESSION_NOT_FOUND');
    }
    expect(await rowsOf(gateway, a)).toEqual(before);
  });

  test('calls of its own under the same codes and keys', async () => {
    const b = await gateway.newMerchant();
    const data = { merchantInternalTransactionCode: of.code, customer: { merchantInternalCustomerCode: of.customerCode } };
    const { session, transaction } = await paid(gateway, b, { data });
    expect(session.id).not.toBe(of.session);
    expect(
      (await b.data(REFUND, { by: { merchantInternalTransactionCode: of.code }, amount: '1', key: of.key })).transaction
        .relatedTransaction.id,
    ).toBe(transaction.id);
    expect(
      (
        await b.data('mutation E($by: CustomerSelector!) { eraseCustomer(by: $by) { isErased } }', {
          by: { merchantInternalCustomerCode: of.customerCode },
        })
      ).eraseCustomer.isErased,
    ).toBe(true);
    expect(await b.code(SETTLE, { by: { id: of.held } })).toBe('TRANSACTION_NOT_FOUND');
    expect(await rowsOf(gateway, a)).toEqual(before);
  });
});

describe('the LIVE side of the same merchant sees and changes nothing of TEST through', () => {
  let outsider: Outsider;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    const live = must(
      await createKey(gateway.app.deps, { ...a.scope, environment: 'LIVE' }, { kind: 'SECRET', label: 'live', expiresAt: null }),
    );
    before = await rowsOf(gateway, a);
    const own = [a.scope.merchantId, live.key.id];
    outsider = { credential: live.text, marks: marksOf(before).filter((mark) => !own.includes(mark)), hasAccount: false };
  });

  test.each(IN_ORDER)('%s', async (field) => {
    await attack(NATIVE, { gateway, a, of }, { outsider, field });
    expect(await rowsOf(gateway, a)).toEqual(before);
  });

  test('a LIVE publishable key and a TEST token', async () => {
    const live = must(
      await createKey(
        gateway.app.deps,
        { ...a.scope, environment: 'LIVE' },
        { kind: 'PUBLISHABLE', label: 'live shop', expiresAt: null },
      ),
    );
    const answer = await a.query(textOf(NATIVE, 'Query.clientSession', `by: { token: ${q(of.openToken)} }`), {}, live.text);
    expect(answer.errors[0]?.extensions.code).toBe('SESSION_NOT_FOUND');
  });
});

describe('a browser is told nothing personal, and opens one door only:', () => {
  const doors: Readonly<Record<string, readonly string[]>> = {
    publishable: ['Query.baseConfig', 'Query.clientSession', 'Query.merchant', 'Subscription.clientSessionChanged'],
    session: ['Query.clientSession', 'Query.merchant', 'Subscription.clientSessionChanged'],
    nobody: [],
  };
  let before: Record<string, string[]>;

  beforeAll(async () => {
    // Looking at a session opens it, once.
    for (const token of [of.token, of.openToken])
      await a.query(`{ clientSession(by: { token: ${q(token)} }) { id } }`, {}, a.publishableKey);
    before = await rowsOf(gateway, a);
  });

  test.each(FIELDS.flatMap((field) => Object.keys(doors).map((viewer) => [viewer, field] as const)))(
    '%s at %s',
    async (viewer, field) => {
      const credential = viewer === 'publishable' ? a.publishableKey : viewer === 'session' ? of.openToken : null;
      for (const { args } of ATTACKS[field]?.(of) ?? []) {
        const answer = await a.query(textOf(NATIVE, field, args), {}, credential);
        expectNothingOf(PERSONAL, answer);
        const isDoor = doors[viewer]?.includes(field) === true;
        if (!isDoor)
          expect(answer.errors.map((error) => error.extensions.code)).toEqual([
            viewer === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN',
          ]);
      }
      expect(await rowsOf(gateway, a)).toEqual(before);
    },
  );

  test.each(['publishable', 'session'])(
    '%s with the session’s token, at every field of an open and of a paid session',
    async (viewer) => {
      const { session } = await paid(gateway, a, {
        data: { ...PEOPLE, storePaymentMethod: true, customer: { merchantInternalCustomerCode: of.customerCode } },
      });
      const open = await start(a, 'PAYMENT', { ...PEOPLE });
      await confirm(gateway.app, open.token, CARDS.decline);
      await a.data('mutation V($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { id } }', { by: { id: open.id } });
      for (const { token } of [session, open] as Data[]) {
        const text = textOf(NATIVE, 'Query.clientSession', `by: { token: ${q(token)} }`, 4);
        const seenByMerchant = await a.query(text);
        const seen = await a.query(text, {}, viewer === 'session' ? token : a.publishableKey);
        expect(seen.errors).toEqual([]);
        expect(seen.data.clientSession.transactions).toHaveLength(1);
        expect(PERSONAL.filter((mark) => JSON.stringify(seenByMerchant).includes(mark)).length).toBe(PERSONAL.length);
        expectNothingOf([...PERSONAL, of.customerCode, of.customer], seen);
      }
      const merchantSeen = await a.query('{ merchant { publicId name environment } }', {}, a.publishableKey);
      expect(merchantSeen.data.merchant).toEqual({ publicId: a.publicId, name: 'Corner Shop', environment: 'TEST' });
    },
  );
});

test('a start by another merchant cannot use A’s account, and leaves no session', async () => {
  const b = await gateway.newMerchant();
  const input = { ...startInput('PAYMENT'), provider: { merchantTransactionProviderId: a.accountId } };
  expect(await b.code(startText('PAYMENT'), input)).toBe('PROVIDER_ACCOUNT_NOT_FOUND');
  expect(
    Object.entries(await rowsOf(gateway, b)).filter(
      ([table, rows]) => rows.length > 0 && !['api_keys', 'provider_accounts'].includes(table),
    ),
  ).toEqual([]);
});
