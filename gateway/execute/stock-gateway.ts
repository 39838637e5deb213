import '../telemetry-off.ts'
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import {
  type DocumentNode,
  executeSync,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  visit,
} from 'graphql'
import type { Logger } from '../../kernel/log.ts'
import type { Audience } from '../../schema/contract.ts'
import { contractSchema } from '../contracts/contract-schema.ts'
import type { SubgraphAddress } from './compiled-gateway.ts'
import { badVariable } from './operation.ts'
import { quietLogger } from './quiet-logger.ts'
import type { Source } from './source.ts'

type GatewayInterface = NonNullable<ApolloServerOptionsWithGateway<never>['gateway']>
type SchemaListener = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0]
type GatewayRequest = Parameters<NonNullable<Loaded['executor']>>[0]
type Loaded = Awaited<ReturnType<GatewayInterface['load']>>

export interface StockGateway {
  /** The gateway as the Apollo Server of one audience has it. */
  for(audience: Audience): GatewayInterface
  update(supergraphSdl: string): Promise<void>
}

/** The reference: `@apollo/gateway` as it comes, over the same sources. It knows of no contracts, so they stand before it. */
export function stockGateway(
  supergraphSdl: string,
  sourceOf: (subgraph: SubgraphAddress) => Source<never>,
  log: Logger,
): StockGateway {
  let update: (supergraphSdl: string) => void = () => {}
  const gateway = new ApolloGateway({
    supergraphSdl: async (manager) => {
      update = manager.update
      return { supergraphSdl }
    },
    buildService: ({ name, url }) => dataSource(sourceOf({ name, url })),
    logger: quietLogger(log),
  })
  const listeners = new Map<SchemaListener, Audience>()
  let present: Parameters<SchemaListener>[0] | undefined
  const tell = (): void => {
    if (!present) return
    const { apiSchema, coreSupergraphSdl } = present
    const schemas = new Map<Audience, GraphQLSchema>()
    for (const [listener, audience] of listeners) {
      const schema = schemas.get(audience) ?? contractSchema(coreSupergraphSdl, apiSchema, audience)
      schemas.set(audience, schema)
      listener({ apiSchema: schema, coreSupergraphSdl })
    }
  }
  gateway.onSchemaLoadOrUpdate((context) => {
    present = context
    tell()
  })
  let loading: Promise<Loaded> | undefined
  return {
    for: (audience) => ({
      async load(options) {
        loading ??= gateway.load(options as never) as Promise<Loaded>
        const { executor } = await loading
        tell()
        return { executor: narrowed(executor!) }
      },
      onSchemaLoadOrUpdate(listener) {
        listeners.set(listener, audience)
        return () => void listeners.delete(listener)
      },
      async stop() {
        const stopping = loading
        loading = undefined
        if (stopping) await gateway.stop()
      },
    }),
    update: async (next) => update(next),
  }
}

/** What is asked about the schema is answered by the contract, and variables are read by it; the gateway would go by all that clients see. */
const narrowed =
  (executor: NonNullable<Loaded['executor']>): NonNullable<Loaded['executor']> =>
  async (request) => {
    const { schema, document } = request
    const errors = badVariables(request)
    if (errors) return { errors }
    const answer = await executor(request)
    if (!answer.data || !Object.keys(answer.data).length || !asksForSchema(document)) return answer
    const { variables: variableValues, operationName } = request.request
    const { data } = executeSync({
      schema: schema as GraphQLSchema,
      document: onlySchema(document),
      variableValues,
      operationName,
    })
    return { ...answer, data: { ...answer.data, ...data } }
  }

/** Variables that hold what stands outside of the contract. */
function badVariables({
  schema,
  document,
  request: { operationName, variables = {} },
}: GatewayRequest): readonly GraphQLError[] | undefined {
  const declared = getOperationAST(document, operationName)?.variableDefinitions ?? []
  return getVariableValues(schema, declared, variables).errors?.map(badVariable)
}

const asksForSchema = (document: DocumentNode): boolean =>
  document.definitions.some(
    (one) =>
      one.kind === Kind.OPERATION_DEFINITION &&
      one.selectionSet.selections.some(
        (field) => field.kind === Kind.FIELD && isAboutSchema(field.name.value),
      ),
  )

const onlySchema = (document: DocumentNode): DocumentNode =>
  visit(document, {
    OperationDefinition: (operation) => ({
      ...operation,
      selectionSet: {
        ...operation.selectionSet,
        selections: operation.selectionSet.selections.filter(
          (field) => field.kind === Kind.FIELD && isAboutSchema(field.name.value),
        ),
      },
    }),
  })

const isAboutSchema = (name: string): boolean => name === '__schema' || name === '__type'

const dataSource = (source: Source<never>): GraphQLDataSource => ({
  async process({ request, context }) {
    const { query = '', operationName, variables = {} } = request
    const kind = /^\s*mutation\b/.test(query) ? 'mutation' : 'query'
    const answer = await source({ query, operationName, kind, variables }, context as never)
    return answer as Awaited<ReturnType<GraphQLDataSource['process']>>
  },
})
