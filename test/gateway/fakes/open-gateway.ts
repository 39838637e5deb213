import type { GatewayContext } from '../../../gateway/peer-source.ts'
import { openProtection, type ProtectionConfig, plannedAhead } from '../../../gateway/protection.ts'
import type { SandboxClock } from '../../../gateway/sandbox-clock.ts'
import { openServer, type ServerOptions } from '../../../gateway/server.ts'
import { settle } from '../../../gateway/settle.ts'
import { type TokenSigner, tokenSigner } from '../../../kernel/auth/access-token.ts'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { TestClock } from '../../../kernel/clock.ts'
import { type Config, SUBGRAPH_NAMES, type SubgraphName } from '../../../kernel/config.ts'
import { AppError } from '../../../kernel/errors.ts'
import { START } from '../../../kernel/events/event.ts'
import { buildSchema, type ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { executor } from '../../../kernel/graphql/execute.ts'
import { type Logger, silentLog } from '../../../kernel/log.ts'
import { localPeers } from '../../../kernel/peers.ts'
import { newSecrets } from '../../../kernel/secrets.ts'
import type { Patience } from '../../../kernel/values/patience.ts'
import { compose } from '../../../schema/compose.ts'
import { openBothExecutors } from '../../helpers/both-executors.ts'

const HEAD = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@inaccessible", "@authenticated", "@requiresScopes"])
directive @public on OBJECT | FIELD_DEFINITION
directive @owned(by: String! = "memberId") on OBJECT
scalar DateTime
`

const IDENTITY = `${HEAD}
type Query {
  me: Member @authenticated
  members: [Member!]! @public
  hello(name: String!, at: DateTime): String @public
  tokenKeys: [String!]! @inaccessible @public
  broken: String @public
  audit: Int @requiresScopes(scopes: [["ledger:audit"]])
}
type Mutation { rename(name: String!): String @public }
type Member @key(fields: "id") @owned(by: "id") @public {
  id: ID!
  name: String
  friends(first: Int): [Member!]!
}
`

const LEDGER = `${HEAD}
type Member @key(fields: "id") @owned(by: "id") @public { id: ID! points: Int tier: String }
type Query { programs: [String!] @public }
`

const MEMBERS = [
  { id: '1', name: 'Ann' },
  { id: '2', name: 'Bo' },
]

const OPEN: ProtectionConfig = {
  documents: { member: 'off', partner: 'off', staff: 'off' },
  documentsFolder: undefined,
  costPerMinute: { member: 0, partner: 0, staff: 0, service: 0, address: 0 },
  redisUrl: undefined,
}

/** A gateway over two small subgraphs without a database; the other two are there and have nothing to say. */
export async function openFakeGateway(
  options: {
    mode?: Config['mode']
    log?: Logger
    metricsToken?: string
    drainSeconds?: number
    timeMachine?: (clock: TestClock) => SandboxClock
    /** Any document is answered, and nobody is limited, unless this says so. */
    protection?: Partial<ProtectionConfig>
    corsOrigins?: Config['corsOrigins']
    proxies?: number
    slowest?: ServerOptions['slowest']
  } = {},
) {
  const { mode = 'sandbox', log = silentLog } = options
  const clock = TestClock.standingAt('2026-01-01T00:00:00Z')
  const signer = tokenSigner(newSecrets().token)
  const peers = localPeers(clock)
  const down = new Set<SubgraphName>()
  const drained: SubgraphName[] = []
  const names: string[] = []
  const waiting: Patience[] = []
  /** Sessions that have ended. */
  const ended: string[] = []
  let held: Promise<void> | undefined
  let holding = 0

  const mount = (name: SubgraphName, sdl: string, resolvers: ResolverMap) => {
    const run = executor(buildSchema(sdl, resolvers), log)
    peers.add(name, {
      feed: { read: async () => [], hasNewer: async () => false, end: async () => START },
      execute: async (request, claims, patience) => {
        if (patience && name === 'identity') waiting.push(patience)
        if (held && name === 'identity') {
          holding += 1
          await held
        }
        if (down.has(name)) throw new AppError('SUBGRAPH_UNAVAILABLE', `${name} is down`)
        return run(request, claims)
      },
      drain: async () => void drained.push(name),
      ready: async () => !down.has(name),
    })
  }
  for (const name of SUBGRAPH_NAMES)
    mount(name, `${HEAD} type Query { nothing: Int @public }`, { Query: { nothing: () => null } })
  mount('identity', IDENTITY, identityResolvers(signer, names))
  mount('ledger', LEDGER, {
    Query: { programs: () => ['super-member'] },
    Member: { __resolveReference: (({ id }: { id: string }) => ({ id, points: 7, tier: 'vip' })) as never },
  })

  const { supergraph } = compose({ identity: IDENTITY, ledger: LEDGER })
  const config = { ...OPEN, ...options.protection }
  const protection = await openProtection({ config, clock, log })
  const graph = await openBothExecutors({
    supergraphSdl: supergraph,
    peers,
    mode,
    executor: 'compiled',
    spend: protection.spend,
    trusted: plannedAhead(config, protection.trusted),
    log,
  })
  const server = openServer({
    config: {
      mode,
      corsOrigins: options.corsOrigins ?? [],
      proxies: options.proxies ?? 0,
      drainSeconds: options.drainSeconds ?? 0,
      metrics: { port: undefined, token: options.metricsToken },
    },
    graph,
    protection,
    slowest: options.slowest,
    peers,
    identity: {
      tokenKeys: () => signer.publicKeys(),
      issueClientToken: async ({ id, secret }) =>
        id === 'wechat' && secret === 's+e cret' ? { token: 'a-token', expiresIn: 900 } : undefined,
      exchangeToken: async ({ client, subjectToken, subjectTokenType }) => {
        if (client && client.secret !== 's+e cret') return { refused: 'CLIENT_NOT_VALID', message: 'no' }
        if (subjectToken === 'nobody') return { refused: 'MEMBER_NOT_FOUND', message: 'nobody' }
        if (subjectToken === 'away') return { refused: 'OPEN_ID_UNAVAILABLE', message: 'away' }
        if (subjectToken === 'a phone') return { refused: 'ASSERTION_NOT_ALLOWED', message: 'not yours' }
        return { token: `${subjectToken} (${subjectTokenType.split(':').at(-1)})`, refreshToken: 'r' }
      },
      endedSessions: async () => ended,
      sandboxToken: async ({ kind, store }) => ({ token: `${kind} at ${store}`, expiresIn: 900 }),
    },
    clock,
    log,
    settle: () => settle(peers),
    sandbox: mode === 'sandbox' ? { timeMachine: options.timeMachine?.(clock) } : undefined,
  })
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await server.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() }
  }
  return {
    server,
    clock,
    signer,
    peers,
    down,
    drained,
    names,
    /** Of the queries that came to identity. */
    waiting,
    /** From now on identity does not answer, until the function that is returned is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    holding: () => holding,
    post,
    ask: (query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
      post({ query, variables }, headers),
    tokenOf: (principal: Principal, seconds?: number) =>
      signer.sign(principal, { now: clock.now(), seconds }),
    async [Symbol.asyncDispose]() {
      await server.close()
      await graph.close()
      await protection[Symbol.asyncDispose]()
    },
  }
}

const identityResolvers = (signer: TokenSigner, names: string[]): ResolverMap => ({
  Query: {
    me: (_, _arguments, { principal }: GatewayContext['claims']) =>
      principal.kind === 'member' ? { id: principal.memberId, name: 'Ann' } : null,
    members: () => MEMBERS,
    hello: (_, { name }, { language }: GatewayContext['claims']) =>
      language === 'zh-CN' ? `你好，${name}` : `Hello, ${name}`,
    tokenKeys: async () => (await signer.publicKeys()).map((key) => JSON.stringify(key)),
    audit: () => 0,
    broken: () => {
      throw new Error('select secret from members')
    },
  },
  Mutation: {
    rename: (_, { name }) => {
      names.push(name)
      return name
    },
  },
  Member: {
    __resolveReference: (({ id }: { id: string }) => MEMBERS.find((one) => one.id === id)) as never,
    friends: () => MEMBERS,
  },
})
