import { type DocumentNode, type ExecutionResult, Kind, type OperationDefinitionNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Deps } from '../deps.ts';
import { createEndpoint } from '../endpoint/endpoint.ts';
import { refuse } from '../endpoint/errors.ts';
import { BROWSER_FIELDS_MAX } from '../endpoint/list-budget.ts';
import type { QueryLimits } from '../kernel/query-limits.ts';
import { REFUSALS, type RefusalCode } from '../kernel/refusal.ts';
import { type AccrupayContext, createContext, requireMerchant } from './context.ts';
import { translate, translateExtensions } from './errors.ts';
import { schema } from './schema.ts';

const PAYMENT_PLANS = /^merchantApiPaymentPlan/;

/** Documents of the SDKs for what the schema leaves out get one clear answer instead of a list of unknown types. */
function refusePaymentPlans(): Plugin {
  return {
    onValidate({ params, setResult }) {
      if (!isForPlans(params.documentAST as DocumentNode)) return;
      setResult([refuse('UNSUPPORTED', 'Tollgate has no payment plans and no templates of them. Nothing was done.')]);
    },
  };
}

function isForPlans({ definitions }: DocumentNode): boolean {
  const operations = definitions.filter((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION);
  const roots = operations.flatMap(({ selectionSet }) => selectionSet.selections);
  return roots.some((node) => node.kind === Kind.FIELD && PAYMENT_PLANS.test(node.name.value));
}

export const ACCRUPAY_PATH = '/accrupay/graphql';

/**
 * How many times the configured cost a query may have here: the SDKs ask for whole objects of some 300 fields for each row, with
 * lists inside, in pages whose size is a variable and so counts as the largest. The other limits are as configured.
 */
export const COST_FACTOR = 8;

interface AccrupayOptions {
  readonly hasIntrospection: boolean;
  readonly bodyBytesMax: number;
  readonly limits: QueryLimits;
}

/** The endpoint that the official AccruPay SDKs run against. */
export function createAccrupayServer(deps: Deps, options: AccrupayOptions) {
  const endpoint = createEndpoint<AccrupayContext>(deps, {
    path: ACCRUPAY_PATH,
    schema,
    limits: { ...options.limits, costMax: options.limits.costMax * COST_FACTOR },
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
    createContext: (headers) => createContext(deps, headers),
    requireAccess: (context, opening) => void (opening === 'EVERYBODY' || requireMerchant(context)),
    fieldsMaxOf: ({ merchant }) => (merchant === null ? BROWSER_FIELDS_MAX : undefined),
    toResult,
    plugins: [refusePaymentPlans(), answerWithStatus200()],
  });
  return Object.assign(endpoint, { toRefusal });
}

function toRefusal(code: RefusalCode, requestId: string) {
  return { status: 200, body: failed([{ message: REFUSALS[code], extensions: { code, requestId } }]) };
}

type PlainError = { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> };

function failed(errors: readonly PlainError[]) {
  return { data: null, errors: errors.map((error) => ({ ...error, extensions: translateExtensions(error.extensions ?? {}) })) };
}

/**
 * Every GraphQL answer is HTTP 200, and one with errors has `data: null` and nothing else: on any other status or form the SDKs lose the
 * errors.
 */
function toResult(result: ExecutionResult): ExecutionResult {
  if (!result.errors?.length) return result;
  return { data: null, errors: result.errors.map(translate), extensions: { http: { status: 200 } } };
}

/**
 * The same for a request that is refused before there is a GraphQL result: its method, media types or body. Only a preflight, which is no
 * GraphQL request, keeps its status.
 */
function answerWithStatus200(): Plugin {
  return {
    async onResponse({ request, response, fetchAPI, setResponse }) {
      if (response.ok || request.method === 'OPTIONS') return;
      const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'content-length'));
      const body = failed(readErrors(await response.text()));
      setResponse(fetchAPI.Response.json(body, { status: 200, headers: { ...headers, 'content-type': 'application/json' } }));
    },
  };
}

const UNREADABLE: PlainError = {
  message: 'This is not a GraphQL request. Send a POST with a JSON body, and accept application/json.',
  extensions: { code: 'BAD_USER_INPUT' satisfies RefusalCode },
};

/** The errors of a GraphQL response, or one line that says what was expected. */
function readErrors(text: string): readonly PlainError[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly PlainError[] };
    return errors === undefined || errors.length === 0 ? [UNREADABLE] : errors;
  } catch {
    return [UNREADABLE];
  }
}
