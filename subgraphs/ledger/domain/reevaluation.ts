import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { Program } from './program.ts'
import { type Measures, tierFor, tierOf } from './tiers.ts'

/** Where one account stands, and what it has of what tiers ask for. */
export interface Standpoint {
  readonly tier: string
  readonly measures: Measures
  /** The last day of the tier: until then it is not taken away, unless that is wanted. */
  readonly tierUntil: LocalDate | undefined
}

/** Whether members may fall when tiers are decided anew, or only rise. */
export type Reach = 'up' | 'both'

/**
 * The tier that a member has by rules that were changed, e.g. when a tier is put between two; undefined: its own. A tier
 * that needs approval is not given, and who has it keeps it while its measures hold.
 */
export function reevaluated(
  program: Program,
  { tier, measures }: Standpoint,
  reach: Reach,
): string | undefined {
  const known = program.tiers.some(({ id }) => id === tier)
  const current = tierOf(program, tier)
  const reached = highestGiven(program, measures, current.rank)
  // A tier that is there no more is left for what the measures reach.
  if (!known) return reached.id
  if (reached.rank > current.rank) return reached.id
  return reach === 'both' && reached.rank < current.rank ? reached.id : undefined
}

function highestGiven(program: Program, measures: Measures, held: number) {
  const given = program.tiers.filter(({ approval, rank }) => !approval || rank <= held)
  return tierFor({ ...program, tiers: given }, measures)
}

/** How many members would go from one tier to another. */
export interface TierMove {
  readonly from: string
  readonly to: string
  readonly members: number
}

/** Counts moves, the most frequent first. */
export class TierMoves {
  readonly #counts = new Map<string, { from: string; to: string; members: number }>()

  add(from: string, to: string): void {
    const key = `${from} ${to}`
    const move = this.#counts.get(key) ?? { from, to, members: 0 }
    move.members += 1
    this.#counts.set(key, move)
  }

  get moves(): readonly TierMove[] {
    return [...this.#counts.values()].sort((a, b) => b.members - a.members || (a.from < b.from ? -1 : 1))
  }
}
