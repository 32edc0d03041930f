import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import type { GraphQLError, ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { limitCost, tooExpensive } from './cost.ts';

/** What a query may be, checked before any of it runs. */
export interface QueryLimits {
  readonly depthMax: number;
  readonly aliasesMax: number;
  readonly directivesMax: number;
  readonly tokensMax: number;
  /** Fields that may be resolved, page sizes multiplied in. */
  readonly costMax: number;
}

/** Room for every query of the console and the client, and for introspection, several times over. */
export const QUERY_LIMITS: QueryLimits = {
  depthMax: 15,
  aliasesMax: 30,
  directivesMax: 30,
  tokensMax: 2_000,
  costMax: 50_000,
};

/** graphql-armor's limits with our error code, and our own cost rule: armor's reads no page size out of a variable. */
export function limitQueries(limits: QueryLimits): readonly Plugin[] {
  const report = (context: ValidationContext | null, error: GraphQLError) => {
    const refusal = tooExpensive(error.message.replace(/^Syntax Error: /, ''));
    if (context === null) throw refusal;
    context.reportError(refusal);
  };
  const reporting = { onReject: [report], propagateOnRejection: false };
  const costRule = limitCost(limits.costMax);
  return [
    EnvelopArmorPlugin({
      maxDepth: { n: limits.depthMax, flattenFragments: true, ...reporting },
      maxAliases: { n: limits.aliasesMax, ...reporting },
      maxDirectives: { n: limits.directivesMax, ...reporting },
      maxTokens: { n: limits.tokensMax, ...reporting },
      costLimit: { enabled: false },
      blockFieldSuggestion: { enabled: false },
    }) as Plugin,
    { onValidate: ({ addValidationRule }) => addValidationRule(costRule) },
  ];
}
