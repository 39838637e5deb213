import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, clerk, manager, member, operator, service } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

type Answer = { refusal: Refused | null }

let identity: IdentityStory
let turn = 0
beforeAll(async () => {
  identity = await openIdentity()
  for (const [id, kind, parent] of [
    ['east', 'REGION', null],
    ['s-1', 'STORE', 'east'],
    ['s-2', 'STORE', 'east'],
    ['s-3', 'STORE', null],
  ]) {
    await identity.mutate(admin, 'saveNode', 'SaveNodeInput', { id, kind, name: id, parent }, 'node { id }')
  }
})
afterAll(() => identity[Symbol.asyncDispose]())

const joined = () => identity.registered(`1390000${String(++turn).padStart(4, '0')}`)
const said = <More>(as: Principal, name: string, type: string, input: object, fields: string) =>
  identity.mutate<Answer & More>(as, name, type, input as Record<string, unknown>, fields)

describe('guides', () => {
  const hired = async (node: string): Promise<{ id: string; as: Principal; code: string }> => {
    const { staff } = await said<{ staff: { id: string } }>(
      admin,
      'createStaff',
      'CreateStaffInput',
      { login: `guide-${++turn}`, name: `Guide ${turn}`, role: 'CLERK', node },
      'staff { id }',
    )
    const as: Principal = {
      kind: 'staff',
      staffId: staff.id,
      role: 'clerk',
      store: node,
      node,
      stores: [node],
    }
    const { issueGuideCode } = await identity.ask<{ issueGuideCode: { code: string } }>(
      as,
      'mutation { issueGuideCode { code } }',
    )
    return { id: staff.id, as, code: issueGuideCode.code }
  }
  const scan = (memberId: string, code: string) =>
    said<{ member: { guide: { name: string } | null } | null }>(
      member(memberId),
      'bindGuide',
      'BindGuideInput',
      { code },
      'member { guide { id name } }',
    )
  const guideOf = async (memberId: string) =>
    (
      await identity.ask<{ member: { guide: { id: string } | null; guideHistory: object[] } }>(
        operator,
        'query ($id: ID!) { member(id: $id) { guide { id } guideHistory { boundBecause endedBecause guide { id } } } }',
        { id: memberId },
      )
    ).member

  test("a member scans a code, and the guide's store sees the member", async () => {
    const guide = await hired('s-1')
    const anna = await joined()
    const sees = async (as: Principal) =>
      (await identity.ask<{ member: object | null }>(as, `{ member(id: "${anna}") { id } }`)).member !== null
    expect(await sees(guide.as)).toBe(false)
    expect((await scan(anna, guide.code)).refusal).toBeNull()
    expect((await guideOf(anna)).guide).toEqual({ id: guide.id })
    expect([await sees(guide.as), await sees(manager('east', [])), await sees(manager('s-3'))]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('another scan takes the place of the first, and both are on record', async () => {
    const [first, second] = [await hired('s-1'), await hired('s-2')]
    const anna = await joined()
    await scan(anna, first.code)
    await scan(anna, first.code)
    identity.clock.advance(1_000)
    await scan(anna, second.code)
    expect((await guideOf(anna)).guideHistory).toEqual([
      { boundBecause: 'SCANNED', endedBecause: null, guide: { id: second.id } },
      { boundBecause: 'SCANNED', endedBecause: 'SCANNED_ANOTHER', guide: { id: first.id } },
    ])
  })

  test('ten scans of different codes at once leave one guide', async () => {
    const guides = await Promise.all(Array.from({ length: 5 }, () => hired('s-1')))
    const anna = await joined()
    await Promise.all([...guides, ...guides].map(({ code }) => scan(anna, code)))
    const [row] = await identity.sql<{ count: string }>(
      `select count(*) from identity.guide_binding where member_id = '${anna}' and ended_at is null`,
    )
    expect(row!.count).toBe('1')
  })

  test('a code that was replaced, that is none, or of somebody who has left leads to nobody', async () => {
    const guide = await hired('s-1')
    const anna = await joined()
    await identity.ask(guide.as, 'mutation { issueGuideCode { code } }')
    expect((await scan(anna, guide.code)).refusal?.code).toBe('GUIDE_NOT_FOUND')
    expect((await scan(anna, '')).refusal?.code).toBe('GUIDE_NOT_FOUND')
    const leaver = await hired('s-1')
    await said(admin, 'closeStaff', 'CloseStaffInput', { id: leaver.id }, 'staff { id }')
    expect((await scan(anna, leaver.code)).refusal?.code).toBe('GUIDE_NOT_FOUND')
  })

  test('who leaves hands its members to a successor, or they have none', async () => {
    const [leaver, successor, alone] = [await hired('s-1'), await hired('s-2'), await hired('s-1')]
    const members = [await joined(), await joined()]
    for (const id of members) await scan(id, leaver.code)
    const other = await joined()
    await scan(other, alone.code)
    const close = (id: string, to?: string) =>
      said(manager('east', []), 'closeStaff', 'CloseStaffInput', { id, successor: to }, 'staff { closed }')
    expect((await close(leaver.id, leaver.id)).refusal?.code).toBe('GUIDE_NOT_FOUND')
    expect((await close(leaver.id, successor.id)).refusal).toBeNull()
    expect((await close(alone.id)).refusal).toBeNull()
    for (const id of members) expect((await guideOf(id)).guide).toEqual({ id: successor.id })
    expect((await guideOf(other)).guide).toBeNull()
    const changes = (await identity.events())
      .filter(({ type }) => type === 'identity.GuidesChanged')
      .slice(-2)
      .map(({ payload }) => payload)
    expect(changes).toEqual([
      { memberIds: members.toSorted(), guide: successor.id },
      { memberIds: [other], guide: null },
    ])
  })

  test('a manager assigns and transfers within its part', async () => {
    const [one, two, far] = [await hired('s-1'), await hired('s-2'), await hired('s-3')]
    const { member: here } = await identity.register(
      manager('s-1'),
      [asserted('PHONE', `1370000${++turn}1`.padEnd(11, '0'))],
      'STORE',
    )
    const assign = (as: Principal, guide: string) =>
      said(as, 'assignGuide', 'AssignGuideInput', { memberId: here!.id, guide }, 'member { id }')
    expect((await assign(manager('east', []), far.id)).refusal?.code).toBe('GUIDE_NOT_FOUND')
    expect((await assign(manager('s-3'), far.id)).refusal?.code).toBe('MEMBER_NOT_FOUND')
    await expect(assign(clerk(), one.id)).rejects.toThrow('no right')
    expect((await assign(manager('east', []), one.id)).refusal).toBeNull()
    const transfer = (from: string, to: string) =>
      said<{ members: number | null }>(
        manager('east', []),
        'transferGuided',
        'TransferGuidedInput',
        { from, to },
        'members',
      )
    expect((await transfer(one.id, far.id)).refusal?.code).toBe('GUIDE_NOT_FOUND')
    expect((await transfer(one.id, two.id)).members).toBe(1)
    expect((await guideOf(here!.id)).guide).toEqual({ id: two.id })
    const { members } = await identity.ask<{ members: { edges: { node: { id: string } }[] } }>(
      manager('s-2'),
      'query ($guide: ID!) { members(filter: { guide: $guide }) { edges { node { id } } } }',
      { guide: two.id },
    )
    expect(members.edges.map(({ node }) => node.id)).toEqual([here!.id])
  })
})

describe('companies', () => {
  const CODE = '91350100M000100Y43'
  const set = (memberId: string | null, code = CODE, as: Principal = admin) =>
    said<{ company: { executor: { id: string } | null; executors: object[] } | null }>(
      as,
      'setCompanyExecutor',
      'SetCompanyExecutorInput',
      { code, name: 'Fuzhou Tea Ltd', memberId },
      'company { executor { id } executors { memberId } }',
    )
  const found = async () =>
    (
      await identity.ask<{ resolveMembers: (string | null)[] }>(
        service('ledger'),
        'query ($of: [IdentityInput!]!) { resolveMembers(identities: $of) }',
        { of: [{ kind: 'COMPANY', value: '9135-0100-M000-100Y-43' }] },
      )
    ).resolveMembers[0]

  test('its code leads to who collects for it, and to the next one after a change', async () => {
    const [anna, bob] = [await joined(), await joined()]
    expect(await found()).toBeNull()
    await set(anna)
    expect(await found()).toBe(anna)
    identity.clock.advance(1_000)
    const changed = await set(bob)
    expect(await found()).toBe(bob)
    expect(changed.company?.executors).toEqual([{ memberId: bob }, { memberId: anna }])
    const { me } = await identity.ask<{ me: { companies: object[] } }>(
      member(bob),
      '{ me { companies { name code } } }',
    )
    expect(me.companies).toEqual([{ name: 'Fuzhou Tea Ltd', code: CODE }])
    await set(null)
    expect(await found()).toBeNull()
  })

  test('changes at once leave one collector', async () => {
    const members = await Promise.all(Array.from({ length: 4 }, joined))
    await Promise.all([...members, ...members].map((id) => set(id)))
    const rows = await identity.sql<{ member_id: string }>(
      'select member_id from identity.company_executor where ended_at is null',
    )
    expect(rows).toHaveLength(1)
    expect(await found()).toBe(rows[0]!.member_id)
  })

  test('a wrong code, a stranger and a code that is bound by hand are refused', async () => {
    expect((await set(await joined(), '91350100M000100Y44')).refusal?.code).toBe('COMPANY_NOT_VALID')
    expect((await set('00000000-0000-7000-8000-000000000000')).refusal?.code).toBe('MEMBER_NOT_FOUND')
    await expect(set(null, CODE, clerk())).rejects.toThrow('no right')
    const bound = await identity.bind(admin, [asserted('COMPANY', CODE)], { memberId: await joined() })
    expect(bound.refusal?.code).toBe('ASSERTION_NOT_ALLOWED')
  })
})

describe('households', () => {
  const FIELDS = 'household { id name closed relatives { memberId role number } }'
  interface Housed extends Answer {
    household: {
      id: string
      closed: boolean
      relatives: { memberId: string; role: string; number: string }[]
    } | null
  }
  const begin = (id: string) =>
    said<Housed>(member(id), 'createHousehold', 'CreateHouseholdInput', { name: '李家' }, FIELDS)
  const invite = (id: string, role = 'ADULT') =>
    said<{ code: string | null }>(
      member(id),
      'inviteToHousehold',
      'InviteToHouseholdInput',
      { role },
      'code expiresAt',
    )
  const join = (id: string, code: string | null) =>
    said<Housed>(member(id), 'joinHousehold', 'JoinHouseholdInput', { code }, FIELDS)
  const leave = (id: string, memberId?: string) =>
    said<Housed>(member(id), 'leaveHousehold', 'LeaveHouseholdInput', { memberId }, FIELDS)
  const roles = ({ household }: Housed) => household!.relatives.map(({ memberId, role }) => [memberId, role])

  test('a family comes together, and siblings hear who shares', async () => {
    const [owner, wife, child] = [await joined(), await joined(), await joined()]
    await begin(owner)
    identity.clock.advance(1_000)
    await join(wife, (await invite(owner)).code)
    identity.clock.advance(1_000)
    const whole = await join(child, (await invite(owner, 'CHILD')).code)
    expect(roles(whole)).toEqual([
      [owner, 'OWNER'],
      [wife, 'ADULT'],
      [child, 'CHILD'],
    ])
    expect(whole.household!.relatives.every(({ number }) => /^\d{10}$/.test(number))).toBe(true)
    const last = (await identity.events()).filter(({ type }) => type === 'identity.HouseholdChanged').at(-1)
    expect(last!.payload).toMatchObject({ closed: false, members: { length: 3 } })
    // Relatives see the household, and not each other's data.
    const { errors } = await identity.tryAsk(member(child), `{ member(id: "${owner}") { id } }`)
    expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN')

    identity.clock.advance(1_000)
    expect(roles(await leave(owner))).toEqual([
      [wife, 'OWNER'],
      [child, 'CHILD'],
    ])
    expect((await leave(child, wife)).refusal?.code).toBe('MEMBER_NOT_FOUND')
    expect(roles(await leave(wife, child))).toEqual([[wife, 'OWNER']])
    expect((await leave(wife)).household).toMatchObject({ closed: true, relatives: [] })
    expect((await begin(wife)).refusal).toBeNull()
  })

  test('an invitation serves once, a week long, and not after its owner has gone', async () => {
    const [owner, one, two] = [await joined(), await joined(), await joined()]
    await begin(owner)
    const { code } = await invite(owner)
    const answers = await Promise.all([join(one, code), join(two, code)])
    expect(answers.map(({ refusal }) => refusal?.code ?? 'in').toSorted()).toEqual([
      'INVITATION_NOT_VALID',
      'in',
    ])
    const left = await invite(owner)
    await leave(owner)
    const outside = answers[0]!.refusal ? one : two
    expect((await join(outside, left.code)).refusal?.code).toBe('INVITATION_NOT_VALID')
    const other = await joined()
    await begin(other)
    const late = await invite(other)
    identity.clock.advance(7 * 86_400_000)
    expect((await join(outside, late.code)).refusal?.code).toBe('INVITATION_NOT_VALID')
    expect((await join(outside, 'guess')).refusal?.code).toBe('INVITATION_NOT_VALID')
  })

  test('six is the limit, with invitations at once too, and nobody is in two', async () => {
    const owner = await joined()
    await begin(owner)
    expect((await begin(owner)).refusal?.code).toBe('ALREADY_IN_HOUSEHOLD')
    const invitations = await Promise.all(Array.from({ length: 9 }, () => invite(owner)))
    expect(invitations.filter(({ code }) => code)).toHaveLength(5)
    expect(invitations.filter(({ refusal }) => refusal?.code === 'HOUSEHOLD_FULL')).toHaveLength(4)
    const [code, second] = invitations.flatMap((one) => one.code ?? [])
    const guest = await joined()
    await join(guest, code!)
    expect((await join(guest, second!)).refusal?.code).toBe('ALREADY_IN_HOUSEHOLD')
    expect((await invite(guest)).refusal?.code).toBe('HOUSEHOLD_NOT_FOUND')
  })
})

test('a household is as large as it is set', async () => {
  await using pairs = await openIdentity({ HUITONG_HOUSEHOLD_MEMBERS: '2' })
  const owner = member(await pairs.registered('13900000001'))
  await pairs.mutate(owner, 'createHousehold', 'CreateHouseholdInput', { name: 'Li' }, 'household { id }')
  const invite = () =>
    pairs.mutate<Answer>(owner, 'inviteToHousehold', 'InviteToHouseholdInput', { role: 'ADULT' }, 'code')
  expect((await invite()).refusal).toBeNull()
  expect((await invite()).refusal?.code).toBe('HOUSEHOLD_FULL')
})

describe('community groups', () => {
  const register = (as: Principal, input: Record<string, unknown> = {}) =>
    said<{ group: { id: string; state: string; node: string | null } | null }>(
      as,
      'registerGroup',
      'RegisterGroupInput',
      { name: 'Tea lovers', platform: 'WECOM', platformId: `wr${++turn}`, purpose: 'News of teas', ...input },
      'group { id state node owner { id } }',
    )
  const decide = (as: Principal, id: string, state: string, reason?: string) =>
    said(as, 'decideGroup', 'DecideGroupInput', { id, state, reason }, 'group { state decisionReason }')

  test('one is registered by who leads it, approved by another, and given up', async () => {
    const { staff } = await said<{ staff: { id: string } }>(
      admin,
      'createStaff',
      'CreateStaffInput',
      { login: `leader-${++turn}`, name: 'Leader', role: 'CLERK', node: 's-1' },
      'staff { id }',
    )
    const leader: Principal = {
      kind: 'staff',
      staffId: staff.id,
      role: 'clerk',
      node: 's-1',
      stores: ['s-1'],
    }
    const { group } = await register(leader)
    expect(group).toMatchObject({ state: 'SUBMITTED', node: 's-1', owner: { id: staff.id } })
    await expect(decide(leader, group!.id, 'APPROVED')).rejects.toThrow('no right')
    expect((await decide(manager('s-3'), group!.id, 'APPROVED')).refusal?.code).toBe('GROUP_NOT_FOUND')
    expect((await decide(manager('s-1'), group!.id, 'REFUSED')).refusal?.code).toBe('GROUP_NOT_VALID')
    expect((await decide(manager('s-1'), group!.id, 'APPROVED')).refusal).toBeNull()
    expect((await decide(manager('s-1'), group!.id, 'APPROVED')).refusal?.code).toBe('GROUP_DECIDED')
    const listed = async (as: Principal) =>
      (
        await identity.ask<{ communityGroups: { edges: { node: { id: string } }[] } }>(
          as,
          '{ communityGroups(state: APPROVED) { edges { node { id } } } }',
        )
      ).communityGroups.edges.map(({ node }) => node.id)
    expect(await listed(manager('east', []))).toContain(group!.id)
    expect(await listed(manager('s-3'))).not.toContain(group!.id)
    expect((await decide(manager('s-1'), group!.id, 'CLOSED')).refusal).toBeNull()
  })

  test.for<[string, Record<string, unknown>, string]>([
    ['without a purpose', { purpose: ' ' }, 'GROUP_NOT_VALID'],
    ['without a name', { name: '' }, 'GROUP_NOT_VALID'],
    ['with an id that is none', { platformId: 'a b' }, 'GROUP_NOT_VALID'],
    ['led by nobody', { owner: 'nobody' }, 'STAFF_NOT_FOUND'],
  ])('one %s is refused', async ([, input, code]) => {
    expect((await register(manager('s-1'), input)).refusal?.code).toBe(code)
  })
})

test('of an erased person no guide, company, household or word is left', async () => {
  const [anna, bob] = [await joined(), await joined()]
  const { staff } = await said<{ staff: { id: string } }>(
    admin,
    'createStaff',
    'CreateStaffInput',
    { login: `last-${++turn}`, name: 'Last', role: 'CLERK', node: 's-1' },
    'staff { id }',
  )
  await said(admin, 'assignGuide', 'AssignGuideInput', { memberId: anna, guide: staff.id }, 'member { id }')
  await said(
    admin,
    'setCompanyExecutor',
    'SetCompanyExecutorInput',
    { code: '91350100M000100Y43', name: 'Tea', memberId: anna },
    'company { id }',
  )
  await said(member(anna), 'createHousehold', 'CreateHouseholdInput', { name: 'Li' }, 'household { id }')
  const { code } = await said<{ code: string }>(
    member(anna),
    'inviteToHousehold',
    'InviteToHouseholdInput',
    {},
    'code',
  )
  await said(member(bob), 'joinHousehold', 'JoinHouseholdInput', { code }, 'household { id }')
  const { me } = await identity.ask<{ me: { number: string } }>(member(anna), '{ me { number } }')
  await said(member(anna), 'eraseMember', 'EraseMemberInput', { number: me.number }, '__typename')

  const [left] = await identity.sql<Record<string, string>>(
    `select (select count(*) from identity.guide_binding where member_id = $1 and ended_at is null) as guides,
            (select count(*) from identity.company_executor where member_id = $1 and ended_at is null) as companies,
            (select count(*) from identity.household_member where member_id = $1 and left_at is null) as households,
            (select count(*) from identity.identifier where kind = 'COMPANY' and member_id = $1) as identifiers,
            (select role from identity.household_member where member_id = $2 and left_at is null) as heir`,
    [anna, bob],
  )
  expect(left).toEqual({ guides: '0', companies: '0', households: '0', identifiers: '0', heir: 'OWNER' })
})
