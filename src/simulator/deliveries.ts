import type { SimulatorDelivery } from '../generated/prisma/client.ts';
import { addMs, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { type EventDeps, signEvent, writeEvents } from './events.ts';

const SEND_TIMEOUT_MS = 10 * SECOND_MS;
const BATCH = 50;
const ROUNDS_MAX = 20;
/** After the first try, the second comes that much later, and so on. Vendors try for days; this is enough to see that they do. */
const RETRY_DELAYS_MS: readonly number[] = [5 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS];
const TRIES_MAX = RETRY_DELAYS_MS.length + 1;
const PAUSE_MS = 500;

export interface Deliverer {
  /** Sends what is due, in order. One run at a time: a second caller waits for its own turn. Answers how many were sent. */
  deliverDue(): Promise<number>;
  start(): void;
  /** Waits for the run that is under way. */
  stop(): Promise<void>;
}

export function createDeliverer(deps: EventDeps & { readonly log: Logger }): Deliverer {
  let turn: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const deliverDue = () => {
    const mine = turn.then(() => deliverAll(deps, () => isStopped));
    turn = mine.catch(() => undefined);
    return mine;
  };
  const tick = async () => {
    try {
      await deliverDue();
    } catch (error) {
      deps.log.error({ error }, 'the simulator could not deliver');
    }
    if (!isStopped) timer = setTimeout(() => void tick(), PAUSE_MS).unref();
  };
  return {
    deliverDue,
    start() {
      if (timer === undefined && !isStopped) timer = setTimeout(() => void tick(), PAUSE_MS).unref();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await turn;
    },
  };
}

async function deliverAll(deps: EventDeps & { readonly log: Logger }, isStopped: () => boolean): Promise<number> {
  await writeEvents(deps);
  let sent = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const due = await deps.database.client.simulatorDelivery.findMany({
      where: {
        deliveredAt: null,
        attempts: { lt: TRIES_MAX },
        dueAt: { lte: deps.clock.now() },
        body: { not: null },
        NOT: { body: '' },
      },
      orderBy: [{ dueAt: 'asc' }, { position: 'asc' }],
      take: BATCH,
    });
    for (const row of due) {
      if (isStopped()) return sent;
      sent += await deliver(deps, row);
    }
    if (due.length < BATCH) break;
  }
  return sent;
}

async function deliver(deps: EventDeps & { readonly log: Logger }, row: SimulatorDelivery): Promise<0 | 1> {
  const account = deps.accounts.find(row.accountId);
  const event = account && signEvent(deps, account, row);
  // With nowhere to go it is done: it can still be read from the control.
  if (event === undefined || event.url === null) return given(deps, row);
  const isTaken = await send(deps.log, { ...event, url: event.url });
  if (isTaken) await settle(deps, row, { deliveredAt: deps.clock.now() });
  else await settle(deps, row, { dueAt: addMs(deps.clock.now(), RETRY_DELAYS_MS[row.attempts] ?? 0) });
  return 1;
}

async function given(deps: EventDeps, row: SimulatorDelivery): Promise<0> {
  await settle(deps, row, { attempts: TRIES_MAX });
  return 0;
}

async function send(
  log: Logger,
  event: {
    readonly url: string;
    readonly eventId: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
): Promise<boolean> {
  try {
    const response = await fetch(event.url, {
      method: 'POST',
      headers: event.headers,
      body: event.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (!response.ok) log.warn({ eventId: event.eventId, status: response.status }, 'a simulated notification was refused');
    return response.ok;
  } catch (error) {
    log.warn({ eventId: event.eventId, error }, 'a simulated notification was not delivered');
    return false;
  }
}

async function settle(deps: EventDeps, row: SimulatorDelivery, change: Partial<SimulatorDelivery>): Promise<void> {
  const { accountId, eventId, delivery, attempts } = row;
  await deps.database.client.simulatorDelivery.update({
    where: { accountId_eventId_delivery: { accountId, eventId, delivery } },
    data: { attempts: attempts + 1, ...change },
  });
}
