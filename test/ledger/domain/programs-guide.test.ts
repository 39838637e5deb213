import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'

const guide = readFileSync('docs/guides/programs.md', 'utf8')
const pieces = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml!)
const [smallest = ''] = pieces

test.each(pieces.map((yaml) => [yaml.split('\n')[0], yaml]))(
  'the piece of the guide that begins %s is valid',
  (_, yaml) => {
    expect(readProgram(stringify({ ...parse(smallest), ...parse(yaml) })).faults).toEqual([])
  },
)

test('the guide has an example for every key of earning, burning, tiers, money and conduct', () => {
  const schema = JSON.parse(readFileSync('schema/program.schema.json', 'utf8'))
  const { points, storedValue, transfer, adjustments, balanceSync, coalition, velocity } = schema.properties
  const keys = [
    points,
    points.properties.burn,
    ...['earnRule', 'cap', 'tier', 'need', 'reward', 'health'].map((name) => schema.$defs[name]),
    schema.$defs.earnRule.properties.award,
    ...[storedValue, storedValue.properties.topUp, storedValue.properties.plans.items],
    ...[
      transfer,
      adjustments,
      balanceSync.items,
      coalition,
      coalition.properties.partners.items,
      velocity.items,
    ],
  ].flatMap(({ properties }) => Object.keys(properties))
  const written = `${pieces.join('\n')}\n${guide}`
  expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(written))).toEqual([])
})

test.each(globSync('programs/*.yaml'))('%s has no fault', (file) => {
  expect(readProgram(readFileSync(file, 'utf8')).faults).toEqual([])
})
