import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { readJsonText } from '../kernel/json-text.ts';
import type { Operations } from './execution.ts';
import { type PlainResponse, toPlainResponse } from './plain-response.ts';
import { REQUEST_LIMITS } from './requests.ts';

/** What an endpoint does with an operation that is known. */
export interface FastPathParts {
  readonly path: string;
  readonly bodyBytesMax: number;
  /** Whether responses to other origins carry headers that Yoga makes. */
  readonly hasCors: boolean;
  findDocument(source: string): DocumentNode | undefined;
  readonly operations: Pick<Operations, 'compiled'>;
  createContext(headers: HeaderSource, requestId: string): Promise<object>;
  /** The result as the caller may see it. */
  publish(result: ExecutionResult, requestId: string): ExecutionResult;
}

/** The headers of a request. */
export interface HeaderSource {
  get(name: string): string | null;
}

/** So short that no text in it passes the limits of a text or of a query. */
const BODY_BYTES_MAX = Math.min(REQUEST_LIMITS.queryLengthMax, REQUEST_LIMITS.textLengthMax);
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
/** Yoga takes the first type of the header that it serves. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
]);

/** The media type of the response. Null for a request that only Yoga reads: it is no POST of plain JSON, or not short. */
export function fastMediaType(incoming: IncomingMessage, { path, hasCors, bodyBytesMax }: FastPathParts): string | null {
  const { method, url, headers } = incoming;
  const length = Number(headers['content-length'] ?? 0);
  if (method !== 'POST' || url !== path || length === 0 || length > Math.min(bodyBytesMax, BODY_BYTES_MAX)) return null;
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || headers['content-encoding'] !== undefined) return null;
  if (hasCors && headers.origin !== undefined) return null;
  const types = (headers.accept || '*/*').split(',', REQUEST_LIMITS.acceptedTypesMax + 1);
  return types.length > REQUEST_LIMITS.acceptedTypesMax ? null : (MEDIA_TYPES.get(types[0] ?? '') ?? null);
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly mediaType: string;
  readonly requestId: string;
}

/**
 * Runs an operation that is compiled already without Yoga's HTTP layer, whose objects cost more than the operation. Returns null
 * then. Returns the body of any other request, of which nothing has run, for Yoga.
 */
export async function answerFast(
  parts: FastPathParts,
  { incoming, outgoing, mediaType, requestId }: Exchange,
): Promise<Buffer | null> {
  const body = await readAll(incoming);
  const asked = readParams(body.toString());
  const document = asked && parts.findDocument(asked.query);
  const run = document && parts.operations.compiled(document, asked.operationName ?? null);
  if (!run) return body;
  const respond = (result: ExecutionResult) => toPlainResponse(parts.publish(result, requestId), mediaType);
  const headers: HeaderSource = { get: (name) => incoming.headers[name]?.toString() ?? null };
  let response: PlainResponse;
  try {
    response = respond(await run(await parts.createContext(headers, requestId), asked.variables ?? {}));
  } catch (error) {
    response = respond({ errors: [error as never] });
  }
  send(outgoing, response);
  return null;
}

/** Never settles when the client disconnects before the end: there is no one to respond to. */
function readAll(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).once('end', () => resolve(Buffer.concat(chunks)));
  });
}

interface Params {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

/** Null for what Yoga may have to refuse. */
function readParams(text: string): Params | null {
  const read = readJsonText(text);
  if (!read.ok || !isObject(read.value)) return null;
  const { query, operationName, variables, extensions, ...others } = read.value;
  const isName =
    operationName == null || (typeof operationName === 'string' && operationName.length <= REQUEST_LIMITS.operationNameLengthMax);
  const isPlain = typeof query === 'string' && isName && isObject(variables ?? {}) && isObject(extensions ?? {});
  return isPlain && Object.keys(others).length === 0 ? (read.value as unknown as Params) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function send(outgoing: ServerResponse, { status, headers, body }: PlainResponse): void {
  // Told meanwhile that it took too long, or gone.
  if (outgoing.headersSent || outgoing.destroyed) return;
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
