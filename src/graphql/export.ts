import { stringify } from 'csv-stringify/sync';
import { GraphQLError, getOperationAST, parse } from 'graphql';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { readInput } from '../endpoint/coercion.ts';
import { badInput, httpStatusOf, refuse, toIssues, toPublicError } from '../endpoint/errors.ts';
import { readJsonText } from '../kernel/json-text.ts';
import { toDecimal } from '../kernel/money.ts';
import type { RefusalCode } from '../kernel/refusal.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { type ExportedSession, type ExportQuery, exportSessions } from '../sessions/export.ts';
import { identify, requireMerchant } from './access.ts';
import { filterSchema } from './filters.ts';
import { schema } from './schema.ts';
import { NEWEST_FIRST, type SessionFilterShape, type SessionSortShape, toFilter } from './session.ts';

const EXPORT_PATH = '/export/sessions';

/** A file is read as fast as its caller takes it, so few are made at a time. */
const LIMITS = { ofSide: 2, ofProcess: 6 } as const;
const RETRY_AFTER_SECONDS = '10';

/** The list of sessions as a file, for spreadsheets: POST the filter and the sort of `clientSessions` as JSON. Null for every other path. */
export function createExportRoute(deps: Deps): (request: Request) => Promise<Response | null> {
  const underWay = createUnderWay();
  return async (request) => {
    if (new URL(request.url).pathname !== EXPORT_PATH) return null;
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    if (!isJson(request))
      return toRefusal(refuse('BAD_USER_INPUT', 'Send a JSON object with `Content-Type: application/json`.'), 415);
    try {
      return await answer(deps, underWay, request);
    } catch (error) {
      // Anything but a refusal is a bug, for whoever called to report.
      if (!(error instanceof GraphQLError)) throw error;
      return toRefusal(error, httpStatusOf(error.extensions['code'] as RefusalCode));
    }
  };
}

/** Takes a place for one more file, and answers how to give it back, once; null when all are taken. */
type UnderWay = (scope: MerchantScope) => (() => void) | null;

function createUnderWay(): UnderWay {
  /** One entry for each file. */
  const sides: string[] = [];
  return ({ merchantId, environment }) => {
    const side = `${merchantId} ${environment}`;
    const ofSide = sides.filter((each) => each === side).length;
    if (ofSide >= LIMITS.ofSide || sides.length >= LIMITS.ofProcess) return null;
    sides.push(side);
    return () => void sides.splice(sides.indexOf(side), 1);
  };
}

/** A page of another origin can send no JSON without asking first. */
function isJson(request: Request): boolean {
  return request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

async function answer(deps: Deps, underWay: UnderWay, request: Request): Promise<Response> {
  const scope = requireMerchant({ viewer: await identify(deps, request.headers) });
  const query = await readQuery(request);
  const end = underWay(scope);
  if (end === null) throw refuse('TOO_MANY_REQUESTS', 'Other exports are under way. Repeat this one when one of them has ended.');
  const pages = endingWith(end, exportSessions(deps, scope, query));
  // Read before the head is sent, so that what fails at once is told by the status.
  const first = await pages.next();
  const date = deps.clock.now().toISOString().slice(0, 10);
  return new Response(toStream(first, pages), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="sessions-${date}.csv"`,
      'cache-control': 'no-store',
    },
  });
}

type Pages = AsyncGenerator<readonly ExportedSession[], void, unknown>;

/** However the pages end: read to the last, broken off or not wanted any more. */
async function* endingWith(end: () => void, pages: Pages): Pages {
  try {
    yield* pages;
  } finally {
    end();
  }
}

/** A page is read when the one before was taken, and none any more once nobody wants it. */
function toStream(first: IteratorResult<readonly ExportedSession[]>, pages: Pages): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<readonly ExportedSession[]> | null = first;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(toCsv([COLUMN_NAMES]))),
      async pull(controller) {
        const page: IteratorResult<readonly ExportedSession[]> = next ?? (await pages.next());
        next = null;
        if (page.done === true) controller.close();
        else controller.enqueue(encoder.encode(toCsv(page.value.map(toCells))));
      },
      async cancel() {
        await pages.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The two inputs as `clientSessions` takes them, so that they are read and refused alike. */
const DOCUMENT = parse(
  'query Export($filter: ClientSessionFilter, $sort: ClientSessionSort) { clientSessions(filter: $filter, sort: $sort) { totalCount } }',
);
const BODY = z.strictObject({ filter: z.unknown().optional(), sort: z.unknown().optional() });

async function readQuery(request: Request): Promise<ExportQuery> {
  const body = BODY.safeParse(parseJson(await request.text()), { error: explainBody });
  if (!body.success) throw badInput(toIssues(body.error));
  const operation = getOperationAST(DOCUMENT);
  if (!operation) throw new Error('The document has no operation.');
  const read = readInput(schema, operation, body.data);
  if (read.error !== null) throw read.error;
  const input = read.values as { filter?: SessionFilterShape | null; sort?: SessionSortShape | null };
  const filter = filterSchema.safeParse(input.filter);
  if (!filter.success) throw badInput(toIssues(filter.error).map((issue) => ({ ...issue, path: ['filter', ...issue.path] })));
  return { filter: toFilter(input.filter), sort: input.sort ?? NEWEST_FIRST };
}

/** Undefined for what is no JSON, and for more of it than a filter can hold. */
function parseJson(text: string): unknown {
  const read = readJsonText(text);
  return read.ok ? read.value : undefined;
}

function explainBody({ code }: { code?: string | undefined }): string {
  return code === 'unrecognized_keys'
    ? 'There is something else in it than `filter` and `sort`.'
    : 'The body is a JSON object with `filter` and `sort`, either of which may be left out.';
}

function toRefusal(error: GraphQLError, status: number): Response {
  const { message, extensions } = toPublicError(error, { requestId: '', onBug: () => {} });
  const { http: _http, ...shown } = extensions;
  const headers = status === 429 ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
  return Response.json({ errors: [{ message, extensions: shown }] }, { status, headers });
}

/** No cell begins a formula, wherever the texts in it come from, and a text with a line break stays one cell. */
const CSV = { escape_formulas: true, record_delimiter: '\r\n', quote_record_delimiter: true } as const;

type Cell = string | number | bigint | null;

function toCsv(rows: readonly (readonly Cell[])[]): string {
  return stringify([...rows], CSV);
}

/** Nothing here opens a session or tells of a person. */
const COLUMNS: Readonly<Record<string, (exported: ExportedSession) => Cell>> = {
  id: ({ session }) => session.id,
  createdAt: ({ session }) => session.createdAt.toISOString(),
  kind: ({ session }) => session.kind,
  status: ({ session }) => session.status,
  amount: ({ session }) => (session.kind === 'ADD_PAYMENT_METHOD' ? null : toDecimal(session)),
  amountMinor: ({ session }) => (session.kind === 'ADD_PAYMENT_METHOD' ? null : session.amountMinor),
  currency: ({ session }) => session.currency,
  merchantInternalTransactionCode: ({ session }) => session.merchantInternalTransactionCode,
  merchantInternalCustomerCode: ({ merchantInternalCustomerCode }) => merchantInternalCustomerCode,
  transactionProvider: ({ session }) => session.provider,
  transactionProviderId: ({ session }) => session.providerAccountId,
  providerCode: ({ session }) => session.providerCode,
  attempts: ({ session }) => session.attempts,
  storePaymentMethod: ({ session }) => (session.kind === 'ADD_PAYMENT_METHOD' ? null : String(session.storePaymentMethod)),
  updatedAt: ({ session }) => session.updatedAt.toISOString(),
  endedAt: ({ session }) => session.endedAt?.toISOString() ?? null,
};
const COLUMN_NAMES = Object.keys(COLUMNS);
const CELLS = Object.values(COLUMNS);

function toCells(exported: ExportedSession): readonly Cell[] {
  return CELLS.map((cell) => cell(exported));
}
