import { readFileSync } from 'node:fs'
import {
  type DocumentNode,
  extendSchema,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionSetNode,
  specifiedRules,
  validate,
  visit,
} from 'graphql'
import { collectFields } from 'graphql/execution/collectFields.js'
import { fragmentsOf } from '../../kernel/graphql/fragments.ts'
import type { Audience } from '../../schema/contract.ts'
import { documentLimitsRule, PUBLIC_LIMITS } from '../limits/document-limits.ts'
import type { Aspect } from './changes.ts'

export interface Asked {
  readonly query: string
  readonly operationName?: string | null
  readonly variables?: Record<string, unknown> | null
}

/** A subscription that may begin. */
export interface Prepared {
  readonly operationName: string | undefined
  readonly memberId: string | undefined
  readonly of: readonly Aspect[] | undefined
  readonly startWithPresent: boolean
  /** The key of the root field in the answer, and those of the fields of the change. */
  readonly rootKey: string
  readonly fields: readonly { readonly key: string; readonly name: string }[]
  /** Asks for all that is wanted of the member, under the same keys; undefined where nothing of it is. */
  readonly followUp: (byId: boolean) => string | undefined
  readonly variables: Record<string, unknown>
}

export const MEMBER_VARIABLE = 'huitongMember'
const SDL = parse(`extend schema { subscription: Subscription }
${readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')}`)
const LIMITS = documentLimitsRule(() => PUBLIC_LIMITS)

const extended = new WeakMap<GraphQLSchema, GraphQLSchema>()

/** The graph with what can be followed: `Subscription` is the gateway's own and stands in no subgraph. */
function withSubscription(apiSchema: GraphQLSchema): GraphQLSchema {
  let schema = extended.get(apiSchema)
  if (!schema) {
    schema = extendSchema(apiSchema, SDL)
    extended.set(apiSchema, schema)
  }
  return schema
}

/** Undefined: no subscription, but an operation as any other. Throws an array of what is wrong with a subscription. */
export function prepare(apiSchema: GraphQLSchema, asked: Asked, audience: Audience): Prepared | undefined {
  const document = parsed(asked.query)
  const operation = document && getOperationAST(document, asked.operationName)
  if (!document || operation?.operation !== OperationTypeNode.SUBSCRIPTION) return undefined
  // Partners follow nobody.
  const schema = audience === 'partner' ? apiSchema : withSubscription(apiSchema)
  const errors = validate(schema, document, [...specifiedRules, LIMITS])
  if (errors.length > 0) throw errors
  const { coerced, errors: wrong } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    asked.variables ?? {},
  )
  if (wrong) throw wrong
  return preparedOf(schema, {
    document,
    operation,
    values: coerced,
    variables: asked.variables ?? {},
    audience,
  })
}

function parsed(query: string): DocumentNode | undefined {
  try {
    return parse(query, { maxTokens: PUBLIC_LIMITS.tokens })
  } catch {
    return undefined // The pipeline says what is wrong with it.
  }
}

function preparedOf(
  schema: GraphQLSchema,
  options: {
    document: DocumentNode
    operation: OperationDefinitionNode
    values: Record<string, unknown>
    variables: Record<string, unknown>
    audience: Audience
  },
): Prepared {
  const { document, operation, values, variables, audience } = options
  const fragments = fragmentsOf(document)
  const collect = (type: GraphQLObjectType, nodes: readonly { selectionSet?: SelectionSetNode }[]) =>
    collectFields(schema, fragments, values, type, together(nodes))

  const root = schema.getSubscriptionType()!
  const [rootField] = collect(root, [operation])
  if (!rootField) throw [new GraphQLError('Nothing is asked for.')]
  const [rootKey, rootNodes] = rootField
  const { memberId, of, startWithPresent } = getArgumentValues(
    root.getFields().memberChanged!,
    rootNodes[0]!,
    values,
  ) as { memberId?: string | null; of?: readonly Aspect[] | null; startWithPresent: boolean | null }

  const wanted = [...collect(schema.getType('MemberChange') as GraphQLObjectType, rootNodes)]
  const ofMember = wanted.filter(([, nodes]) => nodes[0]!.name.value === 'member')
  const followUp = (byId: boolean) =>
    ofMember.length === 0 ? undefined : followUpOf({ operation, fragments, ofMember, byId })
  // Said now, not at the first change.
  const first = followUp(audience !== 'member')
  const errors = first ? validate(schema, parse(first), [...specifiedRules, LIMITS]) : []
  if (errors.length > 0) throw errors
  return {
    operationName: operation.name?.value,
    memberId: memberId ?? undefined,
    of: of ?? undefined,
    startWithPresent: startWithPresent ?? false,
    rootKey,
    fields: wanted.map(([key, nodes]) => ({ key, name: nodes[0]!.name.value })),
    followUp,
    variables,
  }
}

const together = (nodes: readonly { selectionSet?: SelectionSetNode }[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: nodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []),
})

function followUpOf(options: {
  operation: OperationDefinitionNode
  fragments: Readonly<Record<string, FragmentDefinitionNode>>
  ofMember: readonly (readonly [string, readonly FieldNode[]])[]
  byId: boolean
}): string {
  const { operation, fragments, ofMember, byId } = options
  const name = { kind: Kind.NAME, value: byId ? 'member' : 'me' } as const
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: MEMBER_VARIABLE } } as const
  const byIdArguments = [
    { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'id' }, value: variable } as const,
  ]
  const selections = ofMember.map(
    ([key, nodes]): FieldNode => ({
      kind: Kind.FIELD,
      alias: { kind: Kind.NAME, value: key },
      name,
      arguments: byId ? byIdArguments : [],
      selectionSet: together(nodes),
    }),
  )
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const
  const { variables, spreads } = usedBy(selectionSet, fragments)
  const definitions = (operation.variableDefinitions ?? []).filter((one) =>
    variables.has(one.variable.name.value),
  )
  const id = {
    kind: Kind.VARIABLE_DEFINITION,
    variable,
    type: {
      kind: Kind.NON_NULL_TYPE,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'ID' } },
    },
  } as const
  return print({
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: OperationTypeNode.QUERY,
        name: operation.name,
        variableDefinitions: byId ? [id, ...definitions] : definitions,
        selectionSet,
      },
      ...[...spreads].map((one) => fragments[one]!),
    ],
  })
}

/** Variables and fragments that a selection uses, by way of fragments, too. */
function usedBy(selectionSet: SelectionSetNode, fragments: Readonly<Record<string, FragmentDefinitionNode>>) {
  const variables = new Set<string>()
  const spreads = new Set<string>()
  const look = (node: SelectionSetNode | FragmentDefinitionNode): void => {
    visit(node, {
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread: ({ name }) => {
        if (spreads.has(name.value)) return
        spreads.add(name.value)
        look(fragments[name.value]!)
      },
    })
  }
  look(selectionSet)
  return { variables, spreads }
}
