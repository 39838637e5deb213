import { describe, expect, it } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import type { CampaignDefinition } from '../../../schema/events/program.ts'
import { type Campaign, stateOf } from '../../../subgraphs/campaigns/domain/campaign.ts'
import { changedMultipliers } from '../../../subgraphs/campaigns/domain/multipliers.ts'

const name = { en: 'Double', 'zh-CN': '双倍' }
const double = {
  id: 'double',
  kind: 'points-multiplier',
  name,
  from: '2026-12-12',
  to: '2026-12-13',
  factor: '2',
} as const
const signIn = { id: 'sign-in', kind: 'task', name, points: 1, perDay: 1, perYear: 365 } as const

const campaign = (definition: CampaignDefinition, more: Partial<Campaign> = {}): Campaign => ({
  program: 'p',
  timeZone: 'Asia/Shanghai',
  slug: definition.id,
  version: 1,
  definition,
  withdrawnAt: undefined,
  ...more,
})

const told = {
  program: 'p',
  campaign: 'double',
  active: true,
  from: '2026-12-11T16:00:00.000Z',
  until: '2026-12-13T16:00:00.000Z',
  factor: '2',
  when: null,
}

describe('the ledger hears of a multiplier', () => {
  it.each<[string, Campaign[], Campaign[], unknown[]]>([
    ['that is new', [], [campaign(double), campaign(signIn)], [told]],
    ['not, when nothing changed', [campaign(double)], [campaign(double, { version: 2 })], []],
    [
      'not, when it has a new name',
      [campaign(double)],
      [campaign({ ...double, name: { en: '', 'zh-CN': '' } })],
      [],
    ],
    [
      'with a new factor',
      [campaign(double)],
      [campaign({ ...double, factor: '3' })],
      [{ ...told, factor: '3' }],
    ],
    [
      'with a condition',
      [campaign(double)],
      [campaign({ ...double, when: 'true' })],
      [{ ...told, when: 'true' }],
    ],
    [
      'with another time zone',
      [campaign(double)],
      [campaign(double, { timeZone: 'UTC' })],
      [{ ...told, from: '2026-12-12T00:00:00.000Z', until: '2026-12-14T00:00:00.000Z' }],
    ],
    ['that is gone', [campaign(double), campaign(signIn)], [campaign(signIn)], [{ ...told, active: false }]],
    [
      'that became a task',
      [campaign(double)],
      [campaign({ ...signIn, id: 'double' })],
      [{ ...told, active: false }],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(changedMultipliers(before, after)).toEqual(expected)
  })
})

describe('the state of a campaign', () => {
  const withdrawnAt = instant('2026-01-01T00:00:00Z')
  it.each([
    [campaign(signIn), '2026-01-01T00:00:00Z', 'LIVE'],
    [campaign(signIn, { withdrawnAt }), '2026-01-01T00:00:00Z', 'ENDED'],
    [campaign(double), '2026-12-11T15:59:59Z', 'SCHEDULED'],
    [campaign(double), '2026-12-11T16:00:00Z', 'LIVE'],
    [campaign(double), '2026-12-13T15:59:59Z', 'LIVE'],
    [campaign(double), '2026-12-13T16:00:00Z', 'ENDED'],
    [campaign(double, { withdrawnAt }), '2026-12-12T00:00:00Z', 'ENDED'],
  ])('%#: at %s', (of, at, state) => {
    expect(stateOf(of, instant(at))).toBe(state)
  })
})
