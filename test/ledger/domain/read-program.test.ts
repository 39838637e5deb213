import { describe, expect, test } from 'vitest'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'
import { superMember } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'

/** `line:column path: message` of each fault. */
const faultsOf = (source: string): string[] =>
  readProgram(source).faults.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)

/** The line on which a piece of the document begins, counted from 1. */
const lineOf = (piece: string): number => superMember.slice(0, superMember.indexOf(piece)).split('\n').length

test('the shipped programme has no fault', () => {
  const { document, faults } = readProgram(superMember)
  expect(faults).toEqual([])
  expect(document!.program).toBe('super-member')
})

// biome-ignore format: aligned rows
test.each<[string, string, string, string[]]>([
  // what is wrong, the text that gives way, what comes instead, line:column path: message
  ['a property that nobody knows',        'downgrade: to-fit', 'downgrades: to-fit',
    [`${lineOf('downgrade:')}:1 downgrades: is not a known property`]],
  ['an unknown property with more below', 'downgrade: to-fit', 'downgrade: to-fit\nextra:\n  deep: 1',
    [`${lineOf('downgrade:') + 1}:1 extra: is not a known property`]],
  ['an unknown property deep inside',     'minimumSpend: "100.00"', 'minimum: "100.00"',
    [`${lineOf('minimumSpend')}:5 points.burn.minimum: is not a known property`]],
  ['a number where text belongs',         'per: "1.00" }\n    rounding: down\n  - id: vip', 'per: 1.00 }\n    rounding: down\n  - id: vip',
    [`${lineOf('award:')}:30 earn[0].award.per: must be string`]],
  ['text where a number belongs',         'version: 1', 'version: one',
    [`${lineOf('version:')}:10 version: must be integer`]],
  ['a word that is not on the list',      'downgrade: to-fit', 'downgrade: to-hell',
    [`${lineOf('downgrade:')}:12 downgrade: must be one of one-step, to-fit, to-base`]],
  ['a property that is missing',          'currency: CNY\n', '',
    [`2:1 : must have required property 'currency'`]],
  ['a name in one language only',         'name: { en: VIP, zh-CN: VIP会员 }', 'name: { en: VIP }',
    [`${lineOf('name: { en: VIP')}:11 tiers[2].name: must have required property 'zh-CN'`]],
  ['a time zone that is nowhere',         'Asia/Shanghai', 'Asia/Shangri-La',
    [`${lineOf('timeZone')}:11 timeZone: is not an IANA time zone`]],
  ['half a fen',                          'money: "1.00"', 'money: "1.005"',
    [`${lineOf('money:')}:12 points.burn.money: is not an amount of CNY`]],
  ['points that are worth nothing',       'money: "1.00"', 'money: "0.00"',
    [`${lineOf('money:')}:12 points.burn.money: must be more than 0`]],
  ['points for each nothing',             'per: "1.00" }\n    rounding: down\n  - id: vip', 'per: "0" }\n    rounding: down\n  - id: vip',
    [`${lineOf('award:')}:30 earn[0].award.per: must be more than 0`]],
  ['a base that needs growth',            'growth: 0', 'growth: 10',
    [`${lineOf('growth: 0')}:13 tiers[0].growth: must be 0: the first tier is the base`]],
  ['tiers out of order',                  'growth: 5000', 'growth: 3000',
    [`${lineOf('growth: 5000')}:13 tiers[2].growth: must be more than the 3000 of advanced`]],
  ['a tier twice',                        '- id: vip\n', '- id: advanced\n',
    [`${lineOf('- id: vip\n')}:9 tiers[2].id: advanced is there already`,
     `${lineOf('advanced: 1, vip: 1')}:45 benefits[0].usesByTier.vip: is not a tier of this programme`,
     `${lineOf('{ advanced: 1, vip: 2')}:32 benefits[1].usesByTier.vip: is not a tier of this programme`]],
  ['a rule twice',                        '- id: vip-double', '- id: spend',
    [`${lineOf('- id: vip-double')}:9 earn[1].id: spend is there already`]],
  ['a benefit twice',                     '- id: cinema-ticket', '- id: birthday-cake',
    [`${lineOf('- id: cinema-ticket')}:9 benefits[1].id: birthday-cake is there already`]],
  ['a campaign twice',                    '- id: double-day', '- id: daily-sign-in',
    [`${lineOf('- id: double-day')}:9 campaigns[1].id: daily-sign-in is there already`]],
  ['uses for a tier that is not there',   '{ advanced: 1, vip: 2 }', '{ advanced: 1, gold: 2 }',
    [`${lineOf('{ advanced: 1, vip: 2')}:32 benefits[1].usesByTier.gold: is not a tier of this programme`]],
  ['a day that is not in the calendar',   'from: "2026-12-12"', 'from: "2026-11-31"',
    [`${lineOf('from:')}:11 campaigns[1].from: is not a day of the calendar`]],
  ['a campaign that ends first',          'to: "2026-12-12"', 'to: "2026-12-11"',
    [`${lineOf('to: "2026')}:9 campaigns[1].to: is before the first day`]],
  ['a period that ends on no day',        '{ kind: rolling, months: 12 }', '{ kind: period, endsOn: "2026-02-29" }',
    [`${lineOf('validity:')}:37 points.validity.endsOn: is not a day of the calendar`]],
])('%s is named with its place', (_, old, fresh, expected) => {
  expect(faultsOf(documentWith([old, fresh]))).toEqual(expected)
})

describe('a condition', () => {
  const at = `${lineOf('when:')}:11 earn[1].when`
  // biome-ignore format: aligned rows
  test.each([
    // condition                        fault
    ['member.tier = "vip"',            /^: .*\(at character 13\)$/s            ], // one equals sign
    ['member.level == "vip"',          /level.*\(at character \d+\)$/s         ],
    ['member.tier == 3',               /\(at character \d+\)$/s                ], // compares unlike types
    ['customer.tier == "vip"',         /customer.*\(at character 1\)$/s        ],
    ['line.amount + 1',                /true or false.*int.*\(at character 1\)$/s],
    ['member.tier == "vip" &&',        /\(at character \d+\)$/s                ],
  ])('%s is refused where it is wrong', (when, message) => {
    const [fault, ...others] = faultsOf(documentWith(['when: member.tier == "vip"', `when: '${when}'`]))
    expect(others).toEqual([])
    expect(fault!.startsWith(at)).toBe(true)
    expect(fault!.slice(at.length)).toMatch(message)
  })

  test('of a campaign is checked too', () => {
    const source = documentWith(['factor: "2"', 'factor: "2"\n    when: line.colour == "red"'])
    expect(faultsOf(source)).toEqual([
      expect.stringMatching(new RegExp(`^${lineOf('factor:') + 1}:11 campaigns\\[1\\]\\.when: .*colour`)),
    ])
  })
})

describe('YAML that is none', () => {
  test('is named with its line', () => {
    const [fault] = faultsOf(documentWith(['currency: CNY', 'currency: "CNY']))
    expect(fault).toMatch(/^\d+:\d+ : /)
    expect(Number(fault!.split(':')[0])).toBeGreaterThanOrEqual(lineOf('currency'))
  })

  test('a key that stands twice', () => {
    expect(faultsOf(documentWith(['currency: CNY', 'currency: CNY\ncurrency: EUR']))).toEqual([
      `${lineOf('currency') + 1}:1 : Map keys must be unique`,
    ])
  })

  test.each([
    ['nothing at all', ''],
    ['a list', '- 1'],
    ['a word', 'hello'],
  ])('%s must be an object', (_, source) => {
    expect(faultsOf(source)).toEqual(['1:1 : must be object'])
  })

  test('aliases that would blow it up are a fault, not a failure', () => {
    const tens = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(', ')}]`
    const bomb = [tens('a', '1'), tens('b', '*a'), tens('c', '*b'), tens('d', '*c')].join('\n')
    expect(faultsOf(bomb)).toEqual(['1:1 : repeats too much by aliases'])
  })
})

test('all faults are told at once', () => {
  const source = documentWith(
    ['Asia/Shanghai', 'Mars'],
    ['growth: 5000', 'growth: 1'],
    ['money: "1.00"', 'money: "0"'],
  )
  expect(readProgram(source).faults.map((fault) => fault.path)).toEqual([
    'timeZone',
    'points.burn.money',
    'tiers[2].growth',
  ])
})

describe('a tag', () => {
  const tag = (more: string) => {
    const head = `tags:\n  - { dimension: value, id: spender, name: { en: Spender, zh-CN: 消费者 }, ${more} }\n`
    return faultsOf(superMember.replace('\nbenefits:', `\n${head}\nbenefits:`))
  }

  test('with a rule over members has no fault', () => {
    expect(tag(`value: none, sources: [RULE], rule: { when: 'purchases.spent30 > 1000' }`)).toEqual([])
    expect(tag('value: choice, choices: [high, low], sources: [STAFF, PARTNER]')).toEqual([])
  })

  test.each([
    [`value: none, sources: [RULE], rule: { when: 'member.agee > 3' }`, 'No such key: agee'],
    [`value: none, sources: [STAFF], rule: { when: 'member.age > 3' }`, 'must have RULE'],
    [
      `value: number, sources: [RULE], rule: { when: 'member.age > 3', value: many }`,
      'is not a value of this tag',
    ],
    ['value: choice, sources: [STAFF]', 'choice goes with choices'],
    ['value: text, choices: [a], sources: [STAFF]', 'choice goes with choices'],
    ['value: text, sources: []', 'must NOT have fewer than 1 items'],
  ])('%s: %s', (more, message) => {
    expect(tag(more)).toEqual([expect.stringContaining(message)])
  })
})

describe('an attribute', () => {
  const attribute = (more: string) => {
    const head = `attributes:\n  - { id: size, name: { en: Size, zh-CN: 尺码 }, personal: false, setBy: [MEMBER], ${more} }\n`
    return faultsOf(superMember.replace('\nbenefits:', `\n${head}\nbenefits:`))
  }

  test('with a type and what goes with it has no fault', () => {
    expect(attribute('type: enum, choices: [S, M]')).toEqual([])
    expect(attribute('type: integer, minimum: 0, maximum: 9')).toEqual([])
  })

  test.each([
    ['type: enum', 'needs choices'],
    ['type: string, choices: [S]', 'a string has none'],
    ['type: date, minimum: 1', 'a date has none'],
    ['type: decimal, minimum: 2, maximum: 1', 'is less than the minimum'],
    ['type: boolean, maxLength: 3', 'a boolean has none'],
    ['type: colour', 'must be one of'],
  ])('%s: %s', (more, fault) => {
    expect(attribute(more).join('\n')).toContain(fault)
  })
})
