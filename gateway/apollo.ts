import './telemetry-off.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  ApolloServer,
  type ApolloServerOptionsWithGateway,
  type ApolloServerPlugin,
  HeaderMap,
} from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { GraphQLError, GraphQLFormattedError, GraphQLSchema } from 'graphql'
import type { Principal } from '../kernel/auth/principal.ts'
import { type Config, SUBGRAPH_NAMES, type SubgraphName } from '../kernel/config.ts'
import { AppError } from '../kernel/errors.ts'
import { formatError } from '../kernel/graphql/errors.ts'
import type { Logger } from '../kernel/log.ts'
import type { Peers } from '../kernel/peers.ts'
import { sha256 } from '../kernel/values/canonical.ts'
import { AUDIENCES, type Audience } from '../schema/contract.ts'
import type { AnswerCache, Place, Served } from './cache/answer-cache.ts'
import { forKeeping, openPlaces, type Placed } from './cache/places.ts'
import { audienceOf } from './contracts/audience.ts'
import { sayOutsideContract } from './contracts/outside-contract.ts'
import { Circuit } from './execute/circuit.ts'
import { CompiledGateway, type SubgraphAddress } from './execute/compiled-gateway.ts'
import { asGraphQLError } from './execute/plan.ts'
import { quietLogger } from './execute/quiet-logger.ts'
import type { Source } from './execute/source.ts'
import { stockGateway } from './execute/stock-gateway.ts'
import { withLegacyStatus } from './legacy-status.ts'
import { type Admission, openAdmission, refusedOperation } from './limits/admission.ts'
import { Costs } from './limits/cost.ts'
import {
  type DocumentLimits,
  documentLimitsRule,
  hasMoreTokens,
  PUBLIC_LIMITS,
  WIDE_LIMITS,
} from './limits/document-limits.ts'
import type { Spending } from './limits/spending.ts'
import { shown } from './observe-operation.ts'
import { type GatewayContext, peerSource, QUERY_MS } from './peer-source.ts'
import { withoutSecurityLinks } from './supergraph.ts'
import { type HttpAnswer, type HttpRequest, WarmPath } from './warm-path.ts'

/** In the sandbox all parts share a laptop with much else. */
const SANDBOX_QUERY_MS = 30_000

export interface Graph {
  /** Answers one request of GraphQL over HTTP; at once, where nothing has to be waited for. */
  execute(request: HttpRequest, context: GatewayContext): HttpAnswer | Promise<HttpAnswer>
  /** By whose contract a caller's documents are read. */
  audience(principal: Principal): Audience
  /** What an audience sees now. */
  schema(audience: Audience): GraphQLSchema
  /** Goes over to another supergraph; requests under way finish over theirs. Throws what is wrong with it. */
  goOver(supergraphSdl: string): Promise<void>
  close(): Promise<void>
}

export interface GraphOptions {
  readonly supergraphSdl: string
  readonly peers: Pick<Peers, 'execute'>
  /** Peers elsewhere fail by themselves: queries are repeated, and one that is down is left alone for a while. */
  readonly remote?: boolean
  readonly mode: Config['mode']
  readonly executor: Config['executor']
  /** Takes what an operation costs from its caller's budget; undefined: there are none. */
  readonly spend?: Spending
  /** Keeps answers that may be kept; undefined: none is. */
  readonly answers?: AnswerCache | undefined
  /** Documents to plan before anybody asks for them. */
  readonly trusted?: Readonly<Record<Audience, readonly string[]>>
  readonly planner?: Config['planner']
  readonly log: Logger
}

/** The graph as clients see it: parsed, validated and planned here, answered by the subgraphs. */
export async function openApollo(options: GraphOptions): Promise<Graph> {
  const { supergraphSdl, peers, remote, mode, executor, planner, spend, answers, trusted, log } = options
  const production = mode === 'production'
  const graph = await openPipeline({
    supergraphSdl: withoutSecurityLinks(supergraphSdl),
    sourceOf: ({ name }) =>
      remote
        ? peerSource(subgraphNamed(name), peers, log, new Circuit())
        : peerSource(subgraphNamed(name), peers, log, undefined, production ? QUERY_MS : SANDBOX_QUERY_MS),
    production,
    executor,
    limits: PUBLIC_LIMITS,
    spend,
    answers,
    trusted,
    planner,
    log,
    format: (error, requestId) => shown(formatError(error, requestId, log)),
  })
  return { ...graph, goOver: async (sdl) => graph.goOver(withoutSecurityLinks(sdl)) }
}

function subgraphNamed(name: string): SubgraphName {
  const found = SUBGRAPH_NAMES.find((known) => known === name)
  if (!found) throw new Error(`The supergraph names a subgraph ${name}, which there is none of.`)
  return found
}

export interface PipelineOptions {
  readonly supergraphSdl: string
  readonly sourceOf: (subgraph: SubgraphAddress) => Source<GatewayContext>
  readonly production: boolean
  readonly executor: Config['executor']
  /** Of documents that are not trusted; those that are have wide ones. */
  readonly limits: DocumentLimits
  readonly spend?: Spending | undefined
  readonly answers?: AnswerCache | undefined
  readonly trusted?: GraphOptions['trusted'] | undefined
  readonly planner?: Config['planner'] | undefined
  readonly log: Logger
  /** What a caller sees of an error. */
  readonly format: (error: GraphQLError, requestId: string) => GraphQLFormattedError
}

/** The same over subgraphs of any kind. */
export async function openPipeline(options: PipelineOptions): Promise<Graph> {
  const { supergraphSdl, sourceOf, production, executor, planner, limits, log, format } = options
  const compiled = executor === 'compiled' ? new CompiledGateway(supergraphSdl, sourceOf, planner) : undefined
  const invalid = (await compiled?.trust(options.trusted ?? { member: [], partner: [], staff: [] })) ?? []
  for (const text of invalid)
    log.warn({ document: text }, 'a trusted document is not valid by this supergraph')
  const stock = compiled ? undefined : stockGateway(supergraphSdl, sourceOf, log)
  const running = new AsyncLocalStorage<GatewayContext>()
  let costs = new Costs(supergraphSdl)
  const places = openPlaces(supergraphSdl, options.answers)
  const admit = openAdmission(() => costs, options.spend ?? (() => undefined))
  const formatFor =
    (audience: Audience): typeof format =>
    (error, requestId) => {
      if (production || audience === 'staff') return format(error, requestId)
      return format(sayOutsideContract(error, audience, contracts.staff.schema()), requestId)
    }
  const contracts: Record<Audience, Contract> = Object.fromEntries(
    await Promise.all(
      AUDIENCES.map(async (audience) => {
        const gateway = (compiled ?? stock!).for(audience)
        const opened = await openContract({
          ...options,
          gateway,
          running,
          admit,
          place: (asked, context) =>
            // Over a supergraph of before, requests under way are finished and nothing is kept.
            asked.schema === contracts[audience].schema() ? places.of(audience, asked, context) : undefined,
          isKnown: (source, operationName) => compiled?.known(audience, source, operationName) !== undefined,
          format: formatFor(audience),
        })
        return [audience, opened] as const
      }),
    ),
  ) as Record<Audience, Contract>

  const warmPaths =
    compiled &&
    perAudience(
      (audience) =>
        new WarmPath<GatewayContext>({
          known: (source, operationName) => compiled.known(audience, source, operationName),
          admit: ({ document, definition }, variables, context) =>
            admit(
              { document, definition, schema: contracts[audience].schema(), isKnown: true },
              variables,
              context,
            ),
          place: ({ hash, name, document, definition }, variables, context) =>
            places.of(
              audience,
              {
                schema: contracts[audience].schema(),
                document,
                definition,
                hash,
                operationName: name,
                variables,
              },
              context,
            ),
          format: (error, { claims }) => format(error, claims.requestId),
        }),
    )

  const throughPipeline = async (
    audience: Audience,
    request: HttpRequest,
    context: GatewayContext,
  ): Promise<HttpAnswer> => {
    if (!context.trusted && hasMoreTokens(textOf(request), limits.tokens)) {
      throw new AppError(
        'COST_LIMIT_EXCEEDED',
        `The document has more than ${limits.tokens} tokens; send values as variables, or ask in parts.`,
      )
    }
    const {
      status = 200,
      headers,
      body,
    } = await running.run(context, () =>
      contracts[audience].server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: request.method,
          headers: headerMapOf(request.headers),
          search: new URL(request.url, 'http://gateway').search,
          body: request.body,
        },
        context: async () => context,
      }),
    )
    warmPaths?.[audience].learn(request, headers.get('content-type'), status)
    // A multi-part answer would need @defer, which the gateway's schema does not have.
    return { status, headers: [...headers], body: body.kind === 'complete' ? body.string : '' }
  }

  const audience = (principal: Principal) => audienceOf(principal, { sandbox: !production })
  return {
    audience,
    execute(request, context) {
      const asking = audience(context.claims.principal)
      const answer = warmPaths?.[asking].answer(request, context) ?? throughPipeline(asking, request, context)
      const sent = (one: HttpAnswer): HttpAnswer => {
        context.seen.written?.()
        return withLegacyStatus(request, forKeeping(request, one))
      }
      return answer instanceof Promise ? answer.then(sent) : sent(answer)
    },
    schema: (of) => contracts[of].schema(),
    async goOver(sdl) {
      await (compiled ?? stock!).update(sdl)
      costs = new Costs(sdl)
      places.goOver(sdl)
    },
    async close() {
      for (const audience of AUDIENCES) await contracts[audience].server.stop()
    },
  }
}

const perAudience = <T>(make: (audience: Audience) => T): Record<Audience, T> => ({
  member: make('member'),
  partner: make('partner'),
  staff: make('staff'),
})

interface Contract {
  readonly server: ApolloServer<GatewayContext>
  schema(): GraphQLSchema
}

/** One contract: what its audience may ask for is parsed and validated by a server of its own. */
async function openContract(options: {
  gateway: NonNullable<ApolloServerOptionsWithGateway<GatewayContext>['gateway']>
  /** Errors are formatted, and documents validated, without their request at hand. */
  running: AsyncLocalStorage<GatewayContext>
  admit: Admission
  place: (asked: Placed, context: GatewayContext) => Place | undefined
  isKnown: (source: string, operationName: string | undefined) => boolean
  limits: DocumentLimits
  production: boolean
  log: Logger
  format: PipelineOptions['format']
}): Promise<Contract> {
  const { gateway, running, limits, production, log, format } = options
  let schema: GraphQLSchema | undefined
  gateway.onSchemaLoadOrUpdate(({ apiSchema }) => {
    schema = apiSchema
  })
  const server = new ApolloServer<GatewayContext>({
    gateway,
    nodeEnv: production ? 'production' : 'development',
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: WIDE_LIMITS.tokens },
    validationRules: [documentLimitsRule(() => (running.getStore()?.trusted ? WIDE_LIMITS : limits))],
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: quietLogger(log),
    formatError: (_, error) => format(asGraphQLError(error), running.getStore()?.claims.requestId ?? ''),
    plugins: [
      admission(options),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
  await server.start()
  return { server, schema: () => schema! }
}

/** Of a document that is wrong all over; what is said of it must not grow with it. */
const ERRORS_SHOWN_MAX = 10

const admission = ({
  admit,
  isKnown,
  place,
}: {
  admit: Admission
  isKnown: (source: string, operationName: string | undefined) => boolean
  place: (asked: Placed, context: GatewayContext) => Place | undefined
}): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart() {
    let placed: Place | undefined
    let kept: Served | undefined
    return {
      async didResolveOperation({
        contextValue,
        document,
        operation,
        operationName,
        request,
        schema,
        source,
      }) {
        if (!operation) return
        const variables = request.variables ?? {}
        const definition = operation
        const hash = sha256(source).toString('hex')
        // What it depends on is noted before anything is waited for.
        placed = place(
          { schema, document, definition, hash, operationName: definition.name?.value, variables },
          contextValue,
        )
        try {
          await admit(
            { document, definition, schema, isKnown: isKnown(source, operationName ?? undefined) },
            variables,
            contextValue,
          )
        } catch (error) {
          throw refusedOperation(error)
        }
      },
      async responseForOperation() {
        kept = await placed?.find()
        if (!kept) return null
        const { data } = JSON.parse(kept.body) as { data: Record<string, unknown> }
        return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data } } }
      },
      async willSendResponse({ response: { body, http } }) {
        if (body.kind !== 'single') return
        const { errors, data, extensions } = body.singleResult
        if (data === undefined) body.singleResult.errors = errors?.slice(0, ERRORS_SHOWN_MAX)
        if (!placed || errors || !data || extensions) return
        kept ??= placed.keep(`${JSON.stringify({ data })}\n`)
        for (const [name, value] of kept.headers) http.headers.set(name, value)
      },
    }
  },
})

function textOf({ method, url, body }: HttpRequest): string {
  const query =
    method === 'GET'
      ? new URL(url, 'http://gateway').searchParams.get('query')
      : (body as { query?: unknown } | null | undefined)?.query
  return typeof query === 'string' ? query : ''
}

function headerMapOf(headers: HttpRequest['headers']): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}
