import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityContext } from '../context.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import { blindIndex } from '../domain/sealing.ts'
import { findOwners } from '../store/identifiers.ts'
import { findMemberByHash, type MemberRow } from '../store/members.ts'
import { findAliasedPhones } from '../store/phone-aliases.ts'

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
  const phones = await findAliasedPhones(
    ctx.db,
    hashes.flatMap((hash, index) => (hash && identities[index]!.kind === 'PHONE_HASH' ? hash : [])),
  )
  return hashes.map((hash) => {
    if (!hash) return undefined
    const name = hash.toString('hex')
    return owners.get(name) ?? phones.get(name)?.memberId
  })
}

/** The member that an identity leads to now. */
export async function findMemberBy(
  ctx: IdentityContext,
  identity: IdentifierText,
): Promise<MemberRow | undefined> {
  const identifier = normaliseIdentifier(identity)
  if (!identifier.ok) return undefined
  const hash = blindIndex(ctx.services.keys.index, identifier.value)
  const found = await findMemberByHash(ctx.db, hash)
  if (found || identity.kind !== 'PHONE_HASH') return found
  const phone = (await findAliasedPhones(ctx.db, [hash])).get(hash.toString('hex'))
  return phone && findMemberByHash(ctx.db, phone.phoneHash)
}
