import { Agent, request as httpRequest } from 'undici'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { type Claims, signRequest, targetOf } from '../../../kernel/auth/request-signature.ts'
import { type Clock, systemClock } from '../../../kernel/clock.ts'
import { readConfig } from '../../../kernel/config.ts'
import type { GraphQLAnswer } from '../../../kernel/graphql/execute.ts'
import { silentLog } from '../../../kernel/log.ts'
import { localPeers } from '../../../kernel/peers.ts'
import type { Secrets } from '../../../kernel/secrets.ts'
import { serveSubgraph } from '../../../kernel/serve-subgraph.ts'
import { mountSubgraph } from '../../../kernel/subgraph.ts'
import { ledger } from '../../../subgraphs/ledger/index.ts'

/** Asks one ledger; `signal` is the caller who goes away. Rejects where no answer came at all. */
export type Ask = (
  query: string,
  variables?: Record<string, unknown>,
  signal?: AbortSignal,
) => Promise<GraphQLAnswer>

/** Known to all processes of a test, for they sign what they ask each other. */
const linkKey = Buffer.alloc(32, 3)
const secrets: Secrets = { master: linkKey, formerMasters: [], index: linkKey, link: linkKey, token: '' }

const admin: Principal = { kind: 'staff', staffId: 'admin-1', role: 'admin' }
const claimsOf = (principal: Principal): Claims => ({ principal, language: 'en', requestId: 'test-request' })
const claims = claimsOf(admin)

/**
 * One ledger over a database that others may serve, too: each has lanes and a pool of its own, as processes have. Every
 * member is known to its `identity`.
 */
export async function openInstance(options: { url: string; clock?: Clock; poolSize?: number }) {
  const clock = options.clock ?? systemClock
  const peers = localPeers(clock)
  const mounted = await mountSubgraph(ledger, {
    config: readConfig({ NODE_ENV: 'test', HUITONG_POOL_SIZE: String(options.poolSize ?? 8) }),
    databaseUrl: options.url,
    secrets,
    clock,
    log: silentLog,
    peers,
  })
  peers.add('identity', {
    feed: mounted.feed,
    execute: async ({ variables }) => ({
      data: { resolveMembers: [], knownMembers: (variables as { ids: string[] }).ids },
    }),
  })
  const server = serveSubgraph(mounted, { linkKey, now: () => systemClock.now() })
  const ask: Ask = async (query, variables = {}) => mounted.execute({ query, variables }, claims)
  const askAs = async (principal: Principal, query: string, variables: Record<string, unknown> = {}) =>
    mounted.execute({ query, variables }, claimsOf(principal))
  const close = async () => {
    await server.close()
    await mounted.close()
  }
  return {
    ask,
    askAs,
    /** Listens on a port of its own and answers its address. */
    listen: () => server.listen({ host: '127.0.0.1', port: 0 }),
    settleDue: () => mounted.runJob('settle-due'),
    /** What a crash left half done is brought to its end. */
    recover: async () => {
      for (const job of ['finish-transfers', 'finish-adjustments']) await mounted.runJob(job)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

export type Instance = Awaited<ReturnType<typeof openInstance>>

/** Asks a ledger over HTTP as the gateway would, each request on whatever connection is free. */
export function askOver(url: string) {
  const agent = new Agent()
  const ask: Ask = async (query, variables = {}, signal) => {
    const body = JSON.stringify({ query, variables })
    const path = '/graphql'
    const response = await httpRequest(new URL(path, url), {
      method: 'POST',
      body,
      signal,
      dispatcher: agent,
      headers: {
        'content-type': 'application/json',
        ...signRequest(
          linkKey,
          { method: 'POST', path, body, target: targetOf('ledger', new URL(url).host) },
          claims,
          systemClock.now(),
        ),
      },
    })
    if (response.statusCode !== 200) {
      await response.body.dump()
      throw new Error(`status ${response.statusCode}`)
    }
    return (await response.body.json()) as GraphQLAnswer
  }
  return { ask, hangUp: () => agent.destroy() }
}

/** For what must succeed. */
export async function answerOf<Data>(
  ask: Ask,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const { data, errors } = await ask(query, variables)
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  return data as Data
}

export async function publishTo(ask: Ask, document: string): Promise<void> {
  const { publishProgram } = await answerOf<{ publishProgram: { refusal: unknown; faults: unknown[] } }>(
    ask,
    'mutation P($document: String!) { publishProgram(document: $document) { faults { message } refusal { code } } }',
    { document },
  )
  if (publishProgram.refusal) throw new Error(JSON.stringify(publishProgram))
}

export interface LedgerCheckAnswer {
  readonly clean: boolean
  readonly entries: number
  readonly inTransit: { readonly points: number }
  readonly violations: readonly { check: string; memberId: string; detail: string }[]
}

export async function ledgerCheck(ask: Ask): Promise<LedgerCheckAnswer> {
  const query = '{ ledgerCheck { clean entries inTransit { points } violations { check memberId detail } } }'
  return (await answerOf<{ ledgerCheck: LedgerCheckAnswer }>(ask, query)).ledgerCheck
}
