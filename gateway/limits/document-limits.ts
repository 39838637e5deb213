import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValidationContext,
} from 'graphql'
import { AppError } from '../../kernel/errors.ts'
import { fragmentsOf } from '../../kernel/graphql/fragments.ts'

/** How large a document may be that nobody has looked at before. */
export interface DocumentLimits {
  /** Names, numbers and punctuation marks; planning time grows with their square. */
  readonly tokens: number
  /** Fields with every fragment written out where it is used. */
  readonly fields: number
  readonly depth: number
  readonly aliases: number
  readonly rootFields: number
  readonly directives: number
}

/**
 * For what clients write themselves. The largest documents that people write have some hundreds of tokens. Lists of any
 * length go into variables, which do not count.
 */
export const PUBLIC_LIMITS: DocumentLimits = {
  tokens: 1_000,
  fields: 1_000,
  depth: 10,
  aliases: 15,
  rootFields: 20,
  directives: 20,
}

/** For a gateway over somebody else's supergraph, and for documents that were looked at before they were trusted. */
export const WIDE_LIMITS: DocumentLimits = {
  tokens: 10_000,
  fields: 5_000,
  depth: 50,
  aliases: 2_000,
  rootFields: 500,
  directives: 500,
}

export interface DocumentSize {
  readonly fields: number
  readonly depth: number
  readonly aliases: number
  readonly directives: number
}

const NOTHING: DocumentSize = { fields: 0, depth: 0, aliases: 0, directives: 0 }

/**
 * Has a text more tokens than that? It is looked at no further. What is no text of GraphQL has fewer: the parser says
 * what is wrong with it.
 */
export function hasMoreTokens(text: string, limit: number): boolean {
  const lexer = new Lexer(new Source(text))
  try {
    for (let count = 0; count <= limit; count++) {
      if (lexer.advance().kind === TokenKind.EOF) return false
    }
  } catch {
    return false
  }
  return true
}

/** The first limit that an operation exceeds, in words; undefined where it keeps all. */
export function limitExceeded(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: DocumentLimits,
): string | undefined {
  const measure = measureOf(document)
  const size = measure(operation.selectionSet)
  const whole = operation.selectionSet.selections.length
  const over = [
    ['fields', size.fields, limits.fields],
    ['levels', size.depth, limits.depth],
    ['aliases', size.aliases, limits.aliases],
    ['directives', size.directives + (operation.directives?.length ?? 0), limits.directives],
    ['root fields', Math.max(whole, rootFields(document, operation)), limits.rootFields],
  ].find(([, is, may]) => is! > may!)
  return over && `The document has more than ${over[2]} ${over[0]}; ask in parts.`
}

/**
 * Every fragment is measured once, however often it is spread: fragments that spread fragments stand for twice as much
 * with each line, and the planner writes them out. What asks for the schema is not deep in the sense meant here.
 */
function measureOf(document: DocumentNode): (selectionSet: SelectionSetNode | undefined) => DocumentSize {
  const fragments = fragmentsOf(document)
  const known = new Map<string, DocumentSize>()

  const ofFragment = (name: string): DocumentSize => {
    const before = known.get(name)
    if (before) return before
    known.set(name, NOTHING) // Fragments in a circle are refused by another rule.
    const size = measure(fragments[name]?.selectionSet)
    known.set(name, size)
    return size
  }

  const measure = (selectionSet: SelectionSetNode | undefined): DocumentSize => {
    let { fields, depth, aliases, directives } = NOTHING
    for (const selection of selectionSet?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : measure(selection.selectionSet)
      fields += inner.fields + 1
      aliases += inner.aliases + (isField && selection.alias ? 1 : 0)
      directives += inner.directives + (selection.directives?.length ?? 0)
      const about = isField && selection.name.value.startsWith('__')
      depth = Math.max(depth, about ? 1 : inner.depth + (isField ? 1 : 0))
    }
    return { fields, depth, aliases, directives }
  }
  return measure
}

/** Also those that stand in fragments. */
function rootFields(document: DocumentNode, operation: OperationDefinitionNode): number {
  const fragments = fragmentsOf(document)
  const seen = new Set<string>()
  const count = (selectionSet: SelectionSetNode | undefined): number =>
    (selectionSet?.selections ?? []).reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + 1
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + count(selection.selectionSet)
      const name = selection.name.value
      if (seen.has(name)) return sum
      seen.add(name)
      return sum + count(fragments[name]?.selectionSet)
    }, 0)
  return count(operation.selectionSet)
}

/** A rule of validation: before anything is planned, documents that are too large are refused. */
export const documentLimitsRule =
  (limits: () => DocumentLimits) =>
  (context: ValidationContext): ASTVisitor => ({
    OperationDefinition(operation) {
      const message = limitExceeded(context.getDocument(), operation, limits())
      if (message === undefined) return
      const originalError = new AppError('COST_LIMIT_EXCEEDED', message)
      context.reportError(new GraphQLError(message, { nodes: operation, originalError }))
    },
  })
