import type { Tx } from '../../../kernel/db/transaction.ts'
import { findPrograms } from '../../../kernel/programs/known-programs.ts'
import { localDate } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import { personFacts, tagFacts } from '../domain/facts.ts'
import {
  beginAccountFacts,
  forgetMergedFacts,
  gatherAccountFacts,
  refreshWindows,
  saveMemberFacts,
  tagsDue,
  windowsDue,
} from '../store/facts.ts'
import { findMemberKeys } from '../store/member-keys.ts'
import { presentIds } from '../store/members.ts'
import { findProfiles } from '../store/profiles.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { findTags } from '../store/tags.ts'
import { openProfile } from './write-profile.ts'

const CHUNK = 500

/** Builds the facts of persons anew from what is known of them now; of whom nothing is known any more, nothing stays. */
export async function refreshMemberFacts(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
): Promise<void> {
  const taxonomy = await findTagDefinitions(tx.query)
  for (let from = 0; from < memberIds.length; from += CHUNK) {
    const asked = memberIds.slice(from, from + CHUNK)
    await forgetMergedFacts(tx, asked)
    const ids = await presentIds(tx, asked)
    const profiles = await findProfiles(tx, ids)
    const keys = await findMemberKeys(tx, ids)
    const tags = Map.groupBy(await findTags(tx, ids), ({ personId }) => personId)
    await saveMemberFacts(
      tx,
      ids.map((memberId) => {
        const [sealed, key] = [profiles.get(memberId), keys.get(memberId)]
        const person = personFacts(sealed && key ? openProfile(ctx.services.keys, sealed, key) : undefined)
        const tagged = tagFacts(tags.get(memberId) ?? [], taxonomy, ctx.now)
        return { memberId, ...person, tags: tagged.tags, tagsUntil: tagged.until }
      }),
    )
    await beginAccountFacts(tx, ids)
  }
}

/** Facts of members who became one, or two again, from what is known under each of their ids. */
export async function refreshJoinedFacts(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
): Promise<void> {
  await refreshMemberFacts(tx, ctx, memberIds)
  const present = await presentIds(tx, memberIds)
  await gatherAccountFacts(tx, present)
  for (const program of await findPrograms(tx.query)) {
    const today = localDate(ctx.now, program.timeZone)
    await refreshWindows(tx, { program: program.slug, memberIds: present, today })
  }
}

/** Facts that change by the mere passing of time: windows of purchases move on, tags expire. */
export async function refreshDueFacts(ctx: IdentityContext): Promise<void> {
  for (const program of await findPrograms(ctx.db.query)) {
    const today = localDate(ctx.now, program.timeZone)
    await untilNoneIsLeft(ctx, async (tx) => {
      const memberIds = await windowsDue(tx.query, program.slug, today, CHUNK)
      if (memberIds.length > 0) await refreshWindows(tx, { program: program.slug, memberIds, today })
      return memberIds.length
    })
  }
  await untilNoneIsLeft(ctx, async (tx) => {
    const memberIds = await tagsDue(tx.query, ctx.now, CHUNK)
    if (memberIds.length > 0) await refreshMemberFacts(tx, ctx, memberIds)
    return memberIds.length
  })
}

async function untilNoneIsLeft(ctx: IdentityContext, chunk: (tx: Tx) => Promise<number>): Promise<void> {
  while ((await ctx.db.transaction(chunk)) === CHUNK);
}
