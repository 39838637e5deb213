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
    file: domain('quote'),
    find: 'return points > available ?',
    replace: 'return points >= available ?',
  },
  {
    name: 'one more point than there is can be spent',
    file: domain('quote'),
    find: 'return points > available ?',
    replace: 'return points > available + 1n ?',
  },
  {
    name: 'points may pay more than the bill',
    file: domain('quote'),
    find: 'if (offset > eligible) return',
    replace: 'if (offset > 2n * eligible) return',
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
  {
    name: 'a late purchase changes nothing of what came after it',
    file: domain('decide'),
    find: "if (command.effectiveAt <= book.fixedAt || book.wallet('points').owed > 0n) return false",
    replace: "if (book.wallet('points').owed > 0n) return false",
  },
  {
    name: 'a late purchase that lifts the tier leaves the purchases after it as they were',
    file: domain('decide'),
    find: 'if (book.tierChangeCount === tierChangeCount) return posted',
    replace: 'if (book.tierChangeCount >= tierChangeCount) return posted',
  },
  {
    name: 'a late purchase is told the tier of today',
    file: domain('decide'),
    find: 'return ok({ ...document, tierBefore, tierAfter })',
    replace: 'return ok(document)',
  },
  {
    name: 'documents are played again in the order in which they came',
    file: domain('replay'),
    find: 'if (apart !== 0) return apart',
    replace: 'if (apart !== 0) return a.entry.seq - b.entry.seq',
  },
  {
    name: 'a return gives back nothing of what was burned on the bill',
    file: domain('replay'),
    find: 'const kept = keptOf(points, this.#returns.after(item, place))\n        if (kept > 0n)',
    replace: 'const kept = points\n        if (kept > 0n)',
  },
  {
    name: 'what was captured for a bill does not come back with it',
    file: domain('replay'),
    find: 'book.capture(document.subject!, points, occasion, points - kept)',
    replace: 'book.capture(document.subject!, points, occasion, 0n * kept)',
  },
  {
    name: 'of a return the points come back in full, whatever part of the money did',
    file: domain('returns'),
    find: 'share === undefined ? points : share.all ? 0n',
    replace: 'share === undefined ? points : share.back > 0n ? 0n',
  },
  {
    name: 'a return counts also for what was burned after it',
    file: domain('returns'),
    find: 'const later = returns.filter((each) => each.place > place)',
    replace: 'const later = returns.filter((each) => each.place >= 0 * place)',
  },
  {
    name: 'a line that came back is left with nothing, and still is a line',
    file: domain('returns'),
    find: 'if (touched && quantity === 0 && amount === 0n) return []',
    replace: '',
  },
  {
    name: 'lots that differ after something came late stay as they are',
    file: domain('compensation'),
    find: "step('relot', total(there), misplaced)",
    replace: "step('relot', 0n, misplaced)",
  },
  {
    name: 'what is owed is not repaid by what comes back',
    file: domain('wallet'),
    find: 'const repaid = amount < this.owed ? amount : this.owed',
    replace: 'const repaid = amount < this.owed ? 0n : this.owed',
  },
  {
    name: 'a hold sets aside the points that last longest',
    file: domain('wallet'),
    find: 'const lot = this.lots[0]\n',
    replace: 'const lot = this.lots.at(-1)\n',
  },
  {
    name: 'a hold does not lapse while nobody looks',
    file: domain('account-book'),
    find: 'if (lapsing && lapsing.lapsesAt <= until &&',
    replace: 'if (lapsing && lapsing.lapsesAt <= this.latestAt &&',
  },
  {
    name: 'points come back from a hold as if they were new',
    file: domain('account-book'),
    find: 'const taken = lots.map((lot) => ({ ...lot, amount: -lot.amount }))',
    replace:
      "const taken = lots.map((lot) => ({ ...lot, amount: -lot.amount, expiresOn: this.lotOf('points', occasion.at).expiresOn }))",
  },
  {
    name: 'a capture spends the lots that last longest',
    file: domain('account-book'),
    find: 'this.#keep({ ...hold, captured, lots: rest, closedBy })',
    replace:
      'this.#keep({ ...hold, captured, lots: splitLots(hold.lots.toReversed(), amount).rest, closedBy })',
  },
  {
    name: 'there are no days of grace',
    file: domain('account-book'),
    find: 'lot.expiresOn < today && graceDays > 0',
    replace: 'lot.expiresOn < today && graceDays > 900',
  },
  {
    name: 'grace begins a day late',
    file: domain('account-book'),
    find: '? { ...lot, expiresOn: addDays(today, graceDays) }',
    replace: '? { ...lot, expiresOn: addDays(today, graceDays + 1) }',
  },
  {
    name: 'pending points are good from the day of earning',
    file: domain('enter-earning'),
    find: "program.validFrom === 'release' && 'days' in pending ? addDays(today, pending.days) : today",
    replace: 'today',
  },
  {
    name: 'more can be captured than is held',
    file: domain('holding'),
    find: "if (points > left) return fail('EXCEEDS_HOLD'",
    replace: "if (points > left + 1_000n) return fail('EXCEEDS_HOLD'",
  },
  {
    name: 'more can be held than is there',
    file: domain('holding'),
    find: 'if (points > available)\n',
    replace: 'if (points > available + 100n)\n',
  },
  {
    name: 'more can come back than was bought',
    file: domain('returning'),
    find: 'if (part.quantity > rest.quantity || part.amount > rest.amount)',
    replace: 'if (part.quantity > rest.quantity)',
  },
  {
    name: 'a debt is not settled in cash, though the programme says so',
    file: domain('returning'),
    find: "program.returns.spent === 'cash' && program.burn",
    replace: "program.returns.spent !== 'cash' && program.burn",
  },
  {
    name: 'a part of a bill that came back gives a point too many back',
    file: domain('returns'),
    find: 'points - (points * share.back) / share.of',
    replace: 'points - (points * share.back + share.of - 1n) / share.of',
  },
  {
    name: 'pending points are available a day late',
    file: domain('enter-earning'),
    find: "const releaseOn = 'days' in pending ? addDays(today, pending.days) : pending.until",
    replace: "const releaseOn = 'days' in pending ? addDays(today, pending.days + 1) : pending.until",
  },
]
