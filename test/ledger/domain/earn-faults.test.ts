import { expect, test } from 'vitest'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'

const head = `program: lab
version: 1
name: { en: Lab, zh-CN: 实验 }
currency: CNY
timeZone: Asia/Shanghai
points: { validity: { kind: never } }
growth: { validity: { kind: never } }
tiers: [{ id: base, name: { en: Base, zh-CN: 基础 }, growth: 0 }]
earn:
`
const spend = 'id: spend, on: purchase, asset: points'
const caps = (cap: string) => `  - { ${spend}, award: { points: 1 } }\ncaps:\n  - { id: cap, ${cap} }`
const staged = (award: string) => `  - { ${spend}, award: { ${award} } }`

// biome-ignore format: aligned rows
test.each<[string, string, string]>([
  // what is wrong                   rules, from line 10 on                                                 line path: message
  ['an activity without a code',     '  - { id: a, on: activity, asset: points, award: { points: 1 } }',     '10 earn[0].on: activity needs activities'],
  ['a purchase with a code',         `  - { ${spend}, activities: [share], award: { points: 1 } }`,          '10 earn[0].on: purchase takes no activities'],
  ['lines of an activity',           '  - { id: a, on: activity, activities: [x], asset: points, award: { points: 1, each: line } }', '10 earn[0].award.each: an activity has no lines'],
  ['a line in a rule of activities', `  - { id: a, on: activity, activities: [x], asset: points, award: { points: 1 }, when: 'line.amount > 1' }`, '10 earn[0].when: Unknown variable: line (at character 1)'],
  ['per and each',                   staged('points: 1, per: "1.00", each: line'),                          '10 earn[0].award.each: does not go with per'],
  ['basis without stages',           staged('points: 1, basis: whole'),                                     '10 earn[0].award.basis: goes with stages'],
  ['points besides stages',          staged('points: 1, stages: [{ from: "0", points: 1 }]'),               '10 earn[0].award.points: stands in each stage'],
  ['stages from the middle',         staged('stages: [{ from: "5", points: 1 }]'),                          '10 earn[0].award.stages[0].from: must be 0: the first stage'],
  ['stages out of order',            staged('stages: [{ from: "0", points: 1 }, { from: "0.00", points: 2 }]'), '10 earn[0].award.stages[1].from: must be more than 0'],
  ['money for points',               staged('of: points, stages: [{ from: "0", points: 1 }]'),              '10 earn[0].award.stages[0].from: must be a whole number'],
  ['points for money',               staged('stages: [{ from: 0, points: 1 }]'),                            '10 earn[0].award.stages[0].from: must be a decimal text'],
  ['one stage with per',             staged('stages: [{ from: "0", points: 1 }, { from: "1", points: 2, per: "1" }]'), '10 earn[0].award.stages[1].per: all stages have it, or none'],
  ['a stage without a way on',       staged('of: points, stages: [{ from: 0, points: 0 }]'),                '10 earn[0].award.stages[0].points: must be more than 0 for stages of points'],
  ['a window that is over at once',  `  - { ${spend}, award: { points: 1 }, from: "2026-02-02", until: "2026-02-01" }`, '10 earn[0].until: is not after from'],
  ['a window from no day',           `  - { ${spend}, award: { points: 1 }, from: "2026-02-30" }`,           '10 earn[0].from: is neither a day of the calendar nor an instant'],
  ['a cap on no rule',               caps('rules: [spent], per: day, points: 1'),                           '12 caps[0].rules[0]: spent is not a rule of this programme'],
  ['a cap on a tag of no rule',      caps('tag: all, per: day, points: 1'),                                 '12 caps[0].tag: no rule has this tag'],
  ['a cap on rules and a tag',       caps('rules: [spend], tag: all, per: day, points: 1'),                 '12 caps[0].rules: either rules or a tag'],
  ['a cap of nothing',               caps('rules: [spend], per: day'),                                      '12 caps[0].points: either points or times'],
  ['times that carry over',          caps('rules: [spend], per: day, times: 1, over: carry-over'),          '12 caps[0].over: carry-over goes with points'],
  ['carrying over for ever',         caps('rules: [spend], per: ever, points: 1, over: carry-over'),        '12 caps[0].over: there is no later period to carry over to'],
  ['a period from no day',           `${caps('rules: [spend], per: period, points: 1')}\nperiod: { from: "2026-13-01", days: 7 }`, '13 period.from: is not a day of the calendar'],
])('%s is named with its line', (_, rules, expected) => {
  const faults = readProgram(head + rules).faults.map(({ line, path, message }) => `${line} ${path}: ${message}`)
  expect(faults).toContain(expected)
})
