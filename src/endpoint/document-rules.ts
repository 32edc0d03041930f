import {
  type ASTNode,
  type ASTVisitor,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
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

/** Refuses `@skip` and `@include` at the one field of a subscription: without its field it would be none. */
export function requireSubscribedField(context: ValidationContext): ASTVisitor {
  const refuse = (node: ASTNode) => {
    const message = 'The field of a subscription takes no `@skip` and no `@include`.';
    context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }));
  };
  const visitIn = ({ selections }: SelectionSetNode, seen: ReadonlySet<string>): void => {
    for (const selection of selections) {
      const isConditional = selection.directives?.some(({ name }) => CONDITIONS.includes(name.value));
      if (isConditional) refuse(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visitIn(selection.selectionSet, seen);
      else if (selection.kind === Kind.FRAGMENT_SPREAD && !seen.has(selection.name.value)) {
        const fragment = context.getFragment(selection.name.value);
        if (fragment) visitIn(fragment.selectionSet, new Set([...seen, fragment.name.value]));
      }
    }
  };
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation === OperationTypeNode.SUBSCRIPTION) visitIn(selectionSet, new Set());
    },
  };
}

const CONDITIONS: readonly string[] = ['skip', 'include'];

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
