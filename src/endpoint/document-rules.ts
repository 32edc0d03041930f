import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';
import { tooExpensive } from './cost.ts';

const NAME_LENGTH_MAX = 100;
/** Equal names are compared with each other, so the sum of the squares of their counts bounds that work: 300 fields of one name. */
const COMPARISONS_MAX = 90_000;

/** Refuses names of a length that nothing in a schema has. Messages repeat names. */
export function limitNames(context: ValidationContext): ASTVisitor {
  let isReported = false;
  return {
    Name({ value }) {
      if (isReported || value.length <= NAME_LENGTH_MAX) return;
      isReported = true;
      context.reportError(
        new GraphQLError(`A name in the query has more than ${NAME_LENGTH_MAX} characters.`, {
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        }),
      );
    },
  };
}

/**
 * Refuses variables with the name of a property that every JavaScript object has, such as `$constructor` or `$__proto__`.
 * GraphQL engines keep the values of variables in an object: one that is left out would get the property as its value, and one
 * that is given could be lost.
 */
export function limitVariableNames(context: ValidationContext): ASTVisitor {
  return {
    VariableDefinition({ variable: { name } }) {
      if (!(name.value in Object.prototype)) return;
      const message = `A variable cannot be named $${name.value}. Choose another name.`;
      context.reportError(new GraphQLError(message, { nodes: name, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }));
    },
  };
}

/** Refuses documents that select one name many times: whether such fields can be merged is checked for each pair of them. */
export function limitRepeats(context: ValidationContext): ASTVisitor {
  const counts = new Map<string, number>();
  return {
    Field({ alias, name }) {
      const shown = (alias ?? name).value;
      counts.set(shown, (counts.get(shown) ?? 0) + 1);
    },
    Document: {
      leave() {
        const comparisons = [...counts.values()].reduce((sum, count) => sum + count * count, 0);
        if (comparisons > COMPARISONS_MAX) context.reportError(tooExpensive('The query selects the same names too many times.'));
      },
    },
  };
}
