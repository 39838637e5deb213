import { BadInputError } from '../../../kernel/errors.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import type { LedgerContext } from '../context.ts'
import { IDENTITY_KINDS } from '../domain/identity-kinds.ts'

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
 * undefined where there is no such member. Throws where the kind of an identity is none.
 */
export async function resolveMembers(
  ctx: LedgerContext,
  references: readonly MemberReference[],
): Promise<(string | undefined)[]> {
  const named = new Set<string>()
  for (const { id } of references) if (id && isUuid(id)) named.add(id)
  const ids = [...named]
  // Whoever has an account was known before; only the rest is asked of `identity`.
  const held = await ctx.services.reads.haveAccounts(ids)
  const known = new Set(ids.filter((_, index) => held[index]))
  const unknown = ids.filter((_, index) => !held[index])
  const identities = references.flatMap(({ identity }) => identity ?? [])
  for (const { kind } of identities) {
    if (!IDENTITY_KINDS.has(kind))
      throw new BadInputError(`An identity's kind is one of ${[...IDENTITY_KINDS].join(', ')}, not ${kind}.`)
  }
  if (unknown.length > 0 || identities.length > 0) {
    const answer = await ctx.graph.request<Resolved>('identity', RESOLVE, { identities, ids: unknown })
    for (const [index, id] of unknown.entries()) {
      // By whichever of its ids: where that leads now is decided under the lock of the account.
      if (answer.knownMembers[index]) known.add(id)
    }
    const resolved = answer.resolveMembers.values()
    return references.map(({ id, identity }) =>
      identity ? (resolved.next().value ?? undefined) : among(known, id),
    )
  }
  return references.map(({ id }) => among(known, id))
}

const among = (known: ReadonlySet<string>, id: string | null | undefined): string | undefined =>
  id && known.has(id) ? id : undefined
