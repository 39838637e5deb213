import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import type { TagDimension } from '../domain/tags.ts'
import { findAllIds } from '../store/members.ts'
import { appendTagHistory, deleteTags } from '../store/tags.ts'
import { lockReachable, tagSourceOf } from './callers.ts'
import { commandOf } from './command.ts'
import { tagsChanged } from './tags-changed.ts'

export interface RemoveTagsInput {
  readonly memberId: string
  readonly tags: readonly { readonly dimension: TagDimension; readonly name: string }[]
  readonly idempotencyKey?: string | null
}

/** Each source takes back its own word; head office (operators, admins) removes a tag whoever set it. */
export async function removeTags(
  ctx: IdentityContext,
  input: RemoveTagsInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const source = tagSourceOf(ctx.principal)
  const removedBy = principalName(ctx.principal)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(tx, commandOf(ctx, 'removeTags', input), async () => {
      const member = await lockReachable(tx, ctx.principal, input.memberId)
      if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
      const tags = input.tags.map(({ dimension, name }) => ({ dimension, name: name.trim() }))
      const ids = await findAllIds(tx, member.id)
      const gone = await deleteTags(tx, ids, tags, source === 'STAFF' ? undefined : source)
      for (const [holderId, ofHolder] of Map.groupBy(gone, ({ memberId }) => memberId)) {
        const recorded = ofHolder.map((tag) => ({ ...tag, setBy: removedBy, setAt: ctx.now }))
        await appendTagHistory(tx, holderId, 'removed', recorded, ctx.now)
      }
      await publish(tx, [tagsChanged(ctx.now, [member.id])])
      return ok({ memberId: member.id })
    }),
  )
}
