import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import type { Asset } from '../../../subgraphs/ledger/domain/asset.ts'
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

test('of more than is held is neither captured nor released', () => {
  const program = programWith()
  const book = new AccountBook(program, newAccount(MEMBER, program))
  book.credit('earn', { points: 30n }, on('2026-01-01'))
  book.hold('h', 10n, noon('2026-04-01'), on('2026-03-01'))
  expect(() => book.capture('h', 11n, on('2026-03-02'))).toThrow('no more is captured or released')
})

describe('what is pending', () => {
  const program = programWith()
  const open = () => {
    const book = new AccountBook(program, newAccount(MEMBER, program))
    const waits = { expiresOn: day('2027-01-01'), lotClass: '', remaining: 10n }
    const points = (releaseOn: string) => [{ asset: 'points' as const, lots: [{ ...waits, releaseOn }] }]
    book.await(points('2026-01-08'), on('2026-01-01', 'a'))
    book.await(points('sign-in'), on('2026-01-01', 'b'))
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
    book.matureBy('sign-in', on('2026-01-02', 'c'))
    expect(book.wallet('points')).toMatchObject({ available: 10n, pending: 10n })
  })

  test('repays what is owed when it matures', () => {
    const book = open()
    book.takeBack('reverse', [{ asset: 'points', lots: [lot('2027-01-01', 4n)] }], on('2026-01-02'))
    expect(book.wallet('points')).toMatchObject({ owed: 4n, available: 0n })
    book.matureBy('sign-in', on('2026-01-03'))
    expect(book.wallet('points')).toMatchObject({ owed: 0n, available: 6n, pending: 10n })
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
      let now = noon('2026-01-01')
      for (const { what, asset, amount, days } of deeds) {
        const occasion = { at: now, documentId: what }
        const { available } = book.wallet(asset)
        const some = amount < available ? amount : available
        const [held] = book.holds
        if (what === 'earn') book.credit('earn', { [asset]: amount }, occasion)
        if (what === 'redeem' && some > 0n) book.take('redeem', asset, some, occasion)
        if (what === 'send' && some > 0n) book.take('send', asset, some, occasion)
        if (what === 'hold' && amount > 0n)
          book.hold(`${book.seq}`, amount, instant(now + days * 3_600_000), occasion)
        if (what === 'capture' && held) {
          const most = held.amount - held.captured
          book.capture(held.id, amount < most ? amount : most, occasion, days % 3 === 0 ? 1n : 0n)
        }
        if (what === 'release' && held) book.release(held.id, 'release', occasion)
        if (what === 'take back') {
          book.takeBack('reverse', [{ asset, lots: [{ ...book.lotOf(asset, now), amount }] }], occasion)
        }
        if (what === 'await') {
          const waits = {
            ...book.lotOf(asset, now),
            remaining: amount,
            releaseOn: days % 2 ? 'code' : '2026-06-01',
          }
          book.await([{ asset, lots: [waits] }], occasion)
        }
        if (what === 'mature') book.matureBy('code', occasion)
        if (what === 'cancel') {
          const waits = book.wallet(asset).waiting[0]
          if (waits) {
            const { remaining, ...key } = waits
            const less = remaining < amount ? remaining : amount
            book.shift('cancel', [{ asset, amount: less, lots: [{ ...key, amount: -less }] }], occasion)
          }
        }
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
