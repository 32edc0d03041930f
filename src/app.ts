import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createAccrupayServer } from './accrupay/server.ts';
import { type Bank, createBank } from './bank/bank.ts';
import type { BankNotification } from './bank/notifications.ts';
import type { Config } from './config.ts';
import type { Database, Tx } from './database/database.ts';
import { createExportRoute } from './graphql/export.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { type CheckoutPlace, createCheckoutRoutes } from './http/checkout.ts';
import { createConsoleRoutes } from './http/console.ts';
import { createExampleRoutes } from './http/example.ts';
import type { Shop } from './http/example-challenge.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createHandler, type Route } from './http/server.ts';
import { createWebhookRoutes } from './http/webhooks.ts';
import type { JobHandler } from './jobs/job.ts';
import { createJobRunner, type JobRunner } from './jobs/runner.ts';
import { insertJob } from './jobs/store.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import { decodeJson, encodeJson } from './kernel/json.ts';
import type { Logger } from './kernel/log.ts';
import type { MerchantScope } from './kernel/scope.ts';
import type { Vault } from './kernel/secret.ts';
import { createMerchants, type MerchantDirectory } from './merchants/merchants.ts';
import { type AccountDirectory, createProviderAccounts, webhookPathOf } from './merchants/provider-accounts.ts';
import { consoleOriginOf, findSignIn, signInWithKey, signInWithLink, signOut } from './merchants/sign-in.ts';
import type { Deps } from './operations/deps.ts';
import { reconcileDueOperations } from './operations/reconcile.ts';
import { expireLeases } from './operations/store.ts';
import { createRollUp } from './overview/roll-up.ts';
import { detachHandler } from './payment-methods/detach.ts';
import { blankBillingOfCustomer } from './payment-methods/store.ts';
import { createExampleProvider } from './providers/example/example.ts';
import { encodeNotification, SIGNATURE_HEADER, signNotification } from './providers/example/webhook.ts';
import { createNuveiProvider } from './providers/nuvei/nuvei.ts';
import type { Provider, ProviderAccount, ProviderName } from './providers/provider.ts';
import { createRegistry, type ProviderRegistry } from './providers/registry.ts';
import { createStripeProvider } from './providers/stripe/stripe.ts';
import { applyHint } from './sessions/apply-hint.ts';
import { checkDueSessions } from './sessions/check.ts';
import { closeOpenSessionsOf } from './sessions/close.ts';
import { cancelHandler, startHandler } from './sessions/handlers.ts';
import { findSessionByToken, openSession } from './sessions/read.ts';
import { refreshSession } from './sessions/refresh.ts';
import { blankSessionsOfCustomer, readReference } from './sessions/store.ts';
import { checkDueTransactions } from './transactions/check.ts';
import { chargeHandler, refundHandler, settleHandler, voidHandler } from './transactions/money-call.ts';
import { blankCardsOfCustomer } from './transactions/store.ts';
import { PROCESS_WEBHOOK, receiveWebhook } from './webhooks/intake.ts';
import { createWebhookProcessor } from './webhooks/process.ts';

export interface AppOptions {
  readonly config: Config;
  readonly database: Database;
  readonly vault: Vault;
  readonly log: Logger;
  /** The system's clock unless told. */
  readonly clock?: Clock;
  /** Called between the steps of operations; tests end the process there. */
  readonly onStep?: Deps['onStep'];
  /** Stands between the gateway and a provider; tests make providers fail there. */
  readonly wrapProvider?: (provider: Provider) => Provider;
}

export interface App {
  readonly deps: Deps;
  readonly registry: ProviderRegistry;
  /** Answers one request without a port. */
  fetch(request: Request): Promise<Response>;
  /** The same for node:http. */
  readonly listener: RequestListener;
  readonly jobs: JobRunner;
  /** Begins to do deferred work. */
  start(): Promise<void>;
  /** Lets go of what a dead predecessor held. Only for whoever is the one owner of the database. */
  releaseLeases(): Promise<void>;
  /** Tells load balancers to send no more; requests are still answered. */
  drain(): void;
  /** Finishes the deferred work under way and takes up no more. */
  stop(): Promise<void>;
}

const DELIVER_NOTIFICATION = 'deliver-example-notification';

/** The composition root: the one place where stores, providers, operations, jobs and schemas meet. */
export function createApp(options: AppOptions): App {
  const { config, database, vault, log } = options;
  const clock = options.clock ?? systemClock;
  const metrics = createMetrics();
  const schedule = (tx: Tx, notification: BankNotification) => insertJob(tx, toJob(notification), clock.now());
  const bank = createBank({ database, clock, schedule, sign: vault.fingerprint });
  const registry = createProviderRegistry(options, bank);
  // What began before goes on: payments of the test bank are still verified, settled and refunded.
  const isServed = (name: ProviderName) => name !== 'EXAMPLE' || config.allowsExample;
  const accounts = createProviderAccounts({ database, clock, vault, isServed });
  const merchants = createMerchants({ database, clock });
  const later: { jobs: JobRunner | null } = { jobs: null };
  const deps: Deps = {
    database,
    clock,
    vault,
    log,
    accounts,
    settings: config,
    provider: (name) => providerOf(registry, name),
    handlers: HANDLERS,
    sessions: {
      reference: (scope, id) => readReference({ vault }, database.client, { scope, id }),
      closeOpenOf: (scope, customerId) => closeOpenSessionsOf(deps, scope, customerId),
      refresh: (scope, id) => refreshSession(deps, scope, { id, source: 'API' }),
    },
    personalData: { blank: blankPersonalData },
    merchants,
    processId: randomUUID(),
    onStep: options.onStep ?? (() => {}),
    count: (counter, label) => metrics.count(counter, label),
    wakeJobs: () => later.jobs?.wake(),
  };
  const handler = createHttp(config, { deps, bank, accounts, merchants, metrics });
  const jobs = createJobRunner(deps, {
    sweeps: {
      operations: reconcileDueOperations,
      sessions: checkDueSessions,
      transactions: checkDueTransactions,
      overview: createRollUp(),
    },
    handlers: {
      [PROCESS_WEBHOOK]: createWebhookProcessor(applyHint),
      [DELIVER_NOTIFICATION]: deliverNotification(accounts, config.publicUrl, handler.fetch),
    },
  });
  later.jobs = jobs;
  return {
    deps,
    registry,
    ...handler,
    jobs,
    async start() {
      if (database.isEmbedded) await expireLeases(database.client, clock.now());
      jobs.start();
    },
    releaseLeases: () => expireLeases(database.client, clock.now()),
    stop: () => jobs.stop(),
  };
}

function createProviderRegistry({ config, wrapProvider = (provider) => provider }: AppOptions, bank: Bank): ProviderRegistry {
  const { publicUrl, providerDeadlineMs: deadlineMs } = config;
  const webhookUrl = (account: ProviderAccount): string => `${publicUrl}${webhookPathOf(account)}`;
  const providers = [
    createExampleProvider({ bank, publicUrl }),
    createStripeProvider({ deadlineMs }),
    createNuveiProvider({ webhookUrl }),
  ];
  return createRegistry(providers.map(wrapProvider));
}

const HANDLERS: Deps['handlers'] = {
  START: startHandler,
  CANCEL: cancelHandler,
  SETTLE: settleHandler,
  VOID: voidHandler,
  REFUND: refundHandler,
  CHARGE: chargeHandler,
  DETACH: detachHandler,
};

function createHttp(
  config: Config,
  parts: { deps: Deps; bank: Bank; accounts: AccountDirectory; merchants: MerchantDirectory; metrics: Metrics },
): ReturnType<typeof createHandler> {
  const { deps, bank, accounts, merchants, metrics } = parts;
  const { publicUrl } = config;
  const intake = { ...deps, findAccountByWebhookSecret: accounts.findByWebhookSecret };
  return createHandler({
    config,
    log: deps.log,
    metrics,
    clock: deps.clock,
    database: deps.database,
    endpoints: [createGraphqlServer(deps, config), createAccrupayServer(deps, config)],
    routes: [
      createExportRoute(deps),
      createWebhookRoutes({ receive: (notification) => receiveWebhook(intake, notification) }),
      createExampleRoutes({
        bank,
        publicUrl,
        resolveSession: (token) => resolveSession(deps, token),
        findShop: (accountId) => findShop({ accounts, merchants }, accountId),
      }),
      createCheckoutRoutes({
        findPlace: (publicId) => findCheckoutPlace({ accounts, merchants }, publicId),
        connectTo: config.simulatorUrl === null ? [] : [config.simulatorUrl],
      }),
      ...(config.hasConsole ? [consoleRoutes(deps)] : []),
    ],
  });
}

function consoleRoutes(deps: Deps): Route {
  return createConsoleRoutes({
    origin: consoleOriginOf(deps.settings),
    clock: deps.clock,
    signInWithKey: (secretKey) => signInWithKey(deps, secretKey),
    signInWithLink: (code) => signInWithLink(deps, code),
    findSignIn: (token) => findSignIn(deps, token),
    signOut: (token) => signOut(deps, token),
  });
}

function providerOf(registry: ProviderRegistry, name: ProviderName): Provider {
  const provider = registry.find(name);
  if (provider === null) throw new Error(`${name} is not registered.`);
  return provider;
}

async function blankPersonalData(tx: Tx, scope: MerchantScope, customerId: string): Promise<void> {
  await blankSessionsOfCustomer(tx, scope, customerId);
  await blankBillingOfCustomer(tx, scope, customerId);
  await blankCardsOfCustomer(tx, scope, customerId);
}

/** The payment behind a session's token, for the page that collects the card. Using the token opens the session. */
async function resolveSession(deps: Deps, token: string): Promise<{ providerAccountId: string; providerCode: string } | null> {
  const session = await findSessionByToken(deps, token);
  if (session === null || session.providerCode === null || session.provider !== 'EXAMPLE') return null;
  await openSession(deps, session);
  return { providerAccountId: session.providerAccountId, providerCode: session.providerCode };
}

interface Directories {
  readonly accounts: AccountDirectory;
  readonly merchants: MerchantDirectory;
}

/** What the browsers of a merchant's payers need; null where no merchant has the public id. */
async function findCheckoutPlace({ accounts, merchants }: Directories, publicId: string): Promise<CheckoutPlace | null> {
  const merchant = await merchants.findByPublicId(publicId);
  if (merchant === null) return null;
  const reaches = await accounts.reaches(merchant.id);
  const direct = reaches.filter(({ baseUrl }) => baseUrl === null).map(({ provider }) => provider);
  return {
    frameAncestors: merchant.returnOrigins,
    vendors: direct.filter((name) => name !== 'EXAMPLE'),
    connectTo: reaches.flatMap(({ baseUrl }) => (baseUrl === null ? [] : [new URL(baseUrl).origin])),
  };
}

/** The shop behind an account of the test bank. */
async function findShop({ accounts, merchants }: Directories, accountId: string): Promise<Shop | null> {
  const account = await accounts.findOfBank(accountId);
  const merchant = account === null ? null : await merchants.find(account.merchantId);
  return merchant === null ? null : { publicId: merchant.publicId, frameAncestors: merchant.returnOrigins };
}

function toJob(notification: BankNotification) {
  return {
    kind: DELIVER_NOTIFICATION,
    key: `${DELIVER_NOTIFICATION}:${notification.eventId}:${notification.delivery}`,
    payload: { notification: encodeJson(notification) },
    runAt: notification.runAt,
  };
}

/** The bank calls back as any provider would: signed bytes to the account's webhook URL. */
function deliverNotification(
  accounts: AccountDirectory,
  publicUrl: string,
  send: (request: Request) => Promise<Response>,
): JobHandler {
  return async (deps, payload) => {
    const notification = decodeJson((payload as { notification: string }).notification) as BankNotification;
    const account = await accounts.findOfBank(notification.accountId);
    if (account === null) return;
    const body = encodeNotification(notification);
    const signature = signNotification(account.credentials['webhookSecret'] ?? '', body, deps.clock.now());
    const headers = { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature };
    const response = await send(new Request(`${publicUrl}${webhookPathOf(account)}`, { method: 'POST', body, headers }));
    if (!response.ok) throw new Error(`The gateway answered ${response.status} to its own bank.`);
  };
}
