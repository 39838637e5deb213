import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeColumns, readColumnMap } from '../../cli/import/column-map.ts'

const FULL = 'member=customer_id,date=date,quantity=number_of_cds,amount=dollar_value'

test('inline pairs name the columns', () => {
  expect(readColumnMap(FULL)).toEqual({
    member: 'customer_id',
    date: 'date',
    quantity: 'number_of_cds',
    amount: 'dollar_value',
  })
  expect(readColumnMap(' member = $1 , date=$2,amount=$3')).toEqual({
    member: '$1',
    date: '$2',
    amount: '$3',
  })
})

test('a YAML file names the columns', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'huitong-map-')), 'map.yaml')
  await writeFile(file, 'member: 客户号\ndate: day\namount: $3\n')
  expect(readColumnMap(file)).toEqual({ member: '客户号', date: 'day', amount: '$3' })
  await writeFile(file, 'member: [a, b]\n')
  expect(() => readColumnMap(file)).toThrow(`--map ${file}: member must name one column`)
  await writeFile(file, '- member\n')
  expect(() => readColumnMap(file)).toThrow('expected one "key: column" a line')
  await writeFile(file, 'member: "a\n')
  expect(() => readColumnMap(file)).toThrow(/^--map .*map\.yaml: .*quote.* at line \d/)
})

test.each([
  ['member=a,dat=b,amount=c', '--map: there is no key "dat"; the keys are member, date, document'],
  ['member=a,amount=c', '--map: date is missing; member, date, amount are required'],
  ['member=a,member=b,date=c,amount=d', '--map: member is given twice'],
  ['member=,date=c,amount=d', '--map: member has no column'],
  ['member=a,date', '--map: "date" is not of the form key=column'],
  ['/no/such/map.yaml', '--map /no/such/map.yaml: there is no such file'],
])('the spec %s is refused: %s', (spec, message) => {
  expect(() => readColumnMap(spec)).toThrow(message)
})

test('columns are found by name and by place', () => {
  const map = readColumnMap('member=customer,date=$3,amount=total')
  expect(placeColumns(map, { header: ['total', 'customer', 'day'], width: 3 })).toEqual({
    member: 1,
    date: 2,
    amount: 0,
  })
})

test.each([
  [
    'member=client,date=$3,amount=total',
    ['total', 'customer', 'day'],
    'member=client, but the file has no such column; it has total, customer, day',
  ],
  ['member=$1,date=$4,amount=$3', ['a', 'b', 'c'], 'date=$4, but the file has 3 columns'],
  ['member=$0,date=$2,amount=$3', ['a', 'b', 'c'], 'member=$0, but the file has 3 columns'],
  ['member=a,date=$2,amount=$3', ['a', 'b', 'a'], 'two columns are called "a"; name it by place, as $1'],
  ['member=a,date=$2,amount=$3', undefined, 'without a header columns go by place, as $1'],
])('%s does not fit %j: %s', (spec, header, message) => {
  expect(() => placeColumns(readColumnMap(spec), { header, width: 3 })).toThrow(message)
})
