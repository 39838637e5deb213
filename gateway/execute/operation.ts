import { createHash } from 'node:crypto'
import {
  type DocumentNode,
  type ExecutionResult,
  executeSync,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import { fragmentsOf } from '../../kernel/graphql/fragments.ts'
import { type Variables, variableCoercion } from '../../kernel/graphql/variables.ts'
import { asGraphQLError, compilePlan, type Run, type Step } from './plan.ts'
import type { Planner } from './planner.ts'
import { compileSelection, type Selection, type Slot } from './selection.ts'
import { type Shaped, shapeChecked } from './shape-checked.ts'
import { compileShape } from './shape-compiled.ts'
import type { Entity, Source } from './source.ts'

/** One supergraph, ready to plan over. */
export interface Supergraph {
  readonly sdl: string
  /** What clients see. */
  readonly apiSchema: GraphQLSchema
  /** All there is. */
  readonly schema: GraphQLSchema
  readonly planner: Planner
}

/** An operation that has been validated, planned and compiled. */
export interface CompiledOperation {
  /** SHA-256 of the document's text, in hexadecimal. */
  readonly hash: string
  readonly name: string | undefined
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  /** Checks the variables, carries the plan out and shapes the answer; at once, where all subgraphs answer at once. */
  execute(variables: Variables, context: unknown): ExecutionResult | Promise<ExecutionResult>
}

/** Answers to `@skip` and `@include` for which a shape is kept. */
const SHAPES_MAX = 16

/** Throws what the planner has against a document. */
export function compileOperation(
  supergraph: Supergraph,
  sources: (name: string) => Source | undefined,
  asked: { source: string; document: DocumentNode; definition: OperationDefinitionNode },
): CompiledOperation {
  const { source, document, definition } = asked
  const { apiSchema } = supergraph
  const name = definition.name?.value
  const plan = supergraph.planner({ source, document, operationName: name })
  const step: Step | undefined = plan && compilePlan(plan, { schema: supergraph.schema, source: sources })
  const shape = compileShapes(apiSchema, document, definition)
  const coerce = variableCoercion(apiSchema, definition.variableDefinitions ?? [])

  return {
    hash: createHash('sha256').update(source).digest('hex'),
    name,
    kind: definition.operation,
    document,
    definition,
    execute(variables, context) {
      const { coerced: values = {}, errors } = coerce(variables)
      if (errors) return { errors: errors.map(badVariable) }
      const run: Run = { variables, values, context, data: {}, failures: [] }
      const carried = step?.(run)
      return carried ? carried.then(() => resultOf(run, shape)) : resultOf(run, shape)
    },
  }
}

/** The code that Apollo Server gives to variables that do not fit; one that speaks of no variable has none. */
export function badVariable(error: GraphQLError): GraphQLError {
  const { message, nodes, originalError, extensions } = error
  if (!nodes) return error
  return new GraphQLError(message, {
    nodes,
    originalError,
    extensions: { ...extensions, code: 'BAD_USER_INPUT' },
  })
}

function resultOf(run: Run, shape: (run: Run) => Shaped): ExecutionResult {
  let shaped: Shaped
  try {
    shaped = shape(run)
  } catch (error) {
    return { errors: [asGraphQLError(error)] }
  }
  const { data, errors: broken } = shaped
  const { failures } = run
  if (failures.length > 0) {
    const errors = failures.sort((a, b) => a.order - b.order).map(({ error }) => error)
    return { errors, data }
  }
  return broken.length > 0 ? { extensions: { valueCompletion: broken }, data } : { data }
}

/** One shape for each set of values of the variables that `@skip` and `@include` go by, made when first met. */
function compileShapes(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
): (run: Run) => Shaped {
  const fragments = fragmentsOf(document)
  const root = schema.getRootType(definition.operation)!
  const flagNames = (definition.variableDefinitions ?? [])
    .filter(({ type }) => typeNameOf(type) === 'Boolean')
    .map(({ variable }) => variable.name.value)
  const known = new Map<
    string,
    { selection: Selection; fast: ((input: Entity) => Entity | undefined) | undefined }
  >()

  const shapeFor = (values: Variables) => {
    const key = flagNames.map((name) => (values[name] ? '1' : '0')).join('')
    let found = known.get(key)
    if (!found) {
      const parts = [{ selectionSet: definition.selectionSet, type: root }]
      const selection = compileSelection(root, parts, { schema, fragments, flags: values })
      found = { selection, fast: compileShape(schema, root.name, selection) }
      if (known.size >= SHAPES_MAX) known.delete(known.keys().next().value!)
      known.set(key, found)
    }
    return found
  }

  const introspect = (slot: Slot, variableValues: Variables): unknown => {
    const own = {
      ...definition,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [slot.node] },
    } as const
    const { data, errors } = executeSync({
      schema,
      document: {
        kind: Kind.DOCUMENT,
        definitions: [{ ...own, operation: 'query' as never }, ...Object.values(fragments)],
      },
      variableValues,
    })
    if (errors) throw errors[0]!
    return data?.[((slot.node as FieldNode).alias ?? (slot.node as FieldNode).name).value]
  }

  return ({ data, variables, values }) => {
    const { selection, fast } = shapeFor(values)
    const whole = fast?.(data)
    if (whole) return { data: whole, errors: [] }
    return shapeChecked(data, { schema, root, selection, introspect: (slot) => introspect(slot, variables) })
  }
}

const typeNameOf = (type: { kind: string; type?: unknown; name?: { value: string } }): string | undefined =>
  type.kind === Kind.NON_NULL_TYPE ? typeNameOf(type.type as never) : type.name?.value
