import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';
import { expect, vi } from 'vitest';
import type { Belongings, Call } from '../graphql/attacks.ts';
import {
  type Answer,
  CHARGE,
  type Data,
  type Gateway,
  newCode,
  openGateway,
  paid,
  REFUND,
  start,
  type TestMerchant,
} from './gateway.ts';

/** Nobody else may ever see any of this. */
export const PEOPLE = {
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
    billingAddressPostalCode: 'QB-90817',
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
export const PERSONAL = Object.values(PEOPLE)
  .flatMap((person) => Object.values(person))
  .filter((text) => text.length > 2 && text !== 'US-NY');

/** A merchant with one of everything, made through the native API, that an outsider tries to get at. */
export interface Target {
  readonly gateway: Gateway;
  readonly a: TestMerchant;
  /** What of A's an outsider could try to use. */
  readonly of: Belongings;
}

const EVENTS_SEEN_MS_MAX = 30_000;

export async function openTarget(): Promise<Target> {
  const gateway = await openGateway();
  const a = await gateway.newMerchant();
  // Nothing listens there: what is to be sent waits for its next attempt.
  const { created } = await a.data(`mutation {
    created: createWebhookEndpoint(data: { url: "http://127.0.0.1:10010/", description: "orders of the shop" }) { endpoint { id } }
  }`);
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
    paymentMethods { edges { cursor } } apiKeys { id } }`);
  await gateway.pass(5_000);
  // An event is seen once no older writing transaction of the whole server is open, also one of another test.
  const { events } = await vi.waitFor(async () => {
    const seen = await a.data('{ events { edges { cursor } } }');
    if (seen.events.edges.length === 0) throw new Error('No event is seen yet.');
    return seen;
  }, EVENTS_SEEN_MS_MAX);
  const { receivedWebhooks, webhookDeliveries } = await a.data(`{
    receivedWebhooks { edges { cursor } } webhookDeliveries { edges { cursor node { id } } }
  }`);
  const of: Belongings = {
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
    eventCursor: events.edges[0].cursor,
    apiKey: lists.apiKeys[0].id,
    webhookCursor: receivedWebhooks.edges[0].cursor,
    endpoint: created.endpoint.id,
    delivery: webhookDeliveries.edges[0].node.id,
    deliveryCursor: webhookDeliveries.edges[0].cursor,
  };
  return { gateway, a, of };
}

/** How a dialect is asked, and in which words it refuses. */
export interface Dialect {
  readonly schema: GraphQLSchema;
  readonly attacks: Readonly<Record<string, (of: Belongings) => readonly Call[]>>;
  ask(target: Target, text: string, credential: string | null): Promise<Answer>;
  /** What an outsider without a provider account is told where it names one by provider, or not at all. */
  readonly noAccount: string;
  needsAccount(args: string, field: string): boolean;
  /** Whether the arguments filter a list by something of A's. */
  filters(args: string): boolean;
}

export function fieldsOfRoots(schema: GraphQLSchema): readonly string[] {
  return ['Query', 'Mutation', 'Subscription'].flatMap((root) =>
    Object.keys(fieldsOf(schema.getType(root))).map((name) => `${root}.${name}`),
  );
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
    if (isUnionType(named)) return depth === 0 ? [] : [`${field.name} { __typename }`];
    if (depth === 0 || open.includes(named.name)) return [];
    return [`${field.name} ${everything(named, depth - 1, [...open, type.name])}`];
  });
  const kinds = isInterfaceType(type)
    ? '... on PaymentSession { amount storePaymentMethod } ... on AuthorizationSession { amount storePaymentMethod }'
    : '';
  return `{ __typename ${inner.join(' ')} ${kinds} }`;
}

export function textOf({ schema }: Pick<Dialect, 'schema'>, field: string, args: string, depth = 1): string {
  const [root = '', name = ''] = field.split('.');
  const type = getNamedType(fieldsOf(schema.getType(root))[name]?.type);
  if (type === undefined) throw new Error(`${field} is not in the schema.`);
  return `${root.toLowerCase()} { ${name}${args.trim() === '' ? '' : `(${args})`} ${isCompositeType(type) ? everything(type, depth) : ''} }`;
}

/** All rows of a merchant, of the whole database, with the bank's rows of its accounts. */
export async function rowsOf(gateway: Gateway, merchant: TestMerchant): Promise<Record<string, string[]>> {
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
export function marksOf(rows: Record<string, string[]>): readonly string[] {
  const text = Object.values(rows).flat().join('\n');
  return [...new Set(text.match(/[0-9a-f]{8}-[0-9a-f-]{27}|exm_[\w-]{20,}|(?:order|customer|charge)-[0-9a-f-]{36}/g) ?? [])];
}

export interface Outsider {
  readonly credential: string;
  /** Everything of A's that the outsider may not know. */
  readonly marks: readonly string[];
  /** Whether starts through its own account are answered. */
  readonly hasAccount: boolean;
}

/** Tries a field in every way that is known, and finds nothing of A's in any answer. */
export async function attack(
  dialect: Dialect,
  target: Target,
  { outsider, field }: { outsider: Outsider; field: string },
): Promise<void> {
  const { marks } = outsider;
  const { of } = target;
  expect(marks.length).toBeGreaterThan(30);
  for (const { args, code } of dialect.attacks[field]?.(of) ?? []) {
    const answer = await dialect.ask(target, textOf(dialect, field, args, code === null ? 3 : 1), outsider.credential);
    const isWithoutAccount = code === null && !outsider.hasAccount && dialect.needsAccount(args, field);
    const expected = isWithoutAccount ? dialect.noAccount : code;
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
    if (code === null && /Query\.\w+s$/.test(field) && dialect.filters(args)) expectEmpty(answer);
  }
}

export function expectNothingOf(marks: readonly string[], answer: Answer): void {
  const text = JSON.stringify(answer);
  expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
}

/** A filter by something of A's finds nothing, and says so. */
function expectEmpty(answer: Answer): void {
  const [list] = Object.values(answer.data as Record<string, Data>);
  expect(list).toMatchObject({ edges: [], totalCount: 0 });
}
