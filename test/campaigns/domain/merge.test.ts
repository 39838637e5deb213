import { expect, test } from 'vitest'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import { findSurplus } from '../../../subgraphs/campaigns/domain/merge.ts'
import type { Participation } from '../../../subgraphs/campaigns/domain/participation.ts'

const at = (time: string) => instant(`2026-01-15T${time}:00Z`)

const done = (id: string, memberId: string, occurredAt: string, points: bigint, day = '2026-01-15') =>
  ({
    id,
    memberId: memberId as MemberId,
    program: 'p',
    campaign: 'c',
    campaignVersion: 1,
    day: day as LocalDate,
    number: 1,
    points,
    occurredAt: at(occurredAt),
    rewardedAt: at(occurredAt),
    refusalCode: undefined,
    setAsideBy: undefined,
  }) satisfies Participation

const early = done('early', 'lin', '01:00', 1n)
const late = done('late', 'wang', '02:00', 5n)
const next = done('next', 'wang', '03:00', 5n, '2026-01-16')

const cases: [string, Participation[], { perDay: number; perYear: number }, string, string[]][] = [
  ['within limits', [early, late], { perDay: 2, perYear: 9 }, 'TAKE_BACK_LATER', []],
  ['once a day: the later goes', [late, early], { perDay: 1, perYear: 9 }, 'TAKE_BACK_LATER', ['late']],
  ['once a day: the smaller goes', [late, early], { perDay: 1, perYear: 9 }, 'TAKE_BACK_SMALLER', ['early']],
  ['found also when both stay', [early, late], { perDay: 1, perYear: 9 }, 'KEEP_BOTH', ['late']],
  ['the year is full', [early, late, next], { perDay: 2, perYear: 2 }, 'TAKE_BACK_LATER', ['next']],
  [
    'what gave nothing stays',
    [{ ...early, points: 0n }, late],
    { perDay: 1, perYear: 9 },
    'TAKE_BACK_LATER',
    [],
  ],
  [
    'what was refused stays',
    [early, { ...late, rewardedAt: undefined, refusalCode: 'NO' } as Participation],
    { perDay: 1, perYear: 9 },
    'TAKE_BACK_LATER',
    [],
  ],
  [
    'what another merge set aside stays aside',
    [early, { ...late, setAsideBy: 'x' }, next],
    { perDay: 1, perYear: 2 },
    'TAKE_BACK_LATER',
    [],
  ],
]

test.each(cases)('%s', (_, completions, limits, policy, expected) => {
  expect(findSurplus(completions, limits, policy as 'KEEP_BOTH').map(({ id }) => id)).toEqual(expected)
})
