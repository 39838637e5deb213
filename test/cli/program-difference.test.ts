import { expect, test } from 'vitest'
import { differenceLine, programDifferences } from '../../cli/program-difference.ts'

const before = {
  version: 1,
  points: { validity: { kind: 'rolling', months: 12 }, remind: [30] },
  tiers: [{ id: 'ordinary' }, { id: 'vip', growth: 5000 }],
}

// biome-ignore format: aligned rows
test.each([
  ['nothing',          before, []],
  ['a value',          { ...before, version: 2 }, ['~ version: 1 -> 2']],
  ['a value far in',   { ...before, points: { ...before.points, validity: { kind: 'rolling', months: 24 } } }, ['~ points.validity.months: 12 -> 24']],
  ['a tier between',   { ...before, tiers: [{ id: 'ordinary' }, { id: 'silver', growth: 1000 }, { id: 'vip', growth: 5000 }] }, ['+ tiers[silver]: {"id":"silver","growth":1000}']],
  ['a tier gone',      { ...before, tiers: [{ id: 'ordinary' }] }, ['- tiers[vip]: {"id":"vip","growth":5000}']],
  ['the order',        { ...before, tiers: [...before.tiers].reverse() }, ['~ tiers (order): ["ordinary","vip"] -> ["vip","ordinary"]']],
  ['a list without ids', { ...before, points: { ...before.points, remind: [60, 30] } }, ['~ points.remind: [30] -> [60,30]']],
  ['a new part',       { ...before, onPromotion: 'reset' }, ['+ onPromotion: "reset"']],
])('%s', (_, after, expected) => {
  expect(programDifferences(before, after).map(differenceLine)).toEqual(expected)
})
