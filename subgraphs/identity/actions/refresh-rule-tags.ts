import { compileMemberCondition } from '../../../kernel/conditions/member-conditions.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { findProgram } from '../../../kernel/programs/known-programs.ts'
import { DAY_MS, later } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import type { DeclaredTag } from '../domain/tag-taxonomy.ts'
import { applyRuleTag } from '../store/rule-tags.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { refreshDueFacts } from './refresh-facts.ts'
import { tagsChanged } from './tags-changed.ts'

const EVENT_MEMBERS_MAX = 1_000

/** Brings the tags that rules give up to date, for members whose facts changed, or for all. */
export async function refreshRuleTags(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[] | undefined,
): Promise<void> {
  const changed = new Set<string>()
  for (const tag of await findTagDefinitions(tx.query)) {
    if (tag.rule) for (const id of await refreshOne(tx, ctx, tag, tag.rule, memberIds)) changed.add(id)
  }
  const ids = [...changed]
  for (let from = 0; from < ids.length; from += EVENT_MEMBERS_MAX) {
    await publish(tx, [tagsChanged(ctx.now, ids.slice(from, from + EVENT_MEMBERS_MAX))])
  }
}

async function refreshOne(
  tx: Tx,
  ctx: IdentityContext,
  tag: DeclaredTag,
  rule: NonNullable<DeclaredTag['rule']>,
  memberIds: readonly string[] | undefined,
): Promise<string[]> {
  const program = await findProgram(tx.query, tag.program)
  const days = tag.expiresAfterDays
  return applyRuleTag(
    tx,
    {
      dimension: tag.dimension.toUpperCase(),
      name: tag.id,
      value: rule.value ?? '',
      condition: compileMemberCondition(rule.when),
      by: `rule:${tag.program}`,
      expiresAt: days === undefined ? undefined : later(ctx.now, days * DAY_MS),
    },
    { program: tag.program, timeZone: program?.timeZone ?? 'UTC', now: ctx.now },
    memberIds,
  )
}

/** For all members: conditions that speak of now change without an event. */
export async function refreshAllRuleTags(ctx: IdentityContext): Promise<void> {
  await refreshDueFacts(ctx)
  await ctx.db.transaction((tx) => refreshRuleTags(tx, ctx, undefined))
}
