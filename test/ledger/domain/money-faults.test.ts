import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'

const travel = readFileSync('programs/travel-agency.yaml', 'utf8')
const telecom = readFileSync('programs/telecom-thanks.yaml', 'utf8')
const coalition = `${travel}
coalition:
  partners:
    - { id: hotel, name: { en: H, zh-CN: H }, channels: [pos], stores: [a] }
    - { id: cinema, name: { en: C, zh-CN: C }, stores: [b] }
  settle: { points: 100, money: "0.80" }
`

/** \`line path: message\` of each fault, of a document in which a piece gives way to another. */
function faultsOf(source: string, old: string, fresh: string): string[] {
  expect(source).toContain(old)
  return readProgram(source.replace(old, fresh)).faults.map(
    ({ line, path, message }) => `${line} ${path}: ${message}`,
  )
}

const lineOf = (source: string, piece: string): number =>
  source.slice(0, source.indexOf(piece)).split('\n').length

// biome-ignore format: aligned rows
test.each<[string, string, string, string, string]>([
  // document, the piece that gives way, what comes instead, path, message
  [travel,    'from: "500000.00"', 'from: "100000.00"', 'storedValue.topUp.bonus[1].from',      'must be more than the 100000.00 before it'],
  [travel,    'bonus: "5000.00"',  'bonus: "5000.001"', 'storedValue.topUp.bonus[0].bonus',     'is not an amount of CNY'],
  [travel,    'maximum: "5000000.00"', 'maximum: "1.00"', 'storedValue.topUp.maximum',          'is less than the minimum'],
  [travel,    'bonus: given',      'bonus: taken',      'storedValue.refund.bonus',             'must be one of keep, remaining, given'],
  [travel,    'spend: principal-first', 'spend: first', 'storedValue.spend',                    'must be one of principal-first, bonus-first, pro-rata'],
  [travel,    'within: household', 'within: town',      'transfer.within',                      'must be one of household, anyone'],
  [telecom,   'onStop: forfeit',   'onStop: pay-back',  'storedValue.plans[0].onStop',          'pays back what was paid in; a bonus was not'],
  [telecom,   'id: prepaid-200',   'id: thanks-200',    'storedValue.plans[1].id',              'thanks-200 is there already'],
  [telecom,   'id: points-a-day',  'id: redemptions-a-day', 'velocity[1].id',                   'redemptions-a-day is there already'],
  [telecom,   'over: flag',        'over: warn',        'velocity[1].over',                     'must be one of reject, flag'],
  [coalition, 'id: cinema',        'id: hotel',         'coalition.partners[1].id',             'hotel is there already'],
  [coalition, 'stores: [b]',       'stores: [a]',       'coalition.partners[1].stores[0]',      'belongs to hotel already'],
  [coalition, 'money: "0.80"',     'money: "0.00"',     'coalition.settle.money',               'must be more than 0'],
])('%# a fault is named with its line', (source, old, fresh, path, message) => {
  expect(faultsOf(source, old, fresh)).toContain(`${lineOf(source, old)} ${path}: ${message}`)
})

test('more parts than the amount has coins', () => {
  const amount = telecom.indexOf('amount: "200.00"')
  const source = `${telecom.slice(0, amount)}amount: "0.09"${telecom.slice(amount + 'amount: "200.00"'.length)}`
  expect(readProgram(source).faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'storedValue.plans[0].instalments: are more than the amount has smallest coins',
  ])
})

test('a pattern needs its own figures', () => {
  const faults = faultsOf(telecom, ', times: 3, withinHours: 24', '')
  expect(faults).toContain(`${lineOf(telecom, 'early-burns')} watch[1]: must have required property 'times'`)
})
