import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import {
  pendingLots,
  postStoredValue,
  type StoredValueCommand,
} from '../../../subgraphs/ledger/domain/post-stored-value.ts'
import { compileProgram, type Program } from '../../../subgraphs/ledger/domain/program.ts'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'
import {
  bonusOf,
  instalmentsOf,
  refundParts,
  spendParts,
} from '../../../subgraphs/ledger/domain/stored-value.ts'
import { emptyWallet } from '../../../subgraphs/ledger/domain/wallet.ts'

const shipped = (name: string, ...changes: [string, string][]): Program => {
  const source = changes.reduce(
    (text, [old, fresh]) => text.replace(old, fresh),
    readFileSync(`programs/${name}.yaml`, 'utf8'),
  )
  const { document, faults } = readProgram(source)
  if (!document) throw new Error(JSON.stringify(faults))
  return compileProgram(1, document)
}
const travel = shipped('travel-agency')
const telecom = shipped('telecom-thanks')

const noon = (day: string) => instant(`${day}T04:00:00Z`)
const yuan = (amount: number): bigint => BigInt(Math.round(amount * 100))

// biome-ignore format: aligned rows
test.each([
  // paid in   on top
  [    99_999.99,       0],
  [   100_000,      5_000],
  [   499_999.99,   5_000],
  [   500_000,     50_000],
  [   999_999,     50_000],
  [ 1_000_000,    120_000],
  [ 4_000_000,    120_000],
])('a top-up of %d yuan brings %d yuan of bonus', (amount, bonus) => {
  expect(bonusOf(travel.storedValue!, yuan(amount))).toBe(yuan(bonus))
})

// biome-ignore format: aligned rows
test.each([
  // order             principal  bonus  spent   of principal, of bonus
  ['principal-first',      100n,   50n,   80n,        80n,     0n],
  ['principal-first',      100n,   50n,  120n,       100n,    20n],
  ['bonus-first',          100n,   50n,   30n,         0n,    30n],
  ['bonus-first',          100n,   50n,   80n,        30n,    50n],
  ['pro-rata',             100n,   50n,   30n,        20n,    10n],
  ['pro-rata',             100n,   50n,    1n,         1n,     0n],
  ['pro-rata',             100n,   50n,  150n,       100n,    50n],
  ['pro-rata',               0n,   50n,    7n,         0n,     7n],
] as const)('%s: of %s and %s, %s is paid by %s and %s', (order, principal, bonus, amount, p, b) => {
  expect(spendParts(order, { principal, bonus }, amount)).toEqual({ principal: p, bonus: b })
})

const wallet = (earned: bigint, spent: bigint, reversed = 0n) => ({
  ...emptyWallet,
  earned,
  spent,
  reversed,
  available: earned - spent - reversed,
})

// biome-ignore format: aligned rows
test.each([
  // policy       principal             bonus             refund   paid back, withheld, bonus taken
  ['keep',      wallet(1_000n,   0n), wallet(100n,   0n),   500n,     500n,   0n,   0n],
  ['remaining', wallet(1_000n,   0n), wallet(100n,  60n),   500n,     500n,   0n,  20n],
  ['remaining', wallet(1_000n, 200n), wallet(100n,   0n),   800n,     800n,   0n, 100n],
  ['given',     wallet(1_000n,   0n), wallet(100n,   0n),   500n,     500n,   0n,  50n],
  ['given',     wallet(1_000n,   0n), wallet(100n, 100n),   500n,     450n,  50n,   0n], // spent bonus is withheld
  ['given',     wallet(1_000n,   0n), wallet(100n,  80n),   500n,     470n,  30n,  20n],
  ['given',     wallet(1_000n,   0n), wallet(100n, 100n), 1_000n,     900n, 100n,   0n],
  ['given',     wallet(1_000n, 0n, 500n), wallet(100n, 0n, 50n), 500n, 500n,  0n,  50n], // after a refund of half
] as const)('%s: a refund', (policy, principal, bonus, amount, paidBack, withheld, bonusTaken) => {
  expect(refundParts(policy, { principal, bonus }, amount)).toEqual({ paidBack, withheld, bonusTaken })
})

test('200 yuan come as 20 a month for ten months', () => {
  const [plan] = telecom.storedValue!.plans
  const parts = instalmentsOf(plan!, '2026-01-31' as never)
  expect(parts).toHaveLength(10)
  expect(parts.every(({ amount }) => amount === 2_000n)).toBe(true)
  expect(parts.map(({ releaseOn }) => releaseOn).slice(0, 3)).toEqual([
    '2026-02-28',
    '2026-03-31',
    '2026-04-30',
  ])
  expect(parts.at(-1)!.releaseOn).toBe('2026-11-30')
})

test('what does not divide comes with the last part', () => {
  const [plan] = telecom.storedValue!.plans
  const parts = instalmentsOf({ ...plan!, amount: 1_000n, instalments: 3 }, '2026-01-01' as never)
  expect(parts.map(({ amount }) => amount)).toEqual([333n, 333n, 334n])
})

function openBook(program: Program) {
  const book = new AccountBook(program, newAccount('00000000-0000-8000-8000-000000000001', program))
  return Object.assign(book, {
    does: (command: StoredValueCommand, on: string) => {
      const result = postStoredValue(program, book, command, { at: noon(on), documentId: `${on}` }, noon(on))
      return result.ok ? 'done' : result.refusal.code
    },
    has: () =>
      [book.wallet('principal'), book.wallet('bonus')].map(({ available, pending }) => [available, pending]),
    kinds: () => book.entries.map(({ kind, moves }) => [kind, ...moves.map((m) => `${m.asset} ${m.amount}`)]),
  })
}

const topUp = (amount: string | undefined, plan?: string) => ({ kind: 'top-up', amount, plan }) as const
const spend = (amount: string) => ({ kind: 'spend', amount }) as const
const withdraw = (amount: string) => ({ kind: 'withdrawal', amount, reason: 'moved away' }) as const

describe('an account of prepaid money', () => {
  test('keeps what was paid in and what was given apart, and spends in the order of the programme', () => {
    const book = openBook(travel)
    expect(book.does(topUp('1000000.00'), '2026-01-10')).toBe('done')
    expect(book.does(spend('1050000.00'), '2026-02-01')).toBe('done')
    expect(book.has()).toEqual([
      [0n, 0n],
      [yuan(70_000), 0n],
    ])
    expect(book.kinds()).toEqual([
      ['top-up', 'principal 100000000'],
      ['earn', 'bonus 12000000'],
      ['redeem', 'principal 100000000', 'bonus 5000000'],
    ])
  })

  test('loses bonus that has run out, and no principal', () => {
    const book = openBook(travel)
    book.does(topUp('100000.00'), '2026-01-10')
    expect(book.does(spend('105000.00'), '2028-01-11')).toBe('INSUFFICIENT_STORED_VALUE')
    expect(book.does(spend('100000.00'), '2028-01-11')).toBe('done')
  })

  test('who spends the bonus first and takes the principal back has the bonus withheld', () => {
    const book = openBook(shipped('travel-agency', ['principal-first', 'bonus-first']))
    book.does(topUp('100000.00'), '2026-01-10')
    book.does(spend('5000.00'), '2026-01-11')
    expect(book.does(withdraw('100000.00'), '2026-01-12')).toBe('done')
    expect(book.kinds().slice(-2)).toEqual([
      ['withdraw', 'principal 9500000'],
      ['deduct', 'principal 500000'],
    ])
    expect(book.has()).toEqual([
      [0n, 0n],
      [0n, 0n],
    ])
  })

  test('credits a plan month by month, early on the day', () => {
    const book = openBook(telecom)
    book.does(topUp(undefined, 'thanks-200'), '2026-01-10')
    expect(book.has()[1]).toEqual([0n, 20_000n])
    book.catchUp(instant('2026-02-09T15:59:59Z'))
    expect(book.has()[1]).toEqual([0n, 20_000n])
    book.catchUp(instant('2026-02-09T16:00:00Z')) // Midnight in Shanghai.
    expect(book.has()[1]).toEqual([2_000n, 18_000n])
    book.catchUp(noon('2026-11-10'))
    expect(book.has()[1]).toEqual([20_000n, 0n])
  })

  // biome-ignore format: aligned rows
  test.each([
    // plan           principal, pending;   bonus, pending after three months and a stop; last entry
    ['thanks-200',  [   0n, 0n], [6_000n, 0n], ['cancel', 'bonus 14000']   ],
    ['prepaid-200', [8_000n, 0n], [   0n, 0n], ['repay', 'principal 12000']],
  ])('a stop of %s ends what is still to come', (id, principal, bonus, last) => {
    const book = openBook(telecom)
    const plan = telecom.storedValue!.plans.find((one) => one.id === id)!
    book.does(topUp(undefined, id), '2026-01-10')
    const running = { topUpId: 'top-up', plan, lots: pendingLots(telecom, plan, noon('2026-01-10')) }
    expect(book.does({ kind: 'plan-stop', running, reason: 'left' }, '2026-04-10')).toBe('done')
    expect(book.has()).toEqual([principal, bonus])
    expect(book.kinds().at(-1)).toEqual(last)
    expect(book.does({ kind: 'plan-stop', running, reason: 'left' }, '2026-04-11')).toBe('NOTHING_PENDING')
  })

  test('a stop of one plan leaves another that waits for the same days', () => {
    const book = openBook(telecom)
    const plan = telecom.storedValue!.plans[0]!
    book.does(topUp(undefined, plan.id), '2026-01-10')
    book.does(topUp(undefined, plan.id), '2026-01-10')
    const running = { topUpId: 'top-up', plan, lots: pendingLots(telecom, plan, noon('2026-01-10')) }
    book.does({ kind: 'plan-stop', running, reason: 'left' }, '2026-01-11')
    expect(book.has()[1]).toEqual([0n, 20_000n])
  })

  test('a plan may let all come at once when it stops', () => {
    const program = shipped('telecom-thanks', ['onStop: forfeit', 'onStop: release'])
    const book = openBook(program)
    const plan = program.storedValue!.plans[0]!
    book.does(topUp(undefined, plan.id), '2026-01-10')
    const running = { topUpId: 'top-up', plan, lots: pendingLots(program, plan, noon('2026-01-10')) }
    book.does({ kind: 'plan-stop', running, reason: 'left' }, '2026-01-11')
    expect(book.has()[1]).toEqual([20_000n, 0n])
  })
})

// biome-ignore format: aligned rows
test.each<[string, Program, StoredValueCommand]>([
  ['STORED_VALUE_NOT_OFFERED',  { ...travel, storedValue: undefined }, topUp('-1', 'x')],
  ['PLAN_NOT_KNOWN',            travel,  topUp('-1', 'x')],
  ['AMOUNT_NOT_VALID',          travel,  topUp('0.00')],
  ['AMOUNT_NOT_VALID',          travel,  topUp('0.001')],
  ['AMOUNT_NOT_VALID',          travel,  topUp(undefined)],
  ['AMOUNT_NOT_OF_PLAN',        telecom, topUp('199.00', 'thanks-200')],
  ['TOP_UP_OUT_OF_BOUNDS',      travel,  topUp('999.99')],
  ['TOP_UP_OUT_OF_BOUNDS',      travel,  topUp('5000000.01')],
  ['AMOUNT_NOT_VALID',          travel,  spend('-5.00')],
  ['INSUFFICIENT_STORED_VALUE', travel,  spend('0.01')],
  ['WITHDRAWAL_NOT_OFFERED',    telecom, withdraw('-1.00')],
  ['AMOUNT_NOT_VALID',          travel,  withdraw('0.00')],
  ['INSUFFICIENT_STORED_VALUE', travel,  withdraw('0.01')],
  ['NOTHING_PENDING',           telecom, { kind: 'plan-stop', running: undefined, reason: 'r' }],
])('%s', (code, program, command) => {
  expect(openBook(program).does(command, '2026-01-10')).toBe(code)
})
