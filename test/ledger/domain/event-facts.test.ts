import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { lineFacts, memberFacts, placeFacts } from '../../../subgraphs/ledger/domain/event-facts.ts'
import {
  activityFacts,
  compileProgram,
  type ProgramDocument,
  purchaseFacts,
} from '../../../subgraphs/ledger/domain/program.ts'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'
import { placeOf } from '../../../subgraphs/ledger/domain/source-document.ts'
import { Desk } from '../desk.ts'
import { labDocument } from '../lab-clubs.ts'
import { compiled } from '../rating.ts'

const NOON = '2026-01-05T04:00:00Z'
const document = (when: string, on = 'purchase', more = ''): string =>
  labDocument('validity: { kind: never }', {
    rules: `\n  - { id: asked, on: ${on}, asset: points, award: { points: 1000 }, when: '${when}'${more} }`,
    more: 'coalition: { partners: [{ id: hotel, name: { en: H, zh-CN: 店 }, channels: [store] }], settle: { points: 1, money: "0.01" } }',
  })

test('what conditions may speak of is what an event tells, no more and no less', () => {
  const program = compiled(document('true'))
  const source = { channel: 'store', store: 's1', operator: 'clerk', effectiveAt: instant(NOON) }
  const place = placeFacts(placeOf(program, source), program.timeZone)
  const keys = (facts: object): string[] => Object.keys(facts).sort()
  const plan = 'plan' // only for versions of before
  expect(keys({ ...purchaseFacts.member, plan })).toEqual(keys(memberFacts({ tier: 'base', tags: [] })))
  expect(keys(purchaseFacts.purchase)).toEqual(keys({ ...place, total: 0n }))
  expect(keys(purchaseFacts.line)).toEqual(keys(lineFacts({ quantity: 1, amount: 1n })))
  expect(keys(activityFacts.activity)).toEqual(keys({ ...place, code: '', quantity: 1n, amount: 0n }))
})

// biome-ignore format: aligned rows
test.each([
  ['purchase', 'purchase.partner == "hotel"',  '',                      1000n],
  ['purchase', 'purchase.partner == ""',       '',                      0n   ],
  ['activity', 'activity.partner == "hotel"',  ', activities: [visit]', 1000n],
  ['activity', 'activity.partner == "cinema"', ', activities: [visit]', 0n   ],
])('%s in the shop of a partner: %s', (on, when, more, expected) => {
  const desk = new Desk(compiled(document(when, on, more)), NOON)
  const told =
    on === 'purchase' ? desk.buy('a', NOON, [{ amount: '0.50' }]) : desk.act('a', NOON, 'visit')
  expect(told.ok && told.value.awards.find(({ rule }) => rule === 'asked')?.amount).toBe(
    expected === 0n ? undefined : expected,
  )
  expect(desk.standing()).toEqual(desk.ideal())
})

test('points may be burned in the shop of a partner only', () => {
  const text = document('true').replace(
    'burn: { points: 1,',
    `burn: { when: 'purchase.partner == "hotel"', points: 1,`,
  )
  const desk = new Desk(compiled(text), NOON)
  desk.grant('gift', NOON, 10n)
  desk.at('2026-01-05T05:00:00Z')
  expect(desk.redeem('here', 5n).ok).toBe(true)
  const elsewhere = new Desk(compiled(text.replace('channels: [store]', 'channels: [inn]')), NOON)
  elsewhere.grant('gift', NOON, 10n)
  expect(elsewhere.at('2026-01-05T05:00:00Z').redeem('here', 5n)).toMatchObject({
    refusal: { code: 'NOT_PAYABLE_WITH_POINTS' },
  })
})

test('a plan, which nobody has, cannot be asked for any more; what was published goes on', () => {
  const asked = document('member.plan != ""')
  expect(readProgram(asked).faults).toMatchObject([{ path: 'earn[3].when' }])
  const before = readProgram(document('member.tier != ""')).document!
  const earn = before.earn.map((rule) =>
    rule.id === 'asked' ? { ...rule, when: 'member.plan != ""' } : rule,
  )
  const program = compileProgram(1, { ...before, earn } as ProgramDocument)
  const desk = new Desk(program, NOON)
  const bought = desk.buy('a', NOON, [{ amount: '1.00' }])
  expect(bought.ok && bought.value.awards.map(({ rule }) => rule)).toEqual(['spend', 'growth'])
})
