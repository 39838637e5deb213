import { once } from '../../../kernel/commands/once.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { changeProfile, checkProfile, type ProfileChange } from '../domain/profile.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { writeProfile } from './write-profile.ts'

export interface UpdateProfileInput {
  readonly memberId?: string | null
  readonly profile: ProfileChange
  readonly idempotencyKey?: string | null
}

/** Changes the fields that are given; null forgets one. */
export async function updateProfile(
  ctx: IdentityContext,
  input: UpdateProfileInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const target = targetOf(ctx.principal, input.memberId)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'updateProfile', input),
      async () => {
        const change = checkProfile(input.profile, ctx.now)
        if (!change.ok) return change
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        await writeProfile(tx, ctx, member.id, (known) => changeProfile(known, change.value))
        return ok({ memberId: member.id })
      },
    ),
  )
}
