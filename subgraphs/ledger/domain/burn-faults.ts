import { conditions, type ProgramDocument } from './program.ts'
import { amountFaults, conditionFault, type Fault } from './program-fault.ts'

/** What a JSON Schema cannot say of what points buy. */
export function burnFaults(document: ProgramDocument): Fault[] {
  const { points, currency, tiers, rewards = [] } = document
  const { burn } = points
  const known = new Set(tiers.map(({ id }) => id))
  const notATier = 'is not a tier of this programme'
  const burnTiers = Object.entries(burn?.tiers ?? {}).flatMap(([tier, { money }]): Fault[] => [
    ...(known.has(tier)
      ? []
      : [{ path: ['points', 'burn', 'tiers', tier], message: notATier, ofName: true }]),
    ...amountFaults(['points', 'burn', 'tiers', tier, 'money'], money, currency, true),
  ])
  const rewardFaults = rewards.flatMap((reward, index): Fault[] => [
    ...amountFaults(['rewards', index, 'money'], reward.money, currency, false),
    ...(reward.tiers ?? []).flatMap((tier, at) =>
      known.has(tier) ? [] : [{ path: ['rewards', index, 'tiers', at], message: notATier }],
    ),
    ...((reward.kind === 'tier') === (reward.tier !== undefined)
      ? []
      : [{ path: ['rewards', index, 'kind'], message: 'tier goes with a tier to rise to' }]),
    ...(reward.tier === undefined || known.has(reward.tier)
      ? []
      : [{ path: ['rewards', index, 'tier'], message: notATier }]),
  ])
  return [
    ...amountFaults(['points', 'burn', 'money'], burn?.money, currency, true),
    ...amountFaults(['points', 'burn', 'minimumSpend'], burn?.minimumSpend, currency, false),
    ...conditionFault(['points', 'burn', 'when'], burn?.when, conditions),
    ...(burn?.shareRounding !== undefined && burn.maximumShare === undefined
      ? [{ path: ['points', 'burn', 'shareRounding'], message: 'goes with maximumShare' }]
      : []),
    ...burnTiers,
    ...rewardFaults,
  ]
}
