import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { declareTags } from '../domain/tag-taxonomy.ts'
import { checkTags, type TagInput } from '../domain/tags.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { appendTagHistory, saveTags } from '../store/tags.ts'
import { lockReachable, tagSourceOf } from './callers.ts'
import { commandOf } from './command.ts'
import { tagsChanged } from './tags-changed.ts'

export interface SetTagsInput {
  readonly memberId: string
  readonly tags: readonly TagInput[]
  readonly idempotencyKey?: string | null
}

/** What a source says of a member replaces what it said before, and leaves what others say. */
export async function setTags(
  ctx: IdentityContext,
  input: SetTagsInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const source = tagSourceOf(ctx.principal)
  const setBy = principalName(ctx.principal)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(tx, commandOf(ctx, 'setTags', input), async () => {
      const stated = checkTags(input.tags, ctx.now)
      if (!stated.ok) return stated
      const declared = declareTags(await findTagDefinitions(tx.query), stated.value, source, ctx.now)
      if (!declared.ok) return declared
      const member = await lockReachable(tx, ctx.principal, input.memberId)
      if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
      const tags = declared.value.map((statement) => ({ ...statement, source, setBy, setAt: ctx.now }))
      await saveTags(tx, member.holderId, tags)
      await appendTagHistory(tx, member.holderId, 'set', tags, ctx.now)
      await publish(tx, [tagsChanged(ctx.now, [member.id])])
      return ok({ memberId: member.id })
    }),
  )
}
