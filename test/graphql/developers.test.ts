import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createKey } from '../../src/merchants/manage-keys.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Gateway,
  must,
  openGateway,
  paid,
  start,
  type TestMerchant,
} from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const CREATE = `mutation C($data: CreateApiKeyInput!) { createApiKey(data: $data) { text apiKey { id kind hint label isCurrent expiresAt } } }`;
const REVOKE = `mutation R($id: ID!) { revokeApiKey(id: $id) { id revokedAt } }`;
const KEYS = '{ apiKeys { id kind hint label isCurrent createdAt expiresAt revokedAt lastUsedAt } }';

describe('keys', () => {
  test('are made, shown once, used, and ended', async () => {
    const { text, apiKey } = (await merchant.data(CREATE, { data: { kind: 'SECRET', label: 'new backend' } })).createApiKey;
    expect(text).toMatch(/^sk_test_[\w-]{43}$/);
    expect(apiKey).toMatchObject({ kind: 'SECRET', label: 'new backend', isCurrent: false, expiresAt: null });
    expect(text.endsWith(apiKey.hint.slice(-4))).toBe(true);
    const listed = await merchant.query(KEYS, {}, text);
    expect(JSON.stringify(listed)).not.toContain(text);
    expect(listed.data.apiKeys.find((key: Data) => key.isCurrent).id).toBe(apiKey.id);

    const { revokedAt } = (await merchant.data(REVOKE, { id: apiKey.id })).revokeApiKey;
    expect(revokedAt).toBe(gateway.clock.now().toISOString());
    expect((await merchant.query(KEYS, {}, text)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    gateway.clock.advance(MINUTE_MS);
    expect((await merchant.data(REVOKE, { id: apiKey.id })).revokeApiKey.revokedAt).toBe(revokedAt);
    const kept = (await merchant.data(KEYS)).apiKeys.find((key: Data) => key.id === apiKey.id);
    expect(kept).toMatchObject({ revokedAt, lastUsedAt: expect.stringMatching(/Z$/) });
  });

  test('of the other side are neither listed nor ended', async () => {
    const scope = { ...merchant.scope, environment: 'LIVE' } as const;
    const live = must(await createKey(gateway.app.deps, scope, { kind: 'SECRET', label: 'live', expiresAt: null }));
    expect((await merchant.data(KEYS)).apiKeys.map(({ id }: Data) => id)).not.toContain(live.key.id);
    expect(await merchant.code(REVOKE, { id: live.key.id })).toBe('API_KEY_NOT_FOUND');
    const seen = await merchant.query(KEYS, {}, live.text);
    expect(seen.data.apiKeys.map(({ hint }: Data) => hint.slice(0, 8))).toEqual(['sk_live_']);
    expect((await merchant.query(CREATE, { data: { kind: 'SECRET' } }, live.text)).data.createApiKey.text).toMatch(/^sk_live_/);
  });

  test('end by themselves when they were told to', async () => {
    const expiresAt = new Date(gateway.clock.now().getTime() + DAY_MS).toISOString();
    const { text, apiKey } = (await merchant.data(CREATE, { data: { kind: 'PUBLISHABLE', expiresAt } })).createApiKey;
    expect(apiKey.expiresAt).toBe(expiresAt);
    expect((await merchant.query('{ merchant { name } }', {}, text)).errors).toEqual([]);
    gateway.clock.advance(DAY_MS);
    expect((await merchant.query('{ merchant { name } }', {}, text)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['an expiry in the past', { kind: 'SECRET', expiresAt: '2001-01-01T00:00:00Z' }, 'data.expiresAt'],
    ['a label that is too long', { kind: 'SECRET', label: 'x'.repeat(101) }, 'data.label'],
    ['a card number as label', { kind: 'SECRET', label: 'card 4242 4242 4242 4242' }, 'data.label'],
    ['an unknown kind', { kind: 'MASTER' }, 'data.kind'],
  ])('with %s are not made', async (_what, data, path) => {
    const before = (await merchant.data(KEYS)).apiKeys.length;
    const { errors } = await merchant.query(CREATE, { data });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', issues: [{ path: path.split('.') }] });
    expect((await merchant.data(KEYS)).apiKeys).toHaveLength(before);
  });
});

describe('the operations of a session or transaction', () => {
  test('are its newest fifty, however many others have', async () => {
    const shop = await gateway.newMerchant();
    const [busy, calm] = [await start(shop, 'PAYMENT'), await start(shop, 'PAYMENT')];
    await gateway.database.client.$executeRaw`
      INSERT INTO operations (id, merchant_id, environment, provider_account_id, kind, subject_id, request_fingerprint, idempotency_key, state,
        attempts, done_at, created_at, updated_at)
      SELECT gen_random_uuid(), merchant_id, environment, provider_account_id, 'CANCEL', subject_id, 'x', 'n-' || n, 'DONE', 1, created_at,
        created_at + n * interval '1 second', created_at
      FROM operations, generate_series(1, 1200) AS n WHERE subject_id = ${busy.id}::uuid`;
    const LIST = '{ clientSessions { edges { node { id operations { kind idempotencyKey } } } } }';
    const nodes: Data[] = (await shop.data(LIST)).clientSessions.edges.map(({ node }: Data) => node);
    const of = (session: Data): Data[] => nodes.find(({ id }) => id === session.id).operations;
    expect(of(calm).map(({ kind }) => kind)).toEqual(['START']);
    expect(of(busy).map(({ idempotencyKey }) => idempotencyKey)).toEqual(Array.from({ length: 50 }, (_, n) => `n-${1_151 + n}`));
  });
});

describe('provider accounts', () => {
  const ACCOUNTS = `{ providerAccounts { id transactionProvider label status isDefault baseUrl webhookUrl lastWebhookAt
    unansweredOperations parkedOperations rejectedWebhooks { reason count firstAt lastAt } } }`;
  const CHECK = 'mutation C($id: ID!) { checkProviderAccount(id: $id) { isAccepted finding checkedAt } }';
  const read = async (of: TestMerchant): Promise<Data> => (await of.data(ACCOUNTS)).providerAccounts[0];

  test('are shown without a credential, with the address for webhooks', async () => {
    const shop = await gateway.newMerchant();
    const account = await read(shop);
    expect(account).toMatchObject({
      id: shop.accountId,
      transactionProvider: 'EXAMPLE',
      label: 'test bank',
      status: 'ENABLED',
      isDefault: true,
      webhookUrl: expect.stringMatching(/\/webhooks\/example\/whp_[\w-]{43}$/),
      lastWebhookAt: null,
      unansweredOperations: 0,
      parkedOperations: 0,
      rejectedWebhooks: [],
    });
  });

  test('tell how they fare: what came, what was refused, and what has no answer', async () => {
    const shop = await gateway.newMerchant();
    await paid(gateway, shop);
    await gateway.pass(2 * SECOND_MS);
    const { lastWebhookAt, webhookUrl } = await read(shop);
    expect(lastWebhookAt).toBe(gateway.clock.now().toISOString());
    const post = (headers: Record<string, string> = {}) =>
      gateway.app.fetch(new Request(webhookUrl, { method: 'POST', body: '{}', headers }));
    const firstAt = gateway.clock.now().toISOString();
    await post();
    gateway.clock.advance(MINUTE_MS);
    await Promise.all([post(), post()]);
    const seconds = Math.floor(gateway.clock.now().getTime() / 1_000);
    await post({ 'example-signature': `t=${seconds},v1=${'0'.repeat(64)}` });
    const lastAt = gateway.clock.now().toISOString();
    expect((await read(shop)).rejectedWebhooks).toEqual([
      { reason: 'UNSIGNED', count: 3, firstAt, lastAt },
      { reason: 'WRONG_SIGNATURE', count: 1, firstAt: lastAt, lastAt },
    ]);
    const lost = await start(shop, 'AUTHORIZATION');
    await confirm(gateway.app, lost.token, CARDS.lostAfter);
    const { id } = (
      await shop.data('mutation V($by: ClientSessionSelector!) { verifyAuthorizationSession(by: $by) { id } }', {
        by: { id: lost.id },
      })
    ).verifyAuthorizationSession;
    const SETTLE =
      'mutation S($by: TransactionSelector!) { settleAuthorization(by: $by) { id status operations { kind state attempts request lastFailure doneAt idempotencyKey } } }';
    const settle = (await shop.data(SETTLE, { by: { id } })).settleAuthorization;
    expect(settle.status).toBe('UNKNOWN');
    expect(settle.operations).toEqual([
      {
        kind: 'SETTLE',
        state: 'UNKNOWN',
        attempts: 1,
        doneAt: null,
        idempotencyKey: expect.any(String),
        lastFailure: expect.any(String),
        request: { money: { amountMinor: '10000', currency: 'USD' }, providerCode: expect.any(String), transactionId: settle.id },
      },
    ]);
    expect((await read(shop)).unansweredOperations).toBe(1);
    await gateway.pass(MINUTE_MS);
    expect((await read(shop)).unansweredOperations).toBe(0);
  });

  test('are asked about at the provider', async () => {
    const { checkProviderAccount } = await merchant.data(CHECK, { id: merchant.accountId });
    expect(checkProviderAccount).toEqual({
      isAccepted: true,
      finding: expect.stringContaining('accepts'),
      checkedAt: gateway.clock.now().toISOString(),
    });
    expect(await merchant.code(CHECK, { id: 'none' })).toBe('PROVIDER_ACCOUNT_NOT_FOUND');
  });
});

describe('what a provider was asked about a session', () => {
  test('is told without the payer’s data, and only to the merchant', async () => {
    const text =
      'query S($by: ClientSessionSelector!) { clientSession(by: $by) { operations { kind state attempts request doneAt } } }';
    const session = await start(merchant, 'PAYMENT');
    expect((await merchant.data(text, { by: { id: session.id } })).clientSession.operations).toEqual([
      { kind: 'START', state: 'DONE', attempts: 1, request: null, doneAt: expect.any(String) },
    ]);
    const asBrowser = await merchant.query(text, { by: { token: session.token } }, session.token);
    expect(asBrowser.data.clientSession.operations).toEqual([]);
  });
});

describe('received webhooks', () => {
  test('are listed newest first with what became of them, page by page', async () => {
    const shop = await gateway.newMerchant();
    for (let index = 0; index < 3; index += 1) {
      await paid(gateway, shop);
      await gateway.pass(5 * SECOND_MS);
    }
    const text = `query W($first: Int, $after: String) { receivedWebhooks(first: $first, after: $after) { totalCount
      edges { node { id type verdict deliveries eventId providerCodes transactionProviderId receivedAt processedAt } }
      pageInfo { hasNextPage endCursor } } }`;
    const first = (await shop.data(text, { first: 2 })).receivedWebhooks;
    const rest = (await shop.data(text, { first: 100, after: first.pageInfo.endCursor })).receivedWebhooks;
    const nodes = [...first.edges, ...rest.edges].map(({ node }: Data) => node);
    expect(nodes).toHaveLength(first.totalCount);
    expect(nodes.length).toBeGreaterThanOrEqual(3);
    expect(nodes.map(({ receivedAt }: Data) => receivedAt)).toEqual(
      nodes
        .map(({ receivedAt }: Data) => receivedAt)
        .sort()
        .reverse(),
    );
    expect(nodes[0]).toMatchObject({
      verdict: 'PROCESSED',
      deliveries: 1,
      transactionProviderId: shop.accountId,
      processedAt: expect.stringMatching(/Z$/),
    });
    expect(new Set(nodes.map(({ id }: Data) => id)).size).toBe(nodes.length);
  });
});
