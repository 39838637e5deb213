import { expect, test } from 'vitest'
import { type Instant, instant } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import { decideWithin } from '../../../subgraphs/ledger/domain/conduct.ts'
import { decide } from '../../../subgraphs/ledger/domain/decide.ts'
import type { PostingCommand } from '../../../subgraphs/ledger/domain/posting.ts'
import { lab } from '../lab-clubs.ts'

const NOW = instant('2026-01-05T04:00:00Z')
const EARLY = instant('2026-01-04T15:59:00Z') // The day before in Shanghai.

/** One member buys for so many yuan, a point each, one after another. */
function buying(limits: string) {
  const program = lab('validity: { kind: never }', { more: `velocity: [${limits}]` })
  const book = new AccountBook(program, newAccount('m', program))
  let number = 0
  let decisions = 0
  const does = (what: object, from: Instant): string => {
    number += 1
    const at = (from + number * 1_000) as Instant
    const command = {
      ...{ memberId: 'm', documentId: `d${number}`, channel: 'store', number: String(number) },
      ...{ operator: 'test', effectiveAt: at, body: Buffer.alloc(16), ...what },
    } as unknown as PostingCommand
    const around = { multipliers: [], now: at, history: undefined }
    decisions = 0
    const result = decideWithin(program, book, command, (each) => {
      decisions += 1
      return decide(program, each, command, around)
    })
    if (typeof result === 'string') throw new Error(result)
    if (!result.ok) return result.refusal.code
    return result.value.exceeded.length > 0 ? 'flagged' : 'done'
  }
  return {
    book,
    buy: (yuan: number, from = NOW): string =>
      does({ kind: 'purchase', lines: [{ amount: `${yuan}.00` }] }, from),
    redeem: (points: bigint): string => does({ kind: 'redemption', wish: { points }, bill: '5.00' }, NOW),
    /** How often the last command was decided. */
    decisions: () => decisions,
  }
}

const POINTS = '{ id: p, on: points, per: day, most: 100'
const NO = 'VELOCITY_EXCEEDED'

// biome-ignore format: aligned rows
test.each<[string, string, number[], string[], bigint]>([
  // what            limits                      bought             what becomes of each                    points
  ['up to the most', `${POINTS} }`,             [60, 40],          ['done', 'done'],                       100n],
  ['one too many',   `${POINTS} }`,             [60, 41, 40, 1],   ['done', NO, 'done', NO],               100n],
  ['one too large',  `${POINTS} }`,             [101, 100],        [NO, 'done'],                           100n],
  ['nothing earned', `${POINTS} }`,             [100, 0],          ['done', 'done'],                       100n],
  ['only flagged',   `${POINTS}, over: flag }`, [60, 41, 1],       ['done', 'flagged', 'flagged'],         102n],
  ['how often',      '{ id: n, on: purchase, per: hour, most: 2 }', [1, 1, 1], ['done', 'done', NO],         2n],
  ['both, the first refuses', `{ id: n, on: purchase, per: day, most: 1 }, ${POINTS}, over: flag }`,
                                                [101, 1],          ['flagged', NO],                        101n],
])('%s: %s, bought %j', (_name, limits, yuan, expected, points) => {
  const { book, buy } = buying(limits)
  expect(yuan.map((each) => buy(each))).toEqual(expected)
  expect(book.available('points')).toBe(points)
})

test('what is refused leaves nothing behind, and each day counts its own', () => {
  const { book, buy } = buying(`${POINTS} }`)
  expect(buy(90, EARLY)).toBe('done')
  const before = [book.entries.length, book.counters, book.wallet('growth').available]
  expect(buy(11, EARLY)).toBe(NO)
  expect([book.entries.length, book.counters, book.wallet('growth').available]).toEqual(before)
  expect(buy(11)).toBe('done')
})

test('what earns is decided twice where points may refuse it, a redemption once: it earns nothing', () => {
  const { buy, redeem, decisions } = buying(`${POINTS} }, { id: r, on: redemption, per: day, most: 1 }`)
  expect([buy(90), decisions()]).toEqual(['done', 2])
  expect([redeem(50n), decisions()]).toEqual(['done', 1])
  expect([redeem(10n), decisions()]).toEqual([NO, 0])
})
