import type { Tx } from '../../../kernel/db/transaction.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type Channel, KINDS } from '../domain/kinds.ts'
import { type OneId, resolveOneId } from '../domain/one-id.ts'
import { places, seal } from '../domain/sealing.ts'
import { findChannelIdentities, insertChannelIdentities } from '../store/channel-identities.ts'
import { claimIdentifiers, settleClaims } from '../store/identifiers.ts'
import { lockMember } from '../store/members.ts'
import { ensureDataKeys, newNonce } from './data-key.ts'
import { admitReturning } from './return-of-erased.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

export type Resolved =
  | { readonly outcome: 'new'; readonly memberId: MemberId; readonly bind: readonly VerifiedIdentifier[] }
  | { readonly outcome: 'known'; readonly memberId: MemberId; readonly bind: readonly VerifiedIdentifier[] }

/**
 * Whose identifiers these are. Holds each of them for the rest of the transaction, so that two calls at once with one
 * phone come to one member; those that lead to nobody lead to the answer's member afterwards.
 */
export async function resolveMember(
  tx: Tx,
  ctx: IdentityContext,
  identifiers: readonly VerifiedIdentifier[],
  options: { target?: MemberId; mayBeNew: boolean },
): Promise<
  Result<Resolved, 'IDENTITY_ERASED' | 'IDENTIFIER_NOT_VERIFIED' | 'IDENTITY_CONFLICT' | 'MEMBER_NOT_FOUND'>
> {
  if (identifiers.length === 0) return fail('IDENTIFIER_NOT_VERIFIED')
  const candidate = newId<MemberId>(ctx.now)
  const hashes = identifiers.map(({ hash }) => hash)
  const claims = identifiers.map(({ kind, scope, hash }) => ({ kind, scope, hash, memberId: candidate }))
  let owners = await claimIdentifiers(tx, claims)
  // Who was erased while we came here has no identifiers any more: they are free, or under a tombstone.
  if (!(await lockOwners(tx, owners, candidate))) owners = await claimIdentifiers(tx, claims)
  const returning = await admitReturning(tx, ctx, identifiers)
  if (!returning.ok) {
    await settleClaims(tx, { claimedFor: candidate, hashes, kept: [] })
    return fail('IDENTITY_ERASED')
  }
  const knownOwners = new Set([...owners.values(), ...(options.target ? [options.target] : [])])
  knownOwners.delete(candidate)

  const resolved = resolveOneId({
    found: identifiers.map(({ kind, scope, hash, strength }) => {
      const owner = owners.get(hash.toString('hex'))
      return {
        kind,
        scope,
        strength,
        hash: hash.toString('hex'),
        ownerId: owner === candidate ? undefined : owner,
      }
    }),
    held: knownOwners.size === 0 ? [] : await findChannelIdentities(tx, [...knownOwners]),
    memberId: options.target,
  })

  const refusal = refusalOf(resolved, options.mayBeNew)
  if (refusal) {
    await settleClaims(tx, { claimedFor: candidate, hashes, kept: [] })
    return refusal
  }
  const oneId = (resolved as { value: OneId }).value
  if (oneId.outcome === 'new') return ok({ outcome: 'new', memberId: candidate, bind: identifiers })
  const bind = identifiers.filter(({ hash }) => oneId.bind.includes(hash.toString('hex')))
  const kept = bind.map(({ hash }) => hash)
  await settleClaims(tx, { claimedFor: candidate, hashes, kept, memberId: oneId.memberId })
  return ok({ outcome: 'known', memberId: oneId.memberId, bind })
}

function refusalOf(
  resolved: ReturnType<typeof resolveOneId>,
  mayBeNew: boolean,
):
  | { ok: false; refusal: { code: 'IDENTIFIER_NOT_VERIFIED' | 'IDENTITY_CONFLICT' | 'MEMBER_NOT_FOUND' } }
  | undefined {
  if (!resolved.ok) return resolved
  return resolved.value.outcome === 'new' && !mayBeNew ? fail('MEMBER_NOT_FOUND') : undefined
}

async function lockOwners(
  tx: Tx,
  owners: ReadonlyMap<string, MemberId>,
  candidate: MemberId,
): Promise<boolean> {
  for (const owner of [...new Set(owners.values())].toSorted()) {
    if (owner !== candidate && !(await lockMember(tx, owner))) return false
  }
  return true
}

/** Writes down on the members' side which identifiers are theirs; personal ones under each member's key. */
export async function recordIdentities(
  tx: Tx,
  ctx: IdentityContext,
  bindings: readonly { memberId: MemberId; identifier: VerifiedIdentifier; channel: Channel }[],
): Promise<void> {
  const personal = new Set(
    bindings.flatMap(({ memberId, identifier }) => (KINDS[identifier.kind].personal ? memberId : [])),
  )
  const dataKeys = await ensureDataKeys(tx, ctx.services.keys, [...personal])
  await insertChannelIdentities(
    tx,
    bindings.map(({ memberId, identifier, channel }) => {
      const id = newId(ctx.now)
      const { kind, scope, hash, value, strength, source } = identifier
      const sealedValue = KINDS[kind].personal
        ? seal(dataKeys.get(memberId)!, places.identity(memberId, id), Buffer.from(value), newNonce())
        : undefined
      return {
        memberId,
        id,
        kind,
        scope,
        hash,
        value: sealedValue ? undefined : value,
        sealedValue,
        channel,
        source,
        strength,
        verifiedAt: ctx.now,
      }
    }),
  )
}
