import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openApollo } from '../../gateway/apollo.ts'
import { followSupergraph } from '../../gateway/follow-supergraph.ts'
import { ANONYMOUS } from '../../kernel/auth/principal.ts'
import { systemClock } from '../../kernel/clock.ts'
import { START } from '../../kernel/events/event.ts'
import { buildSchema } from '../../kernel/graphql/build-schema.ts'
import { executor } from '../../kernel/graphql/execute.ts'
import { silentLog } from '../../kernel/log.ts'
import { localPeers } from '../../kernel/peers.ts'
import { compose } from '../../schema/compose.ts'

const sdl = (more: string) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
directive @public on OBJECT | FIELD_DEFINITION
type Query { hello(name: String): String @public ${more} }
`
const BOTH = sdl('slow: String @public later: String @public')
const before = compose({ identity: sdl('slow: String @public') }).supergraph
const after = compose({ identity: sdl('later: String @public') }).supergraph

async function scene(executorName: 'compiled' | 'stock' = 'compiled') {
  const peers = localPeers(systemClock)
  const held = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<void>()
  const run = executor(
    buildSchema(BOTH, {
      Query: {
        hello: async (_, { name }) => {
          await new Promise((resolve) => setImmediate(resolve))
          return `Hello, ${name}`
        },
        slow: () => {
          begun.resolve()
          return held.promise
        },
        later: () => 'here',
      },
    }),
    silentLog,
  )
  peers.add('identity', {
    feed: { read: async () => [], hasNewer: async () => false, end: async () => START },
    execute: run as never,
  })
  const graph = await openApollo({
    supergraphSdl: before,
    peers,
    mode: 'sandbox',
    executor: executorName,
    log: silentLog,
  })
  const ask = async (query: string, variables: Record<string, unknown> = {}) => {
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' }
    const { status, body } = await graph.execute(
      { method: 'POST', url: '/graphql', headers, body: { query, variables } },
      { claims: { principal: ANONYMOUS, language: 'en', requestId: 'r' }, seen: {} },
    )
    return { status, ...JSON.parse(body) }
  }
  return { graph, ask, held, begun: begun.promise, [Symbol.asyncDispose]: () => graph.close() }
}

test.for([
  ['compiled', 100],
  ['stock', 20],
] as const)(
  'by the %s executor, a supergraph that is swapped %i times under load fails no request',
  async ([name, swaps]) => {
    await using it = await scene(name)
    let asked = 0
    const failed: unknown[] = []
    const swapping = new AbortController()
    const caller = async (own: string) => {
      while (!swapping.signal.aborted) {
        // Known documents and new ones.
        const query =
          asked % 10 === 0
            ? `query N${asked % 200}($n: String) { hello(name: $n) }`
            : 'query ($n: String) { hello(name: $n) }'
        asked += 1
        const answer = await it.ask(query, { n: own })
        if (answer.status !== 200 || answer.data?.hello !== `Hello, ${own}`) failed.push(answer)
      }
    }
    const callers = Array.from({ length: 8 }, (_, i) => caller(`caller ${i}`))
    for (let swap = 1; swap <= swaps; swap++) {
      const asked0 = asked
      await it.graph.goOver(swap % 2 === 0 ? before : after)
      await vi.waitFor(() => expect(asked).toBeGreaterThan(asked0), { interval: 1 })
    }
    swapping.abort()
    await Promise.all(callers)
    expect(failed).toEqual([])
    expect(asked).toBeGreaterThan(100)
  },
)

test('a request that is under way finishes over the supergraph by which it began', async () => {
  await using it = await scene()
  const underWay = it.ask('{ slow }')
  await it.begun
  await it.graph.goOver(after)
  expect(await it.ask('{ later }')).toMatchObject({ status: 200, data: { later: 'here' } })
  expect(await it.ask('{ slow }')).toMatchObject({ status: 400 })
  it.held.resolve('at last')
  expect(await underWay).toMatchObject({ status: 200, data: { slow: 'at last' } })
})

test('what was asked before is known over the next supergraph, too, unless that has it no more', async () => {
  await using it = await scene()
  it.held.resolve('')
  await it.ask('{ hello(name: "A") }')
  await it.ask('{ slow }')
  await it.graph.goOver(after)
  expect(await it.ask('{ hello(name: "A") }')).toMatchObject({ data: { hello: 'Hello, A' } })
  expect(await it.ask('{ slow }')).toMatchObject({
    status: 400,
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  })
})

test('a file that is put in the place of the other is gone over to; a broken one changes nothing', async () => {
  await using it = await scene()
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'supergraph-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'supergraph.graphql')
  await writeFile(file, before)
  using followed = followSupergraph({ file, log: silentLog, goOver: it.graph.goOver, lookMs: 20 })

  await writeFile(`${file}.new`, after)
  await rename(`${file}.new`, file)
  await vi.waitFor(
    async () => expect(await it.ask('{ later }')).toMatchObject({ data: { later: 'here' } }),
    5_000,
  )

  await writeFile(file, 'type Query {')
  await followed.reload()
  await writeFile(file, compose({ stranger: BOTH }).supergraph)
  await followed.reload()
  expect(await it.ask('{ later }')).toMatchObject({ data: { later: 'here' } })

  await writeFile(file, before)
  process.emit('SIGHUP')
  await followed.reload()
  expect(await it.ask('{ later }')).toMatchObject({ status: 400 })
})
