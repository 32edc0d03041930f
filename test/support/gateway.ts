import { randomUUID } from 'node:crypto';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { Result } from '../../src/kernel/result.ts';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { createMerchant } from '../../src/merchants/create-merchant.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { createKey } from '../../src/merchants/manage-keys.ts';
import { overPort } from './over-port.ts';
import { openWorld, type World } from './world.ts';

export const PUBLIC_URL = 'http://gateway.test';
export const CARDS = {
  approve: '4242424242424242',
  decline: '4000000000000002',
  insufficientFunds: '4000000000009995',
  challenge: '4000000000003220',
  challengeThenDecline: '4000008400001629',
  asyncApprove: '4000009900000012',
  asyncDecline: '4000009900000020',
  lostAfter: '4000009900000038',
  lostBefore: '4000009900000046',
  captureFails: '4000009900000079',
  holdExpires: '4000009900000087',
  noWebhook: '4000009900000111',
} as const;

/** A gateway on a database of its own: the whole app without a port, a clock that stands still, jobs that run when told. */
export interface Gateway extends World {
  readonly app: App;
  /** A merchant of its own with keys and an EXAMPLE account: tests keep apart by it. */
  newMerchant(options?: { returnOrigins?: readonly string[] }): Promise<TestMerchant>;
  /** Moves the clock and does everything that has become due. */
  pass(durationMs: number): Promise<void>;
}

export interface WireError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly issues?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
    readonly details?: Readonly<Record<string, string>>;
    readonly requestId?: string;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are as free as the queries of the tests
export type Data = any;

export interface Answer {
  readonly status: number;
  readonly data: Data;
  readonly errors: readonly WireError[];
}

export interface TestMerchant {
  readonly scope: MerchantScope;
  readonly publicId: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly accountId: string;
  /** Sends a query with the secret key, or with the credential given. */
  query(text: string, variables?: Record<string, unknown>, credential?: string | null): Promise<Answer>;
  /** The data of a query that must not fail. */
  data(text: string, variables?: Record<string, unknown>): Promise<Data>;
  /** The code of the one error that a query must give. */
  code(text: string, variables?: Record<string, unknown>): Promise<string>;
}

export async function openGateway(
  options: { config?: Partial<Config> } & Pick<AppOptions, 'onStep' | 'wrapProvider' | 'streamLimits' | 'sending'> = {},
): Promise<Gateway> {
  const world = await openWorld();
  const config = { ...testConfig(), ...options.config };
  const { database, vault, clock, log } = world;
  const app = createApp({ ...options, config, database, vault, clock, log });
  return {
    ...world,
    app,
    newMerchant: (wish) => newMerchant({ app, logLines: world.logLines }, wish?.returnOrigins ?? []),
    async pass(durationMs) {
      clock.advance(durationMs);
      await app.jobs.runDue();
      await app.sender.runDue();
    },
  };
}

export function testConfig(): Config {
  const config = readConfig({ TOLLGATE_PUBLIC_URL: PUBLIC_URL, TOLLGATE_LOG_LEVEL: 'debug' });
  if (!config.ok) throw new Error('The test configuration is not usable.');
  return config.value;
}

export async function newMerchant(
  { app, logLines }: Pick<Gateway, 'app' | 'logLines'>,
  returnOrigins: readonly string[],
): Promise<TestMerchant> {
  const merchant = must(await createMerchant(app.deps, { name: 'Corner Shop', returnOrigins, publicId: null }));
  const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
  const bank = { provider: 'EXAMPLE', label: 'test bank', baseUrl: null, credentials: {} } as const;
  const account = must(await addProviderAccount(app.deps, scope, bank));
  const secret = must(await createKey(app.deps, scope, { kind: 'SECRET', label: 'backend', expiresAt: null }));
  const publishable = must(await createKey(app.deps, scope, { kind: 'PUBLISHABLE', label: 'shop', expiresAt: null }));
  const query: TestMerchant['query'] = (text, variables, credential = secret.text) => send(app, { text, variables, credential });
  return {
    scope,
    publicId: merchant.publicId,
    secretKey: secret.text,
    publishableKey: publishable.text,
    accountId: account.id,
    query,
    async data(text, variables) {
      const answer = await query(text, variables);
      const bugs = logLines.filter((line) => line.includes('"level":"error"') || line.includes('"level":50'));
      if (answer.errors.length > 0) throw new Error([JSON.stringify(answer.errors), ...bugs.slice(-1)].join('\n'));
      return answer.data;
    },
    async code(text, variables) {
      const answer = await query(text, variables);
      if (answer.errors.length !== 1) throw new Error(`Expected one error, got ${JSON.stringify(answer)}`);
      return answer.errors[0]?.extensions.code ?? '';
    },
  };
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}

async function send(
  app: App,
  call: { text: string; variables: Record<string, unknown> | undefined; credential: string | null },
): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (call.credential !== null) headers['authorization'] = `Bearer ${call.credential}`;
  const body = JSON.stringify({ query: call.text, variables: call.variables });
  if (call.text.startsWith('subscription')) return firstMessage(app, headers, body);
  const response = await overPort(app.listener)(`${PUBLIC_URL}/graphql`, { method: 'POST', headers, body });
  const answer = (await response.json()) as { data?: Data; errors?: readonly WireError[] };
  return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] };
}

/** Of a subscription, which is left then. */
async function firstMessage(app: App, headers: Record<string, string>, body: string): Promise<Answer> {
  const init = { method: 'POST', headers: { ...headers, accept: 'text/event-stream' }, body };
  const { status, body: stream } = await overPort(app.listener)(`${PUBLIC_URL}/graphql`, init);
  let text = '';
  for await (const chunk of stream ?? []) {
    text += Buffer.from(chunk).toString();
    const message = /^data: (.+)\n\n/m.exec(text)?.[1];
    if (message === undefined) continue;
    const { data, errors } = JSON.parse(message) as { data?: Data; errors?: readonly WireError[] };
    return { status, data: data ?? null, errors: errors ?? [] };
  }
  throw new Error('The stream ended before its first message.');
}

/** What the payer's browser sends to EXAMPLE, and the answer. */
export async function confirm(app: App, token: string, card: string): Promise<{ status: number; body: Data }> {
  const form = { number: card, expMonth: 12, expYear: 2031, cvc: '123' };
  const response = await post(app, '/example/v1/confirm', { token, card: form });
  return { status: response.status, body: await response.json() };
}

/** Answers a challenge as a script would. */
export async function answerChallenge(app: App, challengeUrl: string, result: 'approve' | 'fail' | 'leave'): Promise<Data> {
  const id = new URL(challengeUrl).pathname.split('/').at(-1);
  const response = await post(app, `/example/v1/challenge/${id}`, { result });
  return response.json();
}

function post(app: App, path: string, body: unknown): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return app.fetch(new Request(`${PUBLIC_URL}${path}`, init));
}

export function newCode(prefix = 'order'): string {
  return `${prefix}-${randomUUID()}`;
}

export const BILLING = {
  billingFirstName: 'Jane',
  billingLastName: 'Smith',
  billingEmail: 'jane@example.com',
  billingAddressCountry: 'US',
} as const;

export const SESSION = `id token status action kind currency merchantInternalTransactionCode transactionProviderId attempts
  tokenExpiresAt expiresAt providerCode providerError challengeUrl checkoutUrl
  paymentMethod { id } transactions { id action status amount } events { type source isAlert }`;

export const TRANSACTION = `id action status amount currency settledAmount refundedAmount hold providerCode failureCode
  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action providerCode }`;

const KINDS = {
  PAYMENT: 'PaymentSession',
  AUTHORIZATION: 'AuthorizationSession',
  ADD_PAYMENT_METHOD: 'AddPaymentMethodSession',
} as const;
export type Kind = keyof typeof KINDS;

export function startText(kind: Kind): string {
  const name = KINDS[kind];
  const money = kind === 'ADD_PAYMENT_METHOD' ? '' : 'amount storePaymentMethod';
  return `mutation Start($provider: TransactionProviderSelector!, $data: Start${name}Input!) {
    session: start${name}(provider: $provider, data: $data) { ${SESSION} ${money} }
  }`;
}

export function verifyText(kind: Kind): string {
  return `mutation Verify($by: ClientSessionSelector!) { transaction: verify${KINDS[kind]}(by: $by) { ${TRANSACTION} } }`;
}

export function startInput(kind: Kind, data: Record<string, unknown> = {}): Record<string, unknown> {
  const base = { merchantInternalTransactionCode: newCode(), currency: 'USD', billing: BILLING };
  const money = kind === 'ADD_PAYMENT_METHOD' ? {} : { amount: '10000', storePaymentMethod: false };
  return { provider: { transactionProvider: 'EXAMPLE' }, data: { ...base, ...money, ...data } };
}

/** Starts a session that must be accepted. */
export async function start(merchant: TestMerchant, kind: Kind, data: Record<string, unknown> = {}): Promise<Data> {
  return (await merchant.data(startText(kind), startInput(kind, data))).session;
}

export async function verify(merchant: TestMerchant, kind: Kind, id: string): Promise<Data> {
  return (await merchant.data(verifyText(kind), { by: { id } })).transaction;
}

/** A session that was started, paid with the card and verified. */
export async function paid(
  gateway: Gateway,
  merchant: TestMerchant,
  wish: { kind?: Kind; card?: string; data?: Record<string, unknown> } = {},
): Promise<{ session: Data; transaction: Data }> {
  const kind = wish.kind ?? 'PAYMENT';
  const session = await start(merchant, kind, wish.data);
  await confirm(gateway.app, session.token, wish.card ?? CARDS.approve);
  return { session, transaction: await verify(merchant, kind, session.id) };
}

export const SETTLE = `mutation Settle($by: TransactionSelector!, $amount: BigInt, $key: String) {
  transaction: settleAuthorization(by: $by, amount: $amount, idempotencyKey: $key) { ${TRANSACTION} } }`;
export const VOID = `mutation Void($by: TransactionSelector!, $key: String) {
  transaction: voidAuthorization(by: $by, idempotencyKey: $key) { ${TRANSACTION} } }`;
export const REFUND = `mutation Refund($by: TransactionSelector!, $amount: BigInt, $key: String) {
  transaction: refundTransaction(by: $by, amount: $amount, idempotencyKey: $key) { ${TRANSACTION} } }`;
export const CHARGE = `mutation Charge($data: ChargePaymentMethodInput!) { transaction: chargePaymentMethod(data: $data) { ${TRANSACTION} } }`;
export const READ_TRANSACTION = `query Read($by: TransactionSelector!) { transaction(by: $by) { ${TRANSACTION} } }`;
export const READ_SESSION = `query Read($by: ClientSessionSelector!) { clientSession(by: $by) { ${SESSION} } }`;
