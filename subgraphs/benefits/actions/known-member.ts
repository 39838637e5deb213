import { isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import type { BenefitsContext } from '../context.ts'

const KNOWN_MEMBERS = 'query KnownMembers($ids: [ID!]!) { knownMembers(ids: $ids) }'

/** The member of this id as `identity` knows it: the id of the one that it was merged into, or undefined. */
export async function knownMember(ctx: BenefitsContext, id: string): Promise<MemberId | undefined> {
  if (!isUuid(id)) return undefined
  const { knownMembers } = await ctx.graph.request<{ knownMembers: (MemberId | null)[] }>(
    'identity',
    KNOWN_MEMBERS,
    { ids: [id] },
  )
  return knownMembers[0] ?? undefined
}
