import { describe, expect, it, test } from 'vitest'
import { admin, anonymous, clerk, member, operator, service } from '../helpers/graph.ts'
import { openMerging } from './merge-story.ts'
import { asserted } from './story.ts'

const ANNA = '13812341234'
const BOB = '13900001111'

/** Two members with something of everything. */
async function open(env: Record<string, string> = {}) {
  const story = await openMerging(env)
  const anna = await story.registered(ANNA, { name: 'Anna', gender: 'FEMALE' })
  const bob = await story.registered(BOB, { name: 'Bob', province: 'Zhejiang' })
  const write = async (name: string, type: string, input: Record<string, unknown>, as = admin) => {
    const { refusal } = await story.mutate<{ refusal: { code: string } | null }>(
      as,
      name,
      type,
      input,
      '__typename',
    )
    if (refusal) throw new Error(`${name}: ${refusal.code}`)
  }
  await write('setTags', 'SetTagsInput', {
    memberId: anna,
    tags: [{ dimension: 'INTEREST', name: 'coffee', value: 'daily' }],
  })
  story.clock.advance(1_000)
  await write('setTags', 'SetTagsInput', {
    memberId: bob,
    tags: [
      { dimension: 'INTEREST', name: 'coffee', value: 'weekly' },
      { dimension: 'VALUE', name: 'big' },
    ],
  })
  await write('registerProduct', 'RegisterProductInput', {
    memberId: bob,
    product: { vin: 'LSVAA49J132047371' },
  })
  await write('giveConsent', 'ConsentInput', { memberId: anna, purpose: 'MARKETING', policyVersion: '1' })
  story.clock.advance(1_000)
  await write('withdrawConsent', 'ConsentInput', {
    memberId: bob,
    purpose: 'MARKETING',
    channels: ['SMS'],
    policyVersion: '1',
  })
  await write('setQuietHours', 'SetQuietHoursInput', {
    memberId: bob,
    quietHours: { from: '22:00', to: '08:00' },
  })
  await story.drain()
  return { ...story, anna, bob, write }
}

test('two members become one, under every id and identity, and two again as they were', async () => {
  await using story = await open()
  const { anna, bob } = story
  const before = [await story.seen(anna), await story.seen(bob)]
  const facts = () => story.sql('select * from identity.member_fact order by member_id')
  const factsBefore = await facts()

  const merged = await story.merge(bob, anna)
  expect(merged).toMatchObject({
    refusal: null,
    case: { state: 'DONE', carriedOutBy: ['ledger', 'benefits', 'campaigns'] },
  })
  expect(story.heard).toEqual(['campaigns merge', 'benefits merge', 'ledger merge'])
  const both = await story.seen(anna)
  expect(both).toMatchObject({
    id: anna,
    profile: { name: 'Anna', gender: 'FEMALE', province: 'Zhejiang' },
    products: [{ serial: 'LSVAA49J132047371' }],
    quietHours: { from: '22:00' },
  })
  expect((both.identities as { maskedValue: string }[]).map(({ maskedValue }) => maskedValue)).toEqual(
    expect.arrayContaining(['138****1234', '139****1111', '****7371']),
  )
  expect(
    (both.tags as { name: string; value: string }[]).map(({ name, value }) => `${name} ${value}`),
  ).toEqual(['coffee weekly', 'big '])
  for (const [kind, value] of [
    ['PHONE', BOB],
    ['SERIAL', 'LSVAA49J132047371'],
    ['MEMBER_NUMBER', before[1]!.number],
  ]) {
    const { memberBy } = await story.ask<{ memberBy: { id: string } }>(
      clerk(),
      'query ($identity: IdentityInput!) { memberBy(identity: $identity) { id } }',
      { identity: { kind, value } },
    )
    expect([kind, memberBy?.id]).toEqual([kind, anna])
  }
  const { member: old, knownMembers } = await story.ask<{ member: { id: string }; knownMembers: string[] }>(
    service(),
    'query ($id: ID!) { member(id: $id) { id status } knownMembers(ids: [$id]) }',
    { id: bob },
  )
  expect([old.id, knownMembers]).toEqual([anna, [anna]])
  await story.drain()
  expect(await story.sql('select member_id from identity.member_fact')).toEqual([{ member_id: anna }])

  const back = await story.signIn(anonymous, await story.phoneProof(BOB))
  expect(back.member?.id).toBe(anna)

  expect((await story.unmerge(merged.case!.id)).case).toMatchObject({ state: 'UNMERGED' })
  expect(story.heard.slice(3)).toEqual(['ledger unmerge', 'benefits unmerge', 'campaigns unmerge'])
  expect([await story.seen(anna), await story.seen(bob)]).toEqual(before)
  await story.drain()
  expect(await facts()).toEqual(factsBefore)
  expect((await story.signIn(anonymous, await story.phoneProof(BOB))).member?.id).toBe(bob)
})

test('what comes afterwards goes with the id and the identity by which it came', async () => {
  await using story = await open()
  const { anna, bob, write } = story
  const merged = await story.merge(bob, anna)
  // By an identity of Bob's a card is bound; by Bob's old id he is tagged; the rest is Anna's.
  await story.register(clerk(), [asserted('PHONE', BOB), asserted('CARD', 'B-1')], 'STORE')
  await story.register(clerk(), [asserted('PHONE', ANNA), asserted('CARD', 'A-1')], 'STORE')
  await write('setTags', 'SetTagsInput', { memberId: bob, tags: [{ dimension: 'INTEREST', name: 'tea' }] })
  await write('setTags', 'SetTagsInput', { memberId: anna, tags: [{ dimension: 'INTEREST', name: 'milk' }] })
  await write('giveConsent', 'ConsentInput', { memberId: bob, purpose: 'SURVEYS', policyVersion: '1' })
  await write('updateProfile', 'UpdateProfileInput', { memberId: anna, profile: { province: 'Hunan' } })
  expect(await story.seen(anna)).toMatchObject({ profile: { province: 'Hunan' } })
  await story.unmerge(merged.case!.id)

  const [ofAnna, ofBob] = [await story.seen(anna), await story.seen(bob)]
  const cards = (seen: Record<string, unknown>) =>
    (seen.identities as { kind: string }[]).filter(({ kind }) => kind === 'CARD').length
  const tags = (seen: Record<string, unknown>) => (seen.tags as { name: string }[]).map(({ name }) => name)
  expect([cards(ofAnna), cards(ofBob)]).toEqual([1, 1])
  expect([tags(ofAnna), tags(ofBob)]).toEqual([
    ['coffee', 'milk'],
    ['coffee', 'tea', 'big'],
  ])
  expect((ofBob.consents as { purpose: string }[]).map(({ purpose }) => purpose)).toContain('SURVEYS')
  // What was changed since is the survivor's own, what was not goes with who brought it.
  expect(ofAnna).toMatchObject({ profile: { province: 'Hunan' } })
  expect(ofBob).toMatchObject({ profile: { province: 'Zhejiang', name: 'Bob' } })
  const found = async (value: string) =>
    (
      await story.ask<{ memberBy: { id: string } }>(
        clerk(),
        'query ($identity: IdentityInput!) { memberBy(identity: $identity) { id } }',
        { identity: { kind: 'CARD', value } },
      )
    ).memberBy.id
  expect([await found('A-1'), await found('B-1')]).toEqual([anna, bob])
})

describe('consents of two who are one', () => {
  it.each([
    ['STRICTER', 'NO_CONSENT', 'ALLOWED'],
    ['LATER', 'NO_CONSENT', 'ALLOWED'],
  ])('%s', async (consents, sms, mail) => {
    await using story = await open()
    await story.merge(story.bob, story.anna, { consents })
    await story.write('setQuietHours', 'SetQuietHoursInput', { memberId: story.anna, quietHours: null })
    const verdict = async (channel: string) =>
      (
        await story.ask<{ contactVerdicts: [{ verdict: string }] }>(
          service(),
          `query ($ids: [ID!]!, $channel: ContactChannel!) {
          contactVerdicts(memberIds: $ids, purpose: MARKETING, channel: $channel) { verdict } }`,
          { ids: [story.bob], channel },
        )
      ).contactVerdicts[0].verdict
    expect([await verdict('SMS'), await verdict('EMAIL')]).toEqual([sms, mail])
    await story.write('giveConsent', 'ConsentInput', {
      memberId: story.anna,
      purpose: 'MARKETING',
      policyVersion: '2',
    })
    expect(await verdict('SMS')).toBe('ALLOWED')
  })
})

test('chains lead to the one that is left in one step, and come apart in any order', async () => {
  await using story = await open()
  const { anna, bob } = story
  const carl = await story.registered('13700002222', { name: 'Carl', birthday: '1990-01-01' })
  const before = await Promise.all([anna, bob, carl].map(story.seen))
  const first = await story.merge(carl, bob)
  const second = await story.merge(bob, anna)
  const rows = await story.sql<{ member_id: string; merged_into: string | null }>(
    'select member_id, merged_into from identity.member',
  )
  expect(Object.fromEntries(rows.map((row) => [row.member_id, row.merged_into]))).toEqual({
    [anna]: null,
    [bob]: anna,
    [carl]: anna,
  })
  expect(await story.seen(anna)).toMatchObject({ profile: { birthday: '1990-01-01', province: 'Zhejiang' } })

  // Bob leaves with Carl, who came with him; and comes back with him.
  await story.unmerge(second.case!.id)
  expect(await story.seen(anna)).toEqual(before[0])
  expect(await story.seen(bob)).toMatchObject({ profile: { birthday: '1990-01-01' } })
  const again = await story.merge(bob, anna)
  // Carl leaves alone, out of the one whom he never was merged into directly.
  await story.unmerge(first.case!.id)
  expect(await story.seen(carl)).toEqual(before[2])
  expect(await story.seen(anna)).toMatchObject({ profile: { birthday: null, province: 'Zhejiang' } })
  await story.unmerge(again.case!.id)
  expect(await Promise.all([anna, bob, carl].map(story.seen))).toEqual(before)
})

describe('what is refused', () => {
  it('in order of precedence', async () => {
    await using story = await open()
    const { anna, bob } = story
    const code = async (answer: Promise<{ refusal: { code: string } | null }>) => (await answer).refusal?.code
    expect(await code(story.merge(anna, anna, { reason: ' ' }))).toBe('REASON_NOT_VALID')
    expect(await code(story.merge('nobody', anna))).toBe('MEMBER_NOT_FOUND')
    expect(await code(story.merge(anna, anna))).toBe('MERGE_WITH_ITSELF')
    expect(await code(story.unmerge('nothing'))).toBe('MERGE_NOT_FOUND')
    const done = await story.merge(bob, anna, { idempotencyKey: 'once' })
    expect(await story.merge(bob, anna, { idempotencyKey: 'once' })).toEqual(done)
    expect(await code(story.merge(anna, bob))).toBe('MERGE_WITH_ITSELF')
    await story.unmerge(done.case!.id)
    expect(await code(story.unmerge(done.case!.id))).toBe('MERGE_ALREADY_UNDONE')
    for (const caller of [operator, clerk(), member(anna)]) {
      await expect(
        story.mutate(
          caller,
          'mergeMembers',
          'MergeMembersInput',
          { fromMemberId: bob, intoMemberId: anna, reason: 'x', idempotencyKey: 'k' },
          '__typename',
        ),
      ).rejects.toThrow('no right')
    }
  })

  it('a merge of somebody who is being merged, and goes on when that is through', async () => {
    await using story = await open()
    const { anna, bob, troubles } = story
    const carl = await story.registered('13700002222')
    troubles.set('benefits merge', 'away')
    const first = await story.merge(bob, anna)
    expect(first.case).toMatchObject({ state: 'MOVING', carriedOutBy: ['campaigns'] })
    expect((await story.merge(carl, anna)).refusal?.code).toBe('MERGE_IN_PROGRESS')
    expect((await story.merge(bob, carl)).refusal?.code).toBe('MERGE_IN_PROGRESS')
    troubles.clear()
    await story.runJob('settle-merges')
    expect((await story.merge(carl, anna)).case?.state).toBe('DONE')
  })
})

test('what is on record: who, when, why, and each step', async () => {
  await using story = await open()
  const done = await story.merge(story.bob, story.anna)
  await story.unmerge(done.case!.id)
  const { mergeCases } = await story.ask<{ mergeCases: { edges: { node: Record<string, unknown> }[] } }>(
    admin,
    `query ($id: ID!) { mergeCases(memberId: $id) { edges { node {
      fromId intoId reason requestedBy undoReason undoneBy bonuses consents changes { state by } } } } }`,
    { id: story.bob },
  )
  expect(mergeCases.edges.map(({ node }) => node)).toEqual([
    {
      fromId: story.bob,
      intoId: story.anna,
      reason: 'one person',
      requestedBy: 'staff:admin-1',
      undoReason: 'two persons',
      undoneBy: 'staff:admin-1',
      bonuses: 'KEEP_BOTH',
      consents: 'STRICTER',
      changes: ['PLANNED', 'MOVING', 'DONE', 'UNMERGING', 'UNMERGED'].map((state) => ({
        state,
        by: 'staff:admin-1',
      })),
    },
  ])
})

test('sessions of who was merged end, for nobody may find itself to be somebody else', async () => {
  await using story = await open()
  const { session } = await story.signIn(anonymous, await story.phoneProof(BOB))
  await story.merge(story.bob, story.anna)
  expect((await story.refresh(session!.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
})

test('a preview says what would be, and changes nothing', async () => {
  await using story = await open()
  const { mergePreview } = await story.ask<{ mergePreview: { preview: Record<string, unknown> } }>(
    admin,
    `query ($input: MergePreviewInput!) { mergePreview(input: $input) { preview {
      from { id } into { id } identities tags products consents profileFilled entitlements participations
      conflicts { kind subject takenBack } } refusal { code } } }`,
    { input: { fromMemberId: story.bob, intoMemberId: story.anna } },
  )
  expect(mergePreview.preview).toEqual({
    from: { id: story.bob },
    into: { id: story.anna },
    identities: 2,
    tags: 2,
    products: 1,
    consents: 1,
    profileFilled: ['province'],
    entitlements: 0,
    participations: 0,
    conflicts: [
      { kind: 'PROFILE_DIFFERS', subject: 'phone', takenBack: false },
      { kind: 'PROFILE_DIFFERS', subject: 'name', takenBack: false },
    ],
  })
  expect(story.heard).toEqual([])
  expect(await story.count('merge_case')).toBe(0)
})

const STEPS = ['campaigns', 'benefits', 'ledger'] as const

describe('a merge that breaks off', () => {
  it.each(STEPS.flatMap((part) => (['away', 'silent'] as const).map((trouble) => [part, trouble] as const)))(
    'at %s, which is %s: one run of the job finishes it',
    async (part, trouble) => {
      await using story = await open()
      const before = [await story.seen(story.anna), await story.seen(story.bob)]
      story.troubles.set(`${part} merge`, trouble)
      const stuck = await story.merge(story.bob, story.anna)
      expect(stuck.case).toMatchObject({ state: 'MOVING' })
      // Nobody is half a person meanwhile: identity changes at the end and all at once.
      expect([await story.seen(story.anna), await story.seen(story.bob)]).toEqual(before)
      story.troubles.clear()
      await story.runJob('settle-merges')
      expect(await story.sql('select state from identity.merge_case')).toEqual([{ state: 'DONE' }])
      expect((await story.seen(story.anna)).products).toHaveLength(1)

      story.troubles.set(`${part} unmerge`, trouble)
      expect((await story.unmerge(stuck.case!.id)).case).toMatchObject({ state: 'UNMERGING' })
      story.troubles.clear()
      await story.runJob('settle-merges')
      expect(await story.sql('select state from identity.merge_case')).toEqual([{ state: 'UNMERGED' }])
      expect([await story.seen(story.anna), await story.seen(story.bob)]).toEqual(before)
    },
  )

  it.each(STEPS)('when %s will not: what was done is undone', async (part) => {
    await using story = await open()
    story.troubles.set(`${part} merge`, 'unwilling')
    const answer = await story.merge(story.bob, story.anna)
    expect(answer.case).toMatchObject({ state: 'UNDONE', refusal: `${part}: NOT_NOW` })
    expect([...story.merged.values()]).toEqual(['undone', 'undone', 'undone'])
    expect((await story.seen(story.bob)).id).toBe(story.bob)
    story.troubles.clear()
    expect((await story.merge(story.bob, story.anna)).case?.state).toBe('DONE')
  })

  it('can be called off, and an order that is still on its way does nothing then', async () => {
    await using story = await open()
    story.troubles.set('benefits merge', 'away')
    const stuck = await story.merge(story.bob, story.anna)
    expect((await story.unmerge(stuck.case!.id)).case?.state).toBe('UNDONE')
    story.troubles.clear()
    await story.runJob('settle-merges')
    expect([...story.merged.values()]).toEqual(['undone', 'undone', 'undone'])
    expect((await story.merge(story.bob, story.anna)).case?.state).toBe('DONE')
  })

  it('because the person was erased meanwhile, is undone', async () => {
    await using story = await open()
    story.troubles.set('ledger merge', 'away')
    await story.merge(story.bob, story.anna)
    const { number } = await story.seen(story.bob)
    await story.write('eraseMember', 'EraseMemberInput', { memberId: story.bob, number })
    story.troubles.clear()
    await story.runJob('settle-merges')
    expect(await story.sql('select state, refusal, reason from identity.merge_case')).toEqual([
      { state: 'UNDONE', refusal: 'MEMBER_ERASED', reason: '' },
    ])
  })
})

test('twenty merges of four members at once: one person at most, and each id leads to it in one step', async () => {
  await using story = await open()
  const ids = [
    story.anna,
    story.bob,
    await story.registered('13700002222'),
    await story.registered('13700003333'),
  ]
  const pairs = Array.from(
    { length: 20 },
    (_, index) => [ids[index % 4]!, ids[(index * 3 + 1) % 4]!] as const,
  )
  const answers = await Promise.all(pairs.map(([from, into]) => story.merge(from, into)))
  await story.runJob('settle-merges')
  const refused = new Set(answers.flatMap(({ refusal }) => refusal?.code ?? []))
  expect([...refused].every((code) => ['MERGE_IN_PROGRESS', 'MERGE_WITH_ITSELF'].includes(code))).toBe(true)
  const [broken] = await story.sql<{ count: string }>(
    `select count(*) from identity.member as old join identity.member as left_ on left_.member_id = old.merged_into
     where left_.merged_into is not null`,
  )
  expect(Number(broken!.count)).toBe(0)
  const [edges] = await story.sql<{ merged: string; done: string }>(
    `select (select count(*) from identity.member where merged_into is not null) as merged,
            (select count(*) from identity.merge_case where state = 'DONE') as done`,
  )
  expect(edges!.merged).toBe(edges!.done)
  expect(Number(edges!.done)).toBeGreaterThan(0)
})

test('guide, household, companies and open applications of both are the one’s, and each has its own again', async () => {
  await using story = await open()
  const { anna, bob, write } = story
  await write('saveNode', 'SaveNodeInput', { id: 's-1', kind: 'STORE', name: 's-1' })
  const hire = async (login: string) =>
    (
      await story.mutate<{ staff: { id: string } }>(
        admin,
        'createStaff',
        'CreateStaffInput',
        { login, name: login, role: 'CLERK', node: 's-1' },
        'staff { id }',
      )
    ).staff.id
  const [first, second] = [await hire('guide-1'), await hire('guide-2')]
  await write('assignGuide', 'AssignGuideInput', { memberId: bob, guide: first })
  await write('createHousehold', 'CreateHouseholdInput', { name: 'Li' }, member(bob))
  const company = { code: '91350100M000100Y43', name: 'Tea' }
  await write('setCompanyExecutor', 'SetCompanyExecutorInput', { ...company, memberId: bob })
  await story.sql(
    `insert into identity.application (member_id, id, kind, program, state, submitted_by, submitted_at)
     values ($1, gen_random_uuid(), 'MEMBERSHIP', 'club', 'SUBMITTED', 'test', now())`,
    [bob],
  )
  const people = async (id: string) => {
    const { member: seen } = await story.ask<{ member: Record<string, unknown> }>(
      operator,
      `query ($id: ID!) { member(id: $id) { guide { id } household { name relatives { memberId role } }
        companies { code } applications { state } } }`,
      { id },
    )
    return seen
  }
  const conflicts = async () => {
    const { mergePreview } = await story.ask<{
      mergePreview: { preview: { conflicts: { kind: string }[] } }
    }>(
      admin,
      `query ($input: MergePreviewInput!) { mergePreview(input: $input) { preview { conflicts { kind } } } }`,
      { input: { fromMemberId: bob, intoMemberId: anna } },
    )
    return mergePreview.preview.conflicts.map(({ kind }) => kind)
  }
  const before = [await people(anna), await people(bob)]
  expect(before[0]).toEqual({ guide: null, household: null, companies: [], applications: [] })

  const once = await story.merge(bob, anna)
  expect(await people(anna)).toEqual({
    guide: { id: first },
    household: { name: 'Li', relatives: [{ memberId: anna, role: 'OWNER' }] },
    companies: [{ code: company.code }],
    applications: [{ state: 'SUBMITTED' }],
  })
  // Who collects already goes on under the id by which it began.
  await write('setCompanyExecutor', 'SetCompanyExecutorInput', { ...company, memberId: anna })
  const again = await story.mutate<{ refusal: { code: string } }>(
    member(anna),
    'createHousehold',
    'CreateHouseholdInput',
    { name: 'Wang' },
    '__typename',
  )
  expect(again.refusal.code).toBe('ALREADY_IN_HOUSEHOLD')
  await story.unmerge(once.case!.id)
  expect([await people(anna), await people(bob)]).toEqual(before)

  await write('assignGuide', 'AssignGuideInput', { memberId: anna, guide: second })
  await write('createHousehold', 'CreateHouseholdInput', { name: 'Wang' }, member(anna))
  const apart = [await people(anna), await people(bob)]
  expect(await conflicts()).toEqual(expect.arrayContaining(['TWO_GUIDES', 'TWO_HOUSEHOLDS']))
  const twice = await story.merge(bob, anna)
  expect(await people(anna)).toMatchObject({ guide: { id: second }, household: { name: 'Wang' } })
  await story.unmerge(twice.case!.id)
  expect([await people(anna), await people(bob)]).toEqual(apart)
})
