import { type GraphQLArgument, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/accrupay/schema.ts';
import { CARDS, confirm, type Data, type Gateway, newCode, openGateway, start, type TestMerchant } from '../support/gateway.ts';
import { ask } from './ask.ts';
import { BEYOND, CONTRACT, DEPRECATED_FIELDS } from './contract.ts';

/** The root fields and arguments of the contract, above all the deprecated ones, which no SDK sends. */

const FIELDS = ['Query', 'Mutation'].flatMap((root) => {
  const type = schema.getType(root);
  if (!isObjectType(type)) throw new Error(`${root} is not an object.`);
  return Object.values(type.getFields()).map((field) => [`${root}.${field.name}`, field] as const);
});

const writtenAs = (argument: GraphQLArgument): string =>
  `${argument.deprecationReason == null ? '' : '~'}${argument.name}: ${String(argument.type)}`;

describe('the root fields', () => {
  test('are those of the contract', () => {
    expect(FIELDS.map(([name]) => name).sort()).toEqual(Object.keys(CONTRACT).sort());
  });

  test.each(FIELDS)('take the arguments of the contract: %s', (name, field) => {
    const wanted = [...(CONTRACT[name] ?? '').split(/,\s*/).filter((text) => text !== ''), ...(BEYOND[name] ?? [])];
    expect(field.args.map(writtenAs).sort()).toEqual(wanted.sort());
  });

  test('are deprecated where the contract says so', () => {
    const deprecated = FIELDS.filter(([, field]) => field.deprecationReason != null).map(([name]) => name);
    expect(deprecated.sort()).toEqual(DEPRECATED_FIELDS);
  });
});

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const BILLING =
  'billing: { billingFirstName: "Jane", billingLastName: "Smith", billingEmail: "jane@example.com", billingAddressCountry: US }';

type Kind = 'Payment' | 'Authorization';

interface Named {
  readonly kind: Kind;
  readonly session: { readonly id: string; readonly token: string };
  readonly transaction: string;
}

async function send(text: string, secret: string | null = merchant.secretKey): Promise<{ data: Data; code: string | null }> {
  const { status, data, errors } = await ask(gateway, { text, secret });
  expect(status).toBe(200);
  return { data: data && Object.values(data)[0], code: errors[0]?.extensions.code ?? null };
}

async function open(kind: Kind): Promise<Named['session']> {
  const field = { Payment: 'PaymentSessionStartV2', Authorization: 'AuthorizationSessionStart' }[kind];
  const shown = { Payment: 'id token', Authorization: 'session { id token }' }[kind];
  const data = `{ merchantInternalTransactionCode: "${newCode()}", amount: "10000", currency: USD, storePaymentMethod: false, ${BILLING} }`;
  const started = await send(`mutation { merchantApiClientTransaction${field}(data: ${data}) { ${shown} } }`);
  return started.data.session ?? started.data;
}

const verify = (kind: Kind, names: string) => {
  const shown = { Payment: 'id clientTransactionSessionId', Authorization: 'session { id } transactions { id }' }[kind];
  return send(`mutation { merchantApiClientTransaction${kind}SessionVerify(${names}) { ${shown} } }`);
};

async function complete(kind: Kind = 'Payment'): Promise<Named> {
  const session = await open(kind);
  await confirm(gateway.app, session.token, CARDS.approve);
  const { data } = await verify(kind, `id: "${session.id}"`);
  return { kind, session, transaction: data.id ?? data.transactions[0].id };
}

describe('code, the older name of the id,', () => {
  test('names a session, and must agree with its id', async () => {
    const [one, other] = [await complete(), await complete('Authorization')];
    const read = (names: string) => send(`{ merchantApiClientTransactionSession(${names}) { id } }`);
    for (const { kind, session } of [one, other]) {
      expect((await read(`code: "${session.id}"`)).data).toEqual({ id: session.id });
      expect((await read(`code: "${session.id}", id: "${session.id}"`)).data).toEqual({ id: session.id });
      const { data } = await verify(kind, `code: "${session.id}"`);
      expect(data.clientTransactionSessionId ?? data.session.id).toBe(session.id);
    }
    const mixed = `code: "${one.session.id}", id: "${other.session.id}"`;
    expect((await read(mixed)).code).toBe('@session/NOT_FOUND');
    expect((await verify('Payment', mixed)).code).toBe('@session/NOT_FOUND');
    expect((await verify('Authorization', mixed)).code).toBe('@session/NOT_FOUND');
    expect((await read('code: null')).code).toMatch(/^@input/);
  });
});

/** Every field that names a transaction, with what else it needs. */
const CALLS: readonly [field: string, kind: Kind, (names: string) => string][] = [
  ['merchantApiTransaction', 'Payment', (names) => `{ merchantApiTransaction(${names}) { id } }`],
  [
    'merchantApiTransactionSyncOne',
    'Payment',
    (names) =>
      `mutation { merchantApiTransactionSyncOne(merchantTransactionProviderId: "${merchant.accountId}", ${names}) { id } }`,
  ],
  [
    'merchantApiTransactionRefund',
    'Payment',
    (names) => `mutation { merchantApiTransactionRefund(amount: "100", ${names}) { relatedTransaction { id } } }`,
  ],
  [
    'merchantApiTransactionVoid',
    'Authorization',
    (names) => `mutation { merchantApiTransactionVoid(${names}) { relatedTransaction { id } } }`,
  ],
  [
    'merchantApiTransactionAuthorizationVoid',
    'Authorization',
    (names) => `mutation { merchantApiTransactionAuthorizationVoid(${names}) { transaction { relatedTransaction { id } } } }`,
  ],
  [
    'merchantApiTransactionAuthorizationSettle',
    'Authorization',
    (names) =>
      `mutation { merchantApiTransactionAuthorizationSettle(amount: "100", ${names}) { transaction { relatedTransaction { id } } } }`,
  ],
];

describe('code and token, older names of a transaction,', () => {
  test.each(CALLS)('name it for %s', async (_field, kind, write) => {
    for (const name of ['code', 'token']) {
      const { session, transaction } = await complete(kind);
      const value = name === 'code' ? transaction : session.token;
      expect(JSON.stringify(await send(write(`${name}: "${value}"`)))).toContain(transaction);
    }
  });

  test.each(CALLS)('must agree with the id for %s, or nothing is done', async (_field, kind, write) => {
    const [one, other] = [await complete(kind), await complete(kind)];
    const waiting = await open(kind);
    for (const names of [
      `id: "${one.transaction}", code: "${other.transaction}"`,
      `id: "${one.transaction}", token: "${other.session.token}"`,
      `code: "${one.transaction}", token: "${other.session.token}"`,
      `id: "${one.transaction}", token: "unknown"`,
      `token: "${waiting.token}"`,
      'token: "unknown"',
    ]) {
      expect((await send(write(names))).code).toBe('@transaction/NOT_FOUND');
    }
    const agreeing = `id: "${one.transaction}", code: "${one.transaction}", token: "${one.session.token}"`;
    expect(JSON.stringify(await send(write(agreeing)))).toContain(one.transaction);
  });

  test('beside a refund only compare, as its code does', async () => {
    const { session, transaction } = await complete();
    const refunded = await send(`mutation { merchantApiTransactionRefund(amount: "100", id: "${transaction}") { id } }`);
    const read = (names: string) => send(`{ merchantApiTransaction(${names}) { id } }`);
    expect((await read(`id: "${refunded.data.id}", token: "${session.token}"`)).data).toEqual(refunded.data);
    expect((await read(`token: "${session.token}"`)).data.id).toBe(transaction);
  });

  test('filter the list, and must agree with the newer names', async () => {
    const [one, other] = [await complete(), await complete()];
    const list = async (filter: string) => {
      const { data } = await send(`{ merchantApiTransactions(${filter}) { totalCount edges { node { id } } } }`);
      expect(data.totalCount).toBe(data.edges.length);
      return data.edges.map(({ node }: Data) => node.id);
    };
    expect(await list(`code: "${one.transaction}"`)).toEqual([one.transaction]);
    expect(await list(`token: "${one.session.token}"`)).toEqual([one.transaction]);
    const agreeing = `id: "${one.transaction}", clientTransactionSessionId: "${one.session.id}"`;
    expect(await list(`${agreeing}, code: "${one.transaction}", token: "${one.session.token}"`)).toEqual([one.transaction]);
    expect(await list(`id: "${one.transaction}", code: "${other.transaction}"`)).toEqual([]);
    expect(await list(`clientTransactionSessionId: "${one.session.id}", token: "${other.session.token}"`)).toEqual([]);
    expect(await list(`token: "${one.session.id}"`)).toEqual([]);
  });
});

describe('the deprecated queries of the base config', () => {
  const SHOWN = '__typename ... on MerchantClientTransactionGenericPreSessionData { provider publicKey }';
  const EXAMPLE = { __typename: 'MerchantClientTransactionGenericPreSessionData', provider: 'EXAMPLE', publicKey: null };

  test('return it to the merchant', async () => {
    const read = (routing: string, secret?: string | null) =>
      send(`{ merchantApiClientGetPreSessionData${routing} { ${SHOWN} } }`, secret);
    expect((await read('')).data).toEqual(EXAMPLE);
    expect((await read(`(merchantTransactionProviderId: "${merchant.accountId}", transactionProvider: EXAMPLE)`)).data).toEqual(
      EXAMPLE,
    );
    expect((await read('(transactionProvider: NUVEI)')).code).toBe('@provider/NOT_FOUND');
    expect((await read('', null)).code).toBe('UNAUTHENTICATED');
  });

  test('return it to the browser of a session of this dialect, whose code is its id', async () => {
    const read = (id: string, code = id, publicId = merchant.publicId) => {
      const named = `merchantPublicId: "${publicId}", transactionCode: "${code}", transactionId: "${id}"`;
      return send(`{ clientPublicTransactionGetPreSessionData(${named}) { ${SHOWN} } }`, null);
    };
    const session = await open('Payment');
    const elsewhere = await start(merchant, 'PAYMENT');
    expect((await read(session.id)).data).toEqual(EXAMPLE);
    expect((await read(session.id, newCode())).code).toBe('@session/NOT_FOUND');
    expect((await read(session.id, session.id, newCode())).code).toBe('@session/NOT_FOUND');
    expect((await read(elsewhere.id)).code).toBe('@session/NOT_FOUND');
  });
});
