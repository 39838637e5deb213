import { assert } from '../../../kernel/values/assert.ts'
import { NEVER } from '../../../kernel/values/instant.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { type EntryKind, type LotMove, type Move, signOf } from './entry.ts'
import { byExpiry, byRelease, Wallet, type WalletState } from './wallet.ts'

/**
 * Brings an account to where it would stand if all had come in order of effect. What was written stays; entries that
 * take effect now make up for the difference: what comes in first, then what goes out, then what only moves between lots.
 */
export function compensate(book: AccountBook, ideal: AccountBook, occasion: Occasion): void {
  const byKind = new Map<EntryKind, Omit<Move, 'after'>[]>()
  // Stored value goes by no rule of order.
  for (const asset of ['points', 'growth'] as const) {
    for (const { kind, ...part } of difference(book.wallet(asset), ideal.wallet(asset)))
      byKind.set(kind, [...(byKind.get(kind) ?? []), { asset, ...part }])
  }
  for (const kind of ORDER) {
    const parts = byKind.get(kind)
    if (parts) book.shift(kind, parts, occasion)
  }
  book.standLike(ideal, occasion)
}

const ORDER = [
  'cancel',
  'mature',
  'correct',
  'refund',
  'restore',
  'receive',
  'reverse',
  'postpone',
  'redeem',
  'expire',
  'send',
  'relot',
] as const satisfies readonly EntryKind[]

interface Step {
  readonly kind: (typeof ORDER)[number]
  readonly amount: bigint
  readonly lots: readonly LotMove[]
}

function difference(actual: WalletState, ideal: WalletState): Step[] {
  const scratch = new Wallet(actual)
  const steps: Step[] = []
  const step = (kind: Step['kind'], amount: bigint, lots: readonly LotMove[]): void => {
    if (amount === 0n) return
    steps.push({ kind, amount, lots })
    scratch.shift(lots, signOf(kind) * amount)
  }
  assert(actual.held === ideal.held, 'what is held is a fact')

  const { gone, come } = waitingDifference(actual, ideal)
  const [cancelled, awaited] = [-total(gone), total(come)]
  const net = ideal.earned - ideal.reversed - (actual.earned - actual.reversed)
  const matured = least(cancelled, most(net + cancelled - awaited, 0n))
  const [released, dropped] = split(gone, matured)
  step('cancel', cancelled - matured, dropped)
  step('mature', matured, [...released, ...into(scratch, ideal, matured)])
  const earned = net + cancelled - matured

  const spent = ideal.spent - actual.spent
  const expired = ideal.expired - actual.expired
  const moved = ideal.moved - actual.moved
  const comesIn = (kind: Step['kind'], amount: bigint): void => {
    if (amount > 0n) step(kind, amount, into(scratch, ideal, amount))
  }
  const goesOut = (kind: Step['kind'], amount: bigint): void => {
    if (amount > 0n) step(kind, amount, outOf(scratch, ideal, amount))
  }
  comesIn('correct', earned)
  comesIn('refund', -spent)
  comesIn('restore', -expired)
  comesIn('receive', moved)
  goesOut('reverse', -earned)
  if (awaited > 0n) step('postpone', awaited, [...outOf(scratch, ideal, awaited), ...come])
  goesOut('redeem', spent)
  goesOut('expire', expired)
  goesOut('send', -moved)

  const misplaced = lotDifference(scratch, ideal)
  const there = misplaced.filter(({ amount }) => amount > 0n)
  step('relot', total(there), misplaced)
  assert(
    scratch.standing === ideal.available - ideal.owed,
    'compensation leads to where order of effect does',
  )
  return steps
}

/** Into the lots that lack something; what comes only to go again, into any. */
function into(scratch: Wallet, ideal: WalletState, amount: bigint): LotMove[] {
  const lacking = lotDifference(scratch, ideal).filter((lot) => lot.amount > 0n)
  const repaid = least(scratch.owed, amount)
  const moves = firstOf(lacking, amount - repaid)
  const rest = amount - repaid - total(moves)
  if (rest === 0n) return moves
  const { expiresOn, lotClass } = scratch.lots[0] ?? ideal.lots[0] ?? { expiresOn: NEVER, lotClass: '' }
  return joined([...moves, { expiresOn, lotClass, amount: rest }])
}

/** Out of the lots that have too much, then out of any; what is not there is owed. */
function outOf(scratch: Wallet, ideal: WalletState, amount: bigint): LotMove[] {
  const there = least(amount, scratch.available)
  const excess = lotDifference(scratch, ideal).flatMap((lot) =>
    lot.amount < 0n ? [{ ...lot, amount: -lot.amount }] : [],
  )
  const first = firstOf(excess, there)
  const left = scratch.lots.flatMap(({ expiresOn, lotClass, remaining }) => {
    const taken = first.find((lot) => byExpiry(lot, { expiresOn, lotClass }) === 0)?.amount ?? 0n
    return remaining > taken ? [{ expiresOn, lotClass, amount: remaining - taken }] : []
  })
  const more = firstOf(left, there - total(first))
  return joined([...first, ...more]).map((lot) => ({ ...lot, amount: -lot.amount }))
}

/** What each lot lacks (positive) or has too much (negative). */
function lotDifference(actual: Pick<WalletState, 'lots'>, ideal: WalletState): LotMove[] {
  const had = actual.lots.map(({ remaining, ...key }) => ({ ...key, amount: -remaining }))
  const wanted = ideal.lots.map(({ remaining, ...key }) => ({ ...key, amount: remaining }))
  return joined([...had, ...wanted]).filter(({ amount }) => amount !== 0n)
}

function waitingDifference(actual: WalletState, ideal: WalletState) {
  const had = actual.waiting.map(({ remaining, ...key }) => ({ ...key, amount: -remaining }))
  const wanted = ideal.waiting.map(({ remaining, ...key }) => ({ ...key, amount: remaining }))
  const sums: (LotMove & { releaseOn: string })[] = []
  for (const lot of [...had, ...wanted]) {
    const index = sums.findIndex((known) => byRelease(known, lot) === 0)
    if (index < 0) sums.push(lot)
    else sums[index] = { ...lot, amount: lot.amount + sums[index]!.amount }
  }
  sums.sort(byRelease)
  return {
    gone: sums.filter(({ amount }) => amount < 0n),
    come: sums.filter(({ amount }) => amount > 0n),
  }
}

/** One of each lot, soonest-expiring first. */
function joined(lots: readonly LotMove[]): LotMove[] {
  const sums: LotMove[] = []
  for (const lot of lots) {
    const index = sums.findIndex((known) => byExpiry(known, lot) === 0)
    if (index < 0) sums.push(lot)
    else sums[index] = { ...lot, amount: lot.amount + sums[index]!.amount }
  }
  return sums.sort(byExpiry)
}

/** The first so much of what is positive. */
function firstOf(lots: readonly LotMove[], amount: bigint): LotMove[] {
  let left = amount
  return lots.flatMap((lot) => {
    const taken = least(lot.amount, left)
    left -= taken
    return taken > 0n ? [{ ...lot, amount: taken }] : []
  })
}

/** The first so much of what is negative, and the rest. */
function split(lots: readonly LotMove[], amount: bigint): [LotMove[], LotMove[]] {
  let left = amount
  const first: LotMove[] = []
  const rest: LotMove[] = []
  for (const lot of lots) {
    const taken = least(-lot.amount, left)
    left -= taken
    if (taken > 0n) first.push({ ...lot, amount: -taken })
    if (lot.amount + taken < 0n) rest.push({ ...lot, amount: lot.amount + taken })
  }
  return [first, rest]
}

const total = (lots: readonly { readonly amount: bigint }[]): bigint =>
  lots.reduce((sum, { amount }) => sum + amount, 0n)
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
