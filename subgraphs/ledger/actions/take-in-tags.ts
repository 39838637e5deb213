import type { Tx } from '../../../kernel/db/transaction.ts'
import { instant } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { saveTags } from '../store/standings.ts'

const TAGS = `
  query Tags($members: [_Any!]!) {
    _entities(representations: $members) { ... on Member { id tags { dimension name expiresAt } } }
  }`

interface Tags {
  readonly _entities: readonly ({
    readonly id: string
    readonly tags: readonly {
      readonly dimension: string
      readonly name: string
      readonly expiresAt: string | null
    }[]
  } | null)[]
}

/** Asks `identity` what tags members have now, and keeps them as conditions name them: `value/gold`. */
export async function takeInTags(tx: Tx, ctx: LedgerContext, memberIds: readonly string[]): Promise<void> {
  if (memberIds.length === 0) return
  const members = memberIds.map((id) => ({ __typename: 'Member', id }))
  const { _entities } = await ctx.graph.request<Tags>('identity', TAGS, { members })
  await saveTags(
    tx,
    // An id that was merged into another is answered with the other's; it is kept under the one that was asked for.
    _entities.flatMap((member, index) =>
      member
        ? [
            {
              memberId: memberIds[index]!,
              tags: member.tags.map(({ dimension, name, expiresAt }) => ({
                tag: `${dimension.toLowerCase()}/${name}`,
                until: expiresAt === null ? null : instant(expiresAt),
              })),
            },
          ]
        : [],
    ),
  )
}
