import { expect, test } from 'vitest'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import { countingDocument } from '../counting-club.ts'
import { Desk } from '../desk.ts'
import { lab } from '../lab-clubs.ts'
import { purseDocument } from '../naive-purse.ts'
import { compiled } from '../rating.ts'

const noon = (day: string) => `${day}T04:00:00Z`
const counting = compiled(countingDocument(purseDocument({ spend: 'pro-rata', refund: 'keep' })))

test('what is bought at the moment of a decision comes before it, also when all was played again meanwhile', () => {
  const desk = new Desk(counting, noon('2026-01-28'))
  desk.buy('big', noon('2026-01-27'), [{ amount: '0.50' }, { amount: '2400.50' }])
  expect(desk.decideTier('gold', false, 'not this time').ok).toBe(true)
  desk.giveBack('big', [{ line: 0 }])
  // 2,500 yuan of a year are silver, and gold is asked for anew with a new tier.
  desk.buy('more', noon('2026-01-28'), [{ amount: '99.50' }])
  expect(desk.state.tier).toBe('silver')
  expect(desk.caughtUp().requested('gold')).toBe(false)
  expect(desk.standing()).toEqual(desk.ideal())
})

test('points from somebody else that repaid a debt keep their last days when something late has repaid it before', () => {
  const desk = new Desk(lab('validity: { kind: rolling, days: 60 }'), noon('2026-01-05'))
  desk.buy('spent', noon('2026-01-05'), [{ amount: '30.00' }])
  desk.redeem('other', 30n)
  desk.at(noon('2026-01-07')).giveBack('spent')
  desk.at(noon('2026-01-09')).receive('gift', [
    { expiresOn: '2026-01-20' as LocalDate, lotClass: '', amount: 20n },
    { expiresOn: '2026-02-10' as LocalDate, lotClass: '', amount: 30n },
  ])
  const lots = () => desk.wallet('points').lots.map(({ expiresOn, remaining }) => [expiresOn, remaining])
  expect(lots()).toEqual([['2026-02-10', 20n]])
  desk.at(noon('2026-01-10')).grant('late', noon('2026-01-08'), 50n)
  expect(lots()).toEqual([
    ['2026-01-20', 20n],
    ['2026-02-10', 30n],
    ['2026-03-09', 20n],
  ])
})
