import { describe, expect, it, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { DAY_MS } from '../../kernel/values/instant.ts'
import { admin, anonymous, clerk, member, operator } from '../helpers/graph.ts'
import { type Merging, openMerging } from './merge-story.ts'
import { asserted, type Refused, wechat } from './story.ts'

const PHONE = '13812341234'
const CARD = 'A-100'

interface ConflictView {
  id: string
  kind: string
  state: string
  times: number
  maskedValue: string
  strength: string
  holder: { id: string }
  claimant: { id: string } | null
  resolution: string | null
  mergeCaseId: string | null
}

const conflicts = async (story: Merging, state?: string): Promise<ConflictView[]> => {
  const { identityConflicts } = await story.ask<{ identityConflicts: { edges: { node: ConflictView }[] } }>(
    admin,
    `query ($state: IdentityConflictState) { identityConflicts(state: $state) { edges { node {
      id kind state times maskedValue strength holder { id } claimant { id } resolution mergeCaseId } } } }`,
    { state },
  )
  return identityConflicts.edges.map(({ node }) => node)
}

let keys = 0

const resolve = (
  story: Merging,
  conflictId: string,
  resolution: string,
  more: Record<string, unknown> = {},
) =>
  story.mutate<{ conflict: ConflictView | null; refusal: Refused | null }>(
    admin,
    'resolveConflict',
    'ResolveConflictInput',
    { conflictId, resolution, reason: 'looked at both', idempotencyKey: `r-${++keys}`, ...more },
    'conflict { id state resolution mergeCaseId }',
  )

/** Anna has the phone and a card; Bob came by WeChat. */
async function open(env: Record<string, string> = {}) {
  const story = await openMerging(env)
  const anna = await story.registered(PHONE)
  await story.register(clerk(), [asserted('PHONE', PHONE), asserted('CARD', CARD)], 'STORE')
  const bob = (await story.register(anonymous, [wechat('sandbox-bob')], 'WECHAT')).member!.id
  const claim = async () => story.bind(member(bob), [await story.phoneProof(PHONE, 'BIND')])
  const byPhone = async () => {
    const { memberBy } = await story.ask<{ memberBy: { id: string } | null }>(
      clerk(),
      'query ($identity: IdentityInput!) { memberBy(identity: $identity) { id } }',
      { identity: { kind: 'PHONE', value: PHONE } },
    )
    return memberBy?.id
  }
  return { ...story, anna, bob, claim, byPhone }
}

describe('a phone of one member that another one proves to have', () => {
  it('stays where it is, and a case is opened, once', async () => {
    await using story = await open()
    const { refusal } = await story.claim()
    expect(refusal?.code).toBe('IDENTITY_CONFLICT')
    await story.claim()
    const [conflict, ...more] = await conflicts(story, 'OPEN')
    expect(more).toEqual([])
    expect(conflict).toMatchObject({
      id: refusal!.details[0]!.value,
      kind: 'TWO_MEMBERS',
      times: 2,
      maskedValue: '138****1234',
      strength: 'PROVED',
      holder: { id: story.anna },
      claimant: { id: story.bob },
    })
    expect(await story.byPhone()).toBe(story.anna)
    await expect(story.ask(operator, '{ identityConflicts { edges { cursor } } }')).rejects.toThrow(
      'no right',
    )
  })

  it('kept apart: stays for good', async () => {
    await using story = await open()
    await story.claim()
    const [conflict] = await conflicts(story)
    expect((await resolve(story, conflict!.id, 'KEEP_APART')).refusal).toBeNull()
    await story.claim()
    expect(await conflicts(story)).toMatchObject([{ state: 'RESOLVED', resolution: 'KEPT_APART', times: 2 }])
    expect((await resolve(story, conflict!.id, 'MOVE')).refusal?.code).toBe('CONFLICT_ALREADY_RESOLVED')
  })

  it('moved: leads to the other, and its member keeps the account and is signed out', async () => {
    await using story = await open()
    const { session } = await story.signIn(anonymous, await story.phoneProof(PHONE))
    await story.claim()
    const [conflict] = await conflicts(story)
    expect((await resolve(story, conflict!.id, 'MOVE')).conflict).toMatchObject({ resolution: 'MOVED' })
    expect(await story.byPhone()).toBe(story.bob)
    expect((await story.signIn(anonymous, await story.phoneProof(PHONE))).member?.id).toBe(story.bob)
    expect((await story.refresh(session!.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
    const { memberBy } = await story.ask<{ memberBy: { id: string } }>(
      clerk(),
      'query ($identity: IdentityInput!) { memberBy(identity: $identity) { id } }',
      { identity: { kind: 'CARD', value: CARD } },
    )
    expect(memberBy.id).toBe(story.anna)
    const seen = await story.seen(story.bob)
    expect((seen.identities as { maskedValue: string }[]).map(({ maskedValue }) => maskedValue)).toContain(
      '138****1234',
    )
  })

  it('merged: the two are one, and the case says which merge it was', async () => {
    await using story = await open()
    await story.claim()
    const [conflict] = await conflicts(story)
    const { conflict: resolved } = await resolve(story, conflict!.id, 'MERGE')
    expect(resolved).toMatchObject({ resolution: 'MERGED', mergeCaseId: expect.any(String) })
    expect((await story.signIn(anonymous, wechat('sandbox-bob'))).member?.id).toBe(story.anna)
    const again = [await story.phoneProof(PHONE, 'BIND')]
    expect((await story.bind(member(story.anna), again)).member?.id).toBe(story.anna)
  })

  it('by newest proof goes to who proves it, if something else leads to its member', async () => {
    await using story = await open({ HUITONG_IDENTITY_CONFLICT: 'newest-proof' })
    expect((await story.claim()).refusal).toBeNull()
    expect(await story.byPhone()).toBe(story.bob)
    expect(await conflicts(story)).toMatchObject([{ state: 'RESOLVED', resolution: 'MOVED' }])
    // Now it is all that Carl has, and stays with him.
    const carl = await story.registered('13700002222')
    const claim = await story.bind(member(story.bob), [await story.phoneProof('13700002222', 'BIND')])
    expect(claim.refusal?.code).toBe('IDENTITY_CONFLICT')
    expect(await conflicts(story, 'OPEN')).toMatchObject([{ holder: { id: carl } }])
  })
})

describe('a phone that a carrier gave to somebody else', () => {
  it('does not hand over the account to who comes with a WeChat account of their own', async () => {
    await using story = await open()
    await story.bind(member(story.anna), [wechat('sandbox-anna')])
    const carl = [wechat('sandbox-carl'), await story.phoneProof(PHONE)]
    const answer = await story.register(anonymous, carl, 'WECHAT')
    expect(answer.refusal?.code).toBe('IDENTITY_CONFLICT')
    const [conflict] = await conflicts(story)
    expect(conflict).toMatchObject({ kind: 'PASSED_ON', holder: { id: story.anna }, claimant: null })
    expect((await resolve(story, conflict!.id, 'MERGE')).refusal?.code).toBe('CONFLICT_NOT_OF_TWO')
    await resolve(story, conflict!.id, 'MOVE')
    expect(await story.byPhone()).toBeUndefined()

    const again = await story.register(
      anonymous,
      [wechat('sandbox-carl'), await story.phoneProof(PHONE)],
      'WECHAT',
    )
    expect(again).toMatchObject({ created: true, refusal: null })
    expect(await story.byPhone()).toBe(again.member!.id)
    expect((await story.signIn(anonymous, wechat('sandbox-anna'))).member?.id).toBe(story.anna)
  })

  it('alone does not open the account of who was not seen for long; with a card of theirs it does', async () => {
    await using story = await open({ HUITONG_DORMANT_DAYS: '90' })
    story.clock.advance(91 * DAY_MS)
    const stranger = await story.signIn(anonymous, await story.phoneProof(PHONE))
    expect(stranger.refusal?.code).toBe('IDENTITY_CONFLICT')
    expect(stranger.session).toBeNull()
    const [conflict] = await conflicts(story)
    expect(conflict).toMatchObject({ kind: 'DORMANT', holder: { id: story.anna }, claimant: null })

    const back = await story.register(clerk(), [asserted('CARD', CARD), asserted('PHONE', PHONE)], 'STORE')
    expect(back.member?.id).toBe(story.anna)
    await resolve(story, conflict!.id, 'KEEP_APART')
    expect((await story.signIn(anonymous, await story.phoneProof(PHONE))).member?.id).toBe(story.anna)
    // She has been seen, so the number is hers for another while.
    story.clock.advance(80 * DAY_MS)
    expect((await story.signIn(anonymous, await story.phoneProof(PHONE))).member?.id).toBe(story.anna)
  })

  it('is not moved when nothing else leads to its member', async () => {
    await using story = await openMerging()
    await story.registered(PHONE)
    const bob = (await story.register(anonymous, [wechat('sandbox-bob')], 'WECHAT')).member!.id
    await story.bind(member(bob), [await story.phoneProof(PHONE, 'BIND')])
    const [conflict] = await conflicts(story)
    expect((await resolve(story, conflict!.id, 'MOVE')).refusal?.code).toBe('LAST_IDENTIFIER')
  })
})

test('twenty claims at once, ten of each of two: one case each, and the phone leads to one member', async () => {
  await using story = await open()
  const carl = (await story.register(anonymous, [wechat('sandbox-carl')], 'WECHAT')).member!.id
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      story.bind(clerk(), [asserted('PHONE', PHONE)], { memberId: index % 2 ? story.bob : carl }),
    ),
  )
  expect(new Set(claims.map(({ refusal }) => refusal?.code))).toEqual(new Set(['IDENTITY_CONFLICT']))
  expect((await conflicts(story)).map(({ times }) => times)).toEqual([10, 10])
})

describe('taking an identifier from a member', () => {
  const identityIds = async (story: Merging, id: string) => {
    const { me } = await story.ask<{ me: { identities: { id: string; kind: string }[] } }>(
      member(id),
      '{ me { identities { id kind } } }',
    )
    return new Map(me.identities.map(({ kind, id: identityId }) => [kind, identityId]))
  }
  const unbind = (story: Merging, as: Principal, identityId: string, memberId?: string) =>
    story.mutate<{ member: { id: string } | null; refusal: Refused | null }>(
      as,
      'unbindIdentity',
      'UnbindIdentityInput',
      { identityId, memberId },
      'member { id }',
    )

  it('leaves at least one, and serials with their products', async () => {
    await using story = await open()
    await story.mutate(
      admin,
      'registerProduct',
      'RegisterProductInput',
      {
        memberId: story.anna,
        product: { vin: 'LSVAA49J132047371' },
      },
      '__typename',
    )
    const ids = await identityIds(story, story.anna)
    const code = async (answer: ReturnType<typeof unbind>) => (await answer).refusal?.code
    expect(await code(unbind(story, member(story.anna), 'nothing'))).toBe('IDENTITY_NOT_FOUND')
    expect(await code(unbind(story, member(story.bob), ids.get('PHONE')!))).toBe('IDENTITY_NOT_FOUND')
    expect(await code(unbind(story, member(story.anna), ids.get('SERIAL')!))).toBe('IDENTITY_OF_PRODUCT')
    expect((await unbind(story, member(story.anna), ids.get('PHONE')!)).member?.id).toBe(story.anna)
    expect(await code(unbind(story, clerk(), ids.get('CARD')!, story.anna))).toBe('LAST_IDENTIFIER')
    expect(await story.byPhone()).toBeUndefined()
    // It is free, for whoever proves it next.
    expect((await story.claim()).member?.id).toBe(story.bob)
  })

  it('ends the member’s other sessions', async () => {
    await using story = await open()
    const { session } = await story.signIn(anonymous, await story.phoneProof(PHONE))
    const ids = await identityIds(story, story.anna)
    await unbind(story, member(story.anna), ids.get('PHONE')!)
    expect((await story.refresh(session!.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
  })
})

test('of an erased person nobody can tell what was contested', async () => {
  await using story = await open()
  await story.claim()
  const { number } = await story.seen(story.anna)
  await story.mutate(admin, 'eraseMember', 'EraseMemberInput', { memberId: story.anna, number }, '__typename')
  expect(
    await story.sql(
      `select encode(identifier_hash, 'hex') as hash, state, resolution from identity.identity_conflict`,
    ),
  ).toEqual([{ hash: '', state: 'RESOLVED', resolution: 'ERASED' }])
})
