import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Principal } from '../kernel/auth/principal.ts'
import { systemClock } from '../kernel/clock.ts'
import { readConfig } from '../kernel/config.ts'
import { silentLog } from '../kernel/log.ts'
import { localPeers } from '../kernel/peers.ts'
import { newSecrets, secretsFrom } from '../kernel/secrets.ts'
import { type AnySubgraph, migrateSubgraph, mountSubgraph } from '../kernel/subgraph.ts'
import { type Order, type PostingDoors, postBatch } from '../subgraphs/ledger/actions/post-batch.ts'
import { ledger } from '../subgraphs/ledger/index.ts'

const admin: Principal = { kind: 'staff', staffId: 'bench', role: 'admin' }

export const PROGRAM = 'super-member'

/** The shipped programme under its own name or another. */
export async function programDocument(id = PROGRAM): Promise<string> {
  const shipped = await readFile(new URL('../programs/super-member.yaml', import.meta.url), 'utf8')
  return shipped.replace(`program: ${PROGRAM}`, `program: ${id}`)
}

/** The nth member, as `md5('member n')::uuid` makes it in SQL. */
export function memberId(n: number): string {
  const hex = hash('md5', `member ${n}`, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The ledger without its lanes: each command is a call of its own through the pool. */
const oneCallEach: AnySubgraph = {
  ...ledger,
  services: (dependencies) => {
    const services = ledger.services(dependencies)
    const { programs, origins } = services
    const doors: PostingDoors = { ...dependencies, programs, origins }
    const post = async (order: Order) => {
      const [result] = await postBatch(doors, [order])
      if (result instanceof Error) throw result
      return result
    }
    return { ...services, lanes: { post } }
  },
}

/** A ledger in this process, asked as the gateway asks it: GraphQL, rights and all. */
export async function openLedger(databaseUrl: string, { lanes = true }: { lanes?: boolean } = {}) {
  await migrateSubgraph(ledger, databaseUrl)
  const peers = localPeers(systemClock)
  const mounted = await mountSubgraph(lanes ? ledger : oneCallEach, {
    config: readConfig({ HUITONG_POOL_SIZE: '16' }),
    databaseUrl,
    secrets: secretsFrom(newSecrets()),
    clock: systemClock,
    log: silentLog,
    peers,
  })
  // Every member is known: the look-up at `identity` is not what is measured.
  peers.add('identity', {
    feed: mounted.feed,
    execute: async ({ variables }) => ({
      data: { resolveMembers: [], knownMembers: (variables as { ids: string[] }).ids },
    }),
  })
  const ask: Ask = async (query, variables = {}) => {
    const claims = { principal: admin, language: 'en', requestId: 'bench' }
    const { data, errors } = await mounted.execute({ query, variables }, claims)
    if (errors) throw new Error(errors[0]!.message)
    return data as never
  }
  return {
    ask,
    settleDue: () => mounted.runJob('settle-due'),
    async publish(document: string): Promise<void> {
      await ask(
        'mutation P($document: String!) { publishProgram(document: $document) { refusal { code } } }',
        {
          document,
        },
      )
    },
    /** Throws unless every promise of the books holds. */
    async assertClean(): Promise<bigint> {
      const { ledgerCheck } = await ask<{ ledgerCheck: { clean: boolean; entries: number } }>(
        '{ ledgerCheck { clean entries } }',
      )
      if (!ledgerCheck.clean) throw new Error('the books are not right; the run does not count')
      return BigInt(ledgerCheck.entries)
    },
    [Symbol.asyncDispose]: () => mounted.close(),
  }
}

export type Ask = <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>
export type Ledger = Awaited<ReturnType<typeof openLedger>>
