import { canonicalJson } from '../../../kernel/values/canonical.ts'
import { toIso } from '../../../kernel/values/instant.ts'
import type { MultiplierChanged } from '../../../schema/events/campaigns.ts'
import { boundsOf, type Campaign } from './campaign.ts'

/**
 * What the ledger must hear when a programme's campaigns go from `before` to `after`: multipliers that are new or
 * came to mean something else, and those that are gone.
 */
export function changedMultipliers(
  before: readonly Campaign[],
  after: readonly Campaign[],
): MultiplierChanged[] {
  const old = new Map(before.flatMap(asMultiplier).map((multiplier) => [multiplier.campaign, multiplier]))
  const current = after.flatMap(asMultiplier)
  const kept = new Set(current.map(({ campaign }) => campaign))
  return [
    ...current.filter(
      (multiplier) => canonicalJson(multiplier) !== canonicalJson(old.get(multiplier.campaign)),
    ),
    ...[...old.values()]
      .filter(({ campaign }) => !kept.has(campaign))
      .map((gone) => ({ ...gone, active: false })),
  ]
}

function asMultiplier({ definition, program, timeZone, slug, withdrawnAt }: Campaign): MultiplierChanged[] {
  if (definition.kind !== 'points-multiplier' || withdrawnAt !== undefined) return []
  const { from, until } = boundsOf(definition, timeZone)
  return [
    {
      program,
      campaign: slug,
      active: true,
      from: toIso(from),
      until: toIso(until),
      factor: definition.factor,
      when: definition.when ?? null,
    },
  ]
}
