import { LRUCache } from 'lru-cache'
import { Pool } from 'undici'
import { type Claims, signRequest, targetOf } from './auth/request-signature.ts'
import type { Clock } from './clock.ts'
import type { SubgraphName } from './config.ts'
import { within } from './deadlines.ts'
import { AppError, type ErrorCode } from './errors.ts'
import type { EventFeed } from './events/feed.ts'
import type { GraphClient } from './graphql/context.ts'
import type { GraphQLAnswer, GraphQLRequest } from './graphql/execute.ts'
import { Lines } from './lines.ts'
import { type Post, type Posted, post } from './post.ts'
import { observeCall } from './telemetry/observe.ts'
import { traceparent } from './telemetry/trace.ts'
import { newId } from './values/ids.ts'
import { Patience } from './values/patience.ts'

/** The other subgraphs as one sees them: a graph to ask and logs to read, in this process or over HTTP. */
export interface Peers {
  /**
   * At once, where the subgraph is in this process and nothing waits. `withinMs`: one that has not answered by then counts
   * as not available, and what it asked of its database is cancelled, as where the asker itself waits no longer.
   */
  execute(
    to: SubgraphName,
    request: GraphQLRequest,
    claims: Claims,
    withinMs?: number,
    asker?: Patience,
  ): GraphQLAnswer | Promise<GraphQLAnswer>
  clientFor(from: SubgraphName | 'gateway'): GraphClient
  feed(source: SubgraphName): EventFeed
  /** Tells readers that `source` has new events. */
  wake(source: SubgraphName): void
  /** Calls back when `source` may have new events; answers how to stop that. */
  onPublished(source: SubgraphName, listener: () => void): () => void
  /** Returns when all events that were committed before the call have taken effect in `name`. */
  drain(name: SubgraphName): Promise<void>
  /** Can it answer? */
  ready(name: SubgraphName): Promise<boolean>
}

export interface Peer {
  readonly feed: EventFeed
  execute(
    request: GraphQLRequest,
    claims: Claims,
    patience?: Patience,
  ): GraphQLAnswer | Promise<GraphQLAnswer>
  drain?(): Promise<void>
  ready?(): Promise<boolean>
}

type Common = Pick<Peers, 'wake' | 'onPublished'>

function wakeUps(): Common {
  const listeners = new Map<SubgraphName, Set<() => void>>()
  return {
    wake: (source) => {
      for (const listener of listeners.get(source) ?? []) listener()
    },
    onPublished: (source, listener) => {
      const set = listeners.get(source) ?? new Set()
      listeners.set(source, set.add(listener))
      return () => void set.delete(listener)
    },
  }
}

const clientOver =
  (execute: Peers['execute'], clock: Clock) =>
  (from: SubgraphName | 'gateway'): GraphClient => ({
    async request<Data>(to: SubgraphName, query: string, variables: Record<string, unknown>): Promise<Data> {
      const claims: Claims = {
        principal: { kind: 'service', name: from },
        language: 'en',
        requestId: newId(clock.now()),
      }
      const answer = await execute(to, { query, variables }, claims)
      const error = answer.errors?.[0]
      if (error) throw new AppError((error.extensions?.code ?? 'INTERNAL') as ErrorCode, error.message)
      return answer.data as Data
    },
  })

/** Subgraphs in this process. They are added as they are mounted; none is called before all are. */
export function localPeers(clock: Clock): Peers & { add(name: SubgraphName, peer: Peer): void } {
  const mounted = new Map<SubgraphName, Peer>()
  const peer = (name: SubgraphName): Peer => {
    const found = mounted.get(name)
    if (!found) throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service is not available.')
    return found
  }
  const execute: Peers['execute'] = (to, request, claims, withinMs, asker) =>
    observeCall(to, () => {
      if (withinMs === undefined) return peer(to).execute(request, claims)
      const patience = new Patience(asker)
      const answer = peer(to).execute(request, claims, patience)
      if (!(answer instanceof Promise)) return answer
      // What is under way in this process cannot be called back, but for statements; it is only waited for no longer.
      return within(withinMs, answer, () => {
        patience.end()
        return tooLate()
      })
    })
  return {
    add: (name, value) => void mounted.set(name, value),
    execute,
    clientFor: clientOver(execute, clock),
    feed: (source) => ({
      read: async (after, limit) => peer(source).feed.read(after, limit),
      hasNewer: async (after) => peer(source).feed.hasNewer(after),
      end: async () => peer(source).feed.end(),
    }),
    drain: async (name) => peer(name).drain?.(),
    ready: async (name) => (await mounted.get(name)?.ready?.()) ?? mounted.has(name),
    ...wakeUps(),
  }
}

const tooLate = () => new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service did not answer in time.')

const FEED_POLL_MS = 250
const CALL_TIMEOUT_MS = 10_000
const CONNECT_MS = 1_000
const READY_TIMEOUT_MS = 2_000
/** An answer is kept in memory whole, several times over. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

/** Subgraphs over HTTP, each request signed. Their logs are polled. */
export function remotePeers(options: {
  urls: Readonly<Record<SubgraphName, string | undefined>>
  linkKey: Buffer
  clock: Clock
}): Peers & AsyncDisposable {
  const { linkKey, clock } = options
  const remotes = Object.fromEntries(
    Object.entries(options.urls).flatMap(([name, url]) =>
      url === undefined ? [] : [[name, openRemote(name, new URL(url))]],
    ),
  ) as Partial<Record<SubgraphName, Remote>>
  const common = wakeUps()

  const call = async (
    to: SubgraphName,
    path: string,
    body: string,
    claims: Claims,
    withinMs = CALL_TIMEOUT_MS,
    asker?: Patience,
  ): Promise<unknown> => {
    const remote = remotes[to]
    if (!remote) throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service is not configured.')
    const { post, target } = remote
    let posted: Posted
    try {
      const headers = signRequest(linkKey, { method: 'POST', path, body, target }, claims, clock.now())
      headers['content-type'] = 'application/json'
      const trace = traceparent()
      if (trace !== undefined) headers.traceparent = trace
      posted = await post({ path, headers, body, withinMs, asker, bytesMax: ANSWER_BYTES_MAX })
    } catch {
      throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service cannot be reached.')
    }
    if (posted.statusCode !== 200) {
      throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service did not answer.')
    }
    return parsed(posted.text)
  }

  const execute: Peers['execute'] = (to, request, claims, withinMs, asker) =>
    observeCall(
      to,
      () => call(to, '/graphql', textOf(request), claims, withinMs, asker) as Promise<GraphQLAnswer>,
    )

  const ownClaims = (): Claims => ({
    principal: { kind: 'service', name: 'peer' },
    language: 'en',
    requestId: newId(clock.now()),
  })

  return {
    execute,
    clientFor: clientOver(execute, clock),
    feed: (source) => ({
      read: async (after, limit) =>
        (await call(source, '/internal/events', JSON.stringify({ after, limit }), ownClaims())) as never,
      end: async () => (await call(source, '/internal/events/end', '{}', ownClaims())) as never,
      hasNewer: async (after) =>
        (await call(source, '/internal/events/newer', JSON.stringify({ after }), ownClaims())) as never,
    }),
    drain: async (name) => void (await call(name, '/internal/drain', '{}', ownClaims())),
    async ready(name) {
      const remote = remotes[name]
      if (!remote) return false
      try {
        const { statusCode, body } = await remote.pool.request({
          method: 'GET',
          path: '/health/ready',
          headersTimeout: READY_TIMEOUT_MS,
          bodyTimeout: READY_TIMEOUT_MS,
        })
        await body.dump()
        return statusCode === 200
      } catch {
        return false
      }
    },
    wake: common.wake,
    onPublished(source, listener) {
      const timer = setInterval(listener, FEED_POLL_MS).unref()
      const forget = common.onPublished(source, listener)
      return () => {
        clearInterval(timer)
        forget()
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(remotes).map((remote) => remote.close()))
    },
  }
}

interface Remote {
  /** Whatever is asked of it but by `post`. */
  readonly pool: Pool
  /** As which its requests are signed. */
  readonly target: string
  post(post: Post): Promise<Posted>
  close(): Promise<void>
}

function openRemote(name: string, address: URL): Remote {
  const pool = new Pool(address.origin, {
    keepAliveTimeout: 4_000,
    connections: 64,
    connect: { timeout: CONNECT_MS },
    // Each call has a deadline of its own, for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: true,
  })
  const lines = address.protocol === 'http:' ? new Lines(address) : undefined
  return {
    pool,
    target: targetOf(name, address.host),
    post: lines ? (one) => lines.post(one) : (one) => post(pool, one),
    close: async () => void (await Promise.all([pool.close(), lines?.close()])),
  }
}

/** Documents as JSON: the same are sent again and again. Callers shape them, so it is bounded how many are kept. */
const documents = new LRUCache<string, string>({
  maxSize: 1_000_000,
  sizeCalculation: ({ length }) => length,
})

function textOf({ query, variables, operationName }: GraphQLRequest): string {
  let document = documents.get(query)
  if (document === undefined) {
    document = JSON.stringify(query)
    documents.set(query, document)
  }
  return `{"query":${document},"variables":${JSON.stringify(variables ?? {})},"operationName":${JSON.stringify(operationName ?? null)}}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service did not answer.')
  }
}
