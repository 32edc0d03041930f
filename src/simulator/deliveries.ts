import { addMs, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createLoop } from '../kernel/loop.ts';
import { within } from '../kernel/within.ts';
import { type Delivery, listDue, saveAttempt } from './delivery-store.ts';
import { type EventDeps, signEvent, writeEvents } from './events.ts';

const SEND_TIMEOUT_MS = 10 * SECOND_MS;
const BATCH = 50;
const ROUNDS_MAX = 20;
/** After the first try, the second comes that much later, and so on. Vendors try for days; this is enough to see that they do. */
const RETRY_DELAYS_MS: readonly number[] = [5 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS];
const TRIES_MAX = RETRY_DELAYS_MS.length + 1;
const PAUSE_MS = 500;
const ROUND_MS_MAX = 2 * MINUTE_MS;
const STOP_LIMIT_MS = 5 * SECOND_MS;

export interface Deliverer {
  /** Sends what is due, in order. One run at a time: a second caller waits for its own turn. Answers how many were sent. */
  deliverDue(): Promise<number>;
  start(): void;
  /** Waits for the run that is under way, for some seconds at most. */
  stop(): Promise<void>;
}

export function createDeliverer(deps: EventDeps & { readonly log: Logger }): Deliverer {
  let turn: Promise<unknown> = Promise.resolve();
  const deliverDue = (signal?: AbortSignal) => {
    const mine = turn.then(() => deliverAll(deps, signal));
    turn = mine.catch(() => undefined);
    return mine;
  };
  const loop = createLoop({
    name: 'simulated notifications',
    log: deps.log,
    pauseMs: PAUSE_MS,
    roundMsMax: ROUND_MS_MAX,
    round: deliverDue,
  });
  return {
    deliverDue: () => deliverDue(),
    start: () => loop.start(),
    async stop() {
      await loop.stop(STOP_LIMIT_MS);
      await within(STOP_LIMIT_MS, turn);
    },
  };
}

async function deliverAll(deps: EventDeps & { readonly log: Logger }, signal: AbortSignal | undefined): Promise<number> {
  await writeEvents(deps);
  let sent = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const due = await listDue(deps.database.client, { now: deps.clock.now(), attemptsMax: TRIES_MAX, limit: BATCH });
    for (const row of due) {
      if (signal?.aborted === true) return sent;
      sent += await deliver(deps, row);
    }
    if (due.length < BATCH) break;
  }
  return sent;
}

async function deliver(deps: EventDeps & { readonly log: Logger }, row: Delivery): Promise<0 | 1> {
  const account = deps.accounts.find(row.accountId);
  const event = account && signEvent(deps, account, row);
  // With nowhere to go it is done: it can still be read from the control.
  if (event === undefined || event.url === null) {
    await saveAttempt(deps.database.client, row, { attempts: TRIES_MAX });
    return 0;
  }
  const isTaken = await send(deps.log, { ...event, url: event.url });
  if (isTaken) await saveAttempt(deps.database.client, row, { deliveredAt: deps.clock.now() });
  else await saveAttempt(deps.database.client, row, { dueAt: addMs(deps.clock.now(), RETRY_DELAYS_MS[row.attempts] ?? 0) });
  return 1;
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
