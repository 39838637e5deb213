import { expect, test, vi } from 'vitest'
import { Circuit } from '../../gateway/execute/circuit.ts'
import { peerSource } from '../../gateway/peer-source.ts'
import { silentLog } from '../../kernel/log.ts'
import { remotePeers } from '../../kernel/peers.ts'
import { newSecrets, secretsFrom } from '../../kernel/secrets.ts'
import { serveSubgraph } from '../../kernel/serve-subgraph.ts'
import type { MountedSubgraph } from '../../kernel/subgraph.ts'
import { Patience } from '../../kernel/values/patience.ts'
import { admin, claimsOf, openGraph } from '../helpers/graph.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'

const PATIENT = { timeout: 20_000, interval: 20 }
const BALANCE =
  'query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on Member { account { growth } } } }'
const ids = [{ __typename: 'Member', id: '01900000-0000-7000-8000-000000000001' }]

test('a query that is late is cancelled in the database, also where it waits for a lock', async () => {
  await using graph = await openGraph({ subgraphs: ['ledger'] })
  await graph.sql('begin')
  await graph.sql('lock table ledger.account in access exclusive mode')
  const waiting = async () =>
    (
      await graph.sql<{ count: number }>(
        `select count(*)::int as count from pg_locks where relation = 'ledger.account'::regclass and not granted`,
      )
    )[0]!.count
  const gone = new Patience()
  const ask = (asker?: Patience) =>
    graph.peers.execute('ledger', { query: BALANCE, variables: { ids } }, claimsOf(admin), 60_000, asker)
  const asked = ask(gone)
  await vi.waitFor(async () => expect(await waiting()).toBe(1), PATIENT)
  gone.end()
  expect((await asked).errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }])
  await vi.waitFor(async () => expect(await waiting()).toBe(0), PATIENT)
  await graph.sql('rollback')
  expect(await ask()).not.toHaveProperty('errors')
})

test('apart, a subgraph hears that its asker has gone, unless it is writing', async () => {
  const { link } = secretsFrom(newSecrets())
  const waiting: (Patience | undefined)[] = []
  const held = Promise.withResolvers<{ data: null }>()
  const mounted = {
    name: 'ledger',
    execute(_: unknown, __: unknown, patience?: Patience) {
      waiting.push(patience)
      return held.promise
    },
  } as unknown as MountedSubgraph
  const now = () => 0 as never
  const server = serveSubgraph(mounted, { linkKey: link, now })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const urls = { identity: url, ledger: url, benefits: url, campaigns: url }
  await using peers = remotePeers({ urls, linkKey: link, clock: { now } })
  const gone = new Patience()
  const query = Promise.resolve(peers.execute('ledger', { query: '{ a }' }, claimsOf(admin), 60_000, gone))
  const mutation = Promise.resolve(peers.execute('ledger', { query: 'mutation { a }' }, claimsOf(admin)))
  const refused = expect(query).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
  await vi.waitFor(() => expect(waiting).toHaveLength(2), PATIENT)
  gone.end()
  await refused
  const bounded = waiting.filter((patience) => patience !== undefined)
  expect(bounded).toHaveLength(1)
  await vi.waitFor(() => expect(bounded[0]!.isOver).toBe(true), PATIENT)
  held.resolve({ data: null })
  expect(await mutation).toEqual({ data: null })
  await server.close()
})

test('apart, clients that go early do not keep a subgraph from the others', async () => {
  const { link } = secretsFrom(newSecrets())
  const release: (() => void)[] = []
  let isHeld = true
  const mounted = {
    name: 'ledger',
    execute: () =>
      isHeld
        ? new Promise((resolve) => release.push(() => resolve({ data: null })))
        : { data: { hello: 'Ann' } },
  } as unknown as MountedSubgraph
  const now = () => 0 as never
  const server = serveSubgraph(mounted, { linkKey: link, now })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const urls = { identity: url, ledger: url, benefits: url, campaigns: url }
  await using peers = remotePeers({ urls, linkKey: link, clock: { now } })
  const source = peerSource('ledger', peers, silentLog, new Circuit())
  const ask = (asker?: Patience) =>
    source({ kind: 'query', query: '{ hello }' } as never, { claims: claimsOf(admin), seen: {}, asker })
  for (let count = 1; count <= 3; count++) {
    const gone = new Patience()
    const asked = ask(gone)
    await vi.waitFor(() => expect(release).toHaveLength(count), PATIENT)
    gone.end()
    expect(await asked).toMatchObject({ errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] })
  }
  isHeld = false
  expect(await ask()).toEqual({ data: { hello: 'Ann' } })
  // Who has gone before is not asked for at all.
  isHeld = true
  const gone = new Patience()
  gone.end()
  await ask(gone)
  expect(release).toHaveLength(3)
  for (const one of release) one()
  await server.close()
})

test.each(['POST', 'GET'])(
  'a client that closes its connection lets go of its query by %s',
  async (method) => {
    await using gateway = await openFakeGateway()
    const url = await gateway.server.listen({ host: '127.0.0.1', port: 0 })
    const release = gateway.hold()
    const client = new AbortController()
    const text = '{ hello(name: "Ann") }'
    const [address, body] =
      method === 'GET'
        ? [`${url}/graphql?query=${encodeURIComponent(text)}`, undefined]
        : [`${url}/graphql`, JSON.stringify({ query: text })]
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const asked = fetch(address, { method, body, headers, signal: client.signal }).catch(() => 'gone')
    await vi.waitFor(() => expect(gateway.waiting).toHaveLength(1), PATIENT)
    expect(gateway.waiting[0]!.isOver).toBe(false)
    client.abort()
    expect(await asked).toBe('gone')
    await vi.waitFor(() => expect(gateway.waiting[0]!.isOver).toBe(true), PATIENT)
    release()
  },
)
