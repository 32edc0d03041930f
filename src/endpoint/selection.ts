import {
  type FieldNode,
  type GraphQLField,
  type GraphQLResolveInfo,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

const known = new WeakMap<FieldNode, boolean>();

/** Whether any field below the one that is resolved needs the whole row: its `extensions` say so by `WHOLE`. */
export function selectsWhole(info: GraphQLResolveInfo): boolean {
  const { name } = getNamedType(info.returnType);
  return info.fieldNodes.some((node) => {
    const selects = known.get(node) ?? holdsWhole(node.selectionSet, name, info);
    known.set(node, selects);
    return selects;
  });
}

/** The `extensions` of a field that shows what a list does not read unless it is selected. */
export const WHOLE = { needsWholeRow: true };

function holdsWhole(selected: SelectionSetNode | undefined, typeName: string, info: GraphQLResolveInfo): boolean {
  const type = info.schema.getType(typeName);
  const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
  return (selected?.selections ?? []).some((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return holdsWhole(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, info);
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = info.fragments[selection.name.value];
      return fragment !== undefined && holdsWhole(fragment.selectionSet, fragment.typeCondition.name.value, info);
    }
    const field: GraphQLField<unknown, unknown> | undefined = fields[selection.name.value];
    if (field === undefined) return false;
    return field.extensions['needsWholeRow'] === true || holdsWhole(selection.selectionSet, getNamedType(field.type).name, info);
  });
}
