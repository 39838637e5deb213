import { describe, expect, it } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import type { CampaignDefinition } from '../../../schema/events/program.ts'
import type { Campaign } from '../../../subgraphs/campaigns/domain/campaign.ts'
import { decideCompletion, decideTask } from '../../../subgraphs/campaigns/domain/completion.ts'

const name = { en: '', 'zh-CN': '' }
const share = { id: 'share', kind: 'task', name, points: 2, perDay: 4, perYear: 192 } as const
const double = {
  id: 'double',
  kind: 'points-multiplier',
  name,
  from: '2026-12-12',
  to: '2026-12-12',
  factor: '2',
} as const
const now = instant('2026-01-01T00:00:00Z')

const campaign = (definition: CampaignDefinition, withdrawn = false): Campaign => ({
  program: 'p',
  timeZone: 'Asia/Shanghai',
  slug: definition.id,
  version: 1,
  definition,
  withdrawnAt: withdrawn ? now : undefined,
})

describe('what can be completed', () => {
  it.each([
    [undefined, now, 'CAMPAIGN_NOT_FOUND'],
    [campaign(double, true), now, 'CAMPAIGN_NOT_LIVE'],
    [campaign(double), now, 'CAMPAIGN_NOT_LIVE'], // wins over its kind
    [campaign(double), instant('2026-12-12T00:00:00Z'), 'TASK_NOT_COMPLETABLE'],
    [campaign(share, true), now, 'CAMPAIGN_NOT_LIVE'],
    [campaign(share), now, undefined],
  ])('%#: %s', (of, at, code) => {
    const decision = decideTask(of, at)
    expect(decision.ok ? undefined : decision.refusal.code).toBe(code)
  })
})

describe('how often it can be completed', () => {
  it.each([
    [0, 0, 1],
    [3, 191, 4],
    [4, 191, 'DAILY_LIMIT_REACHED'],
    [4, 192, 'DAILY_LIMIT_REACHED'], // the day wins over the year
    [0, 192, 'YEARLY_LIMIT_REACHED'],
  ])('after %i on the day and %i in the year: %s', (ofDay, ofYear, expected) => {
    const decision = decideCompletion(share, { ofDay, ofYear, lastOfDay: ofDay })
    expect(decision.ok ? decision.value : decision.refusal.code).toBe(expected)
  })
})
