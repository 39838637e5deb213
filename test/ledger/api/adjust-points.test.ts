import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { admin, clerk, operator, service } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { accountField, grant, type OpenLedger, type RefusalAnswer, setClock } from '../requests.ts'

const program = documentWith([
  'downgrade: to-fit',
  'downgrade: to-fit\nadjustments: { limits: { operator: 500, admin: 5000 }, requestsEndAfterDays: 7 }',
])
const second: Principal = { kind: 'staff', staffId: 'admin-2', role: 'admin' }
const third: Principal = { kind: 'staff', staffId: 'admin-3', role: 'admin' }

interface Answer {
  adjustment: {
    id: string
    points: number
    growth: number
    state: string
    requestedBy: string
    decidedBy: string | null
    note: string | null
    refusedFor: string | null
  } | null
  refusal: RefusalAnswer | null
}

const FIELDS = `adjustment { id points growth state requestedBy decidedBy note refusedFor } refusal { code details { name value } }`

const INPUT = { memberId: memberId('Li'), direction: 'GRANT', reason: 'goodwill', document: 'case 7' }

async function adjust(
  ledger: OpenLedger,
  points: number,
  more: Record<string, unknown> & { idempotencyKey: string },
  as: Principal = operator,
): Promise<Answer> {
  const input = { ...INPUT, points, ...more }
  const answer = await ledger.ask<{ adjustPoints: Answer }>(
    as,
    `mutation Adjust($input: AdjustPointsInput!) { adjustPoints(input: $input) { ${FIELDS} } }`,
    { input },
  )
  return answer.adjustPoints
}

async function adjustGrowth(
  ledger: OpenLedger,
  growth: number,
  more: Record<string, unknown> & { idempotencyKey: string },
): Promise<Answer> {
  const answer = await ledger.ask<{ adjustGrowth: Answer }>(
    operator,
    `mutation Adjust($input: AdjustGrowthInput!) { adjustGrowth(input: $input) { ${FIELDS} } }`,
    { input: { ...INPUT, growth, ...more } },
  )
  return answer.adjustGrowth
}

async function decide(
  ledger: OpenLedger,
  what: 'approve' | 'reject',
  adjustmentId: string,
  idempotencyKey: string,
  as: Principal = admin,
): Promise<Answer> {
  const answer = await ledger.ask<Record<string, Answer>>(
    as,
    `mutation Decide($input: DecideAdjustmentInput!) { ${what}Adjustment(input: $input) { ${FIELDS} } }`,
    { input: { adjustmentId, note: 'looked into it', idempotencyKey } },
  )
  return answer[`${what}Adjustment`]!
}

const points = async (ledger: OpenLedger): Promise<number> =>
  (await accountField<{ points: { available: number } }>(ledger, 'Li', 'points { available }')).points
    .available

const list = async (ledger: OpenLedger, state?: string): Promise<string[]> => {
  const { adjustments } = await ledger.ask<{
    adjustments: { edges: { node: { id: string; points: number } }[] }
  }>(
    admin,
    'query List($state: AdjustmentState) { adjustments(state: $state) { edges { node { id points } } } }',
    { state },
  )
  return adjustments.edges.map(({ node }) => `${node.points}`)
}

test('corrections are found by member, also under the id of before a merge', async () => {
  await using ledger = await openLedger({ program })
  await adjust(ledger, 1, { idempotencyKey: '1' })
  await adjust(ledger, 2, { idempotencyKey: '2', memberId: memberId('Wang') })
  const of = async (member: string) => {
    const { adjustments } = await ledger.ask<{ adjustments: { edges: { node: { points: number } }[] } }>(
      admin,
      'query ($member: ID) { adjustments(member: $member) { edges { node { points } } } }',
      { member },
    )
    return adjustments.edges.map(({ node }) => node.points)
  }
  expect([await of(memberId('Li')), await of(memberId('Wang')), await of('nobody')]).toEqual([[1], [2], []])
  await ledger.ask(
    service('identity'),
    'mutation ($input: LedgerMergeInput!) { mergeMemberInLedger(input: $input) }',
    {
      input: {
        ...{ caseId: '01900000-0000-7000-8000-0000000000c8', bonuses: 'KEEP_BOTH', takeBack: [] },
        ...{ fromId: memberId('Wang'), intoId: memberId('Li') },
      },
    },
  )
  expect(await of(memberId('Li'))).toEqual([2, 1])
})

test('within the limit of a role it is posted at once', async () => {
  await using ledger = await openLedger({ program })
  const given = await adjust(ledger, 500, { idempotencyKey: '1' })
  expect(given.adjustment).toMatchObject({
    state: 'POSTED',
    requestedBy: 'staff:operator-1',
    decidedBy: null,
    note: null,
  })
  await adjust(ledger, 200, { idempotencyKey: '2', direction: 'DEDUCT' })
  expect(await points(ledger)).toBe(300)
  const { statement } = await accountField<{ statement: { edges: { node: object }[] } }>(
    ledger,
    'Li',
    'statement { edges { node { points document { channel number operator } } } }',
  )
  expect(statement.edges[0]!.node).toEqual({
    points: -200,
    document: { channel: 'adjustment', number: 'case 7', operator: 'staff:operator-1' },
  })
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

describe('above it', () => {
  test('it waits for another person, and is posted when that one approves', async () => {
    await using ledger = await openLedger({ program })
    const asked = await adjust(ledger, 501, { idempotencyKey: '1' })
    expect(asked.adjustment!.state).toBe('REQUESTED')
    expect(await points(ledger)).toBe(0)
    const approved = await decide(ledger, 'approve', asked.adjustment!.id, 'a')
    expect(approved.adjustment).toMatchObject({
      state: 'POSTED',
      decidedBy: 'staff:admin-1',
      note: 'looked into it',
    })
    expect(await points(ledger)).toBe(501)
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('nobody approves what it asked for itself', async () => {
    await using ledger = await openLedger({ program })
    const asked = await adjust(ledger, 5_001, { idempotencyKey: '1' }, admin)
    for (const what of ['approve', 'reject'] as const) {
      expect((await decide(ledger, what, asked.adjustment!.id, what, admin)).refusal!.code).toBe(
        'SAME_PERSON',
      )
    }
    expect(await points(ledger)).toBe(0)
    // Not even by hand.
    await expect(
      ledger.sql(`update ledger.adjustment set state = 'approved', decided_by = requested_by where id = $1`, [
        asked.adjustment!.id,
      ]),
    ).rejects.toThrow('adjustment_has_four_eyes')
    expect((await decide(ledger, 'approve', asked.adjustment!.id, 'b', second)).adjustment!.state).toBe(
      'POSTED',
    )
  })

  test('what is rejected stays so, whoever comes later', async () => {
    await using ledger = await openLedger({ program })
    const asked = await adjust(ledger, 900, { idempotencyKey: '1' })
    const { id } = asked.adjustment!
    expect((await decide(ledger, 'reject', id, 'a')).adjustment!.state).toBe('REJECTED')
    expect((await decide(ledger, 'reject', id, 'again')).adjustment!.state).toBe('REJECTED')
    const late = await decide(ledger, 'approve', id, 'b', second)
    expect(late.refusal).toMatchObject({ code: 'ADJUSTMENT_DECIDED' })
    expect(await points(ledger)).toBe(0)
  })

  test('a request that nobody decides ends', async () => {
    await using ledger = await openLedger({ program })
    const { id } = (await adjust(ledger, 900, { idempotencyKey: '1' })).adjustment!
    setClock(ledger, '2026-01-17T04:00:00Z')
    expect((await decide(ledger, 'approve', id, 'a')).refusal!.code).toBe('ADJUSTMENT_ENDED')
    expect(await list(ledger, 'REQUESTED')).toEqual(['900'])
    await ledger.runJob('finish-adjustments')
    expect(await list(ledger, 'REQUESTED')).toEqual([])
    expect(await list(ledger, 'ENDED')).toEqual(['900'])
    expect(await points(ledger)).toBe(0)
  })

  test('two who approve at once post it once', async () => {
    await using ledger = await openLedger({ program })
    const { id } = (await adjust(ledger, 900, { idempotencyKey: '1' })).adjustment!
    const answers = await Promise.all(
      [admin, second, third, admin, second, third].map((who, index) =>
        decide(ledger, 'approve', id, `k${index}`, who),
      ),
    )
    expect(await points(ledger)).toBe(900)
    const decided = answers.filter(({ adjustment }) => adjustment)
    expect(new Set(decided.map(({ adjustment }) => adjustment!.decidedBy)).size).toBe(1)
    expect(answers.filter(({ refusal }) => refusal?.code === 'ADJUSTMENT_DECIDED')).toHaveLength(4)
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('points that are gone meanwhile cannot be taken: approved, and refused by the books', async () => {
    await using ledger = await openLedger({ program })
    await grant(ledger, 'Li', 899, { idempotencyKey: 'g' })
    const { id } = (await adjust(ledger, 900, { idempotencyKey: '1', direction: 'DEDUCT' })).adjustment!
    const decided = await decide(ledger, 'approve', id, 'a')
    expect(decided.adjustment).toMatchObject({ state: 'REFUSED', refusedFor: 'INSUFFICIENT_POINTS' })
    expect(await points(ledger)).toBe(899)
  })

  test('a crash after the approval: the job posts it', async () => {
    await using ledger = await openLedger({ program })
    const { id } = (await adjust(ledger, 900, { idempotencyKey: '1' })).adjustment!
    await ledger.sql(`create function ledger.crash() returns trigger language plpgsql as $$
      begin raise exception 'the server died'; end $$`)
    await ledger.sql(
      `create trigger crash before insert on ledger.entry for each row execute function ledger.crash()`,
    )
    await expect(decide(ledger, 'approve', id, 'a')).rejects.toThrow()
    await ledger.sql('drop trigger crash on ledger.entry')
    expect(await list(ledger, 'APPROVED')).toEqual(['900'])
    await ledger.runJob('finish-adjustments')
    expect(await points(ledger)).toBe(900)
    expect((await decide(ledger, 'approve', id, 'a')).adjustment!.state).toBe('POSTED')
    expect(await points(ledger)).toBe(900)
  })
})

test('a repetition is answered alike; a key for something else is refused', async () => {
  await using ledger = await openLedger({ program })
  const first = await adjust(ledger, 100, { idempotencyKey: 'k' })
  expect(await adjust(ledger, 100, { idempotencyKey: 'k' })).toEqual(first)
  expect((await adjust(ledger, 101, { idempotencyKey: 'k' })).refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  // Keys are the caller's own.
  await adjust(ledger, 100, { idempotencyKey: 'k' }, admin)
  expect(await points(ledger)).toBe(200)
})

test('twenty deductions of ten at once out of a hundred: ten are posted', async () => {
  await using ledger = await openLedger({ program })
  await grant(ledger, 'Li', 100, { idempotencyKey: 'g' })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      adjust(ledger, 10, { idempotencyKey: `k${index}`, direction: 'DEDUCT' }),
    ),
  )
  expect(answers.filter(({ adjustment }) => adjustment?.state === 'POSTED')).toHaveLength(10)
  expect(answers.filter(({ adjustment }) => adjustment?.refusedFor === 'INSUFFICIENT_POINTS')).toHaveLength(
    10,
  )
  expect(await points(ledger)).toBe(0)
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

test('many small ones are one large one: above what a day allows it waits, also when they come at once', async () => {
  await using ledger = await openLedger({
    program: program.replace('requestsEndAfterDays: 7', 'perDay: { operator: 1000 }'),
  })
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => adjust(ledger, 400, { idempotencyKey: `k${index}` })),
  )
  expect(answers.map(({ adjustment }) => adjustment!.state).sort()).toEqual([
    ...['POSTED', 'POSTED'],
    ...['REQUESTED', 'REQUESTED', 'REQUESTED', 'REQUESTED'],
  ])
  expect(await points(ledger)).toBe(800)
  // What a second person approved does not count, and the next day begins at midnight in Shanghai.
  const waiting = answers.find(({ adjustment }) => adjustment!.state === 'REQUESTED')!
  await decide(ledger, 'approve', waiting.adjustment!.id, 'a')
  expect((await adjust(ledger, 200, { idempotencyKey: 'small' })).adjustment!.state).toBe('POSTED')
  expect((await adjust(ledger, 1, { idempotencyKey: 'more' })).adjustment!.state).toBe('REQUESTED')
  setClock(ledger, '2026-01-10T16:00:00Z')
  expect((await adjust(ledger, 400, { idempotencyKey: 'tomorrow' })).adjustment!.state).toBe('POSTED')
})

test('without a word in the programme all needs two; refusals and rights', async () => {
  await using ledger = await openLedger()
  expect((await adjust(ledger, 1, { idempotencyKey: '1' }, admin)).adjustment!.state).toBe('REQUESTED')
  expect((await adjust(ledger, 0, { idempotencyKey: '2' })).refusal!.code).toBe('POINTS_NOT_POSITIVE')
  expect((await adjust(ledger, 2e12, { idempotencyKey: '3' })).refusal!.code).toBe('AMOUNT_NOT_VALID')
  await expect(adjust(ledger, 1, { idempotencyKey: '4', reason: ' ' })).rejects.toThrow(
    'reason must say why.',
  )
  await expect(adjust(ledger, 1, { idempotencyKey: '5' }, clerk())).rejects.toThrow()
  await expect(decide(ledger, 'approve', 'x', 'k', operator)).rejects.toThrow()
  expect((await decide(ledger, 'approve', 'x', 'k', service())).refusal!.code).toBe('ADJUSTMENT_NOT_FOUND')
})

describe('growth', () => {
  const GROWTH = `growth tier { tier { id } history { reason } }`
  interface Account {
    growth: number
    tier: { tier: { id: string }; history: { reason: string }[] }
  }
  const account = (ledger: OpenLedger) => accountField<Account>(ledger, 'Li', GROWTH)
  const rules = program.replace(
    'requestsEndAfterDays: 7',
    'growth: { limits: { operator: 4000 }, perDay: { operator: 6000 }, tierFalls: at-once }',
  )

  test('is given and taken within limits of its own, and the tier follows', async () => {
    await using ledger = await openLedger({ program: rules })
    const given = await adjustGrowth(ledger, 3_000, { idempotencyKey: '1' })
    expect(given.adjustment).toMatchObject({ state: 'POSTED', growth: 3_000, points: 0 })
    const risen = await account(ledger)
    expect(risen).toMatchObject({ growth: 3_000 })
    expect(risen.tier.history.map(({ reason }) => reason)).toEqual(['REACHED'])
    const taken = await adjustGrowth(ledger, 3_000, { idempotencyKey: '2', direction: 'DEDUCT' })
    expect(taken.adjustment).toMatchObject({ state: 'POSTED' })
    const fallen = await account(ledger)
    expect(fallen).toMatchObject({ growth: 0, tier: { tier: { id: 'ordinary' } } })
    expect(fallen.tier.history.map(({ reason }) => reason).toSorted()).toEqual(['REACHED', 'STAFF'])
    expect(await points(ledger)).toBe(0)
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('above the limit, alone or in a day, it waits; what is not there the books refuse', async () => {
    await using ledger = await openLedger({ program: rules })
    const large = await adjustGrowth(ledger, 4_001, { idempotencyKey: '1' })
    expect(large.adjustment!.state).toBe('REQUESTED')
    // What was adjusted of points that day is another matter.
    expect((await adjust(ledger, 500, { idempotencyKey: '2' })).adjustment!.state).toBe('POSTED')
    expect((await adjustGrowth(ledger, 4_000, { idempotencyKey: '3' })).adjustment!.state).toBe('POSTED')
    const more = await adjustGrowth(ledger, 2_001, { idempotencyKey: '4', direction: 'DEDUCT' })
    expect(more.adjustment!.state).toBe('REQUESTED')
    expect((await decide(ledger, 'approve', large.adjustment!.id, 'a')).adjustment!.state).toBe('POSTED')
    expect((await account(ledger)).growth).toBe(8_001)
    const all = await adjustGrowth(ledger, 9_000, { idempotencyKey: '5', direction: 'DEDUCT' })
    expect((await decide(ledger, 'approve', all.adjustment!.id, 'b')).adjustment).toMatchObject({
      state: 'REFUSED',
      refusedFor: 'INSUFFICIENT_GROWTH',
    })
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('a key belongs to points or to growth; nothing is no correction', async () => {
    await using ledger = await openLedger({ program: rules })
    await adjust(ledger, 100, { idempotencyKey: 'k' })
    expect((await adjustGrowth(ledger, 100, { idempotencyKey: 'k' })).refusal!.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    )
    expect((await adjustGrowth(ledger, 0, { idempotencyKey: 'z' })).refusal!.code).toBe('GROWTH_NOT_POSITIVE')
    expect((await adjustGrowth(ledger, 2e12, { idempotencyKey: 'y' })).refusal!.code).toBe('AMOUNT_NOT_VALID')
  })
})

describe('a former version that runs on beside this one', () => {
  const columns =
    'id, member_id, program_key, direction, points, reason, document, state, requested_by, requested_at, ends_at'

  test('asks for points by the name that it knows, and reads those that were asked for here', async () => {
    await using ledger = await openLedger({ program })
    const id = '01900000-0000-7000-8000-0000000000d1'
    await ledger.sql(
      `insert into ledger.adjustment (${columns}) values ($1, $2, 1, 'grant', 900, 'goodwill', 'case 7', 'requested',
         'staff:operator-9', now() - interval '1 year', now() + interval '1 year')`,
      [id, memberId('Li')],
    )
    expect((await decide(ledger, 'approve', id, 'd1')).adjustment).toMatchObject({
      points: 900,
      state: 'POSTED',
    })
    await adjust(ledger, 7, { idempotencyKey: '1' })
    const read = await ledger.sql('select points from ledger.adjustment order by points')
    expect(read).toEqual([{ points: '7' }, { points: '900' }])
  })

  test('finds no points in a correction of growth, and does not end it for that', async () => {
    await using ledger = await openLedger({ program })
    const { adjustment } = await adjustGrowth(ledger, 40, { idempotencyKey: '1' })
    await ledger.sql(`update ledger.adjustment set state = 'approved'`)
    expect(await ledger.sql('select points from ledger.adjustment')).toEqual([{ points: '0' }])
    await ledger.sql(
      `update ledger.adjustment set state = 'refused', refusal = 'POINTS_NOT_POSITIVE' where id = $1`,
      [adjustment!.id],
    )
    await ledger.runJob('finish-adjustments')
    expect((await accountField<{ growth: number }>(ledger, 'Li', 'growth')).growth).toBe(40)
  })
})
