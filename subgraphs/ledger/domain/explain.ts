import { formatDecimal } from '../../../kernel/values/money.ts'
import type { Ratio, Rounding } from '../../../kernel/values/points.ts'
import type { EarnedAsset } from './asset.ts'
import type { Working } from './earn.ts'
import type { EarnRule } from './earn-rules.ts'
import type { Program } from './program.ts'
import type { Pending } from './validity.ts'

/** When points that a rule or a campaign gave become available; undefined: at once. Growth waits only by its rule. */
export const pendingOf = (
  program: Program,
  rule: string,
  asset: EarnedAsset = 'points',
): Pending | undefined =>
  program.earn.byId.get(rule)?.pending ?? (asset === 'points' ? program.pending : undefined)

/** How a rule came to its points, in words: `1 per 100.00 on 256.00, rounded down from 2.56`. */
export function explain(program: Program, working: Working): string {
  const rule = program.earn.byId.get(working.rule)
  const { cap, withheld, carriedOver } = working
  return [
    `${rule ? awardText(program, rule, working) : `campaign on ${working.on}`}${roundingText(working.exact, rule?.rounding ?? 'down')}`,
    ...(cap === undefined ? [] : [`${withheld} withheld by cap ${cap}`]),
    ...(carriedOver === 0n ? [] : [`${carriedOver} carried over from before`]),
  ].join('; ')
}

function awardText(program: Program, { award }: EarnRule, { on, reached }: Working): string {
  const money = (amount: bigint): string => formatDecimal(amount, program.scale)
  switch (award.kind) {
    case 'rate':
      return `${award.rate.numerator} per ${money(award.rate.denominator)} on ${money(on)}`
    case 'fixed':
      return `${award.rate.numerator} each ${award.each} on ${on}`
    case 'multiplier':
      return `times ${decimal(award.factor)} on ${on}`
    case 'staged-rate':
    case 'staged-fixed': {
      const { of } = award.stages
      const before = of === 'spend' ? money(reached!) : reached!.toString()
      return `stages of ${of} from ${before} on ${award.kind === 'staged-rate' ? money(on) : on}`
    }
  }
}

const roundingText = (exact: Ratio, rounding: Rounding): string =>
  exact.numerator % exact.denominator === 0n ? '' : `, rounded ${rounding} from ${decimal(exact)}`

const PLACES = 4

/** For people: no more than four places, cut off. */
function decimal({ numerator, denominator }: Ratio): string {
  const text = formatDecimal((numerator * 10n ** BigInt(PLACES)) / denominator, PLACES)
  return text.replace(/\.?0+$/, '')
}
