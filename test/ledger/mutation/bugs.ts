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
    find: 'if (keeps(tier, measures)) return tier',
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
    find: "if (kept > 0n) book.takeInFact('redeem', 'points', kept, occasion)",
    replace: "book.takeInFact('redeem', 'points', points, occasion)",
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
  {
    name: 'what a limit kept for later is given beyond the limit of that time, too',
    file: domain('earn'),
    find: 'allowed < clipped ? 0n : kept < left ? kept : left',
    replace: 'allowed < clipped ? 0n : kept + 0n * left',
  },
  {
    name: 'what a limit kept for later is given again and again',
    file: domain('earn'),
    find: 'draft.add(key, -carried)',
    replace: 'draft.add(key, -carried / 2n)',
  },
  {
    name: 'a limit of times is felt only at the second time too many',
    file: domain('earn'),
    find: 'for (const cap of timesCaps) draft.add(draft.capKey(cap), counted ? allowed : 1n)',
    replace: 'for (const cap of timesCaps) if (draft.room(cap) > 1n) draft.add(draft.capKey(cap), 1n)',
  },
  {
    name: 'a limit that refuses gives nothing instead',
    file: domain('earn'),
    find: "if (cap.over === 'reject' && this.#draft!.room(cap) < wanted)",
    replace: "if (cap.over === 'reject' && this.#draft!.room(cap) + wanted < wanted)",
  },
  {
    name: 'a week begins on Sunday',
    file: domain('earn-periods'),
    find: 'dayOf(mondayOf(numberOf(day)))',
    replace: 'dayOf(mondayOf(numberOf(day) + 1))',
  },
  {
    name: 'two purchases of one day are two visits',
    file: domain('measures'),
    find: 'return happening.visit && counters[LAST_VISIT] !== dayNumber(happening.day) ? 1n : 0n',
    replace: 'return happening.visit ? 1n : 0n',
  },
  {
    name: 'what is counted since the last change of tier is counted since ever',
    file: domain('measures'),
    find: "(!all && !key.endsWith('/tier') && !key.endsWith('/most'))",
    replace: "(!all && !key.endsWith('/most'))",
  },
  {
    name: 'two months that roll on are three',
    file: domain('measures'),
    find: 'addMonths(firstOfMonth(day), 1 - measure.cycle.months)',
    replace: 'addMonths(firstOfMonth(day), -measure.cycle.months)',
  },
  {
    name: 'a tier that needs approval is given at once',
    file: domain('tiers'),
    find: 'const instant = above.findLast((tier) => !tier.approval)',
    replace: 'const instant = above.at(-1)',
  },
  {
    name: 'who was not approved asks again at once',
    file: domain('account-book'),
    find: 'if (this.counters[key] !== undefined) return',
    replace: 'if (this.counters[key] === ASKED) return',
  },
  {
    name: 'a review that keeps the tier counts on',
    file: domain('account-book'),
    find: 'if (next.id === this.tier) this.counters = countedAnew(this.#program, this.counters, false)',
    replace: 'if (next.id === this.tier) this.counters = { ...this.counters }',
  },
  {
    name: 'points that only come back win a tier again that a review took',
    file: domain('account-book'),
    find: 'if (parcels.some(({ asset }) => raisesTier(kind, asset))) this.#upgrade(occasion)',
    replace: 'this.#upgrade(occasion)',
  },
  {
    name: 'what waits for one activity comes with another',
    file: domain('account-book'),
    find: '(lot) => lot.releaseOn === activity, occasion)',
    replace: '(lot) => !isLocalDate(lot.releaseOn), occasion)',
  },
  {
    name: 'whom staff gave a tier has lost it when something late comes',
    file: domain('replay'),
    find: '        this.#decideTier(item, occasion)\n',
    replace: '',
  },
  {
    name: 'one may send as much again as has been sent in the year',
    file: domain('transfer-rules'),
    find: 'sent + points > BigInt(rules.perYear)',
    replace: 'points > BigInt(rules.perYear)',
  },
  {
    name: 'what was sent in the year is forgotten when something late comes',
    file: domain('conduct'),
    find: 'const CONDUCT = /^[vt]:/',
    replace: 'const CONDUCT = /^v:/',
  },
  {
    name: 'points from somebody else are as good as new',
    file: domain('post-transfer'),
    find: "book.give('receive', [{ asset: 'points', lots: command.lots }], occasion)",
    replace:
      "book.give('receive', [{ asset: 'points', lots: command.lots.map((lot) => ({ ...lot, ...book.lotOf('points', occasion.at) })) }], occasion)",
  },
  {
    name: 'a top-up brings the bonus of the lowest step that it reaches',
    file: domain('stored-value'),
    find: 'bonus.find(({ from }) => amount >= from)',
    replace: 'bonus.findLast(({ from }) => amount >= from)',
  },
  {
    name: 'half a fen of a payment is bonus',
    file: domain('stored-value'),
    find: "roundRatio(amount * available.principal, all, 'half-up')",
    replace: "roundRatio(amount * available.principal, all, 'down')",
  },
  {
    name: 'bonus that has run out is still asked back at a withdrawal',
    file: domain('stored-value'),
    find: 'earned - expired - reversed - pending',
    replace: 'earned - reversed - pending',
  },
  {
    name: 'what does not divide is in no part of a plan',
    file: domain('stored-value'),
    find: 'plan.amount - part * (count - 1n) : part',
    replace: 'part : part',
  },
  {
    name: 'who stops a plan stops what others bring on the same days, too',
    file: domain('post-stored-value'),
    find: 'return own ? least(own.remaining, lot.remaining) : 0n',
    replace: 'return own ? lot.remaining : 0n',
  },
]
