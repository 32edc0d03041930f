import type { Plugin } from 'graphql-yoga';
import { createEndpoint } from '../endpoint/endpoint.ts';
import { QUERY_LIMITS, type QueryLimits } from '../endpoint/limits.ts';
import type { Deps } from '../operations/deps.ts';
import { type AccrupayContext, createContext } from './context.ts';
import { translate } from './errors.ts';
import { refusePaymentPlans } from './out-of-scope.ts';
import { schema } from './schema.ts';

export const ACCRUPAY_PATH = '/accrupay/graphql';

/**
 * Room for what the SDKs send: whole objects of some 300 fields for each row, with lists inside, in pages whose size is a variable and so
 * counts as the largest.
 */
const ACCRUPAY_LIMITS: QueryLimits = { ...QUERY_LIMITS, costMax: 400_000 };

export interface AccrupayOptions {
  readonly hasIntrospection: boolean;
  readonly bodyBytesMax: number;
}

/** The endpoint that the official AccruPay SDKs run against. */
export function createAccrupayServer(deps: Deps, options: AccrupayOptions) {
  return createEndpoint<AccrupayContext>(deps, {
    path: ACCRUPAY_PATH,
    schema,
    limits: ACCRUPAY_LIMITS,
    bodyBytesMax: options.bodyBytesMax,
    hasIntrospection: options.hasIntrospection,
    // Any page may ask what needs no secret. A page cannot send the secret: its header is not on the list.
    cors: {
      origin: '*',
      credentials: false,
      methods: ['POST', 'OPTIONS'],
      allowedHeaders: ['content-type', 'accrupay-app-metadata', 'accrupay-sdk-name', 'accrupay-sdk-version'],
      maxAge: 600,
    },
    createContext: (request) => createContext(deps, request),
    plugins: [refusePaymentPlans(), answerLikeAccrupay()],
  });
}

/**
 * Every GraphQL answer is HTTP 200, and one with errors has `data: null` and nothing else: on any other status or form the SDKs lose the
 * errors.
 */
function answerLikeAccrupay(): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result) || !('errors' in result) || !result.errors?.length) return;
      const errors = result.errors.map((error) => translate(error));
      setResult({ data: null, errors, extensions: { http: { status: 200 } } });
    },
  };
}
