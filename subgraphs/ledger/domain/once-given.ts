import type { Instant } from '../../../kernel/values/instant.ts'
import { lotsOfAwards } from './award-lots.ts'
import { recordedOrigin } from './counted-origin.ts'
import type { Award } from './earn.ts'
import type { Cap } from './earn-rules.ts'
import { type History, type PastDocument, replay, settledByPartings } from './replay.ts'
import type { Lots } from './waiting-part.ts'

export type BonusPolicy = 'KEEP_BOTH' | 'TAKE_BACK_SMALLER' | 'TAKE_BACK_LATER'

/** Something that a person gets once, or so many times, for good. */
export interface OnceGiven {
  readonly memberId: string
  readonly programKey: number
  readonly documentId: string
  /** What it is: the words of a gift, the rule of an award. */
  readonly subject: string
  readonly points: bigint
  readonly at: number
  readonly lots: Lots
}

/** Gifts of the same words that both got: one of the two. */
export function giftsTwice(
  from: readonly OnceGiven[],
  into: readonly OnceGiven[],
  policy: BonusPolicy,
): OnceGiven[] {
  const nameOf = ({ programKey, subject }: OnceGiven) => `${programKey} ${subject}`
  const others = Map.groupBy(into, nameOf)
  return [...Map.groupBy(from, nameOf)].flatMap(([name, theirs]) => {
    const own = others.get(name)
    return own ? beyond(1, [theirs[0]!, own[0]!], policy) : []
  })
}

interface OnceAwarded extends OnceGiven {
  readonly cap: Cap
}

/** Awards of rules that are given so many times for good, where the two together have more of them. */
export function awardsTwice(
  from: readonly OnceAwarded[],
  into: readonly OnceAwarded[],
  policy: BonusPolicy,
): OnceGiven[] {
  const nameOf = ({ programKey, cap }: OnceAwarded) => `${programKey} ${cap.id}`
  const others = Map.groupBy(into, nameOf)
  return [...Map.groupBy(from, nameOf)].flatMap(([name, theirs]) => {
    const own = others.get(name)
    if (!own) return []
    const all = [...theirs, ...own]
    // Rules of different versions may allow it more often or less: what was allowed last holds.
    const { cap } = all.reduce((last, one) => (one.at > last.at ? one : last))
    return beyond(Number(cap.limit), all, policy)
  })
}

/** What goes of more than is allowed: what was given later, or what is less. */
const beyond = (allowed: number, all: readonly OnceGiven[], policy: BonusPolicy): OnceGiven[] =>
  all.toSorted(firstToStay(policy)).slice(allowed)

const firstToStay =
  (policy: BonusPolicy) =>
  (a: OnceGiven, b: OnceGiven): number => {
    if (policy === 'TAKE_BACK_SMALLER' && a.points !== b.points) return a.points > b.points ? -1 : 1
    return a.at - b.at || (a.documentId < b.documentId ? -1 : 1)
  }

/** All that an account has by rules that give something so many times for good, as it stands now. */
export function awardedForGood(memberId: string, history: History, now: Instant): OnceAwarded[] {
  const settled = settledByPartings(memberId, history)
  const { placed } = replay(memberId, history, now)
  return history.past.flatMap((past) => {
    const { document } = past
    // What a member took along when it came out of a merge is no more of this account's.
    if (settled.has(document.id)) return []
    const awards = placed.get(document.id)?.rating.awards ?? []
    return [...byCap(past, awards).values()].map(({ cap, given }) => ({
      memberId,
      programKey: document.programKey,
      documentId: document.id,
      subject: given[0]!.rule,
      points: given.reduce((sum, { amount }) => sum + amount, 0n),
      at: document.effectiveAt,
      lots: lotsOfAwards(past, given, recordedOrigin(document.counted, past.entry)),
      cap,
    }))
  })
}

function byCap({ rules }: PastDocument, awards: readonly Award[]): Map<string, { cap: Cap; given: Award[] }> {
  const caps = new Map<string, { cap: Cap; given: Award[] }>()
  for (const award of awards) {
    for (const cap of rules.earn.byId.get(award.rule)?.caps ?? []) {
      if (cap.per !== 'ever' || cap.measure !== 'times') continue
      const known = caps.get(cap.id) ?? { cap, given: [] }
      known.given.push(award)
      caps.set(cap.id, known)
    }
  }
  return caps
}

/** Does a programme give anything so many times for good? */
export const givesForGood = ({ earn }: PastDocument['rules']): boolean =>
  [...earn.byId.values()].some(({ caps }) =>
    caps.some(({ per, measure }) => per === 'ever' && measure === 'times'),
  )
