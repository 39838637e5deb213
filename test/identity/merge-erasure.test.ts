import { describe, expect, it, test } from 'vitest'
import { admin, member, operator } from '../helpers/graph.ts'
import { openMerging } from './merge-story.ts'

const PHONES = { anna: '13812341234', bob: '13900001111', carl: '13700002222' }

async function open() {
  const story = await openMerging()
  const anna = await story.registered(PHONES.anna, { name: 'Anna', gender: 'FEMALE' })
  const bob = await story.registered(PHONES.bob, { name: 'Bob', province: 'Zhejiang' })
  const carl = await story.registered(PHONES.carl, { name: 'Carl' })
  const tag = (id: string, name: string) =>
    story.mutate(
      admin,
      'setTags',
      'SetTagsInput',
      { memberId: id, tags: [{ dimension: 'INTEREST', name }] },
      '__typename',
    )
  await tag(anna, 'tea')
  await tag(bob, 'coffee')
  return { ...story, anna, bob, carl, tag }
}
type Story = Awaited<ReturnType<typeof open>>

const erase = async (story: Story, id: string, survivor = id) => {
  const [row] = await story.sql<{ number: string }>(
    'select number from identity.member where member_id = $1',
    [survivor],
  )
  const { refusal } = await story.mutate<{ refusal: { code: string } | null }>(
    admin,
    'eraseMember',
    'EraseMemberInput',
    { memberId: id, number: row!.number },
    '__typename',
  )
  expect(refusal).toBeNull()
}

/** How many rows tell of somebody under some ids. */
async function leftOf(story: Story, ids: readonly string[]): Promise<Record<string, number>> {
  const tables = ['member_key', 'profile', 'channel_identity', 'tag', 'tag_history', 'member_fact']
  const left: Record<string, number> = {}
  for (const table of tables) {
    const rows = await story.sql(`select from identity.${table} where member_id = any($1::uuid[])`, [ids])
    if (rows.length > 0) left[table] = rows.length
  }
  return left
}

const statuses = async (story: Story) => {
  const rows = await story.sql<{ member_id: string; status: string }>(
    'select member_id, status from identity.member',
  )
  const of = (id: string) => rows.find((row) => row.member_id === id)!.status
  return [of(story.anna), of(story.bob)]
}

describe('a person of two ids is erased', () => {
  it.each(['anna', 'bob'] as const)(
    'by the id of %s: nothing is left of either, also when they part',
    async (by) => {
      await using story = await open()
      const { case: merged } = await story.merge(story.bob, story.anna)
      await erase(story, story[by], story.anna)
      expect(await leftOf(story, [story.anna, story.bob])).toEqual({})
      expect(await statuses(story)).toEqual(['ERASED', 'MERGED'])
      const erased = (await story.events()).filter(({ type }) => type === 'identity.MemberErased')
      expect(erased.map(({ payload }) => (payload as { memberIds: string[] }).memberIds.toSorted())).toEqual([
        [story.anna, story.bob].toSorted(),
      ])

      // Who is nobody any more is not two.
      expect((await story.unmerge(merged!.id)).refusal?.code).toBe('MEMBER_NOT_FOUND')
      await story.drain()
      expect(await leftOf(story, [story.anna, story.bob])).toEqual({})
      expect((await story.merge(story.bob, story.carl)).refusal?.code).toBe('MEMBER_NOT_FOUND')
      expect((await story.merge(story.carl, story.anna)).refusal?.code).toBe('MEMBER_NOT_FOUND')
    },
  )

  it('one of two who have parted: the other stays as it is', async () => {
    await using story = await open()
    const { case: merged } = await story.merge(story.bob, story.anna)
    await story.unmerge(merged!.id)
    const before = await story.seen(story.anna)
    await erase(story, story.bob)
    await story.drain()
    expect(await story.seen(story.anna)).toEqual(before)
    expect(await leftOf(story, [story.bob])).toEqual({})
    // What a merge has filled in from the other went when they parted.
    expect(JSON.stringify(before)).not.toContain('Zhejiang')
  })

  it('while its unmerge is under way: it stays erased under all its ids', async () => {
    await using story = await open()
    const { case: merged } = await story.merge(story.bob, story.anna)
    story.troubles.set('ledger unmerge', 'away')
    expect((await story.unmerge(merged!.id)).case?.state).toBe('UNMERGING')
    await erase(story, story.anna)
    story.troubles.clear()
    await story.runJob('settle-merges')
    expect(await statuses(story)).toEqual(['ERASED', 'ERASED'])
    expect(await leftOf(story, [story.anna, story.bob])).toEqual({})
  })
})

test('two of one household become one of it, and two again', async () => {
  await using story = await open()
  const { anna, bob, carl } = story
  await story.mutate(member(anna), 'createHousehold', 'CreateHouseholdInput', { name: 'Li' }, '__typename')
  for (const id of [bob, carl]) {
    const { code } = await story.mutate<{ code: string }>(
      member(anna),
      'inviteToHousehold',
      'InviteToHouseholdInput',
      {},
      'code',
    )
    await story.mutate(member(id), 'joinHousehold', 'JoinHouseholdInput', { code }, '__typename')
  }
  const household = async (id: string) => {
    const { member: seen } = await story.ask<{
      member: { household: { name: string; relatives: { memberId: string; role: string }[] } | null }
    }>(operator, 'query ($id: ID!) { member(id: $id) { household { name relatives { memberId role } } } }', {
      id,
    })
    // All join at one moment, so none is first.
    seen.household?.relatives.sort((a, b) => a.memberId.localeCompare(b.memberId))
    return seen.household
  }
  const before = [await household(anna), await household(bob), await household(carl)]
  expect(before[0]!.relatives).toHaveLength(3)

  const inward = await story.merge(bob, anna)
  expect(await household(anna)).toEqual({
    name: 'Li',
    relatives: [
      { memberId: anna, role: 'OWNER' },
      { memberId: carl, role: 'ADULT' },
    ].sort((a, b) => a.memberId.localeCompare(b.memberId)),
  })
  await story.unmerge(inward.case!.id)
  expect([await household(anna), await household(bob), await household(carl)]).toEqual(before)

  // The owner goes into the other, who owns it as long as they are one.
  const outward = await story.merge(anna, bob)
  expect((await household(bob))!.relatives).toEqual(
    expect.arrayContaining([{ memberId: bob, role: 'OWNER' }]),
  )
  expect((await household(bob))!.relatives).toHaveLength(2)
  await story.unmerge(outward.case!.id)
  expect([await household(anna), await household(bob), await household(carl)]).toEqual(before)
})
