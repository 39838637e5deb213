import { describe, expect, test } from 'vitest'
import { encodeCursor } from '../../../kernel/graphql/page.ts'
import { admin, clerk, member } from '../../helpers/graph.ts'
import { autoBrand, perform } from '../activities.ts'
import { ACCOUNT, memberId, openLedger } from '../open-ledger.ts'
import { takeBack } from '../order-requests.ts'
import { documentWith, withPointsValidity } from '../program-of.ts'
import { accountField, grant, type OpenLedger, purchase, record, redeem, setClock } from '../requests.ts'
import { shareLedger } from '../share-ledger.ts'

const shared = shareLedger()

interface Page<Node> {
  edges: { cursor: string; node: Node }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/** Every node of a list, page by page. */
async function everything<Node>(
  ledger: OpenLedger,
  list: 'statement' | 'lots',
  first: number,
  selection: string,
): Promise<{ nodes: Node[]; pages: number }> {
  const nodes: Node[] = []
  let after = ''
  for (let pages = 1; ; pages++) {
    const field = `${list}(first: ${first}${after}) { edges { cursor node { ${selection} } } pageInfo { hasNextPage endCursor } }`
    const account = await accountField<Record<typeof list, Page<Node>>>(ledger, 'li', field)
    const { edges, pageInfo } = account[list]
    nodes.push(...edges.map((edge) => edge.node))
    if (!pageInfo.hasNextPage) return { nodes, pages }
    expect(edges).toHaveLength(first)
    after = `, after: "${pageInfo.endCursor}"`
  }
}

/** `count` purchases of one yuan, a day apart, the first on the second of January 2026. */
const days = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const at = new Date(Date.parse('2026-01-02T04:00:00Z') + index * 86_400_000)
    return purchase('li', '1', { document: `bill-${index}`, occurredAt: at.toISOString() })
  })

describe('paging', () => {
  test.each([1, 7, 50, 100])('%i at a time shows every entry once, newest first', async (first) => {
    await using ledger = await openLedger({ now: '2026-12-31T00:00:00Z' })
    await record(ledger, days(50))
    const { nodes, pages } = await everything<{ sequence: number }>(ledger, 'statement', first, 'sequence')
    expect(nodes.map((node) => node.sequence)).toEqual(Array.from({ length: 50 }, (_, index) => 50 - index))
    expect(pages).toBe(Math.max(1, Math.ceil(50 / first)))
  })

  test('through lots shows every lot once, soonest-expiring first', async () => {
    await using ledger = await openLedger({ now: '2026-12-31T00:00:00Z' })
    await record(ledger, days(50))
    const { nodes } = await everything<{ expiresOn: string; remaining: number }>(
      ledger,
      'lots',
      8,
      'expiresOn remaining',
    )
    expect(nodes).toHaveLength(50)
    expect(nodes.map((node) => node.expiresOn)).toEqual(nodes.map((node) => node.expiresOn).toSorted())
    expect(new Set(nodes.map((node) => node.expiresOn)).size).toBe(50)
  })

  test('loses and repeats nothing while new entries come in at the top', async () => {
    await using ledger = await openLedger({ now: '2026-12-31T00:00:00Z' })
    await record(ledger, days(20))
    const page = (after: string) =>
      accountField<{ statement: Page<{ sequence: number }> }>(
        ledger,
        'li',
        `statement(first: 10${after}) { edges { cursor node { sequence } } pageInfo { hasNextPage endCursor } }`,
      )
    const { statement: one } = await page('')
    await ledger.buy('li', '5', '2026-12-30')
    const { statement: two } = await page(`, after: "${one.pageInfo.endCursor}"`)
    expect([...one.edges, ...two.edges].map(({ node }) => node.sequence)).toEqual(
      Array.from({ length: 20 }, (_, index) => 20 - index),
    )
  })

  // biome-ignore format: aligned rows
  test.each([
    ['a word',                 'statement', encodeCursor('hello')       ],
    ['a number without bound', 'statement', encodeCursor('99999999999') ],
    ['a fraction',             'statement', encodeCursor('1.5')         ],
    ['less than one',          'statement', encodeCursor('-1')          ],
    ['a word',                 'lots',      encodeCursor('hello')       ],
    ['a day that is none',     'lots',      encodeCursor('2026-02-30/') ],
  ])('by a cursor of %s in %s is the caller’s mistake', async (_, list, cursor) => {
    await expect(
      accountField(shared(), 'li', `${list}(after: "${cursor}") { edges { cursor } }`),
    ).rejects.toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test.each([0, 101, -1])('%i at a time is not offered', async (first) => {
    await expect(
      accountField(shared(), 'li', `statement(first: ${first}) { edges { cursor } }`),
    ).rejects.toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test('lots that never end come last, without a day', async () => {
    await using ledger = await openLedger({ program: documentWith(withPointsValidity('{ kind: never }')) })
    await ledger.buy('li', '5', '2026-01-10')
    const { lots } = await ledger.account('li')
    expect(lots.edges.map(({ node }) => node)).toEqual([{ expiresOn: null, earned: 5, remaining: 5 }])
    expect((await ledger.account('li')).points.expiringSoon).toEqual([])
  })
})

test('a statement of some days shows what took effect on them: from the first moment to before the last', async () => {
  await using ledger = await openLedger({ now: '2026-12-31T00:00:00Z' })
  await record(ledger, days(10))
  const { statement } = await accountField<{ statement: Page<{ effectiveAt: string }> }>(
    ledger,
    'li',
    `statement(from: "2026-01-04T04:00:00Z", to: "2026-01-06T04:00:00Z") { edges { cursor node { effectiveAt } } pageInfo { hasNextPage endCursor } }`,
  )
  expect(statement.edges.map(({ node }) => node.effectiveAt)).toEqual([
    '2026-01-05T04:00:00.000Z',
    '2026-01-04T04:00:00.000Z',
  ])
})

test('pages that are asked for at the same moment are each their own: member, asset, days and length', async () => {
  await using ledger = await openLedger({ now: '2026-12-31T00:00:00Z' })
  await record(ledger, [
    ...days(3),
    purchase('wang', '7', { document: 'w-1', occurredAt: '2026-01-02T04:00:00Z' }),
    purchase('wang', '8', { document: 'w-2', occurredAt: '2026-02-02T04:00:00Z' }),
  ])
  await grant(ledger, 'li', 50, { idempotencyKey: 'k-1' })
  const shown = async (who: string, of: string) => {
    const selection = `statement(${of}) { edges { cursor node { sequence points growth } } pageInfo { hasNextPage endCursor } }`
    const { statement } = await accountField<{ statement: Page<object> }>(ledger, who, selection)
    return [...statement.edges.map(({ node }) => Object.values(node)), statement.pageInfo.hasNextPage]
  }
  const pages = await Promise.all([
    shown('li', 'first: 2'),
    shown('wang', 'first: 5'),
    shown('li', 'of: GROWTH, first: 5'),
    shown('wang', 'to: "2026-02-01T00:00:00Z"'),
    shown('zhao', 'first: 5'),
  ])
  expect(pages).toEqual([
    [[4, 50, 0], [3, 1, 1], true],
    [[2, 8, 8], [1, 7, 7], false],
    [[3, 1, 1], [2, 1, 1], [1, 1, 1], false],
    [[1, 7, 7], false],
    [false],
  ])
})

test('the balance of any past moment is what was shown then', async () => {
  await using ledger = await openLedger({ now: '2026-01-10T04:00:00Z' })
  const shown: [string, number][] = []
  const look = async () => {
    const { points } = await ledger.account('li')
    shown.push([new Date(ledger.clock.now()).toISOString(), points.available])
  }
  const story: [string, () => Promise<unknown>][] = [
    ['2026-01-10T04:00:00Z', () => ledger.buy('li', '100', '2026-01-10')],
    ['2026-03-01T04:00:00Z', () => redeem(ledger, 'li', 30, { idempotencyKey: 'k-1' })],
    ['2026-03-02T04:00:00Z', () => grant(ledger, 'li', 50, { idempotencyKey: 'k-2' })],
    ['2027-01-10T15:59:59.999Z', async () => {}], // The last moment of the first lot.
    ['2027-01-10T16:00:00Z', async () => {}],
    ['2027-02-01T00:00:00Z', async () => {}], // It ran out; nobody swept.
    ['2027-02-01T01:00:00Z', () => redeem(ledger, 'li', 20, { idempotencyKey: 'k-3' })],
    ['2027-03-02T16:00:00Z', async () => {}], // The second lot ran out.
    ['2027-05-01T00:00:00Z', () => ledger.runJob('settle-due')],
    ['2027-05-02T00:00:00Z', async () => {}],
  ]
  for (const [at, act] of story) {
    setClock(ledger, at)
    await act()
    await look()
  }
  expect(shown.map(([, available]) => available)).toEqual([100, 70, 120, 120, 50, 50, 30, 0, 0, 0])
  for (const [at, available] of shown) {
    const { balanceAt } = await accountField<{ balanceAt: { available: number } }>(
      ledger,
      'li',
      `balanceAt(time: "${at}") { available }`,
    )
    expect([at, balanceAt.available]).toEqual([at, available])
  }
})

test('growth has a statement of its own, and its balance of any past moment is what was shown then', async () => {
  await using ledger = await openLedger({ now: '2026-01-10T04:00:00Z' })
  const shown: [string, number][] = []
  const story: [string, () => Promise<unknown>][] = [
    ['2026-01-10T04:00:00Z', () => ledger.buy('li', '100', '2026-01-10', 'a')],
    ['2026-03-01T04:00:00Z', () => redeem(ledger, 'li', 30, { idempotencyKey: 'k-1' })],
    ['2026-03-02T04:00:00Z', () => ledger.buy('li', '40', '2026-03-02', 'b')],
    ['2026-03-03T04:00:00Z', () => takeBack(ledger, 'b', 'back', { lines: [{ line: 0, amount: '15.00' }] })],
    ['2027-01-10T16:00:00Z', async () => {}], // The first lot ran out; nobody swept.
    ['2027-05-01T00:00:00Z', () => ledger.runJob('settle-due')],
  ]
  for (const [at, act] of story) {
    setClock(ledger, at)
    await act()
    shown.push([at, (await ledger.account('li')).growth])
  }
  expect(shown.map(([, growth]) => growth)).toEqual([100, 100, 140, 125, 25, 0])
  for (const [at, growth] of shown)
    expect([at, await accountField(ledger, 'li', `growthAt(time: "${at}")`)]).toEqual([
      at,
      { growthAt: growth },
    ])
  const { statement } = await accountField<{ statement: Page<object> }>(
    ledger,
    'li',
    'statement(of: GROWTH) { edges { node { kind growth growthBalance } } }',
  )
  expect(statement.edges.map(({ node }) => node)).toEqual([
    { kind: 'EXPIRE', growth: -25, growthBalance: 0 },
    { kind: 'EXPIRE', growth: -100, growthBalance: 25 },
    { kind: 'REVERSE', growth: -15, growthBalance: 125 },
    { kind: 'EARN', growth: 40, growthBalance: 140 },
    { kind: 'EARN', growth: 100, growthBalance: 100 },
  ])
})

test('points are told by their source, less what was taken back', async () => {
  await using ledger = await openLedger({ program: autoBrand, now: '2026-01-10T04:00:00Z' })
  const by = async () => {
    const { pointsBySource, points } = await accountField<{
      pointsBySource: { source: string; points: number }[]
      points: { available: number }
    }>(ledger, 'li', 'pointsBySource { source points } points { available }')
    return [...pointsBySource.map(({ source, points }) => `${source} ${points}`), points.available]
  }
  expect(await by()).toEqual(['INITIAL 0', 'CONSUMPTION 0', 'ACTIVITY 0', 'OTHER 0', 0])
  await grant(ledger, 'li', 100, { idempotencyKey: 'welcome', source: 'INITIAL' })
  await grant(ledger, 'li', 7, { idempotencyKey: 'task', source: 'ACTIVITY' })
  await grant(ledger, 'li', 5, { idempotencyKey: 'case', source: 'OTHER' })
  const { purchase: bought } = await ledger.buy('li', '3000', '2026-01-09', 'b-1')
  await perform(ledger, 'li', 'sign-in', { document: 'today' })
  expect(await by()).toEqual([
    ...['INITIAL 100', `CONSUMPTION ${bought!.points}`, 'ACTIVITY 8', 'OTHER 5'],
    113 + bought!.points,
  ])
  await takeBack(ledger, 'b-1', 'r-1')
  expect(await by()).toEqual(['INITIAL 100', 'CONSUMPTION 0', 'ACTIVITY 8', 'OTHER 5', 113])
  const { statement } = await accountField<{
    statement: Page<{ kind: string; document: { source: string } | null }>
  }>(ledger, 'li', 'statement { edges { node { kind document { source } } } }')
  expect(statement.edges.map(({ node }) => `${node.kind} ${node.document!.source}`).reverse()).toEqual([
    ...['GRANT INITIAL', 'GRANT ACTIVITY', 'GRANT OTHER', 'EARN CONSUMPTION', 'EARN ACTIVITY'],
    'REVERSE CONSUMPTION',
  ])
})

test('points that wait are told with the day or the activity that makes them available', async () => {
  const pending = documentWith(
    ['points:\n', 'points:\n  pending: { days: 14 }\n'],
    [
      'earn:\n',
      'earn:\n  - { id: gift, on: purchase, asset: points, award: { points: 7, each: event }, pending: { until: bind } }\n',
    ],
  )
  await using ledger = await openLedger({ program: pending, now: '2026-01-10T04:00:00Z' })
  await ledger.buy('li', '100', '2026-01-10')
  const waiting = async () =>
    (
      await accountField<{ waiting: unknown }>(
        ledger,
        'li',
        'waiting { points availableFrom availableBy expiresOn }',
      )
    ).waiting
  const gift = { points: 7, availableFrom: null, availableBy: 'bind', expiresOn: '2027-01-10' }
  expect(await waiting()).toEqual([
    { points: 100, availableFrom: '2026-01-24', availableBy: null, expiresOn: '2027-01-10' },
    gift,
  ])
  setClock(ledger, '2026-01-23T16:00:00Z') // Midnight in Shanghai; nobody swept.
  expect(await waiting()).toEqual([gift])
})

test('no balance is told of the future', async () => {
  await using ledger = await openLedger()
  await expect(
    accountField(ledger, 'li', 'balanceAt(time: "2026-01-10T04:00:00.001Z") { available }'),
  ).rejects.toThrow('future')
  for (const field of ['growthAt', 'storedValueAt'])
    await expect(
      accountField(
        ledger,
        'li',
        `${field}(time: "2026-01-10T04:00:00.001Z")${field === 'growthAt' ? '' : ' { available { amount } }'}`,
      ),
    ).rejects.toThrow('future')
})

describe('an account', () => {
  test('that was never posted to is empty, not missing', async () => {
    await using ledger = await openLedger()
    expect(await ledger.account('nobody')).toMatchObject({
      growth: 0,
      points: { available: 0, lifetimeEarned: 0, expiringSoon: [] },
      tier: {
        tier: { id: 'ordinary' },
        since: null,
        validUntil: null,
        progress: { missing: 3_000, by: null },
      },
      lots: { edges: [] },
      statement: { edges: [] },
    })
  })

  test('is shown to its member and to staff, and to no other member', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '10', '2026-01-10')
    for (const as of [admin, clerk(), member(memberId('li'))]) {
      expect((await ledger.tryAsk(as, ACCOUNT, { member: memberId('li') })).errors).toBeUndefined()
    }
    const { data, errors } = await ledger.tryAsk(member(memberId('wang')), ACCOUNT, {
      member: memberId('li'),
    })
    expect([data, errors![0]!.extensions!.code]).toEqual([{ _entities: [{ account: null }] }, 'FORBIDDEN'])
  })

  test('by its own id is not shown to another member', async () => {
    await using ledger = await openLedger()
    const { id } = await accountField<{ id: string }>(ledger, 'li', 'id')
    const query = `query($id: ID!) { _entities(representations: [{ __typename: "Account", id: $id }]) { ... on Account { growth } } }`
    const own = await ledger.tryAsk(member(memberId('li')), query, { id })
    expect(own).toEqual({ data: { _entities: [{ growth: 0 }] } })
    const other = await ledger.tryAsk(member(memberId('wang')), query, { id })
    expect(other.errors![0]!.extensions!.code).toBe('FORBIDDEN')
  })

  test('tells what ends within two months, soonest first', async () => {
    await using ledger = await openLedger({ now: '2026-11-20T04:00:00Z' })
    for (const on of ['2026-01-20', '2025-11-19', '2025-12-01', '2026-01-21', '2025-11-20'])
      await ledger.buy('li', '10', on)
    const { points } = await ledger.account('li')
    expect(points.expiringSoon).toEqual([
      { expiresOn: '2026-11-20', points: 10 }, // Today still.
      { expiresOn: '2026-12-01', points: 10 },
      { expiresOn: '2027-01-20', points: 10 },
    ])
  })
})
