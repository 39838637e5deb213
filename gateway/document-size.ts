import { type ASTVisitor, GraphQLError, Kind, type SelectionSetNode, type ValidationContext } from 'graphql'
import { AppError } from '../kernel/errors.ts'

/** Selections of one document with every fragment written out where it is used. */
const SELECTIONS_MAX = 1_000

/**
 * A rule of validation: fragments that spread fragments stand for twice as much with each line, and the planner
 * writes them out. A document of a kilobyte could hold it up for hours.
 */
export function documentSizeRule(context: ValidationContext): ASTVisitor {
  const sizes = new Map<string, number>()

  const sizeOf = (selectionSet: SelectionSetNode | undefined): number => {
    let size = 0
    for (const selection of selectionSet?.selections ?? []) {
      size += 1
      size +=
        selection.kind === Kind.FRAGMENT_SPREAD
          ? sizeOfFragment(selection.name.value)
          : sizeOf(selection.selectionSet)
    }
    return size
  }

  const sizeOfFragment = (name: string): number => {
    const known = sizes.get(name)
    if (known !== undefined) return known
    sizes.set(name, 0) // Fragments in a circle are refused by another rule.
    const size = sizeOf(context.getFragment(name)?.selectionSet)
    sizes.set(name, size)
    return size
  }

  return {
    OperationDefinition(operation) {
      if (sizeOf(operation.selectionSet) <= SELECTIONS_MAX) return
      const message = `The document asks for more than ${SELECTIONS_MAX} fields; ask in parts.`
      const originalError = new AppError('COST_LIMIT_EXCEEDED', message)
      context.reportError(new GraphQLError(message, { nodes: operation, originalError }))
    },
  }
}
