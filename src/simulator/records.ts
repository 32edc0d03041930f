import type { Database, Tx } from '../database/database.ts';
import type { SimulatorRecord } from '../generated/prisma/client.ts';
import type { JsonObject } from '../kernel/json.ts';

/** What the vendors keep of their objects and the bank does not. Each dialect says what `data` holds. */

export interface VendorRecord<Data = unknown> {
  readonly accountId: string;
  readonly id: string;
  readonly kind: string;
  readonly bankCode: string | null;
  readonly reference: string | null;
  readonly data: Data;
  readonly createdAt: Date;
}

/** As it is kept: in the order of making, also within one instant. */
export interface KeptRecord<Data = unknown> extends VendorRecord<Data> {
  readonly position: bigint;
}

/** Writes the record. One of the same id keeps its age and gets the new content. */
export async function putRecord(tx: Tx, record: VendorRecord): Promise<void> {
  const { accountId, id, createdAt, kind, bankCode, reference } = record;
  const content = { kind, bankCode, reference, data: record.data as JsonObject };
  await tx.simulatorRecord.upsert({
    where: { accountId_id: { accountId, id } },
    create: { accountId, id, createdAt, ...content },
    update: content,
  });
}

/** Ids that are known to be kept: the same ones are registered at every look at their object. */
const known = new WeakMap<Database, Set<string>>();
const KNOWN_MAX = 50_000;

/** Writes the records that are not there yet. They never change. */
export async function registerRecords(database: Database, records: readonly VendorRecord[]): Promise<void> {
  const kept = known.get(database) ?? new Set();
  known.set(database, kept);
  const fresh = records.filter(({ accountId, id }) => !kept.has(`${accountId} ${id}`));
  if (fresh.length === 0) return;
  const data = fresh.map((record) => ({ ...record, data: record.data as JsonObject }));
  await database.client.simulatorRecord.createMany({ data, skipDuplicates: true });
  if (kept.size > KNOWN_MAX) kept.clear();
  for (const { accountId, id } of fresh) kept.add(`${accountId} ${id}`);
}

export async function readRecord<Data>(tx: Tx, accountId: string, id: string): Promise<KeptRecord<Data> | null> {
  const row = await tx.simulatorRecord.findUnique({ where: { accountId_id: { accountId, id } } });
  return row && toRecord<Data>(row);
}

/** The record of a payment, movement or method of the bank. */
export async function findByBankCode<Data>(
  tx: Tx,
  by: { readonly bankCode: string; readonly kinds: readonly string[] },
): Promise<VendorRecord<Data> | null> {
  const row = await tx.simulatorRecord.findFirst({ where: { bankCode: by.bankCode, kind: { in: [...by.kinds] } } });
  return row && toRecord<Data>(row);
}

export interface RecordQuery {
  readonly accountId: string;
  readonly kinds: readonly string[];
  readonly reference?: string;
  readonly createdFrom?: Date;
  /** Exclusive. */
  readonly createdBefore?: Date;
  /** The list goes on after this record. */
  readonly after?: Pick<KeptRecord, 'position'>;
}

/** Newest first. */
export async function listRecords<Data>(tx: Tx, query: RecordQuery, limit: number): Promise<readonly KeptRecord<Data>[]> {
  const { accountId, kinds, reference, createdFrom, createdBefore, after } = query;
  const rows = await tx.simulatorRecord.findMany({
    where: {
      accountId,
      kind: { in: [...kinds] },
      ...(reference === undefined ? {} : { reference }),
      createdAt: { ...(createdFrom && { gte: createdFrom }), ...(createdBefore && { lt: createdBefore }) },
      ...(after && { position: { lt: after.position } }),
    },
    orderBy: { position: 'desc' },
    take: limit,
  });
  return rows.map((row) => toRecord<Data>(row));
}

function toRecord<Data>(row: SimulatorRecord): KeptRecord<Data> {
  return { ...row, data: row.data as Data };
}
