import { isUuid } from '../../../kernel/values/ids.ts'
import type { LedgerContext } from '../context.ts'

/** A member by its id, or by any identity that `identity` knows. */
export interface MemberReference {
  readonly id?: string | null
  readonly identity?: { readonly kind: string; readonly scope?: string | null; readonly value: string } | null
}

const RESOLVE = `
  query Resolve($identities: [IdentityInput!]!, $ids: [ID!]!) {
    resolveMembers(identities: $identities)
    knownMembers(ids: $ids)
  }`

interface Resolved {
  readonly resolveMembers: readonly (string | null)[]
  readonly knownMembers: readonly (string | null)[]
}

/**
 * Member ids in the order of the references, present or former as they were named or as an identity lies under them;
 * undefined where there is no such member.
 */
export async function resolveMembers(
  ctx: LedgerContext,
  references: readonly MemberReference[],
): Promise<(string | undefined)[]> {
  const ids = [...new Set(references.flatMap(({ id }) => (id && isUuid(id) ? [id] : [])))]
  // Whoever has an account was known before; only the rest is asked of `identity`.
  const held = await Promise.all(ids.map((id) => ctx.services.reads.hasAccount(id)))
  const known = new Map(ids.flatMap((id, index) => (held[index] ? [[id, id] as const] : [])))
  const unknown = ids.filter((id) => !known.has(id))
  const identities = references.flatMap(({ identity }) => (identity ? [identity] : []))
  if (unknown.length > 0 || identities.length > 0) {
    const answer = await ctx.graph.request<Resolved>('identity', RESOLVE, { identities, ids: unknown })
    for (const [index, id] of unknown.entries()) {
      // By whichever of its ids: where that leads now is decided under the lock of the account.
      if (answer.knownMembers[index]) known.set(id, id)
    }
    const resolved = answer.resolveMembers.values()
    return references.map(({ id, identity }) =>
      identity ? (resolved.next().value ?? undefined) : known.get(id ?? ''),
    )
  }
  return references.map(({ id }) => known.get(id ?? ''))
}
