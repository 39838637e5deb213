import { localDate } from '../../../kernel/values/instant.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import type { Award } from './earn.ts'
import type { Program } from './program.ts'

/** What somebody gives with a reason. */
export interface Granted {
  readonly points: bigint
  readonly growth: bigint
}

export const awardsOf = (reason: string, { points, growth }: Granted): Award[] =>
  (['points', 'growth'] as const).flatMap((asset) => {
    const amount = asset === 'points' ? points : growth
    return amount > 0n ? [{ rule: reason, line: -1, asset, amount }] : []
  })

export const grantedBy = (awards: readonly Award[]): Granted => {
  const sum = (of: Award['asset']) =>
    awards.reduce((total, { asset, amount }) => (asset === of ? total + amount : total), 0n)
  return { points: sum('points'), growth: sum('growth') }
}

/** It counts for tiers like what rules give, and the tier follows. */
export function enterGrant(program: Program, book: AccountBook, granted: Granted, occasion: Occasion): void {
  book.count({ ...granted, day: localDate(occasion.at, program.timeZone) })
  book.credit('grant', granted, occasion)
}
