import { createBank } from '../bank/bank.ts';
import type { Sign } from '../bank/ids.ts';
import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { DIALECT_PATHS, openAccountBook, type SimulatedAccount } from './accounts.ts';
import { serveChallenge } from './challenge.ts';
import { serveControl } from './control.ts';
import { createDeliverer } from './deliveries.ts';
import { insertDeliveries } from './delivery-store.ts';
import type { SimulatorDeps } from './deps.ts';
import { createAgenda, type EventDeps, writeDueEvents, writeEvents } from './events.ts';
import { createFaultBook } from './faults.ts';
import { serveHttp } from './http.ts';
import { serveNuvei } from './nuvei/dialect.ts';
import { createNuveiEvents } from './nuvei/events.ts';
import { returnUrlOfOrder } from './nuvei/order-record.ts';
import { createRequestLog } from './requests.ts';
import { serveStripe } from './stripe/dialect.ts';
import { createStripeEvents } from './stripe/events.ts';
import { returnUrlOf } from './stripe/intent-record.ts';
import { openMovableClock } from './time.ts';
import { jsonAnswer, type WireOutcome, type WireRequest } from './wire.ts';

export interface SimulatorOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** A keyed hash in hex, under a key that the database does not hold. The same over restarts. */
  readonly sign: Sign;
  readonly log: Logger;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What sets the port, for the message when it cannot be opened; `--port` by default. */
  readonly portSetting?: string;
}

/** The test bank behind the HTTP dialects of Stripe and Nuvei. No money moves, and nothing of the gateway is known here. */
export interface Simulator {
  /** Without a slash at the end. */
  readonly url: string;
  /** Lets an account call. One of the same id is replaced. */
  addAccount(account: SimulatedAccount): Promise<void>;
  /** Sends the webhooks that are due by the simulator's clock, and answers how many were sent. */
  deliverDue(): Promise<number>;
  /** Sends what is due twice a second, until closed. */
  startDelivering(): void;
  close(): Promise<void>;
}

/**
 * Opens the port, or throws PortUnusable. What the vendors would remember is in the database and survives a restart; the faults that
 * were ordered and the record of requests are not. One simulator at a time works on a database.
 */
export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { database, clock: wireClock, sign, log, host, port, portSetting = '--port' } = options;
  const clock = await openMovableClock(database, wireClock);
  const accounts = await openAccountBook(database, wireClock);
  let url = '';
  const bank = createBank({
    database,
    clock,
    sign,
    async schedule(tx, notification) {
      const account = accounts.find(notification.accountId);
      if (account !== undefined) await insertDeliveries(tx, await dialects[account.dialect].owed(tx, notification));
    },
  });
  const base: SimulatorDeps = {
    database,
    bank,
    clock,
    wireClock,
    sign,
    accounts,
    faults: createFaultBook(),
    requests: createRequestLog(),
    url: () => url,
  };
  const dialects = { STRIPE: createStripeEvents(base), NUVEI: createNuveiEvents(base) };
  const deps = { ...base, dialects, agenda: createAgenda(), log };
  const deliverer = createDeliverer(deps);
  const server = await serveHttp((request) => serve(deps, request), { host, port, portSetting, log });
  url = `http://${host}:${server.port}`;
  return {
    url,
    addAccount: (account) => accounts.add(account),
    deliverDue: () => deliverer.deliverDue(),
    startDelivering: () => deliverer.start(),
    async close() {
      await deliverer.stop();
      await server.close();
    },
  };
}

/** Nuvei asks by POST. */
const READING_PATH = /\/(getPaymentStatus|getTransactionDetails|getUserUPOs|getSessionToken|openOrder)(\.do)?$/;
const CHALLENGE_PATH = /^\/simulator\/challenge\/([\w-]{1,200})$/;

async function serve(deps: SimulatorDeps & EventDeps, request: WireRequest): Promise<WireOutcome> {
  const outcome = await answer(deps, request);
  // Events tell how things stood when they happened, so they are written before the caller can go on.
  await (request.method === 'GET' || READING_PATH.test(request.path) ? writeDueEvents(deps) : writeEvents(deps));
  return outcome;
}

async function answer(deps: SimulatorDeps & EventDeps, request: WireRequest): Promise<WireOutcome> {
  const { path } = request;
  if (path.startsWith(DIALECT_PATHS.STRIPE)) return serveStripe(deps, request);
  if (path.startsWith(DIALECT_PATHS.NUVEI)) return serveNuvei(deps, request);
  const [, challengeId] = CHALLENGE_PATH.exec(path) ?? [];
  if (challengeId !== undefined)
    return serveChallenge(deps, request, {
      id: challengeId,
      returnTo: async ({ id }) => (await returnUrlOf(deps, id)) ?? returnUrlOfOrder(deps, id),
    });
  if (path.startsWith('/simulator/')) return serveControl(deps, request);
  return jsonAnswer(404, { error: 'Stripe is simulated under /v1, Nuvei under /ppp/api/v1, the control is under /simulator.' });
}
