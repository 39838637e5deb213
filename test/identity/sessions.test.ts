import { expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { anonymous, member, service } from '../helpers/graph.ts'
import { openIdentity } from './story.ts'

const phone = '13812341234'
const LIST = '{ me { sessions { id channel startedAt usedAt current } } }'
type Listed = { me: { sessions: { id: string; current: boolean; usedAt: string; channel: string }[] } }

test('a member sees where it is signed in, and ends one session or all others', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone)
  for (const channel of ['WECHAT', 'WEB']) {
    await identity.signIn(anonymous, await identity.phoneProof(phone), { channel })
  }
  const { me } = await identity.ask<Listed>(member(anna), LIST)
  expect(me.sessions.map(({ channel }) => channel)).toEqual(['WEB', 'WECHAT', 'APP'])

  const web: Principal = {
    kind: 'member',
    memberId: anna as never,
    channel: 'WEB',
    sessionId: me.sessions[0]!.id,
  }
  const end = (principal: Principal, input: Record<string, unknown>) =>
    identity.mutate<{ ended: number | null; refusal: { code: string } | null }>(
      principal,
      'endSessions',
      'EndSessionsInput',
      input,
      'ended',
    )
  expect((await end(web, { sessionId: me.sessions[2]!.id })).ended).toBe(1)
  expect((await end(web, { sessionId: me.sessions[2]!.id })).refusal?.code).toBe('SESSION_NOT_FOUND')
  const bob = await identity.registered('13900001111')
  expect((await end(member(bob), { sessionId: me.sessions[0]!.id })).refusal?.code).toBe('SESSION_NOT_FOUND')
  expect((await end(web, {})).ended).toBe(1)
  const left = (await identity.ask<Listed>(web, LIST)).me.sessions
  expect(left.map(({ id, current }) => [id, current])).toEqual([[web.sessionId, true]])

  const { endedSessions } = await identity.ask<{ endedSessions: string[] }>(service(), '{ endedSessions }')
  expect(endedSessions.toSorted()).toEqual([me.sessions[1]!.id, me.sessions[2]!.id].toSorted())
  await expect(identity.ask(web, '{ endedSessions }')).rejects.toThrow('no right')
})

test('a session that is refreshed lives on, one that is not is gone after thirty days', async () => {
  await using identity = await openIdentity()
  const proofs = [await identity.phoneProof(phone)]
  const { session, member: anna } = await identity.register(anonymous, proofs, 'APP')
  await identity.signIn(anonymous, await identity.phoneProof(phone))
  identity.clock.advance(20 * 86_400_000)
  await identity.refresh(session!.refreshToken)
  identity.clock.advance(20 * 86_400_000)
  const { me } = await identity.ask<Listed>(member(anna!.id), LIST)
  expect(me.sessions.map(({ usedAt }) => usedAt)).toEqual(['2026-01-21T00:02:00.000Z'])
})
