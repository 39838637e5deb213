import { describe, expect, it } from 'vitest'
import { type Ledger, mergeTwo, partTwo } from './merge-story.ts'
import { money, movedOf, moveMoney, shipped } from './money.ts'
import { openLedger } from './open-ledger.ts'

const PAIR = { from: 'wang', into: 'lin' }
const CLUB = shipped('super-member', [
  'downgrade: to-fit',
  `downgrade: to-fit
storedValue:
  topUp: { minimum: "1.00" }
  plans:
    - id: ten-months
      name: { en: Ten months, zh-CN: 十个月 }
      amount: "100.00"
      instalments: 10
      onStop: pay-back`,
])

const begin = async (ledger: Ledger, name: string) => {
  const { movement } = await moveMoney(ledger, 'topUp', name, {
    idempotencyKey: `plan of ${name}`,
    plan: 'ten-months',
  })
  return movement!.id
}
let turn = 0
const stop = async (ledger: Ledger, name: string, topUpId: string) =>
  movedOf(await moveMoney(ledger, 'stopInstalments', name, { idempotencyKey: `stop ${++turn}`, topUpId }))
const PAID_BACK = ['0.00', '0.00', '-100.00', '100.00', '0.00']
const pending = async (ledger: Ledger, name: string) => (await money(ledger, name))[2]

describe('a plan that is paid in parts', () => {
  it.each(['lin', 'wang'])('and was begun before the merge, is stopped by the id of %s', async (by) => {
    await using ledger = await openLedger({ program: CLUB })
    const plan = await begin(ledger, 'wang')
    await mergeTwo(ledger, PAIR)
    expect(await stop(ledger, by, plan)).toEqual(PAID_BACK)
    // It stops once, whoever says so again.
    expect(await stop(ledger, 'lin', plan)).toEqual(PAID_BACK)
    await partTwo(ledger, PAIR)
    expect([await pending(ledger, 'lin'), await pending(ledger, 'wang')]).toEqual(['0.00', '0.00'])
    expect((await ledger.check()).violations).toEqual([])
  })

  it('and was begun while the two are one, goes with its member and is stopped by nobody else', async () => {
    await using ledger = await openLedger({ program: CLUB })
    await mergeTwo(ledger, PAIR)
    const theirs = await begin(ledger, 'wang')
    const own = await begin(ledger, 'lin')
    expect(await pending(ledger, 'lin')).toBe('200.00')
    await partTwo(ledger, PAIR)
    expect([await pending(ledger, 'lin'), await pending(ledger, 'wang')]).toEqual(['100.00', '100.00'])
    expect(await stop(ledger, 'lin', theirs)).toBe('NOTHING_PENDING')
    expect(await stop(ledger, 'wang', own)).toBe('NOTHING_PENDING')
    expect(await stop(ledger, 'wang', theirs)).toEqual(PAID_BACK)
    expect(await stop(ledger, 'lin', own)).toEqual(PAID_BACK)
    expect([await pending(ledger, 'lin'), await pending(ledger, 'wang')]).toEqual(['0.00', '0.00'])
    expect((await ledger.check()).violations).toEqual([])
  })

  it('and was begun so with a former version, by whose documents only lots say whose they are, too', async () => {
    await using ledger = await openLedger({ program: CLUB })
    await mergeTwo(ledger, PAIR)
    const theirs = await begin(ledger, 'wang')
    await ledger.sql('alter table ledger.entry disable trigger user')
    await ledger.sql(`update ledger.entry set counted = null where document_kind = 'top-up'`)
    await partTwo(ledger, PAIR)
    expect(await stop(ledger, 'lin', theirs)).toBe('NOTHING_PENDING')
    expect(await stop(ledger, 'wang', theirs)).toEqual(PAID_BACK)
  })

  it('and was begun while the two are one, is stopped while they are', async () => {
    await using ledger = await openLedger({ program: CLUB })
    await mergeTwo(ledger, PAIR)
    const theirs = await begin(ledger, 'wang')
    await begin(ledger, 'lin')
    expect(await stop(ledger, 'lin', theirs)).toEqual(PAID_BACK)
    await partTwo(ledger, PAIR)
    expect([await pending(ledger, 'lin'), await pending(ledger, 'wang')]).toEqual(['100.00', '0.00'])
    expect((await ledger.check()).violations).toEqual([])
  })
})
