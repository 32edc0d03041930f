import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import type { GraphQLError, ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { QueryLimits } from '../kernel/query-limits.ts';
import { limitCost, tooExpensive } from './cost.ts';

/** graphql-armor's limits with our error code, and our own cost rule: armor's reads no page size out of a variable. */
export function limitQueries(limits: QueryLimits): readonly Plugin[] {
  const report = (context: ValidationContext | null, error: GraphQLError) =>
    context?.reportError(tooExpensive(error.message.replace(/^Syntax Error: /, '')));
  const reporting = { onReject: [report], propagateOnRejection: false };
  const costRule = limitCost(limits.costMax);
  return [
    EnvelopArmorPlugin({
      maxDepth: { n: limits.depthMax, flattenFragments: true, ...reporting },
      // An alias of `__typename` is answered like any other.
      maxAliases: { n: limits.aliasesMax, allowList: [], ...reporting },
      maxDirectives: { n: limits.directivesMax, ...reporting },
      // Counted by graphql's own parser.
      maxTokens: { enabled: false },
      costLimit: { enabled: false },
      blockFieldSuggestion: { enabled: false },
    }) as Plugin,
    { onValidate: ({ addValidationRule }) => addValidationRule(costRule) },
  ];
}
