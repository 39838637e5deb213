import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

type Info = Pick<GraphQLResolveInfo, 'operation' | 'fragments'>

/**
 * Does an operation name one of some fields, wherever it is? So that a resolver reads with its object what will be asked
 * of it. An operation is looked through once.
 */
export function fieldFinder(names: readonly string[]): (info: Info) => boolean {
  const known = new WeakMap<Info['operation'], boolean>()
  return ({ operation, fragments }) => {
    let found = known.get(operation)
    if (found === undefined) {
      const all = [operation, ...Object.values(fragments)]
      found = all.some(({ selectionSet }) => isNamedIn(selectionSet, names))
      known.set(operation, found)
    }
    return found
  }
}

const isNamedIn = (selectionSet: SelectionSetNode | undefined, names: readonly string[]): boolean =>
  selectionSet?.selections.some((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return false // It is looked through by itself.
    if (selection.kind === Kind.FIELD && names.includes(selection.name.value)) return true
    return isNamedIn(selection.selectionSet, names)
  }) ?? false
