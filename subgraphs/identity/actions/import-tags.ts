import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { declareTags } from '../domain/tag-taxonomy.ts'
import { checkTags, type Tag, type TagInput } from '../domain/tags.ts'
import { lockMember } from '../store/members.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { appendTagHistory, saveTags } from '../store/tags.ts'
import { commandOf } from './command.ts'
import { tagsChanged } from './tags-changed.ts'

export interface ImportTagsInput {
  readonly members: readonly { readonly memberId: string; readonly tags: readonly TagInput[] }[]
  readonly idempotencyKey?: string | null
}

const MEMBERS_MAX = 1_000
const SOURCE = 'IMPORT'

type Imported = Result<{ members: number }, IdentityRefusalCode>

/** Tags of many members come in from elsewhere, all or none. A refusal names the line. */
export async function importTags(ctx: IdentityContext, input: ImportTagsInput): Promise<Imported> {
  return ctx.db.transaction((tx) =>
    once<{ members: number }, IdentityRefusalCode>(tx, commandOf(ctx, 'importTags', input), async () => {
      const count = input.members.length
      if (count === 0 || count > MEMBERS_MAX) return fail('TAG_NOT_VALID', { path: ['members'] })
      const taxonomy = await findTagDefinitions(tx.query)
      const setBy = principalName(ctx.principal)
      const lines: { memberId: string; index: number; tags: Tag[] }[] = []
      for (const [index, { memberId, tags }] of input.members.entries()) {
        const stated = checkTags(tags, ctx.now)
        const declared = stated.ok ? declareTags(taxonomy, stated.value, SOURCE, ctx.now) : stated
        if (!declared.ok) {
          const { code, path = [] } = declared.refusal
          return fail(code, { path: ['members', String(index), ...path] })
        }
        const given = declared.value.map((tag) => ({ ...tag, source: SOURCE, setBy, setAt: ctx.now }))
        lines.push({ memberId, index, tags: given })
      }
      // Members in order of id, so that two imports do not wait for each other; lines of one member in their own.
      lines.sort((a, b) => (a.memberId < b.memberId ? -1 : a.memberId > b.memberId ? 1 : a.index - b.index))
      const members = new Map<string, string>()
      for (const { memberId, index } of lines) {
        const member = await lockMember(tx, memberId)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['members', String(index), 'memberId'] })
        members.set(memberId, member.id)
      }
      for (const { memberId, tags } of lines) {
        await saveTags(tx, memberId, tags)
        await appendTagHistory(tx, memberId, 'set', tags, ctx.now)
      }
      const memberIds = [...new Set(members.values())]
      await publish(tx, [tagsChanged(ctx.now, memberIds)])
      return ok({ members: memberIds.length })
    }),
  )
}
