import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import type { GraphQLAnswer } from '../../../kernel/graphql/execute.ts'
import { admin, channelService, clerk, member, partner, service } from '../../helpers/graph.ts'
import { openInstance } from '../hard/instance.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import {
  accountField,
  brokenPromises,
  grant,
  type OpenLedger,
  type RefusalAnswer,
  redeem,
  setClock,
} from '../requests.ts'

const SYNCS = documentWith([
  'downgrade: to-fit',
  `downgrade: to-fit
balanceSync:
  - { channel: tmall, partner: tmall, figure: own, most: 5000 }
  - { channel: APP, figure: common }
  - { channel: STORE, figure: own }`,
])
const tmall = partner('tmall')
const app = channelService('APP')
const store = channelService('STORE')

const SYNC = `mutation Sync($input: SyncBalanceInput!) {
  syncBalance(input: $input) {
    synced { channel balance at } points duplicate refusal { code path message details { name value } }
  }
}`

interface SyncAnswer {
  synced: { channel: string; balance: number; at: string } | null
  points: number | null
  duplicate: boolean
  refusal: RefusalAnswer | null
}

const NOW = '2026-01-10T04:00:00Z'
let numbers = 0

const customer = (name: string, scope = 'tmall') => ({
  identity: { kind: 'PARTNER_CUSTOMER', scope, value: name },
})

const told = (name: string, [previous, balance]: readonly [number, number], more: object = {}) => ({
  member: customer(name),
  channel: 'tmall',
  previous,
  balance,
  at: NOW,
  document: `sync-${++numbers}`,
  ...more,
})

const sync = async (ledger: OpenLedger, input: object, as: Principal = tmall): Promise<SyncAnswer> =>
  (await ledger.ask<{ syncBalance: SyncAnswer }>(as, SYNC, { input })).syncBalance

const trySync = (ledger: OpenLedger, input: object, as: Principal): Promise<GraphQLAnswer> =>
  ledger.tryAsk(as, SYNC, { input })

const available = async (ledger: OpenLedger, name: string): Promise<number> =>
  (await accountField<{ points: { available: number } }>(ledger, name, 'points { available }')).points
    .available

test('what changed at the marketplace is given or taken, and nothing else', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await grant(ledger, 'Li', 40, { idempotencyKey: 'g' })
  expect(await sync(ledger, told('Li', [0, 100]))).toMatchObject({
    synced: { channel: 'tmall', balance: 100, at: '2026-01-10T04:00:00.000Z' },
    points: 100,
    duplicate: false,
    refusal: null,
  })
  await ledger.buy('Li', '25.00', '2026-01-09')
  expect(await sync(ledger, told('Li', [100, 70]))).toMatchObject({ synced: { balance: 70 }, points: -30 })
  expect(await sync(ledger, told('Li', [70, 70]))).toMatchObject({ synced: { balance: 70 }, points: 0 })
  expect(await available(ledger, 'Li')).toBe(40 + 100 + 25 - 30)
  expect(await brokenPromises(ledger)).toEqual([])
})

test('the statement tells the channel, the number and the partner; the rules know nothing of it', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await sync(ledger, told('Li', [0, 100], { document: 'tm-7' }))
  await sync(ledger, told('Li', [100, 60], { document: 'tm-8' }))
  const { statement, tier, growth } = await accountField<{
    statement: { edges: { node: { id: string; kind: string; points: number; document: object } }[] }
    tier: object
    growth: number
  }>(
    ledger,
    'Li',
    `growth tier { tier { id } }
     statement { edges { node { id kind points document { channel number operator awards { rule amount } } } } }`,
  )
  expect({ tier, growth }).toEqual({ tier: { tier: { id: 'ordinary' } }, growth: 0 })
  expect(statement.edges.map(({ node: { id: _, ...node } }) => node)).toEqual([
    {
      kind: 'DEDUCT',
      points: -40,
      document: { channel: 'tmall', number: 'tm-8', operator: 'partner:tmall', awards: [] },
    },
    {
      kind: 'GRANT',
      points: 100,
      document: {
        channel: 'tmall',
        number: 'tm-7',
        operator: 'partner:tmall',
        awards: [{ rule: 'balance-sync', amount: 100 }],
      },
    },
  ])
  const { explain } = await accountField<{ explain: { cause: string; lots: object[] } }>(
    ledger,
    'Li',
    `explain(entry: "${statement.edges[0]!.node.id}") { cause lots { points } }`,
  )
  expect(explain).toEqual({ cause: 'DOCUMENT', lots: [{ points: -40 }] })
})

test('a channel with the common figure takes over what happened here, and tells only what happened there', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await grant(ledger, 'Li', 300, { idempotencyKey: 'g' })
  const bySync = (pair: readonly [number, number]) => sync(ledger, told('Li', pair, { channel: 'APP' }), app)
  // It begins with nothing, and is told what there is.
  expect(await bySync([0, 0])).toMatchObject({ synced: { balance: 300 }, points: 0 })
  await redeem(ledger, 'Li', 100, { idempotencyKey: 'r' })
  expect(await bySync([300, 350])).toMatchObject({ synced: { balance: 250 }, points: 50 })
  expect(await bySync([250, 0])).toMatchObject({ synced: { balance: 0 }, points: -250 })
  expect(await available(ledger, 'Li')).toBe(0)
  expect(await brokenPromises(ledger)).toEqual([])
})

test('the same sync again gets the same answer; its number for something else, or for somebody else, is refused', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  const first = told('Li', [0, 100], { document: 'tm-1', idempotencyKey: 'k' })
  const answer = await sync(ledger, first)
  await sync(ledger, told('Li', [100, 150]))
  expect(await sync(ledger, first)).toEqual({ ...answer, duplicate: true })
  expect(await sync(ledger, { ...first, idempotencyKey: undefined })).toEqual({ ...answer, duplicate: true })
  const code = async (input: object) => (await sync(ledger, input)).refusal?.code
  expect(await code({ ...first, balance: 90 })).toBe('IDEMPOTENCY_KEY_REUSED')
  expect(await code({ ...first, balance: 90, idempotencyKey: 'k2' })).toBe('DOCUMENT_CONFLICT')
  expect(await code({ ...first, member: customer('Wang') })).toBe('DOCUMENT_CONFLICT')
  expect(await available(ledger, 'Li')).toBe(150)
})

test('a sync from another figure is refused with the agreed one, late ones too; from that figure it is taken', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await sync(ledger, told('Li', [0, 100]))
  const lost = await sync(ledger, told('Li', [130, 180]))
  expect(lost).toMatchObject({
    synced: null,
    points: null,
    refusal: { code: 'BALANCE_DIVERGED', path: ['previous'], details: [{ name: 'agreed', value: '100' }] },
  })
  const late = await sync(ledger, told('Li', [100, 90], { at: '2026-01-10T03:59:59Z' }))
  expect(late.refusal).toMatchObject({
    code: 'SYNC_OUT_OF_DATE',
    details: [{ name: 'agreed', value: '100' }],
  })
  const { syncedBalance } = await ledger.ask<{ syncedBalance: object }>(
    tmall,
    'query ($input: SyncedBalanceInput!) { syncedBalance(input: $input) { balance at } }',
    { input: { member: customer('Li'), channel: 'tmall' } },
  )
  expect(syncedBalance).toEqual({ balance: 100, at: '2026-01-10T04:00:00.000Z' })
  expect(await sync(ledger, told('Li', [100, 180]))).toMatchObject({ points: 80 })
  expect(await available(ledger, 'Li')).toBe(180)
})

test('nobody is taken below nothing: what is not there is refused, and may be told again', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await sync(ledger, told('Li', [0, 100]))
  await redeem(ledger, 'Li', 80, { idempotencyKey: 'r' })
  const spent = told('Li', [100, 0])
  expect((await sync(ledger, spent)).refusal?.code).toBe('INSUFFICIENT_POINTS')
  await grant(ledger, 'Li', 80, { idempotencyKey: 'g' })
  expect(await sync(ledger, spent)).toMatchObject({ points: -100, refusal: null })
  expect((await sync(ledger, told('Li', [0, 5001]))).refusal?.code).toBe('SYNC_TOO_LARGE')
  expect(await available(ledger, 'Li')).toBe(0)
})

test('a clock that is a little ahead is believed, one that is far ahead is not', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  const ahead = told('Li', [0, 10], { at: '2026-01-10T04:04:00Z' })
  const answer = await sync(ledger, ahead)
  expect(answer.points).toBe(10)
  setClock(ledger, '2026-01-10T05:00:00Z')
  expect(await sync(ledger, ahead)).toMatchObject({ points: 10, duplicate: true })
  const far = await sync(ledger, told('Li', [10, 20], { at: '2026-01-10T06:00:00Z' }))
  expect(far.refusal?.code).toBe('OCCURRED_IN_FUTURE')
})

test('a member with two accounts at a channel has a figure for each, and their names are not kept', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  const first = { account: 'tea:buyer-1' }
  const second = { account: 'coffee:buyer-2' }
  await sync(ledger, told('Li', [0, 100], first))
  await sync(ledger, told('Li', [0, 30], second))
  expect(await sync(ledger, told('Li', [100, 90], first))).toMatchObject({ points: -10 })
  expect(await available(ledger, 'Li')).toBe(120)
  const kept = await ledger.sql(
    `select row_to_json(synced_balance)::text as row from ledger.synced_balance
     union all select row_to_json(entry)::text from ledger.entry`,
  )
  expect(kept).toHaveLength(5)
  expect(JSON.stringify(kept)).not.toContain('buyer')

  ledger.emit('identity', {
    type: 'identity.MemberErased',
    memberId: memberId('Li'),
    payload: { memberIds: [memberId('Li')] },
  })
  await ledger.drain()
  expect(await ledger.sql('select from ledger.synced_balance')).toEqual([])
  expect(await brokenPromises(ledger)).toEqual([])
})

describe('only its own', () => {
  let ledger: OpenLedger
  beforeAll(async () => {
    ledger = await openLedger({ program: SYNCS })
  })
  afterAll(() => ledger[Symbol.asyncDispose]())

  test.each<[string, Principal, object]>([
    ['another partner', partner('jd'), {}],
    ['a partner, in a channel of ours', tmall, { channel: 'APP' }],
    ['a partner, in a channel that is not declared', tmall, { channel: 'nowhere' }],
    ['a channel, for a partner', app, {}],
    ['a channel, for another', app, { channel: 'STORE' }],
    ['a partner, by a phone', tmall, { member: { identity: { kind: 'PHONE', value: '13800138000' } } }],
    ['a partner, by the customer of another', tmall, { member: customer('Li', 'jd') }],
    ['a partner, by an id', tmall, { member: { id: memberId('Li') } }],
    ['a member', member(memberId('stranger')), {}],
    ['a clerk', clerk(), { channel: 'STORE' }],
    ['head office', admin, {}],
  ])('%s tells no balance', async (_, as, more) => {
    const { errors } = await trySync(ledger, told('stranger', [0, 10], more), as)
    expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    expect(await ledger.sql('select from ledger.entry where member_id = $1', [memberId('stranger')])).toEqual(
      [],
    )
  })

  test('a partner by its own customer number, a channel for itself, and a part of Huitong for all', async () => {
    expect(await sync(ledger, told('Li', [0, 10], {}))).toMatchObject({ points: 10 })
    expect(await sync(ledger, told('Li', [0, 10], { channel: 'STORE', store: 's-1' }), store)).toMatchObject({
      points: 10,
    })
    expect(await sync(ledger, told('Li', [10, 20]), service('adapter'))).toMatchObject({ points: 10 })
    expect(await available(ledger, 'Li')).toBe(30)
  })

  test('where the programme declares the channel, and the member is known', async () => {
    const unknown = { member: { identity: { kind: 'CARD', value: 'unknown' } }, channel: 'STORE' }
    expect((await sync(ledger, told('', [0, 1], unknown), store)).refusal?.code).toBe('MEMBER_NOT_FOUND')
    const other = told('Li', [0, 1], { channel: 'WEB' })
    expect((await sync(ledger, other, channelService('WEB'))).refusal?.code).toBe('SYNC_NOT_OFFERED')
  })
})

test('twenty syncs at once from one figure: one is taken, and nineteen are told the figure that it led to', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await sync(ledger, told('Li', [0, 100]))
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => sync(ledger, told('Li', [100, 101 + index]))),
  )
  const [taken, ...others] = answers.filter(({ refusal }) => refusal === null)
  expect(others).toEqual([])
  const refused = answers.flatMap(({ refusal }) => refusal ?? [])
  expect(refused).toHaveLength(19)
  for (const { code, details } of refused) {
    expect({ code, details }).toEqual({
      code: 'BALANCE_DIVERGED',
      details: [{ name: 'agreed', value: String(taken!.synced!.balance) }],
    })
  }
  expect(await available(ledger, 'Li')).toBe(taken!.synced!.balance)
  expect(await brokenPromises(ledger)).toEqual([])
})

test('twenty that read the figure and try again until they are taken: every change counts once', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  const add = async (change: number) => {
    let agreed = 0
    for (;;) {
      const { refusal } = await sync(ledger, told('Li', [agreed, agreed + change]))
      if (refusal === null) return
      agreed = Number(refusal.details.find(({ name }) => name === 'agreed')!.value)
    }
  }
  const buys = Array.from({ length: 10 }, (_, index) => ledger.buy('Li', '7.00', '2026-01-09', `b-${index}`))
  await Promise.all([...Array.from({ length: 20 }, (_, index) => add(index + 1)), ...buys])
  expect(await available(ledger, 'Li')).toBe(210 + 70)
  expect(await ledger.sql('select agreed::int from ledger.synced_balance')).toEqual([{ agreed: 210 }])
  expect(await brokenPromises(ledger)).toEqual([])
})

test('twenty copies of one sync at once are one', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  const copy = told('Li', [0, 100])
  const answers = await Promise.all(Array.from({ length: 20 }, () => sync(ledger, copy)))
  expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
  expect(new Set(answers.map(({ points }) => points))).toEqual(new Set([100]))
  expect(await available(ledger, 'Li')).toBe(100)
})

// biome-ignore format: aligned rows
test.each([
  // the server dies        at
  ['before the entry',      'before insert on ledger.entry'         ],
  ['before the figure',     'after insert on ledger.synced_balance' ],
  ['before the answer',     'after insert on ledger.command'        ],
] as const)('a crash %s leaves points and figure as they were; sent again, it is taken once', async (_, at) => {
  await using ledger = await openLedger({ program: SYNCS })
  await grant(ledger, 'Li', 5, { idempotencyKey: 'g' })
  await ledger.sql(`create function ledger.crash() returns trigger language plpgsql as $$
    begin raise exception 'the server died'; end $$`)
  await ledger.sql(`create trigger crash ${at} for each row execute function ledger.crash()`)
  const input = told('Li', [0, 100], { idempotencyKey: 'k' })
  await expect(sync(ledger, input)).rejects.toThrow()
  expect(await available(ledger, 'Li')).toBe(5)
  expect(await ledger.sql('select from ledger.synced_balance')).toEqual([])

  await ledger.sql(`drop trigger crash on ${at.split(' on ')[1]}`)
  expect(await sync(ledger, input)).toMatchObject({ points: 100, duplicate: false })
  expect(await sync(ledger, input)).toMatchObject({ points: 100, duplicate: true })
  expect(await available(ledger, 'Li')).toBe(105)
  expect(await brokenPromises(ledger)).toEqual([])
})

test('the check finds a figure that was edited, one whose sync is gone, and a sync that moved something else', async () => {
  await using ledger = await openLedger({ program: SYNCS })
  await sync(ledger, told('Li', [0, 100]))
  await ledger.sql('update ledger.synced_balance set agreed = 90')
  expect(await brokenPromises(ledger)).toEqual(['synced balance'])
  await ledger.sql(
    `update ledger.synced_balance set agreed = 100, document_id = '00000000-0000-8000-8000-000000000001'`,
  )
  expect(await brokenPromises(ledger)).toEqual(['synced balance'])
  await ledger.sql('delete from ledger.synced_balance')
  await ledger.sql('alter table ledger.entry disable trigger user')
  await ledger.sql(`update ledger.entry set subject = '0 99 99' where document_kind = 'balance-sync'`)
  expect(await brokenPromises(ledger)).toEqual(['entry chain', 'sync of journal'])
})

describe('two members who are one person', () => {
  const CASE = '01900000-0000-7000-8000-0000000000c1'
  const merge = (ledger: OpenLedger) =>
    ledger.ask(
      service('identity'),
      'mutation ($input: LedgerMergeInput!) { mergeMemberInLedger(input: $input) }',
      {
        input: {
          caseId: CASE,
          fromId: memberId('Wang'),
          intoId: memberId('Lin'),
          bonuses: 'KEEP_BOTH',
          takeBack: [],
        },
      },
    )
  const unmerge = (ledger: OpenLedger) =>
    ledger.ask(
      service('identity'),
      'mutation ($input: LedgerUnmergeInput!) { unmergeMemberInLedger(input: $input) }',
      { input: { caseId: CASE, fromId: memberId('Wang'), intoId: memberId('Lin'), withIds: [] } },
    )

  test('the channel goes on by either id from the figure that there was, and an unmerge gives each its own', async () => {
    await using ledger = await openLedger({ program: SYNCS })
    await sync(ledger, told('Wang', [0, 100]))
    await grant(ledger, 'Lin', 20, { idempotencyKey: 'g' })
    await merge(ledger)
    expect(await sync(ledger, told('Lin', [100, 130]))).toMatchObject({ points: 30 })
    expect(await sync(ledger, told('Wang', [130, 140]))).toMatchObject({ points: 10 })
    expect(await available(ledger, 'Lin')).toBe(160)
    expect(await brokenPromises(ledger)).toEqual([])
    await unmerge(ledger)
    // What was told by the id of Lin is Lin's, as with all that is earned by it.
    expect([await available(ledger, 'Wang'), await available(ledger, 'Lin')]).toEqual([110, 50])
    expect(await sync(ledger, told('Wang', [140, 135]))).toMatchObject({ points: -5 })
    expect((await sync(ledger, told('Lin', [140, 141]))).refusal).toMatchObject({ details: [{ value: '0' }] })
    expect(await brokenPromises(ledger)).toEqual([])
  })

  test('who had an account each has two figures, each under the id that it came by', async () => {
    await using ledger = await openLedger({ program: SYNCS })
    await sync(ledger, told('Wang', [0, 100]))
    await sync(ledger, told('Lin', [0, 7]))
    await merge(ledger)
    expect(await sync(ledger, told('Wang', [100, 101]))).toMatchObject({ points: 1 })
    expect(await sync(ledger, told('Lin', [7, 9]))).toMatchObject({ points: 2 })
    expect(await available(ledger, 'Lin')).toBe(110)
    expect(await brokenPromises(ledger)).toEqual([])
  })

  test('forty syncs at once by both ids, through two ledgers: one is taken', async () => {
    await using ledger = await openLedger({ program: SYNCS })
    await using other = await openInstance({ url: ledger.databaseUrl, clock: ledger.clock })
    await sync(ledger, told('Wang', [0, 100]))
    await merge(ledger)
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index): Promise<SyncAnswer> => {
        const input = told(index % 4 < 2 ? 'Wang' : 'Lin', [100, 101 + index])
        if (index % 2 === 0) return sync(ledger, input)
        const { data } = await other.askAs(tmall, SYNC, { input })
        return (data as { syncBalance: SyncAnswer }).syncBalance
      }),
    )
    const taken = answers.filter(({ refusal }) => refusal === null)
    expect(taken).toHaveLength(1)
    expect(await available(ledger, 'Lin')).toBe(taken[0]!.synced!.balance)
    expect(await brokenPromises(ledger)).toEqual([])
  })
})
