import { buildSchema, type GraphQLSchema, isObjectType } from 'graphql';
import { createEndpoint } from '../../src/endpoint/endpoint.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';

const URL_OF_ECHO = 'http://gateway.test/echo';

export interface EchoAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly issues?: readonly { path: (string | number)[]; message: string }[] };
  }[];
}

/** An endpoint over the schema, without a database and with room for any query. */
export function serve(schema: GraphQLSchema) {
  const limits = { ...QUERY_LIMITS, depthMax: 50, aliasesMax: 500, directivesMax: 500, tokensMax: 20_000, costMax: 1e12 };
  const log = createLogger({ level: 'fatal', destination: { write: () => undefined } });
  const endpoint = createEndpoint(
    { log },
    {
      path: '/echo',
      schema,
      limits,
      bodyBytesMax: 1_000_000,
      hasIntrospection: true,
      cors: false,
      requireAccess: () => undefined,
      createContext: async () => ({}),
    },
  );
  return async (query: string, variables?: unknown): Promise<EchoAnswer> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    const response = await endpoint.fetch(URL_OF_ECHO, { method: 'POST', headers, body });
    return (await response.json()) as EchoAnswer;
  };
}

/** A schema whose `echo` fields return their arguments as JSON, as a resolver got them. */
export function buildEcho(text: string): GraphQLSchema {
  const schema = buildSchema(text);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      field.resolve = (_parent, args) => (field.name === 'echo' ? JSON.stringify(sorted(args)) : {});
    }
  }
  return schema;
}

/** Engines fill in defaults in an order of their own. */
function sorted(args: object): object {
  return Object.fromEntries(Object.entries(args).sort(([one], [other]) => (one < other ? -1 : 1)));
}
