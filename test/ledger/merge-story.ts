import { expect } from 'vitest'
import { service } from '../helpers/graph.ts'
import { memberId, type openLedger } from './open-ledger.ts'
import { accountField } from './requests.ts'

const identity = service('identity')

export type Ledger = Awaited<ReturnType<typeof openLedger>>

/** Who goes into whom, and as the how manieth merge of a test. */
export interface Pair {
  readonly from: string
  readonly into: string
  readonly nth?: number
}

const orderOf = ({ from, into, nth = 1 }: Pair) => ({
  caseId: `01900000-0000-7000-8000-${String(nth).padStart(12, '0')}`,
  fromId: memberId(from),
  intoId: memberId(into),
})

/** A moment later, so that what comes next has its place behind it. */
export async function mergeTwo(
  ledger: Ledger,
  pair: Pair,
  more: Record<string, unknown> = {},
): Promise<void> {
  await ledger.ask(identity, 'mutation ($input: LedgerMergeInput!) { mergeMemberInLedger(input: $input) }', {
    input: { ...orderOf(pair), bonuses: 'KEEP_BOTH', takeBack: [], ...more },
  })
  ledger.clock.advance(1_000)
}

export async function partTwo(ledger: Ledger, pair: Pair, withThem: readonly string[] = []): Promise<void> {
  await ledger.ask(
    identity,
    'mutation ($input: LedgerUnmergeInput!) { unmergeMemberInLedger(input: $input) }',
    { input: { ...orderOf(pair), withIds: withThem.map(memberId) } },
  )
  ledger.clock.advance(1_000)
}

/** What left an account for a member that came out, and what came to light with one that was merged, is carried over. */
export const follow = (ledger: Ledger) => ledger.runJob('forward-left-behind')

export interface PointsOf {
  readonly available: number
  readonly held: number
  readonly pending: number
  readonly debt: number
}

export const pointsOf = async (ledger: Ledger, name: string): Promise<PointsOf> => {
  const { points } = await accountField<{ points: PointsOf }>(
    ledger,
    name,
    'points { available held pending debt }',
  )
  return points
}

/** Available of each, once nothing is wrong with the books, nothing on its way, and nothing owed. */
export async function availableOf(ledger: Ledger, ...names: string[]): Promise<number[]> {
  expect((await ledger.check()).violations).toEqual([])
  expect(await ledger.sql('select document_id from ledger.homeward')).toEqual([])
  return Promise.all(
    names.map(async (name) => {
      const { available, debt } = await pointsOf(ledger, name)
      return available - debt
    }),
  )
}
