import { setImmediate as immediate } from 'node:timers/promises'
import { Supergraph as FederationSupergraph } from '@apollo/federation-internals'
import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import {
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql'
import { planLookups } from '../../kernel/telemetry/metrics.ts'
import { AUDIENCES, type Audience } from '../../schema/contract.ts'
import { contractSchema } from '../contracts/contract-schema.ts'
import { KnownOperations } from './known-operations.ts'
import { type CompiledOperation, compileOperation, type Supergraph } from './operation.ts'
import { apolloPlanner } from './planner.ts'
import { rustPlanner } from './rust-planner.ts'
import type { Source } from './source.ts'

type GatewayInterface = NonNullable<ApolloServerOptionsWithGateway<never>['gateway']>
type SchemaListener = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0]
type GatewayExecutor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>

/** Text of documents whose compiled form is kept. */
const CHARACTERS_MAX = 4_000_000
/** Operations that are planned anew before another supergraph takes over. */
const WARM_UP_MAX = 500

/** The contract of an audience over a supergraph, with what has been compiled for it. */
interface Contract {
  readonly supergraph: Supergraph
  readonly known: KnownOperations
  readonly sources: ReadonlyMap<string, Source>
}

export interface SubgraphAddress {
  readonly name: string
  readonly url: string | undefined
}

/** All contracts over one supergraph; another supergraph is another generation. */
type Generation = Readonly<Record<Audience, Contract>>

/** Executes operations by compiled plans, behind Apollo Server, and before it for operations that it has let through. */
export class CompiledGateway {
  readonly #sourceOf: (subgraph: SubgraphAddress) => Source<never>
  readonly #listeners = new Map<SchemaListener, Audience>()
  /** Requests under way finish over the supergraph by which they were validated. */
  readonly #contracts = new WeakMap<GraphQLSchema, Contract>()
  #trusted: Readonly<Record<Audience, readonly string[]>> = { member: [], partner: [], staff: [] }
  readonly #planner: 'apollo' | 'rust'
  #current: Generation

  constructor(
    supergraphSdl: string,
    sourceOf: (subgraph: SubgraphAddress) => Source<never>,
    planner: 'apollo' | 'rust' = 'apollo',
  ) {
    this.#sourceOf = sourceOf
    this.#planner = planner
    this.#current = this.#open(supergraphSdl)
  }

  /** An operation that has been validated and compiled over the present supergraph, by an audience's contract. */
  known(
    audience: Audience,
    source: string,
    operationName: string | undefined,
  ): CompiledOperation | undefined {
    return this.#current[audience].known.get(source, operationName)
  }

  /** The gateway as the Apollo Server of one audience has it. */
  for(audience: Audience): GatewayInterface {
    return {
      load: async () => {
        this.#tell()
        return { executor: (request) => this.#execute(audience, request) }
      },
      onSchemaLoadOrUpdate: (listener) => {
        this.#listeners.set(listener, audience)
        return () => void this.#listeners.delete(listener)
      },
      stop: async () => {},
    }
  }

  /** Plans documents before anybody asks for them; over each supergraph to come, too. Answers those that are not valid. */
  async trust(documents: Readonly<Record<Audience, readonly string[]>>): Promise<readonly string[]> {
    this.#trusted = documents
    return this.#planTrusted(this.#current)
  }

  async #planTrusted(generation: Generation): Promise<readonly string[]> {
    const invalid: string[] = []
    for (const audience of AUDIENCES) {
      const { supergraph, sources, known } = generation[audience]
      for (const source of this.#trusted[audience]) {
        const document = parse(source)
        const definition = getOperationAST(document)
        // What can be followed is planned by those who follow.
        if (definition?.operation === OperationTypeNode.SUBSCRIPTION) continue
        if (!definition || validate(supergraph.apiSchema, document).length > 0) {
          invalid.push(source)
          continue
        }
        const sourceOf = (name: string) => sources.get(name)
        known.keep(source, compileOperation(supergraph, sourceOf, { source, document, definition }))
        await immediate() // Planning blocks; requests come between.
      }
    }
    return invalid
  }

  /**
   * Goes over to another supergraph at once: it is opened first, so that a bad one changes nothing, and what was asked
   * lately is planned over it, so that nobody waits for that.
   */
  async update(supergraphSdl: string): Promise<void> {
    if (supergraphSdl === this.#current.staff.supergraph.sdl) return
    const next = this.#open(supergraphSdl)
    await this.#planTrusted(next)
    for (const audience of AUDIENCES) {
      for (const { source, operationName, operation } of this.#current[audience].known.latest(WARM_UP_MAX)) {
        if (next[audience].known.get(source, operationName)) continue // Audiences may share a contract.
        this.#warmUp(next[audience], source, operationName, operation)
        await immediate() // Planning blocks; requests come between.
      }
    }
    this.#current = next
    this.#tell()
  }

  /** What is no longer valid is for Apollo Server to refuse. */
  #warmUp(
    { supergraph, sources, known }: Contract,
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

  async #execute(
    audience: Audience,
    { schema, source, document, request, context }: Parameters<GatewayExecutor>[0],
  ): ReturnType<GatewayExecutor> {
    const contract = this.#contracts.get(schema) ?? this.#current[audience]
    const { operationName, variables = {} } = request
    let operation = contract.known.get(source, operationName)
    planLookups.inc({ outcome: operation ? 'hit' : 'miss' })
    if (!operation) {
      const definition = getOperationAST(document, operationName)
      if (!definition) return { errors: [noSuchOperation(operationName)] }
      operation = compileOperation(contract.supergraph, (name) => contract.sources.get(name), {
        source,
        document,
        definition,
      })
      contract.known.set(source, operationName, operation)
    }
    return operation.execute(variables, context) as ReturnType<GatewayExecutor>
  }

  #tell(): void {
    for (const [listener, audience] of this.#listeners) {
      const { apiSchema, sdl } = this.#current[audience].supergraph
      listener({ apiSchema, coreSupergraphSdl: sdl })
    }
  }

  #open(sdl: string): Generation {
    const built = FederationSupergraph.build(sdl)
    const plannerSchema = built.apiSchema()
    const apiSchema = plannerSchema.toGraphQLJSSchema()
    const reference = () => apolloPlanner(built, plannerSchema)
    const planner = this.#planner === 'rust' ? rustPlanner(sdl, reference) : reference()
    const whole = { sdl, schema: built.schema.toGraphQLJSSchema(), planner }
    const sources = new Map(
      [...built.subgraphsMetadata()].map(({ name, url }) => [
        name,
        this.#sourceOf({ name, url: url || undefined }) as Source,
      ]),
    )
    const contracts = new Map<GraphQLSchema, Contract>()
    const contractFor = (audience: Audience): Contract => {
      const own = contractSchema(sdl, apiSchema, audience)
      const contract = contracts.get(own) ?? {
        supergraph: { ...whole, apiSchema: own },
        sources,
        known: new KnownOperations(CHARACTERS_MAX),
      }
      contracts.set(own, contract)
      this.#contracts.set(own, contract)
      return contract
    }
    return { member: contractFor('member'), partner: contractFor('partner'), staff: contractFor('staff') }
  }
}

const noSuchOperation = (name: string | undefined): GraphQLError =>
  new GraphQLError(
    name
      ? `Unknown operation named "${name}".`
      : 'Must provide operation name if query contains multiple operations.',
  )
