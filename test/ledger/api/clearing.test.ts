import { describe, expect, test } from 'vitest'
import { admin, operator, partner } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { capture, hold, takeBack } from '../order-requests.ts'
import { documentWith } from '../program-of.ts'
import { grant, type OpenLedger, purchase, record, redeem, setClock } from '../requests.ts'

const program = documentWith(
  ['minimumSpend: "100.00"', 'minimumSpend: "0.00"'],
  [
    'downgrade: to-fit',
    `downgrade: to-fit
coalition:
  partners:
    - { id: grand-hotel, name: { en: Grand Hotel, zh-CN: 大酒店 }, channels: [hotel] }
    - { id: starlight-cinema, name: { en: Starlight, zh-CN: 星光影院 }, stores: [screen-1, screen-2] }
  settle: { points: 100, money: "0.80" }`,
  ],
)

interface Amount {
  amount: string
}
interface ClearingAnswer {
  month: string
  final: boolean
  matchesBooks: boolean
  lines: { issuer: string | null; honourer: string | null; points: number; amount: Amount }[]
  positions: { party: string | null; receivable: Amount; payable: Amount; net: Amount }[]
}

const clearing = async (ledger: OpenLedger, month: string): Promise<ClearingAnswer> =>
  (
    await ledger.ask<{ clearing: ClearingAnswer }>(
      admin,
      `query Clearing($month: String!) {
        clearing(month: $month) {
          month final matchesBooks
          lines { issuer honourer points amount { amount } }
          positions { party receivable { amount } payable { amount } net { amount } }
        }
      }`,
      { month },
    )
  ).clearing

const linesOf = ({ lines }: ClearingAnswer) =>
  lines.map(({ issuer, honourer, points, amount }) => [issuer, honourer, points, amount.amount])
const netsOf = ({ positions }: ClearingAnswer) => positions.map(({ party, net }) => [party, net.amount])

/** Li earns 1,000 points of the hotel, 500 of the cinema and 200 of the brand, in this order. */
async function earnEverywhere(ledger: OpenLedger) {
  await record(ledger, [
    purchase('Li', '1000', { channel: 'hotel', occurredAt: '2026-01-01T04:00:00Z' }),
    purchase('Li', '500', { store: 'screen-1', occurredAt: '2026-01-02T04:00:00Z' }),
  ])
  await grant(ledger, 'Li', 200, { idempotencyKey: 'welcome' })
}

test('points keep who issued them; who honours them is owed, and all adds up to nothing', async () => {
  await using ledger = await openLedger({ program })
  await earnEverywhere(ledger)
  // 700 of the hotel's at the cinema; 300 of the hotel's and 100 of the cinema's at the brand; the rest at the hotel.
  await redeem(ledger, 'Li', 700, { idempotencyKey: '1', store: 'screen-2' })
  await redeem(ledger, 'Li', 400, { idempotencyKey: '2' })
  await redeem(ledger, 'Li', 600, { idempotencyKey: '3', channel: 'hotel' })
  const answer = await clearing(ledger, '2026-01')
  expect(answer).toMatchObject({ month: '2026-01', final: false, matchesBooks: true })
  expect(linesOf(answer)).toEqual([
    [null, 'grand-hotel', 200, '1.60'],
    ['grand-hotel', null, 300, '2.40'],
    ['grand-hotel', 'starlight-cinema', 700, '5.60'],
    ['starlight-cinema', null, 100, '0.80'],
    ['starlight-cinema', 'grand-hotel', 400, '3.20'],
  ])
  expect(netsOf(answer)).toEqual([
    [null, '1.60'],
    ['grand-hotel', '-3.20'],
    ['starlight-cinema', '1.60'],
  ])
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

test('a month is kept once it is over, by the month in which the burns were recorded', async () => {
  await using ledger = await openLedger({ program })
  await earnEverywhere(ledger)
  setClock(ledger, '2026-01-31T15:59:00Z') // A minute before February in Shanghai.
  await redeem(ledger, 'Li', 100, { idempotencyKey: '1', store: 'screen-2' })
  setClock(ledger, '2026-01-31T16:00:00Z')
  await redeem(ledger, 'Li', 200, { idempotencyKey: '2', store: 'screen-2' })
  await ledger.runJob('keep-clearing')
  await ledger.runJob('keep-clearing')
  const january = await clearing(ledger, '2026-01')
  expect([january.final, january.matchesBooks, linesOf(january)]).toEqual([
    true,
    true,
    [['grand-hotel', 'starlight-cinema', 100, '0.80']],
  ])
  const february = await clearing(ledger, '2026-02')
  expect([february.final, linesOf(february)]).toEqual([
    false,
    [['grand-hotel', 'starlight-cinema', 200, '1.60']],
  ])
  // Figures that somebody has changed no longer match the books.
  await ledger.sql(`update ledger.clearing set points = points + 1`)
  expect((await clearing(ledger, '2026-01')).matchesBooks).toBe(false)
})

test('captures of a hold take its lots in their order; what a return gives back counts where it was bought', async () => {
  await using ledger = await openLedger({ program })
  await earnEverywhere(ledger)
  // 1,000 of the hotel's and 300 of the cinema's are held; the cinema captures them in two parts.
  const held = await hold(ledger, 'Li', 1_300, { idempotencyKey: 'h', channel: 'hotel' })
  await capture(ledger, held.hold!.id, { idempotencyKey: 'c1', points: 900, store: 'screen-1' })
  expect(linesOf(await clearing(ledger, '2026-01'))).toEqual([
    ['grand-hotel', 'starlight-cinema', 900, '7.20'],
  ])
  await capture(ledger, held.hold!.id, { idempotencyKey: 'c2', store: 'screen-1' })
  expect(linesOf(await clearing(ledger, '2026-01'))).toEqual([
    ['grand-hotel', 'starlight-cinema', 1_000, '8.00'],
    ['starlight-cinema', 'starlight-cinema', 300, '2.40'],
  ])

  // A purchase in the cinema, paid with 200 of its own points, goes back at the brand's counter.
  await record(ledger, [purchase('Li', '100', { store: 'screen-1', document: 'film' })])
  await redeem(ledger, 'Li', 200, {
    idempotencyKey: 'r',
    store: 'screen-1',
    document: 'film',
    bill: '100.00',
  })
  expect(linesOf(await clearing(ledger, '2026-01'))).toContainEqual([
    'starlight-cinema',
    'starlight-cinema',
    500,
    '4.00',
  ])
  const { returnPurchase } = await ledger.ask<{ returnPurchase: { refusal: object | null } }>(
    admin,
    'mutation Back($input: ReturnPurchaseInput!) { returnPurchase(input: $input) { refusal { code } } }',
    {
      input: {
        purchase: { channel: 'store', document: 'film' },
        reason: 'cancelled',
        channel: 'counter',
        document: 'back',
      },
    },
  )
  expect(returnPurchase.refusal).toBeNull()
  expect(linesOf(await clearing(ledger, '2026-01'))).toEqual([
    ['grand-hotel', 'starlight-cinema', 1_000, '8.00'],
    ['starlight-cinema', 'starlight-cinema', 300, '2.40'],
  ])
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

test('points sent to another member keep their issuer', async () => {
  await using ledger = await openLedger({
    program: program.replace('downgrade: to-fit', 'downgrade: to-fit\ntransfer: { within: anyone }'),
  })
  await earnEverywhere(ledger)
  await ledger.ask(
    admin,
    'mutation Send($input: TransferPointsInput!) { transferPoints(input: $input) { refusal { code } } }',
    { input: { memberId: memberId('Li'), to: memberId('Wang'), points: 1_200, idempotencyKey: 'k' } },
  )
  await redeem(ledger, 'Wang', 1_200, { idempotencyKey: '1', store: 'screen-2' })
  expect(linesOf(await clearing(ledger, '2026-01'))).toEqual([
    ['grand-hotel', 'starlight-cinema', 1_000, '8.00'],
    ['starlight-cinema', 'starlight-cinema', 200, '1.60'],
  ])
})

test('a programme without partners has no clearing, and only auditors see one', async () => {
  await using ledger = await openLedger()
  expect(await clearing(ledger, '2026-01')).toBeNull()
  await expect(clearing(ledger, '2026-13')).rejects.toThrow('month must be a month')
  const query = '{ clearing(month: "2026-01") { month } }'
  for (const caller of [operator, partner('grand-hotel')]) {
    expect((await ledger.tryAsk(caller, query)).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  }
})

describe('what comes to light after a month is over counts in the month in which it is recorded:', () => {
  const at = {
    january: '2026-01-15T04:00:00Z',
    february: '2026-02-10T04:00:00Z',
    march: '2026-03-10T04:00:00Z',
  }
  /** Both months are kept when they are over, and stay as they were. */
  const close = async (ledger: OpenLedger, next: string) => {
    setClock(ledger, next)
    await ledger.runJob('keep-clearing')
  }
  const months = async (ledger: OpenLedger) => {
    const answers = await Promise.all(
      ['2026-01', '2026-02', '2026-03'].map((month) => clearing(ledger, month)),
    )
    expect(answers.map(({ matchesBooks }) => matchesBooks)).toEqual([true, true, true])
    for (const { positions } of answers)
      expect(positions.reduce((sum, { net }) => sum + Number(net.amount), 0)).toBeCloseTo(0, 9)
    return answers.map(linesOf)
  }

  test('a debt that other points repay', async () => {
    await using ledger = await openLedger({ program, now: at.january })
    await record(ledger, [purchase('Li', '500', { channel: 'hotel', document: 'stay' })])
    await redeem(ledger, 'Li', 500, { idempotencyKey: 'r', store: 'screen-1' })
    await close(ledger, at.february)
    await takeBack(ledger, 'stay', 'back', { purchase: { channel: 'hotel', document: 'stay' } })
    await close(ledger, at.march)
    await record(ledger, [purchase('Li', '300', { document: 'shoes' })])
    expect(await months(ledger)).toEqual([
      [['grand-hotel', 'starlight-cinema', 500, '4.00']],
      [['grand-hotel', 'starlight-cinema', -500, '-4.00']],
      [[null, 'starlight-cinema', 300, '2.40']],
    ])
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('points that a late purchase should have been burned of', async () => {
    await using ledger = await openLedger({ program, now: at.january })
    await record(ledger, [purchase('Li', '500', { document: 'shoes', occurredAt: '2026-01-10T04:00:00Z' })])
    await redeem(ledger, 'Li', 400, { idempotencyKey: 'r', store: 'screen-1' })
    const held = await hold(ledger, 'Li', 100, {
      ...{ idempotencyKey: 'h', channel: 'hotel', lapsesAt: '2026-04-01T00:00:00Z' },
    })
    await close(ledger, at.february)
    await record(ledger, [
      purchase('Li', '450', { channel: 'hotel', document: 'stay', occurredAt: '2026-01-05T04:00:00Z' }),
    ])
    await close(ledger, at.march)
    // 50 of the hotel's and 50 of the brand's are held by now.
    await capture(ledger, held.hold!.id, { idempotencyKey: 'c', points: 80 })
    expect(await months(ledger)).toEqual([
      [[null, 'starlight-cinema', 400, '3.20']],
      [
        [null, 'starlight-cinema', -400, '-3.20'],
        ['grand-hotel', 'starlight-cinema', 400, '3.20'],
      ],
      [
        [null, 'grand-hotel', 30, '0.24'],
        ['grand-hotel', 'grand-hotel', 50, '0.40'],
      ],
    ])
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })
})
