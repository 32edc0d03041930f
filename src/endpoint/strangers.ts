import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Who may ask for a root field: everybody, every credential, keys but no session tokens, or secret keys alone. */
export type Opening = 'EVERYBODY' | 'CREDENTIALS' | 'KEYS' | 'SECRET_KEYS';

/** The `extensions` of a root field that more than secret keys open. Its resolver checks the credential as well. */
export function openTo(opening: Exclude<Opening, 'SECRET_KEYS'>): { readonly opening: Opening } {
  return { opening };
}

/**
 * Refuses an operation before its variables and arguments are looked at, where the credential does not open one of its root
 * fields: what is wrong with an input is told to those only who may send it. A field that is skipped counts like any other.
 * @param require throws the dialect's refusal of a credential that does not open so much
 */
export function refuseStranger(
  schema: GraphQLSchema,
  { document, operation }: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode },
  require: (opening: Opening) => void,
): GraphQLError | null {
  const definitions = schema.getRootType(operation.operation)?.getFields() ?? {};
  for (const { name, alias } of rootFields(document, operation)) {
    if (name.value.startsWith('__')) continue;
    const opening = definitions[name.value]?.extensions['opening'] as Opening | undefined;
    try {
      require(opening ?? 'SECRET_KEYS');
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return new GraphQLError(error.message, { path: [(alias ?? name).value], extensions: error.extensions });
    }
  }
  return null;
}

/** The operation's own fields, those of its fragments among them, each fragment once. */
function rootFields(document: DocumentNode, operation: OperationDefinitionNode): Generator<FieldNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  return fieldsOf(operation.selectionSet, fragments);
}

function* fieldsOf({ selections }: SelectionSetNode, fragments: Map<string, FragmentDefinitionNode>): Generator<FieldNode> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      yield selection;
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* fieldsOf(selection.selectionSet, fragments);
    } else {
      const fragment = fragments.get(selection.name.value);
      fragments.delete(selection.name.value);
      if (fragment !== undefined) yield* fieldsOf(fragment.selectionSet, fragments);
    }
  }
}
