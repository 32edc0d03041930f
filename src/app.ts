import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createAccrupayServer } from './accrupay/server.ts';
import { type Bank, createBank } from './bank/bank.ts';
import type { BankNotification } from './bank/notifications.ts';
import type { Config } from './config.ts';
import type { Database, Tx } from './database/database.ts';
import type { Deps } from './deps.ts';
import { findReadersBehind } from './events/read.ts';
import { readLogLagMs } from './events/store.ts';
import { createNotifier, DELIVER_NOTIFICATION, notificationJob } from './example/notifications.ts';
import { createExampleRoutes } from './example/routes.ts';
import { findExamplePayment, findExampleShop } from './example/shop.ts';
import { createExportRoute } from './graphql/export.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { createCheckoutRoutes } from './http/checkout.ts';
import { findCheckoutPlace } from './http/checkout-place.ts';
import { createConsoleRoutes } from './http/console.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createHandler, type Route } from './http/server.ts';
import { createWebhookRoutes } from './http/webhooks.ts';
import type { JobHandler } from './jobs/job.ts';
import { createJobRunner, type JobRunner } from './jobs/runner.ts';
import { insertJob } from './jobs/store.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import type { Logger } from './kernel/log.ts';
import type { Vault } from './kernel/secret.ts';
import { createStreams, type NewsSources, STREAM_LIMITS, type StreamLimits, type Streams } from './live/streams.ts';
import { createPoster } from './merchant-webhooks/post.ts';
import { createPruner } from './merchant-webhooks/prune.ts';
import { readAddressRules } from './merchant-webhooks/rules.ts';
import { createSender, type Sender, type SenderOptions } from './merchant-webhooks/sender.ts';
import { findInForce } from './merchants/authenticate.ts';
import { createCaches } from './merchants/caches.ts';
import { type AccountDirectory, createProviderAccounts } from './merchants/find-account.ts';
import { createMerchantDirectory, type MerchantDirectory } from './merchants/find-merchant.ts';
import { findSignIn, signInWithKey, signInWithLink, signOut } from './merchants/manage-sign-ins.ts';
import { webhookPathOf } from './merchants/provider-account.ts';
import { consoleOriginOf } from './merchants/sign-in.ts';
import type { OperationHandlers } from './operations/handler.ts';
import { reconcileDueOperations } from './operations/reconcile.ts';
import { expireLeases } from './operations/store.ts';
import { createRollUp } from './overview/roll-up.ts';
import { detachHandler } from './payment-methods/detach.ts';
import { createOutboundFetch } from './providers/outbound.ts';
import type { Provider, ProviderAccount, ProviderName } from './providers/provider.ts';
import { createProviders, createRegistry, type ProviderRegistry } from './providers/registry.ts';
import { applyHint } from './sessions/apply-hint.ts';
import { checkDueSessions } from './sessions/check.ts';
import { closeOpenSessionsOf } from './sessions/close.ts';
import { cancelHandler, startHandler } from './sessions/handlers.ts';
import { findChangedSessions, readRecordedReference } from './sessions/read.ts';
import { refreshSession } from './sessions/refresh.ts';
import { checkDueTransactions } from './transactions/check.ts';
import { chargeHandler, refundHandler, settleHandler, voidHandler } from './transactions/money-call.ts';
import { VERSION } from './version.ts';
import { PROCESS_WEBHOOK, receiveWebhook } from './webhooks/intake.ts';
import { createWebhookProcessor } from './webhooks/process.ts';

export interface AppOptions {
  readonly config: Config;
  readonly database: Database;
  readonly vault: Vault;
  readonly log: Logger;
  /** The system's clock unless told. */
  readonly clock?: Clock;
  /** How far the database's clock is ahead of this machine's; 0 by default. For the metrics. */
  readonly clockSkewMs?: () => number;
  /** Of subscriptions; tests set their own. */
  readonly streamLimits?: Partial<StreamLimits>;
  /** Called between the steps of operations; tests end the process there. */
  readonly onStep?: Deps['onStep'];
  /** Of the sender of webhooks; tests choose the jitter, and end the process between steps. */
  readonly sending?: SenderOptions;
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
  readonly sender: Sender;
  /** Begins to do deferred work. */
  start(): Promise<void>;
  /** Lets go of what a dead predecessor held. Only for whoever is the one owner of the database. */
  releaseLeases(): Promise<void>;
  /** Tells load balancers to send no more; requests are still answered. */
  drain(): void;
  /** Takes up no more deferred work, and waits for what is under way for at most the limit. */
  stop(limitMs: number): Promise<void>;
}

/** The composition root: the one place where stores, providers, operations, jobs and schemas meet. */
export function createApp(options: AppOptions): App {
  const { config, database, vault, log } = options;
  const clock = options.clock ?? systemClock;
  const metrics = createMetrics({ clockSkewMs: options.clockSkewMs ?? (() => 0), logLagMs: () => readLogLagMs(database.client) });
  const schedule = (tx: Tx, notification: BankNotification) => insertJob(tx, notificationJob(notification), clock.now());
  const bank = createBank({ database, clock, schedule, sign: vault.fingerprint });
  const registry = createProviderRegistry(options, bank);
  // What began before goes on: payments of the test bank are still verified, settled and refunded.
  const isServed = (name: ProviderName) => name !== 'EXAMPLE' || config.allowsExample;
  const caches = createCaches(clock);
  const accounts = createProviderAccounts({ database, vault, caches, isServed });
  const merchants = createMerchantDirectory({ database, caches });
  const addressRules = readAddressRules(config);
  const poster = createPoster({ rules: addressRules, proxyUrl: config.webhookProxyUrl, clock, version: VERSION });
  const later: { jobs: JobRunner | null } = { jobs: null };
  const deps: Deps = {
    database,
    clock,
    vault,
    log,
    caches,
    accounts,
    settings: config,
    provider: (name) => providerOf(registry, name),
    handlers: HANDLERS,
    sessions: {
      reference: (scope, id) => readRecordedReference(deps, scope, id),
      closeOpenOf: (scope, customerId) => closeOpenSessionsOf(deps, scope, customerId),
      refresh: (scope, id) => refreshSession(deps, scope, { id, source: 'API' }),
    },
    merchants,
    streams: openStreams(options, clock),
    poster,
    addressRules,
    processId: randomUUID(),
    onStep: options.onStep ?? (() => {}),
    count: (counter, label) => metrics.count(counter, label),
    wakeJobs: () => later.jobs?.wake(),
    later: (work) => later.jobs?.take(work),
  };
  const handler = createHttp(config, { deps, bank, accounts, merchants, metrics });
  const jobs = createJobs(deps, createNotifier({ clock, accounts, publicUrl: config.publicUrl, send: handler.fetch }));
  later.jobs = jobs;
  return toApp({ deps, registry, handler, jobs, sender: createSender(deps, options.sending) });
}

function toApp(parts: Pick<App, 'deps' | 'registry' | 'jobs' | 'sender'> & { handler: ReturnType<typeof createHandler> }): App {
  const { deps, registry, handler, jobs, sender } = parts;
  const { database, clock } = deps;
  return {
    deps,
    registry,
    ...handler,
    jobs,
    sender,
    drain() {
      handler.drain();
      deps.streams.close();
    },
    async start() {
      if (database.isEmbedded) await expireLeases(database.client, clock.now());
      jobs.start();
      sender.start();
    },
    releaseLeases: () => expireLeases(database.client, clock.now()),
    async stop(limitMs) {
      await Promise.all([jobs.stop(limitMs), sender.stop(limitMs)]);
      deps.poster.close();
    },
  };
}

/** Hears for as long as the database is open what this process appends to the log. */
function openStreams({ database, log, streamLimits }: AppOptions, clock: Clock): Streams {
  const sources: NewsSources = {
    findChangedSessions: (known) => findChangedSessions({ database }, known),
    findReadersBehind: (readers) => findReadersBehind({ database }, readers),
    findHoldersInForce: (holders) =>
      findInForce(
        { database, clock },
        holders.map(({ id }) => id),
      ),
  };
  const streams = createStreams({ clock, log, sources }, { ...STREAM_LIMITS, ...streamLimits });
  database.onNews((news) => streams.notice(news));
  return streams;
}

function createProviderRegistry({ config, wrapProvider = (provider) => provider }: AppOptions, bank: Bank): ProviderRegistry {
  const { publicUrl, providerDeadlineMs: deadlineMs } = config;
  const outboundFetch = createOutboundFetch(config.proxies, deadlineMs);
  const webhookUrl = (account: ProviderAccount): string => `${publicUrl}${webhookPathOf(account)}`;
  const providers = createProviders({ bank, publicUrl, webhookUrl, deadlineMs, outboundFetch });
  return createRegistry(providers.map(wrapProvider));
}

function createJobs(deps: Deps, notify: JobHandler): JobRunner {
  const rollUp = createRollUp();
  return createJobRunner(deps, {
    sweeps: {
      operations: (share) => reconcileDueOperations(deps, share),
      sessions: (share) => checkDueSessions(deps, share),
      transactions: (share) => checkDueTransactions(deps, share),
    },
    steps: { overview: () => rollUp(deps), attempts: createPruner(deps) },
    handlers: {
      [PROCESS_WEBHOOK]: createWebhookProcessor(deps, (delivery) => applyHint(deps, delivery)),
      [DELIVER_NOTIFICATION]: notify,
    },
  });
}

const HANDLERS: OperationHandlers<Deps> = {
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
    endpoints: [createGraphqlServer(deps, config), ...(config.hasAccrupay ? [createAccrupayServer(deps, config)] : [])],
    routes: [
      createExportRoute(deps),
      createWebhookRoutes({ receive: (notification) => receiveWebhook(intake, notification) }),
      createExampleRoutes({
        bank,
        publicUrl,
        resolveSession: (token) => findExamplePayment(deps, token),
        findShop: (accountId) => findExampleShop({ accounts, merchants }, accountId),
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
