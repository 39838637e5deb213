import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount, type Parcel } from '../../../subgraphs/ledger/domain/account-book.ts'
import type { Asset } from '../../../subgraphs/ledger/domain/asset.ts'
import type { LotMove } from '../../../subgraphs/ledger/domain/entry.ts'
import { emptyWallet, Wallet, type WalletState } from '../../../subgraphs/ledger/domain/wallet.ts'
import { programWith } from '../program-of.ts'

const MEMBER = '00000000-0000-8000-8000-000000000001'
const noon = (day: string) => instant(`${day}T04:00:00Z`)
const on = (day: string, documentId = 'd') => ({ at: noon(day), documentId })
const day = (text: string) => text as LocalDate
const lot = (expiresOn: string, amount: bigint, lotClass = '') => ({
  expiresOn: day(expiresOn),
  lotClass,
  amount,
})

const wallet = (lots: readonly (readonly [string, bigint])[], more: Partial<WalletState> = {}) =>
  new Wallet({
    ...emptyWallet,
    available: lots.reduce((sum, [, left]) => sum + left, 0n),
    lots: lots.map(([until, remaining]) => ({ expiresOn: day(until), lotClass: '', remaining })),
    ...more,
  })

const left = ({ lots }: WalletState) => lots.map(({ expiresOn, remaining }) => [expiresOn, remaining])

describe('what is owed', () => {
  test('is repaid first, by what would run out first', () => {
    const owing = wallet([], { owed: 15n })
    expect(owing.put([lot('2028-01-01', 20n), lot('2027-01-01', 10n)])).toEqual([lot('2028-01-01', 15n)])
    expect([owing.owed, owing.available, left(owing)]).toEqual([0n, 15n, [['2028-01-01', 15n]]])
  })

  test('grows by what is taken back and not there', () => {
    const spent = wallet([['2027-01-01', 4n]])
    expect(spent.takeBack([lot('2027-01-01', 10n)])).toEqual([lot('2027-01-01', -4n)])
    expect([spent.owed, spent.available, spent.standing]).toEqual([6n, 0n, -6n])
  })
})

describe('taking back', () => {
  test('takes from the very lots first, the rest from those that run out soonest', () => {
    const three = wallet([
      ['2027-01-01', 5n],
      ['2027-02-01', 5n],
      ['2027-03-01', 5n],
    ])
    expect(three.takeBack([lot('2027-02-01', 8n)])).toEqual([lot('2027-02-01', -5n), lot('2027-01-01', -3n)])
    expect(left(three)).toEqual([
      ['2027-01-01', 2n],
      ['2027-03-01', 5n],
    ])
  })

  test('keeps classes apart', () => {
    const both = new Wallet({
      ...emptyWallet,
      available: 10n,
      lots: [
        { expiresOn: day('2027-01-01'), lotClass: 'gift', remaining: 5n },
        { expiresOn: day('2027-01-01'), lotClass: '', remaining: 5n },
      ],
    })
    expect(both.takeBack([lot('2027-01-01', 4n, 'gift')])).toEqual([lot('2027-01-01', -4n, 'gift')])
  })
})

describe('a hold', () => {
  const program = programWith()
  const open = () => {
    const book = new AccountBook(program, newAccount(MEMBER, program))
    book.credit('earn', { points: 30n }, on('2026-01-01'))
    book.credit('earn', { points: 30n }, on('2026-02-01'))
    return book
  }
  const back = (lots: readonly LotMove[]): Parcel => ({
    asset: 'points',
    lots: lots.map(({ amount, ...key }) => ({ ...key, amount: -amount })),
  })

  test('takes from the lots and keeps which; released, they are as before', () => {
    const book = open()
    const held = book.take('hold', 'points', 40n, on('2026-03-01'))
    expect(book.wallet('points')).toMatchObject({ available: 20n, held: 40n, spent: 0n })
    book.release(back(held), on('2026-03-02'))
    expect(book.wallet('points')).toMatchObject({ available: 60n, held: 0n, spent: 0n })
    expect(left(book.wallet('points'))).toEqual([
      ['2027-01-01', 30n],
      ['2027-02-01', 30n],
    ])
  })

  test('captured, it is spent', () => {
    const book = open()
    book.take('hold', 'points', 40n, on('2026-03-01'))
    book.capture('points', 40n, on('2026-03-02'))
    expect(book.wallet('points')).toMatchObject({ available: 20n, held: 0n, spent: 40n })
    expect(book.entries.at(-1)).toMatchObject({
      kind: 'capture',
      moves: [{ amount: 40n, after: 20n, lots: [] }],
    })
  })

  test('of more than is held is neither captured nor released', () => {
    const book = open()
    book.take('hold', 'points', 10n, on('2026-03-01'))
    expect(() => book.capture('points', 11n, on('2026-03-02'))).toThrow('no more is captured or released')
  })

  test('released after its lots ran out, they run out with the next catching up', () => {
    const book = open()
    const held = book.take('hold', 'points', 30n, on('2026-03-01'))
    book.catchUp(noon('2027-01-15'))
    book.release(back(held), on('2027-01-15'))
    book.catchUp(noon('2027-01-15'))
    expect(book.wallet('points')).toMatchObject({ available: 30n, held: 0n, expired: 30n })
  })
})

describe('what is pending', () => {
  const program = programWith()
  const open = () => {
    const book = new AccountBook(program, newAccount(MEMBER, program))
    const waits = { expiresOn: day('2027-01-01'), lotClass: '', remaining: 10n }
    book.await('points', [{ ...waits, releaseOn: '2026-01-08' }], on('2026-01-01', 'a'))
    book.await('points', [{ ...waits, releaseOn: 'sign-in' }], on('2026-01-01', 'b'))
    return book
  }

  test('is earned, and not available', () => {
    expect(open().wallet('points')).toMatchObject({ earned: 20n, pending: 20n, available: 0n })
  })

  test('matures by itself at the beginning of its day', () => {
    const book = open()
    book.catchUp(instant('2026-01-07T15:59:59.999Z'))
    expect(book.available('points')).toBe(0n)
    book.catchUp(instant('2026-01-07T16:00:00Z'))
    expect(book.wallet('points')).toMatchObject({ available: 10n, pending: 10n, earned: 20n })
    expect(book.entries.at(-1)).toMatchObject({ kind: 'mature', documentId: undefined })
  })

  test('matures by the activity that it waits for', () => {
    const book = open()
    book.matureBy('points', 'sign-in', on('2026-01-02', 'c'))
    expect(book.wallet('points')).toMatchObject({ available: 10n, pending: 10n })
  })

  test('repays what is owed when it matures', () => {
    const book = open()
    book.takeBack('reverse', [{ asset: 'points', lots: [lot('2027-01-01', 4n)] }], on('2026-01-02'))
    expect(book.wallet('points')).toMatchObject({ owed: 4n, available: 0n })
    book.matureBy('points', 'sign-in', on('2026-01-03'))
    expect(book.wallet('points')).toMatchObject({ owed: 0n, available: 6n, pending: 10n })
  })

  test('is cancelled where it stands', () => {
    const book = open()
    const cancelled = book.cancel(
      'points',
      ({ releaseOn }) => (releaseOn === 'sign-in' ? 4n : 0n),
      on('2026-01-02'),
    )
    expect(cancelled).toBe(4n)
    expect(book.wallet('points')).toMatchObject({ pending: 16n, reversed: 4n })
    expect(book.cancel('points', () => 0n, on('2026-01-02'))).toBe(0n)
  })
})

/** Anything that may be done to a wallet, in any order; what it cannot do at the time is left out. */
const deed = fc.record({
  what: fc.constantFrom(
    'earn',
    'redeem',
    'hold',
    'capture',
    'release',
    'take back',
    'await',
    'mature',
    'cancel',
    'send',
    'wait',
  ),
  asset: fc.constantFrom<Asset>('points', 'growth', 'principal'),
  amount: fc.bigInt({ min: 1n, max: 50n }),
  days: fc.integer({ min: 1, max: 200 }),
})

test('whatever is done to a wallet, its parts add up, and its lots are what it has', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
      const program = programWith()
      const book = new AccountBook(program, newAccount(MEMBER, program))
      const holds: { asset: Asset; lots: readonly LotMove[] }[] = []
      let now = noon('2026-01-01')
      for (const { what, asset, amount, days } of deeds) {
        const occasion = { at: now, documentId: what }
        const { available } = book.wallet(asset)
        const some = amount < available ? amount : available
        const [held] = holds
        if (what === 'earn') book.credit('earn', { [asset]: amount }, occasion)
        if (what === 'redeem' && some > 0n) book.take('redeem', asset, some, occasion)
        if (what === 'send' && some > 0n) book.take('send', asset, some, occasion)
        if (what === 'hold' && some > 0n)
          holds.push({ asset, lots: book.take('hold', asset, some, occasion) })
        if (what === 'capture' && held) {
          book.capture(
            held.asset,
            held.lots.reduce((sum, move) => sum - move.amount, 0n),
            occasion,
          )
          holds.shift()
        }
        if (what === 'release' && held) {
          const lots = held.lots.map((move) => ({ ...move, amount: -move.amount }))
          book.release({ asset: held.asset, lots }, occasion)
          holds.shift()
        }
        if (what === 'take back') {
          book.takeBack('reverse', [{ asset, lots: [{ ...book.lotOf(asset, now), amount }] }], occasion)
        }
        if (what === 'await') {
          const waits = {
            ...book.lotOf(asset, now),
            remaining: amount,
            releaseOn: days % 2 ? 'code' : '2026-06-01',
          }
          book.await(asset, [waits], occasion)
        }
        if (what === 'mature') book.matureBy(asset, 'code', occasion)
        if (what === 'cancel')
          book.cancel(asset, (lot) => (lot.remaining < amount ? lot.remaining : amount), occasion)
        if (what === 'wait') {
          now = instant(now + days * 86_400_000)
          book.catchUp(now)
        }
        for (const one of ['points', 'growth', 'principal', 'bonus'] as const) expectSound(book, one)
      }
      expect(book.entries.map(({ seq }) => seq)).toEqual(book.entries.map((_, index) => index + 1))
    }),
  )
})

function expectSound(book: AccountBook, asset: Asset): void {
  const { earned, moved, owed, spent, expired, reversed, available, held, pending, lots, waiting } =
    book.wallet(asset)
  expect(earned + moved + owed - spent - expired - reversed).toBe(available + held + pending)
  expect(owed === 0n || available === 0n).toBe(true)
  for (const part of [owed, available, held, pending, earned, spent, expired, reversed])
    expect(part).not.toBeLessThan(0n)
  expect(lots.reduce((sum, { remaining }) => sum + remaining, 0n)).toBe(available)
  expect(waiting.reduce((sum, { remaining }) => sum + remaining, 0n)).toBe(pending)
  for (const { remaining } of [...lots, ...waiting]) expect(remaining).toBeGreaterThan(0n)
  const keys = lots.map(({ expiresOn, lotClass }) => `${expiresOn}/${lotClass}`)
  expect(keys).toEqual([...new Set(keys)].toSorted())
  const last = book.entries.flatMap(({ moves }) => moves).findLast((move) => move.asset === asset)
  expect(last?.after ?? 0n).toBe(available - owed)
}
