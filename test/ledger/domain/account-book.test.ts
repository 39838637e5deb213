import { describe, expect, test } from 'vitest'
import { instant, toIso } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { programWith, withDowngrade, withGrowthValidity, withPointsValidity } from '../program-of.ts'

const MEMBER = '00000000-0000-8000-8000-000000000001'

/** Noon in Shanghai. */
const noon = (day: string) => instant(`${day}T04:00:00Z`)

/** An account that buys: so many points and as much growth. */
function openBook(program: Program = programWith()) {
  const book = new AccountBook(program, newAccount(MEMBER, program))
  return Object.assign(book, {
    buy(amount: bigint, on: string) {
      book.catchUp(noon(on))
      book.credit('earn', { points: amount, growth: amount }, at(on, `bill of ${on}`))
    },
    redeem(amount: bigint, on: string, documentId = 'd') {
      book.take('redeem', 'points', amount, at(on, documentId))
    },
    story: (asset: 'points' | 'growth') =>
      book.entries.flatMap(({ kind, moves, effectiveAt }) =>
        moves
          .filter((move) => move.asset === asset)
          .map(({ amount }): [string, bigint, string] => [kind, amount, toIso(effectiveAt)]),
      ),
    moves: () =>
      book.entries
        .at(-1)!
        .moves[0]!.lots.map(({ expiresOn, amount }): [string, bigint] => [expiresOn, amount]),
  })
}

const at = (day: string, documentId: string) => ({ at: noon(day), documentId })

test('what one account or a copy of it holds, no other does', () => {
  const [book, other] = [openBook(), openBook()]
  book.buy(100n, '2026-01-01')
  book.hold('first', 60n, noon('2026-02-01'), at('2026-01-02', 'first'))
  const copy = book.copy()
  copy.release('first', 'release', at('2026-01-03', 'end'))
  copy.hold('second', 10n, noon('2026-02-01'), at('2026-01-03', 'second'))
  const heldBy = (of: AccountBook) => [of.holds.map(({ id }) => id), [...of.touchedHolds.keys()]]
  expect([book, copy, other].map(heldBy)).toEqual([
    [['first'], ['first']],
    [['second'], ['first', 'second']],
    [[], []],
  ])
})

describe('spending', () => {
  test('takes the soonest-expiring lots first, in whatever order they were earned', () => {
    const book = openBook()
    book.credit('earn', { points: 30n }, at('2026-03-01', 'c'))
    book.credit('earn', { points: 10n }, at('2026-01-01', 'a'))
    book.credit('earn', { points: 20n }, at('2026-02-01', 'b'))
    book.redeem(25n, '2026-03-02', 'd')
    expect(book.moves()).toEqual([
      ['2027-01-01', -10n],
      ['2027-02-01', -15n],
    ])
    book.redeem(35n, '2026-03-02', 'e')
    expect(book.moves()).toEqual([
      ['2027-02-01', -5n],
      ['2027-03-01', -30n],
    ])
    expect(book.available('points')).toBe(0n)
  })

  test('takes lots that end before those that never end', () => {
    const program = programWith(withPointsValidity('{ kind: never }'))
    const state = newAccount(MEMBER, program)
    const lots = [
      { expiresOn: 'infinity' as never, lotClass: '', remaining: 5n },
      { expiresOn: '2031-01-01' as never, lotClass: 'b', remaining: 5n },
      { expiresOn: '2031-01-01' as never, lotClass: 'a', remaining: 5n },
    ]
    const wallets = { ...state.wallets, points: { ...state.wallets.points, available: 15n, lots } }
    const book = new AccountBook(program, { ...state, wallets })
    book.take('redeem', 'points', 12n, at('2026-01-01', 'd'))
    expect(book.entries[0]!.moves[0]!.lots).toEqual([
      { expiresOn: '2031-01-01', lotClass: 'a', amount: -5n },
      { expiresOn: '2031-01-01', lotClass: 'b', amount: -5n },
      { expiresOn: 'infinity', lotClass: '', amount: -2n },
    ])
    expect(lots.map((lot) => lot.remaining)).toEqual([5n, 5n, 5n]) // What it was made from is not touched.
  })

  test('more than there is breaks a promise', () => {
    const book = openBook()
    book.buy(10n, '2026-01-01')
    expect(() => book.redeem(11n, '2026-01-01', 'd')).toThrow('does not exceed what is available')
  })
})

describe('time', () => {
  test('lots are good through their last day and run out at its end', () => {
    const book = openBook()
    book.buy(10n, '2026-01-10')
    book.catchUp(instant('2027-01-10T15:59:59.999Z'))
    expect(book.available('points')).toBe(10n)
    book.catchUp(instant('2027-01-10T16:00:00Z'))
    expect(book.available('points')).toBe(0n)
    expect(book.story('points').at(-1)).toEqual(['expire', 10n, '2027-01-10T16:00:00.000Z'])
  })

  test('what fell due on several days runs out day by day, each at its own moment', () => {
    const book = openBook()
    book.buy(10n, '2026-01-01')
    book.buy(20n, '2026-01-02')
    book.buy(30n, '2026-01-02')
    book.catchUp(noon('2027-06-01'))
    expect(book.story('points').slice(-2)).toEqual([
      ['expire', 10n, '2027-01-01T16:00:00.000Z'],
      ['expire', 50n, '2027-01-02T16:00:00.000Z'],
    ])
  })

  test('at the end of one day growth runs out first; the review counts what is left', () => {
    const book = openBook()
    book.buy(3_000n, '2026-01-01')
    expect([book.tier, book.tierUntil]).toEqual(['advanced', '2027-01-01'])
    book.buy(2_999n, '2026-06-01')
    expect([book.tier, book.tierUntil]).toEqual(['vip', '2027-06-01'])
    book.catchUp(noon('2027-01-02'))
    expect(book.tier).toBe('vip') // Held to its own end, though growth has fallen.
    book.catchUp(noon('2027-06-02'))
    expect([book.tier, book.tierUntil]).toEqual(['ordinary', undefined])
    expect(book.tierChanges.at(-1)).toMatchObject({ from: 'vip', to: 'ordinary', sequence: 3 })
  })

  test('lots that end on the very day of the review do not count in it', () => {
    const book = openBook()
    book.buy(3_000n, '2026-01-01')
    book.catchUp(noon('2027-01-02'))
    expect(book.tier).toBe('ordinary')
  })

  test('enough growth at the end: another term from that day, and no change to tell', () => {
    const book = openBook(programWith(withGrowthValidity('{ kind: never }')))
    book.buy(3_000n, '2026-01-10')
    book.catchUp(noon('2029-02-01'))
    expect([book.tier, book.tierUntil]).toEqual(['advanced', '2030-01-10'])
    expect(book.tierChanges).toHaveLength(1)
  })

  test('a review that only prolongs a tier is something to write', () => {
    const program = programWith(withGrowthValidity('{ kind: never }'), withPointsValidity('{ kind: never }'))
    const state = { ...newAccount(MEMBER, program), tier: 'advanced', tierUntil: '2027-01-10' as never }
    const growth = { ...state.wallets.growth, available: 3_000n }
    const lots = [{ expiresOn: 'infinity' as never, lotClass: '', remaining: 3_000n }]
    const book = new AccountBook(program, {
      ...state,
      wallets: { ...state.wallets, growth: { ...growth, lots } },
    })
    book.catchUp(noon('2027-01-10'))
    expect(book.changed).toBe(false)
    book.catchUp(noon('2027-01-11'))
    expect([book.changed, book.nextDue, book.entries.length]).toEqual([true, '2028-01-10', 0])
  })

  // biome-ignore format: aligned rows
  test.each([
    // policy     tier after one year and after two, of a VIP who buys nothing more
    ['to-fit',   'ordinary', 'ordinary'],
    ['one-step', 'advanced', 'ordinary'],
    ['to-base',  'ordinary', 'ordinary'],
  ])('%s: after a year without purchases a VIP is %s, after two %s', (policy, one, two) => {
    const book = openBook(programWith(withDowngrade(policy)))
    book.buy(5_000n, '2026-01-01')
    book.catchUp(noon('2027-01-02'))
    expect(book.tier).toBe(one)
    book.catchUp(noon('2028-01-02'))
    expect(book.tier).toBe(two)
  })

  test('the next due day is the first of all that ends', () => {
    const book = openBook(programWith(withPointsValidity('{ kind: rolling, days: 30 }')))
    expect(book.nextDue).toBe('infinity')
    book.buy(3_000n, '2026-01-01')
    expect(book.nextDue).toBe('2026-01-31')
    book.catchUp(noon('2026-02-01'))
    expect(book.nextDue).toBe('2027-01-01')
  })
})

describe('a late credit', () => {
  test('goes to the lot of its own day, and runs out with it at the next catching up', () => {
    const book = openBook()
    book.catchUp(noon('2027-06-01'))
    book.credit('earn', { points: 10n }, at('2026-05-01', 'late'))
    expect(book.nextDue).toBe('2027-05-01')
    book.catchUp(noon('2027-06-01'))
    expect(book.story('points')).toEqual([
      ['earn', 10n, '2026-05-01T04:00:00.000Z'],
      ['expire', 10n, '2027-05-01T16:00:00.000Z'],
    ])
  })

  test('joins the lot that is there', () => {
    const book = openBook()
    book.buy(10n, '2026-01-10')
    book.buy(5n, '2026-02-01')
    book.credit('grant', { points: 7n }, at('2026-01-10', 'late'))
    book.redeem(17n, '2026-02-01', 'd')
    expect(book.moves()).toEqual([['2027-01-10', -17n]])
  })

  test('of growth raises the tier from its own day on', () => {
    const book = openBook()
    book.buy(2_000n, '2026-03-01')
    book.credit('earn', { growth: 1_000n }, at('2026-02-01', 'late'))
    expect([book.tier, book.tierUntil, toIso(book.tierSince!)]).toEqual([
      'advanced',
      '2027-02-01',
      '2026-02-01T04:00:00.000Z',
    ])
  })
})

test('entries count without a gap over all assets, and carry the balances', () => {
  const book = openBook()
  book.buy(10n, '2026-01-01')
  book.buy(20n, '2026-01-02')
  book.redeem(15n, '2026-01-03')
  book.catchUp(noon('2027-02-01'))
  expect(book.entries.map(({ seq, kind, moves }) => [seq, kind, ...moves.map(({ after }) => after)])).toEqual(
    [
      [1, 'earn', 10n, 10n],
      [2, 'earn', 30n, 30n],
      [3, 'redeem', 15n],
      [4, 'expire', 20n],
      [5, 'expire', 0n, 0n],
    ],
  )
  expect(book.seq).toBe(5)
})

test('a document that moves nothing is an entry all the same', () => {
  const book = openBook()
  book.credit('earn', {}, at('2026-01-01', 'd'))
  expect(book.entries).toMatchObject([{ seq: 1, kind: 'earn', documentId: 'd', moves: [] }])
  expect(book.changed).toBe(true)
})

test('the sums of a wallet are those of its entries', () => {
  const book = openBook()
  book.buy(10n, '2026-01-01')
  book.buy(20n, '2026-01-02')
  book.redeem(15n, '2026-01-03')
  book.catchUp(noon('2027-02-01'))
  expect(book.wallet('points')).toMatchObject({
    earned: 30n,
    spent: 15n,
    expired: 15n,
    available: 0n,
    lots: [],
  })
})
