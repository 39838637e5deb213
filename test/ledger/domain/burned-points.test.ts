import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { burnedPoints } from '../../../subgraphs/ledger/domain/burned-points.ts'
import { clearingLine, positions } from '../../../subgraphs/ledger/domain/coalition.ts'
import { replay } from '../../../subgraphs/ledger/domain/replay.ts'
import { Desk } from '../desk.ts'
import { labDocument } from '../lab-clubs.ts'
import { plusDays } from '../naive-ledger.ts'
import { compiled } from '../rating.ts'

/** The shop is told by the channel: the desk's own is the brand's. */
const program = compiled(
  labDocument('validity: { kind: rolling, days: 40 }', {
    more: `coalition:
  partners:
    - { id: hotel, name: { en: H, zh-CN: 店 }, channels: [hotel] }
    - { id: cinema, name: { en: C, zh-CN: 影 }, channels: [cinema] }
  settle: { points: 3, money: "0.02" }`,
  }),
)
const FIRST = '2026-01-05'
const noon = (day: number) => `${plusDays(FIRST, day)}T04:00:00Z`
const yuan = (amount: number) => [{ amount: `${amount}.00`, quantity: 1 }]

/** Of the desk's member, in order of effect. */
const burned = (desk: Desk) => {
  const { book } = replay(desk.state.memberId, desk.history, desk.now)
  return burnedPoints(book.entries, desk.history)
}
const told = (desk: Desk) =>
  burned(desk)
    .map(({ issuer, honourer, points }) => `${issuer || 'brand'} at ${honourer || 'brand'}: ${points}`)
    .sort()

describe('whose points were burned where', () => {
  test('of lots as they run out, the soonest first', () => {
    const desk = new Desk(program, noon(0))
    desk.in('hotel').buy('a', noon(0), yuan(50))
    desk.at(noon(1)).in('cinema').buy('b', noon(1), yuan(50))
    desk.at(noon(2)).in('store').redeem('c', 70n)
    expect(told(desk)).toEqual(['cinema at brand: 20', 'hotel at brand: 50'])
  })

  test('a debt is paid by the points of whoever issues what repays it', () => {
    const desk = new Desk(program, noon(0))
    desk.in('hotel').buy('a', noon(0), yuan(50))
    desk.at(noon(1)).in('cinema').redeem('b', 50n)
    expect(told(desk)).toEqual(['hotel at cinema: 50'])
    desk.at(noon(2)).in('hotel').giveBack('a')
    expect(told(desk)).toEqual([])
    desk.at(noon(3)).in('store').buy('c', noon(3), yuan(30))
    expect(told(desk)).toEqual(['brand at cinema: 30'])
    desk.at(noon(4)).in('cinema').buy('d', noon(4), yuan(90))
    expect(told(desk)).toEqual(['brand at cinema: 30', 'cinema at cinema: 20'])
  })

  test('what comes late was burned in its order', () => {
    const desk = new Desk(program, noon(1))
    desk.in('store').buy('a', noon(1), yuan(50))
    desk.at(noon(2)).in('cinema').redeem('b', 40n)
    expect(told(desk)).toEqual(['brand at cinema: 40'])
    desk.at(noon(9)).in('hotel').buy('late', noon(0), yuan(30))
    expect(told(desk)).toEqual(['brand at cinema: 10', 'hotel at cinema: 30'])
  })

  test('captures take the lots of their hold, as they would have been held in order', () => {
    const desk = new Desk(program, noon(1))
    desk.in('store').buy('a', noon(1), yuan(50))
    desk.in('store').at(noon(2)).hold('h', 40n, noon(30))
    desk.at(noon(3)).in('cinema').capture('h', 10n)
    desk.at(noon(4)).in('hotel').buy('late', noon(0), yuan(30))
    desk.at(noon(5)).in('store').capture('h', 25n)
    expect(told(desk)).toEqual(['brand at brand: 5', 'hotel at brand: 20', 'hotel at cinema: 10'])
  })
})

type Step = { kind: 'buy' | 'late' | 'redeem' | 'hold' | 'capture' | 'back'; shop: string; size: number }
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('buy', 'buy', 'late', 'redeem', 'redeem', 'hold', 'capture', 'back'),
  shop: fc.constantFrom('store', 'hotel', 'cinema'),
  size: fc.integer({ min: 1, max: 60 }),
})

function take(desk: Desk, { kind, shop, size }: Step, index: number): void {
  const there = desk
    .at(noon(2 * index))
    .in(shop)
    .wallet('points').available
  const points = BigInt(size) < there ? BigInt(size) : there
  const pick = (name: string, of: readonly string[]) =>
    of.length === 0 ? undefined : `${name}${of[size % of.length]}`
  const numbers = (of: string) =>
    desk.past.flatMap(({ document }) => (document.kind === of ? [document.number.slice(1)] : []))
  if (kind === 'buy') desk.buy(`b${index}`, noon(2 * index), yuan(size))
  else if (kind === 'late') desk.buy(`b${index}`, noon(Math.max(0, 2 * index - size)), yuan(size))
  else if (kind === 'redeem' && points > 0n) desk.redeem(`r${index}`, points)
  else if (kind === 'hold' && points > 0n) desk.hold(`h${index}`, points, noon(2 * index + 20))
  else if (kind === 'capture') {
    const hold = pick('h', numbers('hold'))
    if (hold) desk.capture(hold, 1n, `c${index}`)
  } else if (kind === 'back') {
    const bill = pick('b', numbers('purchase'))
    if (bill) desk.giveBack(bill, [{ line: 0, amount: '1.00' }], `back${index}`)
  }
}

test('whatever happens in whatever shop: all that was burned is somebody’s or owed, and positions add up to nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 16 }), (steps) => {
      const desk = new Desk(program, noon(0))
      for (const [index, each] of steps.entries()) take(desk, each, index)
      const lines = burned(desk)
      const sum = lines.reduce((total, { points }) => total + points, 0n)
      const { spent, owed } = replay(desk.state.memberId, desk.history, desk.now).book.wallet('points')
      expect(lines.every(({ points }) => points > 0n)).toBe(true)
      expect(sum <= spent && spent - sum <= owed).toBe(true)
      const nets = positions(lines.map((line) => clearingLine(program.coalition!, line)))
      expect(nets.reduce((total, { net }) => total + net, 0n)).toBe(0n)
    }),
  )
})

test('where nothing comes late and nothing is taken back, the entries as they were made say the same', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 16 }), (steps) => {
      const desk = new Desk(program, noon(0))
      const inOrder = steps.filter(({ kind }) => kind !== 'late' && kind !== 'back')
      for (const [index, each] of inOrder.entries()) take(desk, each, index)
      expect(burnedPoints(desk.entries, desk.history)).toEqual(burned(desk))
    }),
  )
})
