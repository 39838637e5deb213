import { randomBytes } from 'node:crypto'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { type Instant, later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import {
  decideInvitation,
  decideJoining,
  decideLeaving,
  type Household,
  INVITATION_LIFE_MS,
  type Invitation,
} from '../domain/household.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { checkText } from '../domain/text.ts'
import {
  countInvitations,
  endHousehold,
  findHouseholdIdsOf,
  findHouseholds,
  findHouseholdsUnder,
  insertHousehold,
  insertInvitation,
  insertRelative,
  type LeftBecause,
  lockHousehold,
  lockInvitation,
  makeOwner,
  removeRelative,
  revokeInvitations,
  useInvitation,
} from '../store/households.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { secretDigest } from './open-session.ts'

type Answer<T> = Result<T, IdentityRefusalCode>

const NAME_MAX = 32

export interface CreateHouseholdInput {
  readonly name: string
  readonly idempotencyKey?: string | null
}

/** A member begins a household, and owns it. */
export async function createHousehold(
  ctx: IdentityContext,
  input: CreateHouseholdInput,
): Promise<Answer<Household>> {
  const target = targetOf(ctx.principal, undefined)
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'createHousehold', input), async () => {
      const name = checkText(input.name, NAME_MAX)
      if (!name.ok) return fail('HOUSEHOLD_NOT_VALID', { path: ['name'] })
      const member = await lockReachable(tx, ctx.principal, target)
      if (!member) return fail('MEMBER_NOT_FOUND')
      if ((await findHouseholdIdsOf(tx, [member.id])).size > 0) return fail('ALREADY_IN_HOUSEHOLD')
      const household = newId(ctx.now)
      await insertHousehold(tx, { id: household, name: name.value }, ctx.now)
      const owner = { memberId: member.id, id: newId(ctx.now), household, role: 'OWNER' as const }
      await insertRelative(tx, owner, ctx.now)
      await tell(tx, ctx, household)
      return ok(household)
    }),
  )
}

export interface InviteToHouseholdInput {
  readonly role: Invitation['role']
}

/** The owner gets a code to hand to one person; it is good for a week. */
export async function inviteToHousehold(
  ctx: IdentityContext,
  input: InviteToHouseholdInput,
): Promise<Answer<{ code: string; expiresAt: Instant }>> {
  const target = targetOf(ctx.principal, undefined)
  return ctx.db.transaction(async (tx) => {
    const household = await lockHouseholdOf(tx, target)
    const invited = household ? await countInvitations(tx, household.id, ctx.now) : 0
    const decided = decideInvitation(household, target, invited, ctx.services.householdMembers)
    if (!decided.ok) return decided
    const code = randomBytes(12).toString('base64url')
    const expiresAt = later(ctx.now, INVITATION_LIFE_MS)
    const invitation = { household: household!.id, role: input.role, invitedBy: target, expiresAt }
    await insertInvitation(tx, { hash: secretDigest(code), ...invitation }, ctx.now)
    return ok({ code, expiresAt })
  })
}

export interface JoinHouseholdInput {
  readonly code: string
  readonly idempotencyKey?: string | null
}

/** A member comes in by an invitation, which serves once. */
export async function joinHousehold(
  ctx: IdentityContext,
  input: JoinHouseholdInput,
): Promise<Answer<Household>> {
  const target = targetOf(ctx.principal, undefined)
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'joinHousehold', input), async () => {
      const member = await lockReachable(tx, ctx.principal, target)
      if (!member) return fail('MEMBER_NOT_FOUND')
      const hash = secretDigest(input.code.trim())
      const invitation = await lockInvitation(tx, hash)
      const household = invitation && (await lockHousehold(tx, invitation.household))
      const inHousehold = (await findHouseholdIdsOf(tx, [member.id])).size > 0
      const { householdMembers: most } = ctx.services
      const decided = decideJoining(invitation, household, { id: member.id, inHousehold }, most, ctx.now)
      if (!decided.ok) return decided
      const { role } = invitation!
      const id = household!.id
      await insertRelative(tx, { memberId: member.id, id: newId(ctx.now), household: id, role }, ctx.now)
      await useInvitation(tx, hash, member.id, ctx.now)
      await tell(tx, ctx, id)
      return ok(id)
    }),
  )
}

export interface LeaveHouseholdInput {
  readonly memberId?: string | null
  readonly idempotencyKey?: string | null
}

/** A member leaves its household, or its owner sends somebody away. */
export async function leaveHousehold(
  ctx: IdentityContext,
  input: LeaveHouseholdInput,
): Promise<Answer<Household>> {
  const self = targetOf(ctx.principal, undefined)
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'leaveHousehold', input), async () => {
      const leaving = input.memberId ?? self
      return leave(tx, ctx, await lockHouseholdOf(tx, self), {
        by: self,
        leaving,
        because: leaving === self ? 'LEFT' : 'REMOVED',
      })
    }),
  )
}

async function leave(
  tx: Tx,
  ctx: IdentityContext,
  household: Household | undefined,
  { by, leaving, because }: { by: string; leaving: string; because: LeftBecause },
): Promise<Answer<string>> {
  const decided = decideLeaving(household, by, leaving)
  if (!decided.ok) return decided
  const { places, heir, ends } = decided.value
  const { id } = household!
  for (const place of places) await removeRelative(tx, place, because, ctx.now)
  if (heir) await makeOwner(tx, heir)
  if (ends) await endHousehold(tx, id, ctx.now)
  // Whom somebody invited who is gone is nobody's guest.
  if (places.some(({ role }) => role === 'OWNER')) await revokeInvitations(tx, id, ctx.now)
  await tell(tx, ctx, id)
  return ok(id)
}

/** An erased member, whose present id comes first, is in no household. */
export async function leaveForGood(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
): Promise<void> {
  const self = memberIds[0]!
  for (const id of await findHouseholdsUnder(tx, memberIds)) {
    const household = await lockHousehold(tx, id)
    await leave(tx, ctx, household, { by: self, leaving: self, because: 'MEMBER_ERASED' })
  }
}

async function lockHouseholdOf(tx: Tx, memberId: string): Promise<Household | undefined> {
  const id = (await findHouseholdIdsOf(tx, [memberId])).get(memberId)
  return id === undefined ? undefined : lockHousehold(tx, id)
}

async function tell(tx: Tx, ctx: IdentityContext, id: string): Promise<void> {
  const household = (await findHouseholds(tx, [id])).get(id)!
  await publish(tx, [
    {
      type: 'identity.HouseholdChanged',
      occurredAt: ctx.now,
      payload: {
        household: id,
        closed: household.closed,
        members: household.relatives.map(({ memberId, role }) => ({ memberId, role })),
      },
    },
  ])
}

async function answerOf(
  ctx: IdentityContext,
  work: (tx: Tx) => Promise<Answer<string>>,
): Promise<Answer<Household>> {
  return ctx.db.transaction(async (tx) => {
    const answer = await work(tx)
    return answer.ok ? ok((await findHouseholds(tx, [answer.value])).get(answer.value)!) : answer
  })
}
