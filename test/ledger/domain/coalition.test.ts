import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  clearingLine,
  compileCoalition,
  issuerOf,
  positions,
  shopOf,
} from '../../../subgraphs/ledger/domain/coalition.ts'

const name = { en: 'x', 'zh-CN': 'x' }
const coalition = compileCoalition(
  {
    partners: [
      { id: 'hotel', name, channels: ['hotel-pos'] },
      { id: 'cinema', name, stores: ['screen-1'] },
    ],
    settle: { points: 100, money: '0.99' },
  },
  () => 99n,
)

// biome-ignore format: aligned rows
test.each([
  // channel      store        operator            whose shop
  ['store',      undefined,   'staff:a',          ''      ],
  ['hotel-pos',  undefined,   'staff:a',          'hotel' ],
  ['hotel-pos',  'screen-1',  'staff:a',          'cinema'], // the store says more than the channel
  ['hotel-pos',  'screen-1',  'partner:hotel',    'hotel' ], // the sender most
  ['hotel-pos',  'screen-1',  'partner:unknown',  'cinema'],
])('%s, %s, by %s is the shop of %o', (channel, store, operator, expected) => {
  expect(shopOf(coalition, { channel, store, operator })).toBe(expected)
  expect(shopOf(undefined, { channel, store, operator })).toBe('')
})

test('the issuer stands before what a merge or a later activation adds', () => {
  expect(['', 'hotel', 'hotel@m1', '@m1', 'hotel~inactive', '~inactive'].map(issuerOf)).toEqual([
    ...['', 'hotel', 'hotel', ''],
    ...['hotel', ''],
  ])
})

test('whoever honours the points of another is owed, at the programme rate, rounded once a line', () => {
  const lines = [
    { issuer: 'hotel', honourer: 'cinema', points: 150n },
    { issuer: 'cinema', honourer: 'hotel', points: -50n },
    { issuer: '', honourer: 'hotel', points: 1_000n },
    { issuer: 'hotel', honourer: 'hotel', points: 700n },
  ].map((burned) => clearingLine(coalition, burned))
  expect(lines.map(({ money }) => money)).toEqual([149n, -50n, 990n, 693n])
  expect(positions(lines)).toEqual([
    { party: '', receivable: 0n, payable: 990n, net: -990n },
    { party: 'cinema', receivable: 149n, payable: -50n, net: 199n },
    { party: 'hotel', receivable: 940n, payable: 149n, net: 791n },
  ])
})

test('whatever was burned where, all positions add up to nothing', () => {
  const party = fc.constantFrom('', 'hotel', 'cinema', 'bank')
  const burned = fc.record({ issuer: party, honourer: party, points: fc.bigInt(-10_000n, 1_000_000n) })
  fc.assert(
    fc.property(fc.array(burned, { maxLength: 30 }), (all) => {
      const nets = positions(all.map((one) => clearingLine(coalition, one))).map(({ net }) => net)
      expect(nets.reduce((sum, net) => sum + net, 0n)).toBe(0n)
    }),
  )
})
