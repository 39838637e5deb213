import type { Instant } from '../../../kernel/values/instant.ts'
import { type Entitlement, stateOf } from './entitlement.ts'

/** What becomes of a bonus that a person may have once, and that both members had. */
export type BonusPolicy = 'KEEP_BOTH' | 'TAKE_BACK_SMALLER' | 'TAKE_BACK_LATER'

export interface DuplicateEntitlement {
  readonly program: string
  readonly benefit: string
  /** What gave it to both: `tier:vip`. */
  readonly source: string
  readonly from: Entitlement
  readonly into: Entitlement
  /** The one that does not count for as long as they are one; undefined: both do. */
  readonly setAside: Entitlement | undefined
}

/**
 * Entitlements that a person has once, and that both members have and could use now: those of one tier, one birthday, one
 * anything but a gift by hand, each of which is one of its own.
 */
export function findDuplicates(
  sides: { readonly from: readonly Entitlement[]; readonly into: readonly Entitlement[] },
  policy: BonusPolicy,
  now: Instant,
): DuplicateEntitlement[] {
  const usable = (entitlements: readonly Entitlement[]) =>
    new Map(
      entitlements
        .filter((entitlement) => stateOf(entitlement, now) === 'ACTIVE' && onceKey(entitlement) !== undefined)
        .toSorted((a, b) => a.grantedAt - b.grantedAt)
        .map((entitlement) => [onceKey(entitlement)!, entitlement]),
    )
  const ofInto = usable(sides.into)
  return [...usable(sides.from)].flatMap(([key, from]) => {
    const into = ofInto.get(key)
    if (!into) return []
    const { program, benefit } = from
    return { program, benefit, source: sourceOf(from), from, into, setAside: less(from, into, policy) }
  })
}

/** Each rise to a tier has a number of its own; what the tier gives is the same. */
const sourceOf = ({ source }: Entitlement): string => source.replace(/#.*$/, '')

const onceKey = (entitlement: Entitlement): string | undefined =>
  entitlement.source.startsWith('grant:')
    ? undefined
    : JSON.stringify([entitlement.program, entitlement.benefit, sourceOf(entitlement)])

/** Which of two goes; of equals the later, and then the one of the member that is merged. */
function less(from: Entitlement, into: Entitlement, policy: BonusPolicy): Entitlement | undefined {
  const later = into.grantedAt > from.grantedAt ? into : from
  switch (policy) {
    case 'KEEP_BOTH':
      return undefined
    case 'TAKE_BACK_LATER':
      return later
    case 'TAKE_BACK_SMALLER':
      if (from.usesLeft === into.usesLeft) return later
      return from.usesLeft < into.usesLeft ? from : into
  }
}
