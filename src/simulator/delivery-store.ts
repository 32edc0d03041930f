import type { Tx } from '../database/database.ts';
import { tableOf } from '../database/table.ts';
import { Prisma, type SimulatorDelivery } from '../generated/prisma/client.ts';

/** One delivery of an event to a receiver, from when it is owed until it was sent. */
export type Delivery = Readonly<SimulatorDelivery>;

export interface OwedEvent {
  readonly accountId: string;
  /** The same for each delivery of one event. */
  readonly eventId: string;
  readonly delivery: number;
  readonly type: string;
  readonly recordId: string;
  readonly paymentCode: string;
  readonly happensAt: Date;
  readonly dueAt: Date;
}

export const EVENTS_MAX = 1000;

const table = tableOf<SimulatorDelivery>('simulator_deliveries', Prisma.SimulatorDeliveryScalarFieldEnum);

/** Enters deliveries that are not entered yet. */
export async function insertDeliveries(tx: Tx, events: readonly OwedEvent[]): Promise<void> {
  const [first, ...others] = events.map(toRow);
  if (first !== undefined) await tx.$executeRaw`${table.insert(first, ...others)} ON CONFLICT DO NOTHING`;
}

function toRow({ accountId, eventId, delivery, type, recordId, paymentCode, happensAt, dueAt }: OwedEvent): OwedEvent {
  return { accountId, eventId, delivery, type, recordId, paymentCode, happensAt, dueAt };
}

/** Those without a body, in the order in which they happen: the first 1000. */
export function listUnwritten(tx: Tx): Promise<readonly Delivery[]> {
  return tx.$queryRaw<Delivery[]>`
    SELECT ${table.columns} FROM simulator_deliveries WHERE body IS NULL ORDER BY happens_at, position LIMIT ${EVENTS_MAX}`;
}

/** Written events that are to be sent by now, after fewer attempts than the given number. */
export function listDue(tx: Tx, due: { now: Date; attemptsMax: number; limit: number }): Promise<readonly Delivery[]> {
  return tx.$queryRaw<Delivery[]>`
    SELECT ${table.columns} FROM simulator_deliveries
    WHERE delivered_at IS NULL AND attempts < ${due.attemptsMax} AND due_at <= ${due.now} AND body <> ''
    ORDER BY due_at, position LIMIT ${due.limit}`;
}

/** The first delivery of each written event, of one account or of all: the newest 1000, oldest first. */
export async function listWritten(tx: Tx, accountId: string | null): Promise<readonly Delivery[]> {
  const ofAccount = accountId === null ? Prisma.sql`TRUE` : table.is({ accountId });
  const rows = await tx.$queryRaw<Delivery[]>`
    SELECT ${table.columns} FROM simulator_deliveries WHERE delivery = 1 AND body <> '' AND ${ofAccount}
    ORDER BY happens_at DESC, position DESC LIMIT ${EVENTS_MAX}`;
  return rows.reverse();
}

/** Does nothing where the event has a body already. */
export async function writeBody(tx: Tx, row: Delivery, written: { body: string; url: string | null }): Promise<void> {
  await tx.$executeRaw`UPDATE simulator_deliveries SET ${table.set(written)} WHERE ${isRow(row)} AND body IS NULL`;
}

/** Counts an attempt, or sets how many there were. */
export async function saveAttempt(
  tx: Tx,
  row: Delivery,
  change: Partial<Pick<Delivery, 'attempts' | 'deliveredAt' | 'dueAt'>>,
): Promise<void> {
  const changes = table.set({ attempts: row.attempts + 1, ...change });
  await tx.$executeRaw`UPDATE simulator_deliveries SET ${changes} WHERE ${isRow(row)}`;
}

function isRow({ accountId, eventId, delivery }: Delivery): Prisma.Sql {
  return table.is({ accountId, eventId, delivery });
}
