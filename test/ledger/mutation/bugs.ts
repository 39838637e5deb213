/** A mistake that someone could make: in a file, some text is replaced by other text. */
export interface Bug {
  /** What would be wrong, in the words of a customer or of an auditor. */
  readonly name: string
  /** From the root of the project. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

const domain = (file: string) => `subgraphs/ledger/domain/${file}.ts`

/** Each of them must be caught by the model test. */
export const bugs: readonly Bug[] = [
  {
    name: 'a multiplier adds all of itself, not what it has over one',
    file: domain('earn'),
    find: 'numerator: numerator > denominator ? numerator - denominator : 0n,',
    replace: 'numerator,',
  },
  {
    name: 'a purchase is rounded line by line',
    file: domain('earn'),
    find: "if (round === 'line') {",
    replace: 'if (round.length > 0) {',
  },
  {
    name: 'a rule applies also to lines that do not meet its condition',
    file: domain('earn'),
    find: 'if (!when) return true',
    replace: 'if (!when || slot > 0) return true',
  },
  {
    name: 'the last line of a purchase earns nothing',
    file: domain('earn'),
    find: 'if (amount === 0n) continue',
    replace: 'if (amount === 0n || (slot > 0 && slot === this.#whole - 1)) continue',
  },
  {
    name: 'a multiplier of points multiplies growth as its base',
    file: domain('earn'),
    find: 'this.#apply(rule, base?.[rule.asset] ?? NO_SHARES)',
    replace: 'this.#apply(rule, base?.growth ?? NO_SHARES)',
  },
  {
    name: 'not all points can be spent at once',
    file: domain('redeem'),
    find: 'if (points > available) {',
    replace: 'if (points >= available) {',
  },
  {
    name: 'one more point than there is can be spent',
    file: domain('redeem'),
    find: 'if (points > available) {',
    replace: 'if (points > available + 1n) {',
  },
  {
    name: 'points may pay more than the bill',
    file: domain('redeem'),
    find: 'if (offset > bill) return',
    replace: 'if (offset > 2n * bill) return',
  },
  {
    name: 'points of twelve months end a day early',
    file: domain('validity'),
    find: 'addMonths(earnedOn, validity.months)',
    replace: 'addDays(addMonths(earnedOn, validity.months), -1)',
  },
  {
    name: 'points of some days end a day late',
    file: domain('validity'),
    find: 'addDays(earnedOn, validity.days)',
    replace: 'addDays(earnedOn, validity.days + 1)',
  },
  {
    name: 'the year of earning is not counted as the first',
    file: domain('validity'),
    find: 'endOfYear(earnedOn, validity.years - 1)',
    replace: 'endOfYear(earnedOn, validity.years)',
  },
  {
    name: 'points that never end do end',
    file: domain('validity'),
    find: "    case 'never':\n      return NEVER",
    replace: "    case 'never':\n      return addMonths(earnedOn, 12)",
  },
  {
    name: 'growth of exactly the threshold does not count as reached',
    file: domain('tiers'),
    find: '(measures[measure.key] ?? 0n) >= atLeast',
    replace: '(measures[measure.key] ?? 0n) > atLeast',
  },
  {
    name: 'enough growth does not keep the tier',
    file: domain('tiers'),
    find: 'if (tier.rank === 0 || holds(tier.keep, measures)) return tier',
    replace: 'if (tier.rank === 0) return tier',
  },
  {
    name: 'down to what fits is one step down',
    file: domain('tiers'),
    find: 'lower.rank < tier.rank && holds(lower.reach, measures)',
    replace: 'lower.rank < tier.rank',
  },
  {
    name: 'one step down is two',
    file: domain('tiers'),
    find: 'return program.tiers[tier.rank - 1]!',
    replace: 'return program.tiers[Math.max(0, tier.rank - 2)]!',
  },
  {
    name: 'down to the base is down to what fits',
    file: domain('tiers'),
    find: "    case 'to-base':\n      return program.tiers[0]!",
    replace: "    case 'to-base':\n      return tierFor(program, measures)",
  },
  {
    name: 'a tier lasts a month longer than it says',
    file: domain('tiers'),
    find: 'addMonths(from, tier.validMonths)',
    replace: 'addMonths(from, tier.validMonths + 1)',
  },
]
