import type { ProgramDocument } from './program.ts'
import { amountFaults, type Fault, type Path } from './program-fault.ts'
import type { NeedDocument, RequirementDocument, TierDocument } from './tier-rules.ts'

/** What a JSON Schema cannot say of tiers. */
export function tierFaults({ tiers, currency, health = [] }: ProgramDocument): Fault[] {
  const [base] = tiers
  const faults: Fault[] = base!.growth || base!.reach ? [baseFault(base!)] : []
  for (const [index, tier] of tiers.entries()) {
    const path: Path = ['tiers', index]
    const below = tiers.slice(0, index).findLast(({ growth }) => growth !== undefined)
    if (below && tier.growth !== undefined && tier.growth <= below.growth!) {
      faults.push({
        path: [...path, 'growth'],
        message: `must be more than the ${below.growth} of ${below.id}`,
      })
    }
    if (index > 0 && (tier.growth === undefined) === (tier.reach === undefined))
      faults.push({ path: [...path, 'growth'], message: 'either growth or reach' })
    for (const key of ['reach', 'keep'] as const)
      faults.push(...requirementFaults(tier[key], [...path, key], currency))
  }
  for (const [index, bound] of health.entries()) {
    if (
      bound.minimum !== undefined &&
      bound.maximum !== undefined &&
      Number(bound.minimum) > Number(bound.maximum)
    )
      faults.push({ path: ['health', index, 'maximum'], message: 'is less than the minimum' })
  }
  return faults
}

const baseFault = ({ growth }: TierDocument): Fault =>
  growth
    ? { path: ['tiers', 0, 'growth'], message: 'must be 0: the first tier is the base' }
    : { path: ['tiers', 0, 'reach'], message: 'goes: the first tier is the base' }

const requirementFaults = (
  requirement: RequirementDocument | undefined,
  path: Path,
  currency: string,
): Fault[] =>
  (['any', 'all'] as const).flatMap((mode) =>
    (requirement?.[mode] ?? []).flatMap((need, index) => needFaults(need, [...path, mode, index], currency)),
  )

function needFaults(need: NeedDocument, path: Path, currency: string): Fault[] {
  const faults = amountFaults([...path, 'spend'], need.spend, currency, true)
  if (need.times !== undefined && need.activity === undefined)
    faults.push({ path: [...path, 'times'], message: 'goes with activity' })
  if (need.in === 'purchase' && need.spend === undefined && need.points === undefined)
    faults.push({ path: [...path, 'in'], message: 'one purchase has spend and points only' })
  return faults
}
