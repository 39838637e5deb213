import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { SubgraphName } from '../../kernel/config.ts'
import { AppError } from '../../kernel/errors.ts'
import { channelService, clerk, partner } from '../helpers/graph.ts'
import { times } from '../ledger/hard/length.ts'
import { type Four, type Identity, openFour, phone, twoMembers } from './four-subgraphs.ts'

test('in every part two members are one, and two again as they were', async () => {
  await using four = await openFour()
  const { anna, bob } = await twoMembers(four)
  const before = [await four.seen(anna), await four.seen(bob)]
  const { case: merged } = await four.merge(bob, anna, { bonuses: 'TAKE_BACK_LATER' })
  expect(merged?.state).toBe('DONE')
  const both = await four.seen(anna)
  expect(both).toMatchObject({
    // Both signed in on one day, which gives a point once.
    account: { growth: 5_240, points: { available: 40 + 5_200 + 1 }, tier: { tier: { id: 'vip' } } },
    tasks: [{ completedThisYear: 2, pointsEarned: 1 }],
    tags: [{ name: 'likes-coffee' }, { name: 'likes-tea' }],
  })
  expect((both as { entitlements?: { edges: unknown[] } }).entitlements?.edges).toHaveLength(2 + 2)
  await four.drain()
  await four.check()
  expect((await four.unmerge(merged!.id)).case?.state).toBe('UNMERGED')
  await four.drain()
  expect([await four.seen(anna), await four.seen(bob)]).toEqual(before)
  await four.check()
})

/** One call of a sibling that breaks off: before it does anything, or after it has done it and before anybody hears. */
function breakOff(four: Four, part: SubgraphName, what: string, when: 'before' | 'after'): () => boolean {
  const target = four.mounted.get(part) as unknown as {
    execute: (request: { query: string }, claims: never) => Promise<unknown>
  }
  const { execute } = target
  let struck = false
  target.execute = async (request, claims) => {
    if (struck || !request.query.includes(what)) return execute(request, claims)
    struck = true
    if (when === 'after') await execute(request, claims)
    throw new AppError('SUBGRAPH_UNAVAILABLE', 'killed')
  }
  return () => {
    target.execute = execute
    return struck
  }
}

describe('a crash', () => {
  const steps = (['campaigns', 'benefits', 'ledger'] as const).flatMap((part) =>
    (['before', 'after'] as const).map((when) => [part, when] as const),
  )

  it.each(steps)(
    'at the step of %s, %s it: one run of the job ends the merge, and one its undoing',
    async (part, when) => {
      await using four = await openFour()
      const { anna, bob } = await twoMembers(four)
      const before = [await four.seen(anna), await four.seen(bob)]
      const healed = breakOff(four, part, 'mutation Merge', when)
      const { case: merged } = await four.merge(bob, anna, { bonuses: 'TAKE_BACK_SMALLER' })
      expect([merged?.state, healed()]).toEqual(['MOVING', true])
      await four.check()
      await four.runJob('settle-merges', 'identity')
      expect((await four.seen(anna)).account).toMatchObject({ points: { available: 5_241 } })
      await four.check()

      const again = breakOff(four, part, 'mutation Unmerge', when)
      expect((await four.unmerge(merged!.id)).case?.state).toBe('UNMERGING')
      expect(again()).toBe(true)
      await four.check()
      await four.runJob('settle-merges', 'identity')
      await four.drain()
      expect([await four.seen(anna), await four.seen(bob)]).toEqual(before)
      await four.check()
    },
  )

  it.each(steps)(
    'at the step of %s, %s it, and then called off: nothing has happened',
    async (part, when) => {
      await using four = await openFour()
      const { anna, bob } = await twoMembers(four)
      const before = [await four.seen(anna), await four.seen(bob)]
      const healed = breakOff(four, part, 'mutation Merge', when)
      const { case: merged } = await four.merge(bob, anna)
      healed()
      expect((await four.unmerge(merged!.id)).case?.state).toBe('UNDONE')
      await four.drain()
      expect([await four.seen(anna), await four.seen(bob)]).toEqual(before)
      await four.check()
    },
  )
})

const SIDES = fc.constantFrom<'anna' | 'bob'>('anna', 'bob')
const DEED = fc.oneof(
  fc.record({ do: fc.constant('buy' as const), by: SIDES, much: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ do: fc.constant('redeem' as const), by: SIDES, much: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ do: fc.constant('tag' as const), by: SIDES, much: fc.nat({ max: 9 }) }),
  fc.record({ do: fc.constant('use' as const), by: SIDES, much: fc.constant(1) }),
)

test(
  'merge, anything at all, unmerge: sums stay, and each deed is its origin’s',
  async () => {
    await using four = await openFour()
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(DEED, { maxLength: 10 }), async (deeds) => {
        round += 1
        const ids = {} as Record<'anna' | 'bob', string>
        const codes = {} as Record<'anna' | 'bob', string>
        const own = { anna: 0, bob: 0 }
        for (const who of ['anna', 'bob'] as const) {
          const value = `1${who === 'anna' ? 38 : 39}${String(round).padStart(8, '0')}`
          ids[who] = (await four.register(clerk(), 'STORE', [phone(value)])).member!.id
          await four.buy({ id: ids[who] }, who === 'anna' ? 100 : 70)
          own[who] = who === 'anna' ? 100 : 70
          codes[who] = await four.give(ids[who], 3)
        }
        const { case: merged } = await four.merge(ids.bob, ids.anna)
        let total = 170
        const growth = { ...own }
        const used = { anna: 0, bob: 0 }
        const tags = { anna: new Set<string>(), bob: new Set<string>() }
        let burned = 0
        for (const { do: deed, by, much } of deeds) {
          if (deed === 'buy') {
            const { purchase } = await four.buy({ id: ids[by] }, much)
            total += purchase!.points
            own[by] += purchase!.points
            growth[by] += much
          }
          if (deed === 'redeem') {
            const refused = (await four.redeem(ids[by], much)).refusal?.code
            expect(refused).toBe(much > total ? 'INSUFFICIENT_POINTS' : undefined)
            if (!refused) {
              total -= much
              burned += much
            }
          }
          if (deed === 'tag') {
            await four.tag(ids[by], `tag-${much}`)
            tags[by].add(`tag-${much}`)
          }
          if (deed === 'use' && used[by] < 3) {
            expect((await four.use(codes[by])).refusal).toBeNull()
            used[by] += 1
          }
        }
        await four.unmerge(merged!.id)
        const left = { anna: 0, bob: 0 }
        for (const who of ['anna', 'bob'] as const) {
          const seen = (await four.seen(ids[who])) as unknown as {
            account: { growth: number; points: { available: number; debt: number } }
            tags: { name: string }[]
            entitlements: { edges: { node: { usesLeft: number } }[] }
          }
          left[who] = seen.account.points.available
          expect(seen.account.points.debt).toBe(0)
          expect(seen.account.growth).toBe(growth[who])
          expect(new Set(seen.tags.map(({ name }) => name))).toEqual(tags[who])
          expect(seen.entitlements.edges.map(({ node }) => node.usesLeft)).toEqual([3 - used[who]])
          expect(left[who]).toBeLessThanOrEqual(own[who])
        }
        expect(left.anna + left.bob).toBe(total)
        if (burned === 0) expect(left).toEqual(own)
        await four.check()
      }),
      { numRuns: times(12, 150) },
    )
  },
  times(240_000, 3_600_000),
)

/** Who a person really is: one phone, and one identity in each of four channels. */
const CHANNELS = ['STORE', 'WECHAT', 'APP', 'PARTNER'] as const
type ChannelName = (typeof CHANNELS)[number]

const STEP = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      person: fc.nat({ max: 1 }),
      channel: fc.constantFrom(...CHANNELS),
      withPhone: fc.boolean(),
      thenMerge: fc.oneof(
        { weight: 4, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('buy' as const),
      which: fc.nat(),
      much: fc.integer({ min: 1, max: 50 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unmerge' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), a: fc.nat(), b: fc.nat() }) },
)

interface Holder {
  readonly id: string
  readonly person: number
  points: number
}

test(
  'registrations over four channels, conflicts, merges and unmerges: one person, one member, and never two',
  async () => {
    await using four = await openFour()
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 24, size: 'max' }), async (steps) => {
        round += 1
        const holders: Holder[] = []
        const holderOf = new Map<string, Holder>()
        const known = new Map<string, Identity>()
        const edges: { caseId: string; from: Holder; into: Holder }[] = []
        const rootOf = (holder: Holder): Holder => {
          const edge = edges.find(({ from }) => from === holder)
          return edge ? rootOf(edge.into) : holder
        }
        const merge = async (from: Holder, into: Holder) => {
          const { case: merged } = await four.merge(from.id, into.id)
          expect(merged?.state).toBe('DONE')
          edges.push({ caseId: merged!.id, from: rootOf(from), into: rootOf(into) })
        }
        const identitiesOf = (person: number, channel: ChannelName, withPhone: boolean): Identity[] => {
          const value = `${round}-${person}`
          const own: Record<ChannelName, Identity> = {
            STORE: { kind: 'CARD', value: `C${value}` },
            WECHAT: { kind: 'WECHAT_UNIONID', value: `w-${value}` },
            APP: { kind: 'APP_USER', value: `u-${value}` },
            PARTNER: { kind: 'PARTNER_CUSTOMER', scope: 'cinema', value: `p-${value}` },
          }
          return [
            own[channel],
            ...(withPhone ? [phone(`137${String(round * 10 + person).padStart(8, '0')}`)] : []),
          ]
        }
        const callers: Record<ChannelName, Principal> = {
          STORE: clerk(),
          WECHAT: channelService('WECHAT'),
          APP: channelService('APP'),
          PARTNER: partner('cinema'),
        }
        const name = ({ kind, value }: Identity) => `${kind} ${value}`
        const eachLeadsHome = async () => {
          for (const [key, identity] of known) {
            const root = rootOf(holderOf.get(key)!)
            expect(await four.leadsTo(identity)).toBe(root.id)
            // Two strangers never become one.
            expect(root.person).toBe(holderOf.get(key)!.person)
          }
        }
        for (const step of steps) {
          if (step.do === 'register') {
            const { person, channel, withPhone, thenMerge } = step
            const identities = identitiesOf(person, channel, withPhone)
            const found = identities.flatMap((one) => holderOf.get(name(one)) ?? [])
            const roots = [...new Set(found.map(rootOf))]
            const answer = await four.register(callers[channel], channel, identities)
            if (roots.length > 1) {
              expect(answer.refusal?.code).toBe('IDENTITY_CONFLICT')
              if (thenMerge) await merge(roots[0]!, roots[1]!)
            } else {
              expect(answer.refusal).toBeNull()
              expect(answer.created).toBe(roots.length === 0)
              let holder = new Set(found).size === 1 ? found[0] : roots[0]
              if (!holder) {
                holder = { id: answer.member!.id, person, points: 0 }
                holders.push(holder)
              }
              expect(answer.member!.id).toBe(rootOf(holder).id)
              for (const one of identities) {
                if (holderOf.has(name(one))) continue
                // What a partner reports is not added to who is there already.
                if (roots.length > 0 && channel === 'PARTNER' && one.kind === 'PHONE') continue
                holderOf.set(name(one), holder)
                known.set(name(one), one)
              }
            }
          }
          if (step.do === 'buy' && known.size > 0) {
            const [key, identity] = [...known][step.which % known.size]!
            const { purchase } = await four.buy({ identity }, step.much)
            holderOf.get(key)!.points += purchase!.points
          }
          if (step.do === 'unmerge' && edges.length > 0) {
            const [edge] = edges.splice(step.which % edges.length, 1)
            expect((await four.unmerge(edge!.caseId)).case?.state).toBe('UNMERGED')
          }
          if (step.do === 'merge' && holders.length > 1) {
            const [a, b] = [holders[step.a % holders.length]!, holders[step.b % holders.length]!]
            if (a.person === b.person && rootOf(a) !== rootOf(b)) await merge(a, b)
          }
          await eachLeadsHome()
        }
        const broken = await four.sql(
          `select old.member_id from identity.member as old join identity.member as left_ on left_.member_id = old.merged_into
         where left_.merged_into is not null`,
        )
        expect(broken).toEqual([])
        while (edges.length > 0)
          expect((await four.unmerge(edges.shift()!.caseId)).case?.state).toBe('UNMERGED')
        await eachLeadsHome()
        for (const holder of holders) {
          const { account } = (await four.seen(holder.id)) as unknown as {
            account: { points: { available: number } } | null
          }
          expect(account?.points.available ?? 0).toBe(holder.points)
        }
        await four.check()
      }),
      { numRuns: times(30, 400) },
    )
  },
  times(240_000, 3_600_000),
)
