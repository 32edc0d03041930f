import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { JSON_LIMITS, readJsonText } from '../kernel/json-text.ts';
import { tooExpensive } from './cost.ts';

/** What a request may hold before anything of it is read as GraphQL. A character is one of JavaScript's, two bytes at most. */
export const REQUEST_LIMITS = {
  queryLengthMax: 65_536,
  /** Of one text or field name among the variables. */
  textLengthMax: 65_536,
  operationNameLengthMax: 100,
  /** Of the header, which every type that is served is compared with, one by one, and listed again where none fits. */
  acceptedTypesMax: 20,
  ...JSON_LIMITS,
} as const;

/** Reads bodies and query strings within REQUEST_LIMITS, so that what comes after works on little, whatever it costs for each part. */
export function readRequests(): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      const types = request.headers.get('accept')?.split(',', REQUEST_LIMITS.acceptedTypesMax + 1) ?? [];
      if (types.length <= REQUEST_LIMITS.acceptedTypesMax) return;
      const message = `The Accept header names more than ${REQUEST_LIMITS.acceptedTypesMax} types.`;
      const body = { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] };
      endResponse(fetchAPI.Response.json(body, { status: 406 }));
    },
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'POST') setRequestParser(async (posted) => toParams(parse(await posted.text(), 'body')));
      if (request.method === 'GET') setRequestParser(({ url }) => readQueryString(url));
    },
    onParams: ({ params }) => checkParams(params),
  };
}

function readQueryString(url: string): GraphQLParams {
  const start = url.indexOf('?');
  const given = new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
  const parsed = (name: string) => {
    const text = given.get(name);
    return text === null || text === '' ? undefined : parse(text, `\`${name}\``);
  };
  return {
    query: given.get('query') || undefined,
    operationName: given.get('operationName') || undefined,
    variables: parsed('variables'),
    extensions: parsed('extensions'),
  } as GraphQLParams;
}

function parse(text: string, what: string): unknown {
  const read = readJsonText(text);
  if (read.ok) return read.value;
  throw invalid(read.problem === 'not-json' ? `The ${what} is not JSON.` : `The ${what} is refused. ${read.message}`);
}

function toParams(body: unknown): GraphQLParams {
  // A list is left to yoga, which refuses batches.
  if (typeof body === 'object' && body !== null) return body as GraphQLParams;
  throw invalid('The body is a JSON object with `query` and, where needed, `variables` and `operationName`.');
}

function checkParams({ query, operationName, variables }: GraphQLParams): void {
  if (typeof query === 'string' && query.length > REQUEST_LIMITS.queryLengthMax) {
    throw tooExpensive(`The query has more than ${REQUEST_LIMITS.queryLengthMax} characters.`);
  }
  if (typeof operationName === 'string' && operationName.length > REQUEST_LIMITS.operationNameLengthMax) {
    throw invalid(`The name of the operation has more than ${REQUEST_LIMITS.operationNameLengthMax} characters.`);
  }
  if (holdsLongText(variables)) {
    throw invalid(`A text among the variables has more than ${REQUEST_LIMITS.textLengthMax} characters.`);
  }
}

/** Of parsed JSON, whose depth and size are bounded. */
function holdsLongText(value: unknown): boolean {
  if (typeof value === 'string') return value.length > REQUEST_LIMITS.textLengthMax;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, item]) => holdsLongText(name) || holdsLongText(item));
}

/** Nothing is known of the operation, so the HTTP status may say so to every client. */
function invalid(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });
}
