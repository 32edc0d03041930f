import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { TEST_CARDS } from '../../src/bank/cards.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { createVault } from '../../src/kernel/secret.ts';
import { SCHEMES } from '../../src/merchant-webhooks/endpoint.ts';
import { signingKeys } from '../../src/merchant-webhooks/keys.ts';
import { createEndpoint, rotateSecret } from '../../src/merchant-webhooks/manage-endpoints.ts';
import { createMerchant } from '../../src/merchants/create-merchant.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { createKey, revokeKey } from '../../src/merchants/manage-keys.ts';
import { createSignInLink, signInWithKey, signInWithLink } from '../../src/merchants/manage-sign-ins.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import { createTestClock } from '../support/clock.ts';
import {
  type Answer,
  answerChallenge,
  CARDS,
  CHARGE,
  confirm,
  type Data,
  type Kind,
  must,
  newCode,
  PUBLIC_URL,
  READ_SESSION,
  REFUND,
  SETTLE,
  startInput,
  startText,
  testConfig,
  verifyText,
} from '../support/gateway.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

const PEOPLE = {
  billing: {
    billingFirstName: 'Zerafina',
    billingLastName: 'Quillfeather',
    billingEmail: 'zerafina@quill.example',
    billingPhone: '+12025550143',
    billingAddressCountry: 'US',
    billingAddressCity: 'Quillburgh',
    billingAddressLine1: '77 Plume Street',
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
  device: { deviceIp: '203.0.113.77', deviceId: 'device-quill' },
} as const;
const PERSONAL = Object.values(PEOPLE)
  .flatMap((person) => Object.values(person))
  .filter((text) => text.length > 2);
const CARD_NUMBERS = [...TEST_CARDS.map((card) => card.number), '4111111111111111', '4242 4242 4242 4242', '4242-4242-4242-4242'];

/** What a merchant's backend may write into its response. */
const RESPONSE = 'thank you, Zerafina of order 77, this was a pleasure';

const lines: string[] = [];
const encryptionKey = randomBytes(32);
/** Everything that opens something, by what it is. */
const secrets = new Map<string, string>();
let place: DatabasePlace;
let database: Database;
let app: App;
let secretKey: string;
let receiver: Receiver;
let clock: ReturnType<typeof createTestClock>;
let sessionIds: readonly string[];
/** Every row of every table, as text. */
let dump: string;

beforeAll(async () => {
  const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  place = await copyTemplate();
  database = await openDatabase({ ...place, poolSize: 5, log, durability: 'relaxed' });
  clock = createTestClock();
  app = createApp({ config: testConfig(), database, vault: createVault(encryptionKey), clock, log });
  receiver = await openReceiver();
  const webhookPath = await makeMerchant();
  sessionIds = await doBusiness();
  await makeTrouble(webhookPath);
  dump = await dumpTables();
});

let closing: Promise<void> | undefined;
const closeOnce = () => (closing ??= database.close());

afterAll(async () => {
  await Promise.all([closeOnce(), receiver.close()]);
  await place.remove();
});

/** @returns the path that the provider's webhooks come to */
async function makeMerchant(): Promise<string> {
  const { id: merchantId } = must(await createMerchant(app.deps, { name: 'Corner Shop', returnOrigins: [], publicId: null }));
  const scope = { merchantId, environment: 'TEST' } as const;
  const account = must(
    await addProviderAccount(app.deps, scope, { provider: 'EXAMPLE', label: 'bank', baseUrl: null, credentials: {} }),
  );
  for (const [name, kind, environment] of [
    ['secret key', 'SECRET', 'TEST'],
    ['publishable key', 'PUBLISHABLE', 'TEST'],
    ['live key', 'SECRET', 'LIVE'],
    ['revoked key', 'SECRET', 'TEST'],
  ] as const) {
    const made = must(await createKey(app.deps, { merchantId, environment }, { kind, label: name, expiresAt: null }));
    secrets.set(name, made.text);
    if (name === 'revoked key') must(await revokeKey(app.deps, { merchantId }, made.key.id));
  }
  secretKey = secrets.get('secret key') ?? '';
  const newLink = async (): Promise<string> => must(await createSignInLink(app.deps, scope)).code;
  const link = await newLink();
  secrets.set('unused sign-in link', await newLink()).set('sign-in link', link);
  secrets.set('sign-in by link', must(await signInWithLink(app.deps, link)).token);
  secrets.set('sign-in by key', must(await signInWithKey(app.deps, secretKey)).token);
  await makeEndpoints(scope);
  for (const name of ['webhookSecret', 'webhookPathSecret']) secrets.set(name, account.credentials[name] ?? '');
  return webhookPathOf(account);
}

/** Endpoints of both schemes, one with a secret before the last rotation. */
async function makeEndpoints(scope: MerchantScope): Promise<void> {
  receiver.respond((_message, response) => void response.writeHead(200).end(RESPONSE));
  const more = { description: null, eventTypes: [], ordering: 'NONE' } as const;
  const [shared, pair] = await Promise.all(
    SCHEMES.map(async (scheme) => must(await createEndpoint(app.deps, scope, { ...more, url: receiver.url, scheme }))),
  );
  const rotated = must(await rotateSecret(app.deps, scope, { id: shared?.endpoint.id ?? '', scheme: null, overlapHours: 168 }));
  secrets.set('webhook secret', rotated.secret ?? '').set('webhook secret before', shared?.secret ?? '');
  const [key = ''] = pair === undefined ? [] : signingKeys(app.deps.vault, pair.endpoint, clock.now());
  secrets.set('webhook key pair', key).set('response of the receiver', RESPONSE);
}

async function query(text: string, variables: Record<string, unknown> = {}, credential = secretKey): Promise<Answer> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${credential}` };
  const response = await app.fetch(
    new Request(`${PUBLIC_URL}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) }),
  );
  const answer = (await response.json()) as Partial<Answer>;
  return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] };
}

async function data(text: string, variables: Record<string, unknown>): Promise<Data> {
  const answer = await query(text, variables);
  if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

async function pass(durationMs: number): Promise<void> {
  clock.advance(durationMs);
  await app.jobs.runDue();
  await app.sender.runDue();
}

/** Sessions of every kind, with cards of every temper, and what follows from them. */
async function doBusiness(): Promise<readonly string[]> {
  const ids: string[] = [];
  const pay = async (kind: Kind, card: string): Promise<Data> => {
    const customer = { merchantInternalCustomerCode: `customer-${card.slice(-4)}` };
    const { session } = await data(
      startText(kind).replace('{ id token', '{ payload id token'),
      startInput(kind, { ...PEOPLE, customer, ...(kind === 'PAYMENT' ? { storePaymentMethod: true } : {}) }),
    );
    secrets
      .set(`token of ${kind} ${card.slice(-4)}`, session.token)
      .set(`client token of ${kind} ${card.slice(-4)}`, session.payload.clientToken);
    ids.push(session.id);
    // The provider's own token opens the same payment.
    const token = card === CARDS.approve ? session.payload.clientToken : session.token;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { status, body } = await confirm(app, token, card);
      if (body.status === 'requires_action') await answerChallenge(app, body.challengeUrl, 'approve');
      if (status === 200) break;
    }
    await pass(3 * SECOND_MS);
    return (await data(verifyText(kind), { by: { id: session.id } })).transaction;
  };
  for (const card of [
    CARDS.approve,
    CARDS.decline,
    CARDS.insufficientFunds,
    CARDS.challenge,
    CARDS.asyncApprove,
    CARDS.lostAfter,
    CARDS.noWebhook,
    '4000009900000053',
    '4000009900000061',
  ]) {
    const payment = await pay('PAYMENT', card);
    if (payment.status !== 'SUCCEEDED') continue;
    await data(REFUND, { by: { id: payment.id }, amount: '100', key: newCode('key') });
    const charge = {
      paymentMethodId: payment.paymentMethod.id,
      merchantInternalTransactionCode: newCode('charge'),
      amount: '500',
      currency: 'USD',
    };
    await data(CHARGE, { data: charge });
  }
  const held = await pay('AUTHORIZATION', CARDS.lostBefore);
  await data(SETTLE, { by: { id: held.id }, amount: '500' });
  await pay('ADD_PAYMENT_METHOD', CARDS.approve);
  await pass(MINUTE_MS);
  return ids;
}

/** What people and programs do wrong, with something secret or personal in hand. */
async function makeTrouble(webhookPath: string): Promise<void> {
  const token = secrets.get('token of PAYMENT 4242') ?? '';
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    app.fetch(
      new Request(`${PUBLIC_URL}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }),
    );
  const bad = { ...PEOPLE.billing, billingFirstName: CARD_NUMBERS.at(-1), billingEmail: `${PERSONAL[2]} (home)` };
  expect(
    (await query(startText('PAYMENT'), startInput('PAYMENT', { billing: bad, metadata: { card: CARD_NUMBERS.at(-2) } })))
      .errors[0]?.extensions.code,
  ).toBe('BAD_USER_INPUT');
  expect((await query('{ merchant { name } }', {}, `${secretKey.slice(0, -1)}x`)).errors[0]?.extensions.code).toBe(
    'UNAUTHENTICATED',
  );
  expect((await query('{ merchant { name } }', {}, secrets.get('revoked key') ?? '')).errors[0]?.extensions.code).toBe(
    'UNAUTHENTICATED',
  );
  expect((await query(READ_SESSION, { by: { token } }, secrets.get('publishable key') ?? '')).errors).toEqual([]);
  const byGet = `{ clientSession(by: { token: ${JSON.stringify(token)} }) { id } }`;
  expect(
    (
      await app.fetch(
        new Request(`${PUBLIC_URL}/graphql?query=${encodeURIComponent(byGet)}`, {
          headers: { authorization: `Bearer ${secretKey}` },
        }),
      )
    ).status,
  ).toBe(200);
  const open = (await data(startText('PAYMENT'), startInput('PAYMENT', { ...PEOPLE }))).session;
  secrets.set('open token', open.token);
  expect((await confirm(app, open.token, '4111111111111111')).status).toBe(400);
  expect((await post(webhookPath, '{}')).status).toBe(401);
  expect((await post(webhookPath, '{}', { 'example-signature': `t=1,v1=${'0'.repeat(64)}` })).status).toBe(401);
  expect((await post(`${webhookPath.slice(0, -2)}zz`, '{}')).status).toBe(404);
  for (const value of [token, secretKey, '4242424242424242', PERSONAL[2]])
    expect((await post(`/nowhere/${value}`, '{')).status).toBe(404);
  expect((await post('/graphql', JSON.stringify({ query: `{ ${secretKey} ${token} }` }))).status).toBe(200);
  // A failure deep inside, whose own words repeat the values that it failed on.
  const row = {
    ...app.deps,
    id: 'no id',
    merchantId: 'none',
    environment: 'TEST',
    code: secretKey,
    contact: PEOPLE.billing,
    createdAt: clock.now(),
    updatedAt: clock.now(),
  };
  const { id, merchantId, environment, code, contact, createdAt, updatedAt } = row;
  const failure = await database.client.customer
    .create({ data: { id, merchantId, environment, code, contact, createdAt, updatedAt } })
    .catch((error: unknown) => error);
  app.deps.log.error({ error: failure }, 'a customer was not stored');
}

async function dumpTables(): Promise<string> {
  const tables = await database.client.$queryRaw<{ name: string }[]>`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`;
  expect(tables.length).toBeGreaterThan(14);
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await database.client.$queryRawUnsafe<{ text: string }[]>(`SELECT t::text AS text FROM ${name} t`);
    texts.push(...rows.map((row) => row.text));
  }
  return texts.join('\n');
}

/** The ways in which a secret could be written down and still be used. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.replace(/^[a-z]+_(test_|live_|tok_)?/, ''),
    bytes.toString('hex'),
    bytes.toString('base64').slice(0, -4),
    bytes.toString('base64url').slice(0, -4),
  ];
}

/** The names of the secrets that stand in the text: never the secrets themselves, as this may be printed. */
function findSecrets(text: string): string[] {
  return [...secrets].filter(([, secret]) => formsOf(secret).some((form) => text.includes(form))).map(([name]) => name);
}

function findCards(text: string): string[] {
  return CARD_NUMBERS.filter((number) => formsOf(number).some((form) => text.includes(form)));
}

async function readFiles(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1'));
  return (await Promise.all(files)).join('\n');
}

const encryptionKeyForms = () => [
  encryptionKey.toString('hex'),
  encryptionKey.toString('base64').slice(0, -2),
  encryptionKey.toString('base64url'),
  encryptionKey.toString('latin1'),
];

test('every kind of secret was there to be found', () => {
  const all = [...secrets.values()];
  for (const prefix of ['sk_test_', 'sk_live_', 'pk_test_', 'cst_', 'exm_tok_', 'whsec_', 'whsk_', 'whp_'])
    expect(all.filter((secret) => secret.startsWith(prefix))).not.toEqual([]);
  expect(all.every((secret) => secret.length > 40)).toBe(true);
  expect(new Set(all).size).toBeGreaterThan(25);
});

describe('the database', () => {
  test('holds what was done', () => {
    for (const id of sessionIds) expect(dump).toContain(id);
    expect(dump).toContain('Quillfeather');
  });

  test('holds no key, token, client token, webhook secret or path that could be used', () => {
    expect(findSecrets(dump)).toEqual([]);
    expect(encryptionKeyForms().filter((form) => dump.includes(form))).toEqual([]);
  });

  test('holds no card number', () => {
    expect(findCards(dump)).toEqual([]);
  });

  test('forgets the request of an operation that is done', async () => {
    const operations = await database.client.operation.findMany({ select: { state: true, request: true } });
    expect(operations.length).toBeGreaterThan(20);
    expect(operations.filter((operation) => operation.state === 'DONE' && operation.request !== null)).toEqual([]);
  });
});

describe('the log', () => {
  test('tells of the run at every level', () => {
    const levels = new Set(lines.map((line) => (JSON.parse(line) as { level: string }).level));
    expect([...levels]).toEqual(expect.arrayContaining(['info', 'warn', 'error']));
    expect(lines.length).toBeGreaterThan(100);
  });

  test('holds no key, token or secret', () => {
    expect(findSecrets(lines.join('\n'))).toEqual([]);
    expect(lines.filter((line) => /(?:cst|whp|whsec|[sp]k_test|[sp]k_live|exm_tok)_[\w-]{8}/.test(line))).toEqual([]);
  });

  test('holds no name, address, mail, phone or other personal data', () => {
    const text = lines.join('\n').toLowerCase();
    expect(PERSONAL.filter((value) => text.includes(value.toLowerCase()))).toEqual([]);
  });

  test('holds no card number', () => {
    expect(findCards(lines.join('\n'))).toEqual([]);
  });
});

// Last, as it closes the database.
test('the files of the embedded database hold none of it either, with all that was ever written to them', async ({ skip }) => {
  skip(!database.isEmbedded, "a server's files belong to its administrator");
  await closeOnce();
  const files = await readFiles(place.dataDir);
  expect(files).toContain('Quillfeather');
  expect(findSecrets(files)).toEqual([]);
  expect(findCards(files)).toEqual([]);
  expect(encryptionKeyForms().filter((form) => files.includes(form))).toEqual([]);
});
