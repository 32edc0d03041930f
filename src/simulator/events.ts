import type { BankNotification } from '../bank/notifications.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AccountBook, SimulatedAccount } from './accounts.ts';
import { type Delivery, EVENTS_MAX, listUnwritten, listWritten, type OwedEvent, writeBody } from './delivery-store.ts';

/**
 * What the vendors owe their receivers. A delivery is entered in the transaction that caused it, written down once it has
 * happened (so that it tells how things stood then), and signed each time it is sent.
 */

export interface WrittenEvent {
  readonly body: string;
  /** Where it goes; null for the account's own address. */
  readonly url: string | null;
}

/** The part of a dialect that speaks without being asked. */
export interface EventDialect {
  /** Turns news of the bank into events. Reads by `tx` alone. */
  owed(tx: Tx, notification: BankNotification): Promise<readonly OwedEvent[]>;
  /** Null when there is nothing to tell any more. */
  write(event: OwedEvent, account: SimulatedAccount): Promise<WrittenEvent | null>;
  /** The headers of a delivery that is sent at the given moment. */
  headers(
    event: OwedEvent & { readonly body: string },
    account: SimulatedAccount,
    sentAt: Date,
  ): Readonly<Record<string, string>>;
}

export interface SignedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly paymentCode: string;
  /** Null when the account has none. */
  readonly url: string | null;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly deliveredAt: string | null;
}

/** When the next unwritten event happens, in memory: a call that changes nothing need not ask the database. */
export interface Agenda {
  note(happensAt: Date): void;
  isDue(now: Date): boolean;
  /** Before the database is asked what is owed. */
  clear(): void;
}

/** A new agenda holds that something is due: what an earlier process left. */
export function createAgenda(): Agenda {
  let next: Date | null = new Date(0);
  return {
    note(happensAt) {
      if (next === null || happensAt < next) next = happensAt;
    },
    isDue: (now) => next !== null && next <= now,
    clear() {
      next = null;
    },
  };
}

export interface EventDeps {
  readonly database: Database;
  /** The simulator's. */
  readonly clock: Clock;
  /** The one that receivers share. Signatures are stamped by it, so that they are fresh also when the other was moved ahead. */
  readonly wireClock: Clock;
  readonly accounts: AccountBook;
  readonly agenda: Agenda;
  readonly dialects: Readonly<Record<SimulatedAccount['dialect'], EventDialect>>;
}

/** Like `writeEvents`, where nothing new can be owed: only time may have passed. */
export async function writeDueEvents(deps: EventDeps): Promise<void> {
  if (deps.agenda.isDue(deps.clock.now())) await writeEvents(deps);
}

/** Writes down what has happened by now, oldest first. */
export async function writeEvents(deps: EventDeps): Promise<void> {
  const now = deps.clock.now();
  // Whoever clears asks afterwards, so that what is committed by then is noted by somebody.
  deps.agenda.clear();
  const rows = await listUnwritten(deps.database.client);
  const due = rows.filter(({ happensAt }) => happensAt <= now);
  const next = rows[due.length] ?? (rows.length === EVENTS_MAX ? rows.at(-1) : undefined);
  if (next !== undefined) deps.agenda.note(next.happensAt);
  for (const row of due) await writeEvent(deps, row);
}

async function writeEvent(deps: EventDeps, row: Delivery): Promise<void> {
  const account = deps.accounts.find(row.accountId);
  const written = account && (await deps.dialects[account.dialect].write(row, account));
  await writeBody(deps.database.client, row, written ?? { body: '', url: null });
}

/** Every event that was made, of one account or of all, oldest first, signed anew; the newest 1000. */
export async function listEvents(deps: EventDeps, by: { readonly accountId?: string }): Promise<readonly SignedEvent[]> {
  await writeEvents(deps);
  const rows = await listWritten(deps.database.client, by.accountId ?? null);
  return rows.flatMap((row) => {
    const account = deps.accounts.find(row.accountId);
    return account === undefined ? [] : [signEvent(deps, account, row)];
  });
}

export function signEvent(deps: EventDeps, account: SimulatedAccount, row: Delivery): SignedEvent {
  const body = row.body ?? '';
  return {
    eventId: row.eventId,
    type: row.type,
    paymentCode: row.paymentCode,
    url: row.url ?? (account.dialect === 'STRIPE' ? account.webhookUrl : null),
    method: 'POST',
    headers: deps.dialects[account.dialect].headers({ ...row, body }, account, deps.wireClock.now()),
    body,
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
  };
}
