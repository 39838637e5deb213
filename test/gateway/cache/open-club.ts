import { openPipeline } from '../../../gateway/apollo.ts'
import { openAnswerCache } from '../../../gateway/cache/open-answer-cache.ts'
import { WIDE_LIMITS } from '../../../gateway/limits/document-limits.ts'
import type { GatewayContext } from '../../../gateway/peer-source.ts'
import { withoutSecurityLinks } from '../../../gateway/supergraph.ts'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { TestClock } from '../../../kernel/clock.ts'
import type { Config, SubgraphName } from '../../../kernel/config.ts'
import { AppError } from '../../../kernel/errors.ts'
import { type RecordedEvent, START } from '../../../kernel/events/event.ts'
import { buildSchema, type ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { executor as subgraphExecutor } from '../../../kernel/graphql/execute.ts'
import { silentLog } from '../../../kernel/log.ts'
import type { Peers } from '../../../kernel/peers.ts'
import type { Redis } from '../../../kernel/redis/open-redis.ts'
import { compose } from '../../../schema/compose.ts'
import type { Events } from '../../../schema/events/index.ts'
import { claimsOf } from '../../helpers/graph.ts'

const HEAD = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective", "@requiresScopes"])
  @link(url: "https://specs.huitong.dev/cacheControl/v0.1", import: ["@cacheControl", "CacheControlScope"])
  @composeDirective(name: "@cacheControl")
directive @public on OBJECT | FIELD_DEFINITION
directive @owned(by: String! = "memberId") on OBJECT
directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
enum CacheControlScope { PUBLIC PRIVATE }
`

const SDL = {
  identity: `${HEAD}
    type Query { me: Member @cacheControl(maxAge: 60, scope: PRIVATE) @public }
    type Mutation { rename(name: String!): String @public }
    type Member @key(fields: "id") @public { id: ID! name: String points: Int @cacheControl(maxAge: 0) }`,
  ledger: `${HEAD}
    type Query {
      programs(of: String, by: String, top: Float): [Program!]! @cacheControl(maxAge: 60) @public
      balance: Int @public
      mine: Int @cacheControl(maxAge: 60, scope: PRIVATE) @public
    }
    type Mutation { publishProgram(name: String!): String @public }
    type Program @public { name: String! secret: String @requiresScopes(scopes: [["programs:publish"]]) broken: String }`,
  benefits: `${HEAD}
    type Query { benefits: [String!] @cacheControl(maxAge: 10) @public }`,
}

/**
 * A gateway over three small subgraphs whose answers, and how often they were asked, a test sees; and their logs. One path
 * to an answer is the whole pipeline, which `GET` takes; the other is the short one of operations that are known.
 */
export async function openClub(options: {
  executor: Config['executor']
  bytesMax?: number
  shared?: { redis: Redis; key: Buffer }
  logs?: Map<string, RecordedEvent[]>
  /** A subgraph whose log cannot be found when the gateway starts. */
  missing?: SubgraphName
}) {
  const clock = TestClock.standingAt('2026-01-01T00:00:00Z')
  const logs = options.logs ?? new Map<string, RecordedEvent[]>()
  const logOf = (source: string): RecordedEvent[] => {
    const log = logs.get(source) ?? []
    logs.set(source, log)
    return log
  }
  const state = { name: 'One', benefit: 'tea', fails: false, unreadable: false, missing: options.missing }
  const asked: string[] = []
  let held: Promise<void> | undefined
  let onHeld: (() => void) | undefined

  const resolvers: Record<string, ResolverMap> = {
    identity: {
      Query: {
        me: (_, __, { principal }: GatewayContext['claims']) =>
          principal.kind === 'member' ? { id: principal.memberId, name: state.name, points: 7 } : null,
      },
      Mutation: {
        rename: (_, { name }) => {
          state.name = name
          return name
        },
      },
    },
    ledger: {
      Query: {
        programs: (_, __, { language }: GatewayContext['claims']) => [
          { name: `${state.name} in ${language}`, secret: 's' },
        ],
        balance: () => 7,
        mine: () => 7,
      },
      Program: {
        broken: () => {
          if (state.fails) throw new AppError('SUBGRAPH_UNAVAILABLE', 'not now')
          return 'whole'
        },
      },
      Mutation: {
        publishProgram: (_, { name }) => {
          state.name = name
          return name
        },
      },
    },
    benefits: { Query: { benefits: () => [state.benefit] } },
  }
  const runs = new Map(
    Object.entries(SDL).map(([name, sdl]) => [
      name,
      subgraphExecutor(buildSchema(sdl, resolvers[name]!), silentLog),
    ]),
  )

  const listeners = new Map<SubgraphName, Set<() => void>>()
  const peers: Pick<Peers, 'feed' | 'onPublished'> = {
    feed: (source) => ({
      async read(after, limit) {
        if (state.unreadable) throw new Error('the log cannot be read')
        return logOf(source)
          .filter(({ cursor }) => BigInt(cursor.position) > BigInt(after.position))
          .slice(0, limit)
      },
      async end() {
        if (state.missing === source) throw new Error('the log cannot be found')
        return logOf(source).at(-1)?.cursor ?? START
      },
      hasNewer: async () => false,
    }),
    onPublished(source, listener) {
      const set = listeners.get(source) ?? new Set()
      listeners.set(source, set.add(listener))
      return () => void set.delete(listener)
    },
  }
  const answers = openAnswerCache({
    bytesMax: options.bytesMax ?? 1_000_000,
    peers,
    clock,
    log: silentLog,
    shared: options.shared,
  })
  const supergraphSdl = withoutSecurityLinks(compose(SDL).supergraph)
  const graph = await openPipeline({
    supergraphSdl,
    sourceOf:
      ({ name }) =>
      async ({ query, variables }, { claims }) => {
        asked.push(name)
        const answer = await runs.get(name)!({ query, variables }, claims)
        onHeld?.()
        await held
        return structuredClone(answer)
      },
    production: false,
    executor: options.executor,
    limits: WIDE_LIMITS,
    answers,
    log: silentLog,
    format: (error) => error.toJSON(),
  })

  const send = async (
    request: { method: string; url: string; body?: unknown; headers?: Record<string, string> },
    principal: Principal,
    language = 'en',
    more: Partial<GatewayContext> = {},
  ) => {
    const { method, url, body, headers } = request
    const answer = await graph.execute(
      {
        method,
        url,
        body,
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      },
      { claims: claimsOf(principal, language), seen: {}, ...more },
    )
    return { ...answer, headers: Object.fromEntries(answer.headers) }
  }

  const club = {
    graph,
    answers,
    clock,
    state,
    asked,
    supergraphSdl,
    post: (principal: Principal, query: string, variables: Record<string, unknown> = {}, language?: string) =>
      send({ method: 'POST', url: '/graphql', body: { query, variables } }, principal, language),
    fresh: (principal: Principal, query: string) =>
      send({ method: 'POST', url: '/graphql', body: { query } }, principal, 'en', { fresh: true }),
    get: (principal: Principal, query: string, headers: Record<string, string> = {}) =>
      send({ method: 'GET', url: `/graphql?query=${encodeURIComponent(query)}`, headers }, principal),
    /** How often subgraphs are asked while `work` is done. */
    async asks(work: () => Promise<unknown>): Promise<number> {
      const before = asked.length
      await work()
      return asked.length - before
    },
    /** Appends an event; it is heard of when the cache has caught up, or a moment later by who follows its log. */
    publish<Type extends keyof Events & string>(type: Type, payload: Events[Type]): void {
      const source = type.split('.')[0] as SubgraphName
      const log = logOf(source)
      const position = String(log.length + 1)
      const occurredAt = clock.now()
      log.push({ type, payload, occurredAt, cursor: { transaction: position, position } })
      for (const listener of listeners.get(source) ?? []) listener()
    },
    /** From now on answers of subgraphs, computed already, are held back until `release` is called. */
    hold(): { computed: Promise<void>; release: () => void } {
      const gate = Promise.withResolvers<void>()
      const computed = Promise.withResolvers<void>()
      held = gate.promise
      onHeld = computed.resolve
      return {
        computed: computed.promise,
        release() {
          held = undefined
          onHeld = undefined
          gate.resolve()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await graph.close()
      await answers[Symbol.asyncDispose]()
    },
  }
  // The logs are read from the first question on whose answer may be kept.
  await club.post({ kind: 'anonymous' }, '{ benefits }')
  if (!options.missing) await answers.catchUp()
  return club
}
