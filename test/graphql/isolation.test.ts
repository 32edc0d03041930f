import { type GraphQLNamedType, getNamedType, isCompositeType, isInterfaceType, isObjectType, isRequiredArgument } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createKey } from '../../src/merchants/keys.ts';
import {
  type Answer,
  CARDS,
  CHARGE,
  confirm,
  type Data,
  type Gateway,
  must,
  newCode,
  openGateway,
  paid,
  REFUND,
  SETTLE,
  start,
  startInput,
  startText,
  type TestMerchant,
} from '../support/gateway.ts';
import { ATTACKS, type Belongings, q } from './attacks.ts';

/** Nobody else may ever see any of this. */
const PEOPLE = {
  billing: {
    billingFirstName: 'Zerafina',
    billingLastName: 'Quillfeather',
    billingEmail: 'zerafina@quill.example',
    billingPhone: '+12025550143',
    billingAddressCountry: 'US',
    billingAddressState: 'US-NY',
    billingAddressCity: 'Quillburgh',
    billingAddressLine1: '77 Plume Street',
    billingAddressLine2: 'Back door',
    billingAddressPostalCode: '90817',
  },
  shipping: {
    shippingFirstName: 'Oberon',
    shippingLastName: 'Nightjar',
    shippingEmail: 'oberon@nightjar.example',
    shippingAddressCountry: 'GB',
    shippingAddressLine1: '5 Feather Row',
  },
  user: {
    userFirstName: 'Isolde',
    userLastName: 'Wrenhouse',
    userEmail: 'isolde@wren.example',
    userAddressCountry: 'DE',
    userBirthDate: '1987-06-05',
    userLegalIdentifier: 'LEGAL-77-PLUME',
  },
  device: { deviceIp: '203.0.113.77', deviceBrowser: 'QuillBrowser 7', deviceId: 'device-quill' },
  metadata: { secretRemark: 'prefers-ravens' },
} as const;
const PERSONAL = Object.values(PEOPLE)
  .flatMap((person) => Object.values(person))
  .filter((text) => text.length > 2 && text !== 'US-NY');

let gateway: Gateway;
let a: TestMerchant;
/** What of A's an outsider could try to use. */
let of: Belongings;

beforeAll(async () => {
  gateway = await openGateway();
  a = await gateway.newMerchant();
  const customerCode = newCode('customer');
  const data = { ...PEOPLE, storePaymentMethod: true, customer: { merchantInternalCustomerCode: customerCode } };
  const { session, transaction } = await paid(gateway, a, { data });
  const open = await start(a, 'PAYMENT', data);
  const held = (await paid(gateway, a, { kind: 'AUTHORIZATION', data })).transaction.id;
  const method = transaction.paymentMethod.id;
  const key = newCode('key');
  await a.data(REFUND, { by: { id: transaction.id }, amount: '1', key });
  await a.data(CHARGE, {
    data: { paymentMethodId: method, merchantInternalTransactionCode: newCode('charge'), amount: '5', currency: 'USD' },
  });
  const lists =
    await a.data(`{ clientSessions { edges { cursor } } transactions { edges { cursor } } customers { edges { cursor node { id } } }
    paymentMethods { edges { cursor } } events { edges { cursor } } }`);
  of = {
    account: a.accountId,
    session: session.id,
    token: session.token,
    sessionProviderCode: session.providerCode,
    code: session.merchantInternalTransactionCode,
    open: open.id,
    openToken: open.token,
    held,
    method,
    key,
    customerCode,
    authorizing: (await start(a, 'AUTHORIZATION', data)).id,
    adding: (await start(a, 'ADD_PAYMENT_METHOD', { ...PEOPLE })).id,
    transaction: transaction.id,
    transactionProviderCode: transaction.providerCode,
    customer: lists.customers.edges[0].node.id,
    cursor: lists.clientSessions.edges[0].cursor,
    transactionCursor: lists.transactions.edges[0].cursor,
    customerCursor: lists.customers.edges[0].cursor,
    methodCursor: lists.paymentMethods.edges[0].cursor,
    eventCursor: lists.events.edges[0].cursor,
  };
  await gateway.pass(5_000);
});

afterAll(() => gateway.close());

const FIELDS = (['Query', 'Mutation'] as const).flatMap((root) =>
  Object.keys(schema.getType(root) === undefined ? {} : fieldsOf(schema.getType(root))).map((name) => `${root}.${name}`),
);
const IN_ORDER = Object.keys(ATTACKS).sort((left, right) => Number(isErasing(left)) - Number(isErasing(right)));

/** What creates rows of the outsider's own under A's customer code comes last: it changes what its other calls are answered. */
function isErasing(field: string): boolean {
  return field.includes('.start');
}

function fieldsOf(type: GraphQLNamedType | undefined) {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
}

/** Every field of a type that needs no argument, objects as deep as told; a type is not opened again inside itself. */
function everything(type: GraphQLNamedType, depth: number, open: readonly string[] = []): string {
  const inner = Object.values(fieldsOf(type)).flatMap((field) => {
    const named = getNamedType(field.type);
    if (field.args.some(isRequiredArgument)) return [];
    if (!isCompositeType(named)) return [field.name];
    if (depth === 0 || open.includes(named.name)) return [];
    return [`${field.name} ${everything(named, depth - 1, [...open, type.name])}`];
  });
  const kinds = isInterfaceType(type)
    ? '... on PaymentSession { amount storePaymentMethod } ... on AuthorizationSession { amount storePaymentMethod }'
    : '';
  return `{ __typename ${inner.join(' ')} ${kinds} }`;
}

function textOf(field: string, args: string, depth = 1): string {
  const [root = '', name = ''] = field.split('.');
  const type = getNamedType(fieldsOf(schema.getType(root))[name]?.type);
  if (type === undefined) throw new Error(`${field} is not in the schema.`);
  return `${root.toLowerCase()} { ${name}${args.trim() === '' ? '' : `(${args})`} ${everything(type, depth)} }`;
}

/** All rows of a merchant, of the whole database, with the bank's rows of its accounts. */
async function rowsOf(merchant: TestMerchant): Promise<Record<string, string[]>> {
  const { client } = gateway.database;
  const columns = await client.$queryRaw<{ name: string; column: string }[]>`
    SELECT table_name::text AS name, column_name::text AS column FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name IN ('merchant_id', 'account_id') ORDER BY 1`;
  // When a key was used last is noted by whoever uses it, and A's own viewers are among the callers here.
  const parts = columns.map(({ name, column }) => {
    const id = column === 'merchant_id' ? merchant.scope.merchantId : merchant.accountId;
    return `SELECT '${name}' AS name, (to_jsonb(t) - 'last_used_at')::text AS text FROM ${name} t WHERE ${column} = '${id}'::uuid`;
  });
  const rows: Record<string, string[]> = {};
  const found = await client.$queryRawUnsafe<{ name: string; text: string }[]>(`${parts.join(' UNION ALL ')} ORDER BY 1, 2`);
  for (const { name, text } of found) (rows[name] ??= []).push(text);
  return rows;
}

/** Every id and reference in the rows that a query could bring to light. */
function marksOf(rows: Record<string, string[]>): readonly string[] {
  const text = Object.values(rows).flat().join('\n');
  return [...new Set(text.match(/[0-9a-f]{8}-[0-9a-f-]{27}|exm_\w{4,}|(?:order|customer|charge)-[0-9a-f-]{36}/g) ?? [])];
}

interface Outsider {
  readonly credential: string;
  /** Everything of A's that the outsider may not know. */
  readonly marks: readonly string[];
  /** Whether starts through its own account are answered. */
  readonly hasAccount: boolean;
}

async function attack(outsider: Outsider, field: string): Promise<void> {
  const { marks } = outsider;
  expect(marks.length).toBeGreaterThan(30);
  for (const { args, code } of ATTACKS[field]?.(of) ?? []) {
    const answer = await a.query(textOf(field, args, code === null ? 3 : 1), {}, outsider.credential);
    const isWithoutAccount = code === null && !outsider.hasAccount && args.includes('transactionProvider: EXAMPLE');
    const expected = isWithoutAccount ? 'PROVIDER_ACCOUNT_NOT_FOUND' : code;
    expect({ field, args, codes: answer.errors.map((error) => error.extensions.code) }).toEqual({
      field,
      args,
      codes: expected === null ? [] : [expected],
    });
    expectNothingOf(
      [
        ...marks.filter((mark) => !args.includes(mark)),
        ...PERSONAL,
        ...[of.token, of.openToken].filter((token) => !args.includes(token)),
      ],
      answer,
    );
    if (code === null && /Query\.\w+s$/.test(field)) expectEmptyFor(args, answer);
  }
}

function expectNothingOf(marks: readonly string[], answer: Answer): void {
  const text = JSON.stringify(answer);
  expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
}

/** A filter by something of A's finds nothing, and says so. */
function expectEmptyFor(args: string, answer: Answer): void {
  if (!args.startsWith('filter') || args.includes('hasProviderError')) return;
  const [list] = Object.values(answer.data as Record<string, Data>);
  expect(list).toMatchObject({ edges: [], totalCount: 0 });
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
    before = await rowsOf(a);
    outsider = { credential: b.secretKey, marks: marksOf(before), hasAccount: true };
  });

  test.each(IN_ORDER)('%s', async (field) => {
    await attack(outsider, field);
    expect(await rowsOf(a)).toEqual(before);
  });

  test('the browser’s door of another merchant or session', async () => {
    const b = await gateway.newMerchant();
    const own = await start(b, 'PAYMENT');
    for (const credential of [b.publishableKey, own.token]) {
      const answer = await a.query(textOf('Query.clientSession', `by: { token: ${q(of.openToken)} }`), {}, credential);
      expect(answer.errors[0]?.extensions.code).toBe('SESSION_NOT_FOUND');
    }
    expect(await rowsOf(a)).toEqual(before);
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
    expect(await rowsOf(a)).toEqual(before);
  });
});

describe('the LIVE side of the same merchant sees and changes nothing of TEST through', () => {
  let outsider: Outsider;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    const live = must(
      await createKey(gateway.app.deps, { ...a.scope, environment: 'LIVE' }, { kind: 'SECRET', label: 'live', expiresAt: null }),
    );
    before = await rowsOf(a);
    outsider = { credential: live.text, marks: marksOf(before).filter((mark) => mark !== a.scope.merchantId), hasAccount: false };
  });

  test.each(IN_ORDER)('%s', async (field) => {
    await attack(outsider, field);
    expect(await rowsOf(a)).toEqual(before);
  });

  test('a LIVE publishable key and a TEST token', async () => {
    const live = must(
      await createKey(
        gateway.app.deps,
        { ...a.scope, environment: 'LIVE' },
        { kind: 'PUBLISHABLE', label: 'live shop', expiresAt: null },
      ),
    );
    const answer = await a.query(textOf('Query.clientSession', `by: { token: ${q(of.openToken)} }`), {}, live.text);
    expect(answer.errors[0]?.extensions.code).toBe('SESSION_NOT_FOUND');
  });
});

describe('a browser is told nothing personal, and opens one door only:', () => {
  const doors: Readonly<Record<string, readonly string[]>> = {
    publishable: ['Query.baseConfig', 'Query.clientSession', 'Query.merchant'],
    session: ['Query.clientSession', 'Query.merchant'],
    nobody: [],
  };
  let before: Record<string, string[]>;

  beforeAll(async () => {
    // Looking at a session opens it, once.
    for (const token of [of.token, of.openToken])
      await a.query(`{ clientSession(by: { token: ${q(token)} }) { id } }`, {}, a.publishableKey);
    before = await rowsOf(a);
  });

  test.each(FIELDS.flatMap((field) => Object.keys(doors).map((viewer) => [viewer, field] as const)))(
    '%s at %s',
    async (viewer, field) => {
      const credential = viewer === 'publishable' ? a.publishableKey : viewer === 'session' ? of.openToken : null;
      for (const { args } of ATTACKS[field]?.(of) ?? []) {
        const answer = await a.query(textOf(field, args), {}, credential);
        expectNothingOf(PERSONAL, answer);
        const isDoor = doors[viewer]?.includes(field) === true;
        if (!isDoor)
          expect(answer.errors.map((error) => error.extensions.code)).toEqual([
            viewer === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN',
          ]);
      }
      expect(await rowsOf(a)).toEqual(before);
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
        const text = textOf('Query.clientSession', `by: { token: ${q(token)} }`, 4);
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
    Object.entries(await rowsOf(b)).filter(
      ([table, rows]) => rows.length > 0 && !['api_keys', 'provider_accounts'].includes(table),
    ),
  ).toEqual([]);
});
