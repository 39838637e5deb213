import { setImmediate as immediate } from 'node:timers/promises'
import { Supergraph as FederationSupergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import { GraphQLError, type GraphQLSchema, getOperationAST, validate } from 'graphql'
import { planLookups } from '../../kernel/telemetry/metrics.ts'
import { KnownOperations } from './known-operations.ts'
import { type CompiledOperation, compileOperation, type Supergraph } from './operation.ts'
import type { Source } from './source.ts'

type GatewayInterface = NonNullable<ApolloServerOptionsWithGateway<never>['gateway']>
type SchemaListener = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0]
type GatewayExecutor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>

/** Text of documents whose compiled form is kept. */
const CHARACTERS_MAX = 4_000_000
/** Operations that are planned anew before another supergraph takes over. */
const WARM_UP_MAX = 500

/** A supergraph with what has been compiled over it; another supergraph is another generation. */
interface Generation {
  readonly supergraph: Supergraph
  readonly known: KnownOperations
  readonly sources: ReadonlyMap<string, Source>
}

export interface SubgraphAddress {
  readonly name: string
  readonly url: string | undefined
}

/** Executes operations by compiled plans, behind Apollo Server, and before it for operations that it has let through. */
export class CompiledGateway implements GatewayInterface {
  readonly #sourceOf: (subgraph: SubgraphAddress) => Source<never>
  readonly #listeners = new Set<SchemaListener>()
  /** Requests under way finish over the supergraph by which they were validated. */
  readonly #generations = new WeakMap<GraphQLSchema, Generation>()
  #current: Generation

  constructor(supergraphSdl: string, sourceOf: (subgraph: SubgraphAddress) => Source<never>) {
    this.#sourceOf = sourceOf
    this.#current = this.#open(supergraphSdl)
  }

  /** What clients see now. */
  get apiSchema(): GraphQLSchema {
    return this.#current.supergraph.apiSchema
  }

  /** An operation that has been validated and compiled over the present supergraph. */
  known(source: string, operationName: string | undefined): CompiledOperation | undefined {
    return this.#current.known.get(source, operationName)
  }

  /**
   * Goes over to another supergraph at once: it is opened first, so that a bad one changes nothing, and what was asked
   * lately is planned over it, so that nobody waits for that.
   */
  async update(supergraphSdl: string): Promise<void> {
    if (supergraphSdl === this.#current.supergraph.sdl) return
    const next = this.#open(supergraphSdl)
    for (const { source, operationName, operation } of this.#current.known.latest(WARM_UP_MAX)) {
      this.#warmUp(next, source, operationName, operation)
      await immediate() // Planning blocks; requests come between.
    }
    this.#current = next
    for (const listener of this.#listeners) this.#tell(listener)
  }

  /** What is no longer valid is for Apollo Server to refuse. */
  #warmUp(
    { supergraph, sources, known }: Generation,
    source: string,
    operationName: string | undefined,
    { document, definition }: CompiledOperation,
  ): void {
    if (validate(supergraph.apiSchema, document).length > 0) return
    try {
      const sourceOf = (name: string) => sources.get(name)
      known.set(
        source,
        operationName,
        compileOperation(supergraph, sourceOf, { source, document, definition }),
      )
    } catch {
      // Whoever asks next is told why.
    }
  }

  async load(): Promise<{ executor: GatewayExecutor }> {
    for (const listener of this.#listeners) this.#tell(listener)
    return { executor: this.#execute }
  }

  onSchemaLoadOrUpdate(listener: SchemaListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#listeners.clear()
  }

  readonly #execute: GatewayExecutor = async ({ schema, source, document, request, context }) => {
    const generation = this.#generations.get(schema) ?? this.#current
    const { operationName, variables = {} } = request
    let operation = generation.known.get(source, operationName)
    planLookups.inc({ outcome: operation ? 'hit' : 'miss' })
    if (!operation) {
      const definition = getOperationAST(document, operationName)
      if (!definition) return { errors: [noSuchOperation(operationName)] }
      operation = compileOperation(generation.supergraph, (name) => generation.sources.get(name), {
        source,
        document,
        definition,
      })
      generation.known.set(source, operationName, operation)
    }
    return operation.execute(variables, context) as ReturnType<GatewayExecutor>
  }

  #tell(listener: SchemaListener): void {
    const { apiSchema, sdl } = this.#current.supergraph
    listener({ apiSchema, coreSupergraphSdl: sdl })
  }

  #open(sdl: string): Generation {
    const built = FederationSupergraph.build(sdl)
    const plannerSchema = built.apiSchema()
    const supergraph: Supergraph = {
      sdl,
      plannerSchema,
      apiSchema: plannerSchema.toGraphQLJSSchema(),
      schema: built.schema.toGraphQLJSSchema(),
      planner: new QueryPlanner(built),
    }
    const sources = new Map(
      [...built.subgraphsMetadata()].map(({ name, url }) => [
        name,
        this.#sourceOf({ name, url: url || undefined }) as Source,
      ]),
    )
    const generation = { supergraph, sources, known: new KnownOperations(CHARACTERS_MAX) }
    this.#generations.set(supergraph.apiSchema, generation)
    return generation
  }
}

const noSuchOperation = (name: string | undefined): GraphQLError =>
  new GraphQLError(
    name
      ? `Unknown operation named "${name}".`
      : 'Must provide operation name if query contains multiple operations.',
  )
