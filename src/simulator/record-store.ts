import type { Database, Tx } from '../database/database.ts';
import { allOf } from '../database/page.ts';
import { tableOf } from '../database/table.ts';
import { Prisma, type SimulatorRecord } from '../generated/prisma/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';

/** What the vendors keep of their objects and the bank does not. Each dialect says what `data` holds. */

const table = tableOf<SimulatorRecord>('simulator_records', Prisma.SimulatorRecordScalarFieldEnum, ['data']);

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
  const row = { accountId, id, kind, bankCode, reference, data: record.data as JsonObject, createdAt };
  await tx.$executeRaw`
    ${table.insert(row)}
    ON CONFLICT (account_id, id) DO UPDATE SET
      kind = excluded.kind, bank_code = excluded.bank_code, reference = excluded.reference, data = excluded.data`;
}

/** Writes a new record of the account, made now. */
export async function keepRecord<Data>(
  {
    deps,
    account,
  }: { readonly deps: { readonly database: Database; readonly clock: Clock }; readonly account: { readonly id: string } },
  fields: Pick<VendorRecord<Data>, 'id' | 'kind' | 'data'> & Partial<Pick<VendorRecord, 'bankCode' | 'reference'>>,
): Promise<VendorRecord<Data>> {
  const record = { bankCode: null, reference: null, ...fields, accountId: account.id, createdAt: deps.clock.now() };
  await putRecord(deps.database.client, record);
  return record;
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
  const [row] = await tx.$queryRaw<SimulatorRecord[]>`
    SELECT ${table.columns} FROM simulator_records WHERE ${table.is({ accountId, id })}`;
  return row === undefined ? null : toRecord<Data>(row);
}

/** The record of a payment, movement or method of the bank. */
export async function findByBankCode<Data>(
  tx: Tx,
  by: { readonly bankCode: string; readonly kinds: readonly string[] },
): Promise<VendorRecord<Data> | null> {
  const [row] = await tx.$queryRaw<SimulatorRecord[]>`
    SELECT ${table.columns} FROM simulator_records WHERE ${table.is({ bankCode: by.bankCode, kind: by.kinds })} LIMIT 1`;
  return row === undefined ? null : toRecord<Data>(row);
}

/** Disputes of all vendors, under the names that each gives them. */
const DISPUTE_KINDS = ['dispute', 'chargeback'];

export async function findDispute(tx: Tx, id: string): Promise<VendorRecord | null> {
  const [row] = await tx.$queryRaw<SimulatorRecord[]>`
    SELECT ${table.columns} FROM simulator_records WHERE ${table.is({ id, kind: DISPUTE_KINDS })} LIMIT 1`;
  return row === undefined ? null : toRecord(row);
}

export interface RecordQuery {
  readonly accountId: string;
  readonly kinds: readonly string[];
  readonly reference?: string;
  readonly bankCode?: string;
  readonly createdFrom?: Date;
  /** Exclusive. */
  readonly createdBefore?: Date;
  /** The list goes on after this record. */
  readonly after?: Pick<KeptRecord, 'position'>;
}

const LISTED_MAX = 1000;

/** Newest first, at most 1000. */
export async function listRecords<Data>(tx: Tx, query: RecordQuery, limit = LISTED_MAX): Promise<readonly KeptRecord<Data>[]> {
  const rows = await tx.$queryRaw<SimulatorRecord[]>`
    SELECT ${table.columns} FROM simulator_records WHERE ${isAsked(query)} ORDER BY position DESC LIMIT ${limit}`;
  return rows.map((row) => toRecord<Data>(row));
}

function isAsked({ accountId, kinds, reference, bankCode, createdFrom, createdBefore, after }: RecordQuery): Prisma.Sql {
  return allOf([
    table.is({ accountId, kind: kinds }),
    ...(reference === undefined ? [] : [table.is({ reference })]),
    ...(bankCode === undefined ? [] : [table.is({ bankCode })]),
    ...(createdFrom === undefined ? [] : [Prisma.sql`created_at >= ${createdFrom}`]),
    ...(createdBefore === undefined ? [] : [Prisma.sql`created_at < ${createdBefore}`]),
    ...(after === undefined ? [] : [Prisma.sql`position < ${after.position}`]),
  ]);
}

function toRecord<Data>(row: SimulatorRecord): KeptRecord<Data> {
  return { ...row, data: row.data as Data };
}
