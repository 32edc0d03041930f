import { isDeepStrictEqual } from 'node:util';
import type { Contest } from './contest.ts';
import type { OperationName, Side } from './operations.ts';
import { doUnits, supplyFor } from './round.ts';
import type { Bench } from './setup.ts';

/** What an operation may write. Jobs are the gateway's own queue and are gone once they are done. */
const TABLES = [
  'merchant_codes',
  'sessions',
  'transactions',
  'operations',
  'events',
  'webhook_deliveries',
  'bank_payments',
  'bank_movements',
  'bank_keys',
];

/** Counts of writes and positions in the log: they depend on the statements, not on what is kept. */
const NOT_COMPARED = ['version', 'xid', 'seq'];

type Row = Readonly<Record<string, unknown>>;
type Written = Readonly<Record<string, readonly Row[]>>;

/**
 * Does one unit on each side. Throws when the responses differ: those of a read in anything, those of a write in more than ids,
 * secrets and instants. Reports the columns in which the rows that were written differ: a gateway with a newer schema writes what
 * the baseline does not know.
 */
export async function expectEqual(contest: Contest, operation: OperationName): Promise<void> {
  const gateway = await doUnit(contest, operation, 'gateway');
  const baseline = await doUnit(contest, operation, 'baseline');
  const isRead = Object.values(gateway.written).every((rows) => rows.length === 0);
  const kinds = isRead ? KINDS_OF_READS : KINDS;
  const [ours, theirs] = [gateway, baseline].map(({ responses }) => responses.map((text) => comparable(JSON.parse(text), kinds)));
  const difference = findDifference(ours, theirs);
  if (difference !== null) throw new Error(`The baseline's response to ${operation} is not the gateway's: ${difference}`);
  for (const text of listDifferences(gateway.written, baseline.written))
    process.stdout.write(`  ${operation} writes differently: ${text}\n`);
}

async function doUnit(contest: Contest, operation: OperationName, side: Side) {
  const supply = await supplyFor(contest, operation, 1);
  const { rows } = await contest.bench.query('SELECT pg_current_xact_id()::text AS xid');
  const responses = await doUnits(contest, { operation, side, supply })();
  return { responses, written: await readWritten(contest.bench, rows[0].xid) };
}

async function readWritten(bench: Bench, sinceXid: string): Promise<Written> {
  const written: Record<string, readonly Row[]> = {};
  for (const table of TABLES) {
    const { rows } = await bench.query(
      `SELECT to_jsonb(${table}) - $2::text[] AS row FROM ${table} WHERE xmin::text::bigint > $1::bigint`,
      [sinceXid, NOT_COMPARED],
    );
    written[table] = rows
      .map(({ row }) => comparable(row, KINDS) as Row)
      .sort((left, right) => compareText(toText(left), toText(right)));
  }
  return written;
}

function listDifferences(gateway: Written, baseline: Written): readonly string[] {
  return TABLES.flatMap((table) => {
    const [ours, theirs] = [gateway[table] ?? [], baseline[table] ?? []];
    if (ours.length !== theirs.length) return [`${ours.length} and ${theirs.length} rows of ${table}`];
    return ours.flatMap((row, index) => {
      const other = theirs[index] ?? {};
      return Object.keys(row)
        .filter((column) => !isDeepStrictEqual(row[column], other[column]))
        .map((column) => `${table}.${column} is ${toText(row[column])} and ${toText(other[column])}`);
    });
  });
}

/** Each side reads its own cursors only. */
const CURSOR = '<cursor>';

type Kinds = readonly (readonly [form: RegExp, kind: string])[];
/** The two sides listen on ports of their own. */
const KINDS_OF_READS: Kinds = [[/http:\/\/127\.0\.0\.1(?::\d+)?/, '<address>']];
const KINDS: Kinds = [
  ...KINDS_OF_READS,
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<instant>'],
  [/\b(cst|exm_[a-z]+)_[\w-]{24,}/g, '<$1>'],
  [/^\\x[0-9a-f]+$/, '<sealed>'],
  [/^(?:[0-9a-f]{64}|[\w-]{43})$/, '<hash>'],
];

/** What differs from unit to unit replaced by its kind. */
function comparable(value: unknown, kinds: Kinds): unknown {
  if (typeof value === 'string' && value.startsWith('{"')) return comparable(JSON.parse(value), kinds);
  if (typeof value === 'string') return kinds.reduce((text, [form, kind]) => text.replace(form, kind), value);
  if (Array.isArray(value)) return value.map((item) => comparable(item, kinds));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, name === 'endCursor' ? CURSOR : comparable(field, kinds)]);
  return Object.fromEntries(fields);
}

/** Where two values differ first, and in what; null when they are equal. */
function findDifference(ours: unknown, theirs: unknown, path = ''): string | null {
  if (isDeepStrictEqual(ours, theirs)) return null;
  const [left, right] = [toFields(ours), toFields(theirs)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const inner = names.map((name) => findDifference(left[name], right[name], `${path}.${name}`)).find((found) => found !== null);
  return inner ?? `${path} is ${toText(ours)} and ${toText(theirs)}`;
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
