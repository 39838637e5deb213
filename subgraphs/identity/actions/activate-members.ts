import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { becomesFull } from '../domain/entry.ts'
import type { IdentityKind } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { activateRows, lockMember, type MemberRow } from '../store/members.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'

export interface ActivateMemberInput {
  readonly memberId?: string | null
  readonly idempotencyKey?: string | null
}

/** A membership that somebody else registered is taken up. Doing it twice is doing it once. */
export async function activateMember(
  ctx: IdentityContext,
  input: ActivateMemberInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const target = targetOf(ctx.principal, input.memberId)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'activateMember', input),
      async () => {
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        // A card becomes a membership by an identity of a person, not by a wish.
        if (member.status === 'COLLECTOR') return fail('IDENTIFIER_NOT_VERIFIED', { path: ['memberId'] })
        if (member.status === 'PRE_REGISTERED') await activate(tx, ctx, [member.id])
        return ok({ memberId: member.id })
      },
    ),
  )
}

export interface ActivateMembersInput {
  readonly memberIds: readonly string[]
  readonly idempotencyKey?: string | null
}

const MEMBERS_MAX = 1_000

/** Many at once, as when a period of the past is taken over; answers how many were not active before. */
export async function activateMembers(
  ctx: IdentityContext,
  input: ActivateMembersInput,
): Promise<Result<number, IdentityRefusalCode>> {
  const { memberIds } = input
  return ctx.db.transaction((tx) =>
    once<number, IdentityRefusalCode>(tx, commandOf(ctx, 'activateMembers', input), async () => {
      if (memberIds.length === 0 || memberIds.length > MEMBERS_MAX) {
        return fail('IDENTIFIER_NOT_VALID', { path: ['memberIds'] })
      }
      return ok(await activate(tx, ctx, memberIds))
    }),
  )
}

/** A member that was just found, by its person or with new identities, becomes a full one where that makes it so. */
export async function activateIfDue(
  tx: Tx,
  ctx: IdentityContext,
  member: Pick<MemberRow, 'id' | 'status'>,
  by: { readonly person: boolean; readonly bound: readonly IdentityKind[] },
): Promise<void> {
  if (becomesFull(member.status, by)) await activate(tx, ctx, [member.id])
}

/** The same for one that is not at hand. */
export async function activateFound(
  tx: Tx,
  ctx: IdentityContext,
  memberId: string,
  by: { readonly person: boolean; readonly bound: readonly IdentityKind[] },
): Promise<void> {
  const member = await lockMember(tx, memberId)
  if (member) await activateIfDue(tx, ctx, member, by)
}

/** Answers how many of them were not active before. */
export async function activate(tx: Tx, ctx: IdentityContext, memberIds: readonly string[]): Promise<number> {
  const rows = await activateRows(tx, memberIds, ctx.now)
  for (const [from, members] of Map.groupBy(rows, (row) => row.from)) {
    await publish(tx, [
      {
        type: 'identity.MembersActivated',
        ...(members.length === 1 ? { memberId: members[0]!.id } : {}),
        occurredAt: ctx.now,
        payload: {
          from,
          members: members.map(({ id, joinedAt }) => ({ memberId: id, joinedAt: toIso(joinedAt) })),
        },
      },
    ])
  }
  return rows.length
}
