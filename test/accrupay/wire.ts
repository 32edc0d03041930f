import type { Data } from '../support/gateway.ts';
import { ACCRUPAY } from './sdk.ts';

export interface WireAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Data;
}

const metadata = { sdk: { name: '@accrupay/node', version: '0.17.0' }, timestamp: '2026-11-23T12:00:00.000Z' };

/** What 0.17.0 and the React SDK send, header by header: Apollo Client 4. */
export const NODE_HEADERS = {
  accept: 'application/graphql-response+json,application/json;q=0.9',
  'accrupay-sdk-version': '0.17.0',
  'accrupay-app-metadata': JSON.stringify({ ...metadata, telemetry: { runtime: { name: 'node' } } }),
};
export const REACT_HEADERS = {
  accept: NODE_HEADERS.accept,
  origin: 'https://shop.example',
  'accrupay-sdk-version': '0.1.0',
  'accrupay-sdk-name': '@accrupay/react',
  'accrupay-app-metadata': JSON.stringify(metadata),
};

export async function sendOver(
  url: string,
  call: { query: string; variables?: object; headers?: Readonly<Record<string, string>> },
): Promise<WireAnswer> {
  const { query, variables = {} } = call;
  const [, operationName] = /^(?:query|mutation) (\w+)/.exec(query) ?? [];
  const extensions = { clientLibrary: { name: '@apollo/client', version: '4.0.0' } };
  const response = await fetch(`${url}${ACCRUPAY}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...call.headers },
    body: JSON.stringify({ operationName, variables, extensions, query }),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}
