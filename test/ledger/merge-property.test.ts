import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS } from '../../kernel/values/instant.ts'
import { admin } from '../helpers/graph.ts'
import { perform } from './activities.ts'
import { follow, mergeTwo, type Pair, partTwo, pointsOf } from './merge-story.ts'
import { money, moveMoney, shipped } from './money.ts'
import { memberId, openLedger, RECORD } from './open-ledger.ts'
import { capture, hold, release, takeBack } from './order-requests.ts'
import { redeem } from './requests.ts'
import { Separate } from './separate-members.ts'

/** A yuan is a point; a gift is forty points that wait for five days; prepaid money is what it is. */
const CLUB = shipped(
  'super-member',
  [
    '  - id: vip-double',
    `  - id: gift
    on: activity
    activities: [gift]
    asset: points
    award: { points: 40 }
    pending: { days: 5 }
  - id: vip-double`,
  ],
  ['downgrade: to-fit', 'downgrade: to-fit\nstoredValue: { topUp: { minimum: "1.00" } }'],
)

const BY = fc.constantFrom<0 | 1>(0, 1)
const MUCH = fc.integer({ min: 1, max: 90 })
const DEED = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('buy' as const), by: BY, much: MUCH }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('gift' as const), by: BY, much: MUCH }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('redeem' as const), by: BY, much: MUCH }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hold' as const), by: BY, much: MUCH }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('capture' as const), by: BY, much: MUCH }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), by: BY, much: MUCH }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('return' as const), by: BY, much: MUCH }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('topUp' as const), by: BY, much: MUCH }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pay' as const), by: BY, much: MUCH }) },
)
type Deed = typeof DEED extends fc.Arbitrary<infer D> ? D : never

const PHASE = fc.array(DEED, { maxLength: 8, size: 'max' })

test('merge, anything at all, unmerge, anything at all: each has what it would have had, and what was spent of its lots', async () => {
  await using ledger = await openLedger({ program: CLUB, now: '2026-01-10T04:00:00Z' })
  let round = 0
  let deeds = 0
  let exact = 0
  await fc.assert(
    fc.asyncProperty(PHASE, PHASE, PHASE, async (before, during, after) => {
      round += 1
      const names = [`lin-${round}`, `wang-${round}`] as const
      const pair: Pair = { from: names[1], into: names[0], nth: round }
      const model = new Separate()
      const holds: string[] = []
      const bills: string[] = []
      let keys = 0
      const fresh = () => `${round}-${++keys}`

      const carryOut = async ({ do: what, by, much }: Deed): Promise<void> => {
        const name = names[by]
        const id = fresh()
        if (what === 'buy') {
          const input = {
            member: { id: memberId(name) },
            channel: 'store',
            document: id,
            lines: [{ amount: `${much}.00` }],
          }
          await ledger.ask(admin, RECORD, { input })
          model.buy(by, BigInt(much))
          bills.push(id)
        }
        if (what === 'gift') {
          await perform(ledger, name, 'gift', { document: id })
          model.gift(by, 40n)
        }
        if (what === 'redeem') {
          const { refusal } = await redeem(ledger, name, much, { idempotencyKey: id, document: id })
          expect(refusal?.code).toBe(model.spend(by, BigInt(much)) ? undefined : 'INSUFFICIENT_POINTS')
        }
        if (what === 'hold') {
          const made = await hold(ledger, name, much, {
            idempotencyKey: id,
            lapsesAt: new Date(ledger.clock.now() + 300 * DAY_MS).toISOString(),
          })
          const held = model.hold(by, BigInt(much))
          expect(made.refusal?.code).toBe(held ? undefined : 'INSUFFICIENT_POINTS')
          if (held) holds.push(made.hold!.id)
        }
        if (what === 'capture' && holds.length > 0) {
          const index = much % holds.length
          const points = model.heldBy(index) / 2n
          if (points === 0n) return
          const { refusal } = await capture(ledger, holds[index]!, {
            points: Number(points),
            idempotencyKey: id,
          })
          expect(refusal).toBeNull()
          model.capture(index, points)
        }
        if (what === 'release' && holds.length > 0) {
          const index = much % holds.length
          if (model.heldBy(index) === 0n) return
          expect((await release(ledger, holds[index]!, id)).refusal).toBeNull()
          model.release(index)
        }
        if (what === 'return' && bills.length > 0) {
          const index = much % bills.length
          const left = model.leftOf(index)
          // In the order of effect a return decides anew what was burned since: whose lots, while the two are one.
          if (left === 0n || (model.one && model.sharedBurn)) return
          const back = by === 0 ? left : (left + 1n) / 2n
          const { refusal } = await takeBack(ledger, bills[index]!, id, {
            lines: [{ line: 0, amount: `${back}.00` }],
          })
          expect(refusal).toBeNull()
          model.giveBack(index, back)
        }
        if (what === 'topUp') {
          await moveMoney(ledger, 'topUp', name, { idempotencyKey: id, document: id, amount: `${much}.00` })
          model.topUp(by, BigInt(much))
        }
        if (what === 'pay') {
          const { refusal } = await moveMoney(ledger, 'spendStoredValue', name, {
            idempotencyKey: id,
            document: id,
            amount: `${much}.00`,
          })
          expect(refusal?.code).toBe(model.pay(by, BigInt(much)) ? undefined : 'INSUFFICIENT_STORED_VALUE')
        }
      }

      const nextDay = async () => {
        ledger.clock.advance(DAY_MS)
        model.nextDay()
        await ledger.runJob('settle-due')
        await follow(ledger)
        deeds += 1
      }
      const live = async (phase: readonly Deed[]) => {
        for (const deed of phase) {
          await carryOut(deed)
          await nextDay()
          await stands()
        }
      }
      const stands = async () => {
        const is = await Promise.all(
          names.map(async (name) => {
            const { available, debt, pending } = await pointsOf(ledger, name)
            const { growth } = await ledger.account(name)
            const [principal] = await money(ledger, name)
            return { standing: available - debt, pending, growth, principal }
          }),
        )
        // A debt that outlasts what both have is nobody's until they part: who pays it then is not told by lots.
        if (model.entangled) expect(together(is)).toEqual(together(model.seen()))
        else expect(is).toEqual(model.seen())
      }

      await live(before)
      await mergeTwo(ledger, pair)
      model.merge()
      await live(during)
      await partTwo(ledger, pair)
      model.part()
      await nextDay()
      await stands()
      await live(after)
      exact += model.entangled ? 0 : 1
      expect((await ledger.check()).violations).toEqual([])
      expect(await ledger.sql('select document_id from ledger.homeward')).toEqual([])
    }),
    { numRuns: Number(process.env.MERGES ?? 12) },
  )
  // Most rounds tell each side apart to the end, or this proves little.
  expect(exact / round).toBeGreaterThan(0.6)
  expect(deeds / round).toBeGreaterThan(5)
}, 600_000)

const together = (sides: readonly { standing: number; pending: number; growth: number }[]) =>
  sides.reduce((sum, { standing }) => sum + standing, 0)
