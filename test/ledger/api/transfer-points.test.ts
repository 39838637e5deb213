import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { admin, clerk, member } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith, type Replacement, withPointsValidity } from '../program-of.ts'
import { accountField, grant, type OpenLedger, type RefusalAnswer, redeem, setClock } from '../requests.ts'

const withTransfer = (rules: string, ...more: readonly Replacement[]) =>
  documentWith(['downgrade: to-fit', `downgrade: to-fit\ntransfer: ${rules}`], ...more)

const TRANSFER = `mutation Transfer($input: TransferPointsInput!) {
  transferPoints(input: $input) {
    transfer { id points from to state } account { points { available } }
    refusal { code path details { name value } }
  }
}`

interface TransferAnswer {
  transfer: { id: string; points: number; from: string; to: string; state: string } | null
  account: { points: { available: number } } | null
  refusal: RefusalAnswer | null
}

async function send(
  ledger: OpenLedger,
  [from, to]: [string, string],
  points: number,
  idempotencyKey: string,
  as: Principal = admin,
): Promise<TransferAnswer> {
  const input = { memberId: memberId(from), to: memberId(to), points, idempotencyKey }
  return (await ledger.ask<{ transferPoints: TransferAnswer }>(as, TRANSFER, { input })).transferPoints
}

const available = async (ledger: OpenLedger, ...names: string[]): Promise<number[]> =>
  Promise.all(
    names.map(async (name) => {
      const { points } = await accountField<{ points: { available: number } }>(
        ledger,
        name,
        'points { available }',
      )
      return points.available
    }),
  )

const transit = async (ledger: OpenLedger) => {
  const { ledgerCheck } = await ledger.ask<{
    ledgerCheck: {
      clean: boolean
      inTransit: { points: number; oldestAt: string | null }
      violations: object[]
    }
  }>(admin, '{ ledgerCheck { clean inTransit { points oldestAt } violations { check detail } } }')
  return ledgerCheck
}
const AT_REST = { clean: true, inTransit: { points: 0, oldestAt: null }, violations: [] }

test('points go to another member by their lots, with their last days', async () => {
  await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
  await grant(ledger, 'Li', 100, { idempotencyKey: '1' })
  setClock(ledger, '2026-06-10T04:00:00Z')
  await grant(ledger, 'Li', 100, { idempotencyKey: '2' })
  const sent = await send(ledger, ['Li', 'Wang'], 150, 'k')
  expect(sent.refusal).toBeNull()
  expect(sent.transfer).toMatchObject({ points: 150, state: 'RECEIVED', from: memberId('Li') })
  expect(sent.account!.points.available).toBe(50)
  const { lots } = await accountField<{ lots: { edges: { node: object }[] } }>(
    ledger,
    'Wang',
    'lots { edges { node { expiresOn remaining } } }',
  )
  expect(lots.edges.map(({ node }) => node)).toEqual([
    { expiresOn: '2027-01-10', remaining: 100 },
    { expiresOn: '2027-06-10', remaining: 50 },
  ])
  expect(await transit(ledger)).toEqual(AT_REST)
})

test('the same again gets the same answer; the key for something else is refused', async () => {
  await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
  await grant(ledger, 'Li', 100, { idempotencyKey: '1' })
  const first = await send(ledger, ['Li', 'Wang'], 60, 'k')
  expect(await send(ledger, ['Li', 'Wang'], 60, 'k')).toEqual(first)
  expect((await send(ledger, ['Li', 'Wang'], 40, 'k')).refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  expect((await send(ledger, ['Li', 'Zhao'], 60, 'k')).refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  expect(await available(ledger, 'Li', 'Wang')).toEqual([40, 60])
})

describe('it is refused', () => {
  test('where the programme has no transfers', async () => {
    await using ledger = await openLedger()
    expect((await send(ledger, ['Li', 'Li'], 0, 'k')).refusal!.code).toBe('TRANSFER_NOT_OFFERED')
  })

  test('to oneself, outside the household, above what a year allows, above what there is', async () => {
    await using ledger = await openLedger({ program: withTransfer('{ within: household, perYear: 100 }') })
    ledger.stub('identity', ({ variables }) => {
      const { id, ids } = variables as { id?: string; ids?: string[] }
      const relatives = [{ memberId: memberId('Li') }, { memberId: memberId('Wang') }]
      return id
        ? { data: { member: { household: { closed: false, relatives } } } }
        : { data: { resolveMembers: [], knownMembers: ids } }
    })
    await grant(ledger, 'Li', 90, { idempotencyKey: '1' })
    const codes: (string | undefined)[] = []
    const tries: [[string, string], number][] = [
      [['Li', 'Li'], 0],
      [['Li', 'Stranger'], 0],
      [['Li', 'Wang'], 0],
      [['Li', 'Wang'], 101],
      [['Li', 'Wang'], 91],
      [['Li', 'Wang'], 80],
      [['Li', 'Wang'], 21],
    ]
    for (const [index, [pair, points]] of tries.entries()) {
      codes.push((await send(ledger, pair, points, `k${index}`)).refusal?.code)
    }
    expect(codes).toEqual([
      'TRANSFER_TO_SELF',
      'NOT_IN_HOUSEHOLD',
      'POINTS_NOT_POSITIVE',
      'TRANSFER_LIMIT_REACHED',
      'INSUFFICIENT_POINTS',
      undefined,
      'TRANSFER_LIMIT_REACHED',
    ])
    expect(await available(ledger, 'Li', 'Wang')).toEqual([10, 80])
    expect(await transit(ledger)).toEqual(AT_REST)
  })

  test('a refused wish stays refused under its key', async () => {
    await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
    expect((await send(ledger, ['Li', 'Wang'], 5, 'k')).refusal!.code).toBe('INSUFFICIENT_POINTS')
    await grant(ledger, 'Li', 10, { idempotencyKey: '1' })
    expect((await send(ledger, ['Li', 'Wang'], 5, 'k')).refusal!.code).toBe('INSUFFICIENT_POINTS')
    expect((await send(ledger, ['Li', 'Wang'], 5, 'k2')).refusal).toBeNull()
  })

  test('for a member who sends what is another’s, and for a clerk', async () => {
    await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
    await grant(ledger, 'Li', 10, { idempotencyKey: '1' })
    await expect(send(ledger, ['Li', 'Wang'], 1, 'k', member(memberId('Wang')))).rejects.toThrow()
    await expect(send(ledger, ['Li', 'Wang'], 1, 'k', clerk())).rejects.toThrow()
    expect((await send(ledger, ['Li', 'Wang'], 1, 'k', member(memberId('Li')))).refusal).toBeNull()
  })
})

describe('a crash', () => {
  /** Makes the database refuse a step, as if the server had died before it. */
  const breaking = (step: 'send' | 'receive' | 'end') =>
    step === 'end'
      ? ['create trigger crash before update on ledger.transfer for each row execute function ledger.crash()']
      : [
          `create trigger crash before insert on ledger.entry for each row when (new.kind = '${step}')
           execute function ledger.crash()`,
        ]

  // biome-ignore format: aligned rows
  test.each([
    // before      Li, Wang, in transit after it
    ['send',    [100,  0], 0 ],
    ['receive', [ 40,  0], 60],
    ['end',     [ 40, 60], 0 ],
  ] as const)('before %s leaves nothing lost: the job finishes it', async (step, left, onWay) => {
    await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
    await grant(ledger, 'Li', 100, { idempotencyKey: '1' })
    await ledger.sql(`create function ledger.crash() returns trigger language plpgsql as $$
      begin raise exception 'the server died'; end $$`)
    for (const statement of breaking(step)) await ledger.sql(statement)
    await expect(send(ledger, ['Li', 'Wang'], 60, 'k')).rejects.toThrow()
    expect(await available(ledger, 'Li', 'Wang')).toEqual(left)
    expect(await transit(ledger)).toMatchObject({
      clean: true,
      inTransit: { points: onWay, oldestAt: '2026-01-10T04:00:00.000Z' },
    })
    // Within the first minute nobody is disturbed, and while the fault is there nothing is lost.
    await ledger.runJob('finish-transfers')
    setClock(ledger, '2026-01-10T04:02:00Z')
    await ledger.runJob('finish-transfers')
    expect(await available(ledger, 'Li', 'Wang')).toEqual(left)

    await ledger.sql(`drop trigger crash on ledger.${step === 'end' ? 'transfer' : 'entry'}`)
    await ledger.runJob('finish-transfers')
    expect(await available(ledger, 'Li', 'Wang')).toEqual([40, 60])
    expect(await transit(ledger)).toEqual(AT_REST)
    const again = await send(ledger, ['Li', 'Wang'], 60, 'k')
    expect(again.transfer).toMatchObject({ points: 60, state: 'RECEIVED' })
    expect(await available(ledger, 'Li', 'Wang')).toEqual([40, 60])
  })

  test('points that run out on their way run out where they arrive', async () => {
    await using ledger = await openLedger({
      program: withTransfer('{ within: anyone }', withPointsValidity('{ kind: rolling, days: 1 }')),
    })
    await grant(ledger, 'Li', 100, { idempotencyKey: '1' })
    await ledger.sql(`create function ledger.crash() returns trigger language plpgsql as $$
      begin raise exception 'the server died'; end $$`)
    for (const statement of breaking('receive')) await ledger.sql(statement)
    await expect(send(ledger, ['Li', 'Wang'], 60, 'k')).rejects.toThrow()
    await ledger.sql('drop trigger crash on ledger.entry')
    setClock(ledger, '2026-01-15T04:00:00Z')
    await ledger.runJob('finish-transfers')
    expect(await available(ledger, 'Wang')).toEqual([0])
    expect((await redeem(ledger, 'Wang', 60, { idempotencyKey: 'r' })).refusal!.code).toBe(
      'INSUFFICIENT_POINTS',
    )
    expect(await transit(ledger)).toEqual(AT_REST)
  })
})

test('thirty transfers of ten to and fro at once: nothing is made or lost', async () => {
  await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
  await grant(ledger, 'Li', 100, { idempotencyKey: '1' })
  await grant(ledger, 'Wang', 100, { idempotencyKey: '1' })
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      send(ledger, index % 2 === 0 ? ['Li', 'Wang'] : ['Wang', 'Li'], 10, `k${index}`),
    ),
  )
  const done = answers.filter(({ transfer }) => transfer)
  expect(answers.length - done.length).toBe(
    answers.filter(({ refusal }) => refusal?.code === 'INSUFFICIENT_POINTS').length,
  )
  const [li, wang] = await available(ledger, 'Li', 'Wang')
  expect(li! + wang!).toBe(200)
  expect(await transit(ledger)).toEqual(AT_REST)
})

test('twenty wishes at once for the same hundred points: one is granted', async () => {
  await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
  await grant(ledger, 'Li', 100, { idempotencyKey: '1' })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => send(ledger, ['Li', `friend ${index}`], 100, `k${index}`)),
  )
  expect(answers.filter(({ transfer }) => transfer)).toHaveLength(1)
  expect(answers.filter(({ refusal }) => refusal?.code === 'INSUFFICIENT_POINTS')).toHaveLength(19)
  expect(await transit(ledger)).toEqual(AT_REST)
})

test('however many members send to one another, the origins stay as few; who sent is told all the same', async () => {
  await using ledger = await openLedger({ program: withTransfer('{ within: anyone }') })
  const names = ['Li', 'Wang', 'Zhao', 'Sun', 'Qian']
  for (const name of names) await grant(ledger, name, 100, { idempotencyKey: `g ${name}` })
  for (const [index, from] of names.entries()) {
    const to = names[(index + 1) % names.length]!
    const sent = await send(ledger, [from, to], 10, from, member(memberId(from)))
    expect(sent.transfer!.state).toBe('RECEIVED')
  }
  const origins = () =>
    ledger.sql(`select channel, operator from ledger.origin where channel = 'transfer' order by operator`)
  expect(await origins()).toEqual([
    { channel: 'transfer', operator: 'sender' },
    { channel: 'transfer', operator: null },
  ])
  const operators = async () => {
    const { statement } = await accountField<{
      statement: { edges: { node: { kind: string; document: { operator: string } } }[] }
    }>(ledger, 'Wang', 'statement { edges { node { kind document { operator } } } }')
    return Object.fromEntries(statement.edges.map(({ node }) => [node.kind, node.document.operator]))
  }
  const told = {
    SEND: `member:${memberId('Wang')}`,
    RECEIVE: `member:${memberId('Li')}`,
    GRANT: 'staff:admin-1',
  }
  expect(await operators()).toEqual(told)

  // As it was written before: the origin names the member.
  await ledger.sql('alter table ledger.entry disable trigger all')
  await ledger.sql(
    `with old as (insert into ledger.origin (channel, operator) values ('transfer', $1) returning origin_key)
     update ledger.entry set origin_key = (select origin_key from old) where member_id = $2 and kind = 'receive'`,
    [told.RECEIVE, memberId('Wang')],
  )
  expect(await operators()).toEqual(told)
  expect(await transit(ledger)).toEqual(AT_REST)
})
