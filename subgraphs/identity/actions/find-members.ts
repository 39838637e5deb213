import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityContext } from '../context.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import { blindIndex } from '../domain/sealing.ts'
import { findOwners } from '../store/identifiers.ts'
import { findMemberByHash, type MemberRow } from '../store/members.ts'

/** The members that identities lead to, in the order asked; undefined where one leads to nobody. */
export async function findMemberIds(
  ctx: IdentityContext,
  identities: readonly IdentifierText[],
): Promise<(MemberId | undefined)[]> {
  const hashes = identities.map((identity) => {
    const identifier = normaliseIdentifier(identity)
    return identifier.ok ? blindIndex(ctx.services.keys.index, identifier.value) : undefined
  })
  const owners = await findOwners(
    ctx.db,
    hashes.flatMap((hash) => hash ?? []),
  )
  return hashes.map((hash) => hash && owners.get(hash.toString('hex')))
}

/** The member that an identity leads to now. */
export async function findMemberBy(
  ctx: IdentityContext,
  identity: IdentifierText,
): Promise<MemberRow | undefined> {
  const identifier = normaliseIdentifier(identity)
  return identifier.ok
    ? findMemberByHash(ctx.db, blindIndex(ctx.services.keys.index, identifier.value))
    : undefined
}
