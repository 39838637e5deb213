import type { KeyObject } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type Channel, KINDS } from '../domain/kinds.ts'
import { resolveOneId } from '../domain/one-id.ts'
import { places, seal } from '../domain/sealing.ts'
import {
  type ChannelIdentityRow,
  findChannelIdentities,
  insertChannelIdentities,
} from '../store/channel-identities.ts'
import { claimIdentifiers, settleClaims } from '../store/identifiers.ts'
import { type LockedMember, lockMember } from '../store/members.ts'
import { type AliasedPhone, findAliasedPhones } from '../store/phone-aliases.ts'
import { findDormant, moveToNewest, noteConflicts } from './contest-identity.ts'
import { ensureDataKeys, newNonce } from './data-key.ts'
import { goesWith, nameByHashes, phoneHashesOf } from './phone-aliases.ts'
import { admitReturning } from './return-of-erased.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

export interface Resolved {
  readonly outcome: 'new' | 'known'
  readonly memberId: MemberId
  /** Under which of the member's ids the new identifiers lie: what comes by an identity belongs to the id that has it. */
  readonly holderId: MemberId
  readonly bind: readonly VerifiedIdentifier[]
}

type ResolveRefusal = 'IDENTITY_ERASED' | 'IDENTIFIER_NOT_VERIFIED' | 'IDENTITY_CONFLICT' | 'MEMBER_NOT_FOUND'

/**
 * Whose identifiers these are. Holds each of them for the rest of the transaction, so that two calls at once with one
 * phone come to one member; those that lead to nobody lead to the answer's member afterwards.
 */
export async function resolveMember(
  tx: Tx,
  ctx: IdentityContext,
  identifiers: readonly VerifiedIdentifier[],
  options: { target?: Pick<LockedMember, 'id' | 'holderId'>; mayBeNew: boolean },
): Promise<Result<Resolved, ResolveRefusal>> {
  if (identifiers.length === 0) return fail('IDENTIFIER_NOT_VERIFIED')
  const candidate = newId<MemberId>(ctx.now)
  const byPhone = phoneHashesOf(ctx, identifiers).filter(
    ({ hash }) => !identifiers.some((one) => one.hash.equals(hash)),
  )
  const all = [...identifiers, ...byPhone]
  const hashes = all.map(({ hash }) => hash)
  let { holders, phones } = await claim(tx, all, candidate)
  let persons = await lockPersons(tx, holders, candidate)
  if (!persons) {
    // Who was erased while we came here has no identifiers any more: they are free, or under a tombstone.
    ;({ holders, phones } = await claim(tx, all, candidate))
    persons = (await lockPersons(tx, holders, candidate)) ?? new Map()
  }
  const giveBack = () => settleClaims(tx, { claimedFor: candidate, hashes, kept: [] })
  const returning = await admitReturning(tx, ctx, all)
  if (!returning.ok) {
    await giveBack()
    return fail('IDENTITY_ERASED')
  }
  const { target } = options
  const ownerOf = (hash: Buffer): MemberId | undefined => persons.get(holders.get(hash.toString('hex'))!)
  // A hash says whose a phone is that leads to nobody yet; of one that leads to somebody it has nothing to say.
  const told = byPhone.filter(({ hash, phone }) => ownerOf(hash) && !ownerOf(phone.hash))
  const asked = once([...identifiers.map((one) => inPlaceOf(one, phones)), ...told])
  const found = asked.map(({ kind, scope, hash, strength }) => {
    return { kind, scope, strength, hash: hash.toString('hex'), ownerId: ownerOf(hash) }
  })
  const known = [...new Set([...persons.values(), ...(target ? [target.id] : [])])]
  const held = known.length === 0 ? [] : await findChannelIdentities(tx, known)
  const oneId = resolveOneId({
    found,
    held: held
      .filter((one) => !goesWith(ctx, byPhone, one))
      .map(({ kind, scope, hash, personId }) => ({
        kind,
        scope,
        hash: hash.toString('hex'),
        memberId: personId,
      })),
    memberId: target?.id,
    policy: ctx.services.oneId.conflict,
    dormant: await findDormant(tx, ctx, known),
  })
  switch (oneId.outcome) {
    case 'not-verified':
      await giveBack()
      return fail('IDENTIFIER_NOT_VERIFIED')
    case 'conflict': {
      await giveBack()
      const noted = await noteConflicts(tx, ctx, oneId.conflicts, asked)
      return fail('IDENTITY_CONFLICT', noted.length === 0 ? {} : { details: { conflict: noted[0]! } })
    }
    case 'new':
      if (!options.mayBeNew) {
        await giveBack()
        return fail('MEMBER_NOT_FOUND')
      }
      await moveToNewest(tx, ctx, oneId.moved, { identifiers: asked, held, to: candidate })
      await release(tx, byPhone, candidate)
      return ok({ outcome: 'new', memberId: candidate, holderId: candidate, bind: identifiers })
    case 'known': {
      const { memberId } = oneId
      const came = asked.flatMap(({ hash }) => {
        const holder = holders.get(hash.toString('hex'))!
        return persons.get(holder) === memberId ? [holder] : []
      })
      const holderId = target?.holderId ?? (new Set(came).size === 1 ? came[0]! : memberId)
      await moveToNewest(tx, ctx, oneId.moved, { identifiers: asked, held, to: holderId })
      const bind = identifiers.filter(({ hash }) => oneId.bind.includes(hash.toString('hex')))
      const kept = bind.map(({ hash }) => hash)
      await settleClaims(tx, { claimedFor: candidate, hashes, kept, memberId: holderId })
      return ok({ outcome: 'known', memberId, holderId, bind })
    }
  }
}

interface Claimed {
  /** To whom each identifier leads, by the hex text of its hash. */
  readonly holders: Map<string, MemberId>
  /** The phones that marketplaces' hashes among them stand for. */
  readonly phones: ReadonlyMap<string, AliasedPhone>
}

/** Takes identifiers for a candidate where they lead to nobody. */
async function claim(
  tx: Tx,
  identifiers: readonly VerifiedIdentifier[],
  candidate: MemberId,
): Promise<Claimed> {
  const holders = await claimIdentifiers(
    tx,
    identifiers.map(({ kind, scope, hash }) => ({ kind, scope, hash, memberId: candidate })),
  )
  // A hash that was bound itself, while nobody knew its number, leads where it was bound.
  const unbound = identifiers.filter(
    ({ kind, hash }) => kind === 'PHONE_HASH' && holders.get(hash.toString('hex')) === candidate,
  )
  const phones = await findAliasedPhones(
    tx,
    unbound.map(({ hash }) => hash),
  )
  for (const { phoneHash, memberId } of phones.values()) holders.set(phoneHash.toString('hex'), memberId)
  return { holders, phones }
}

/** The phone that a hash stands for, so that what is decided about it is decided about the phone. */
function inPlaceOf(
  identifier: VerifiedIdentifier,
  phones: ReadonlyMap<string, AliasedPhone>,
): VerifiedIdentifier {
  const phone = phones.get(identifier.hash.toString('hex'))
  return phone ? { ...identifier, kind: 'PHONE', scope: '', hash: phone.phoneHash } : identifier
}

const once = (identifiers: readonly VerifiedIdentifier[]): VerifiedIdentifier[] =>
  [...new Map(identifiers.toReversed().map((one) => [one.hash.toString('hex'), one])).values()].toReversed()

const release = async (
  tx: Tx,
  identifiers: readonly VerifiedIdentifier[],
  candidate: MemberId,
): Promise<void> => {
  if (identifiers.length === 0) return
  await settleClaims(tx, { claimedFor: candidate, hashes: identifiers.map(({ hash }) => hash), kept: [] })
}

/** Holds the persons that identifiers lead to; answers who that is for each id, or nothing if one was erased. */
async function lockPersons(
  tx: Tx,
  holders: ReadonlyMap<string, MemberId>,
  candidate: MemberId,
): Promise<Map<MemberId, MemberId> | undefined> {
  const persons = new Map<MemberId, MemberId>()
  for (const holder of [...new Set(holders.values())].toSorted()) {
    if (holder === candidate) continue
    const member = await lockMember(tx, holder)
    if (!member) return undefined
    persons.set(holder, member.id)
  }
  return persons
}

export interface Binding {
  readonly memberId: MemberId
  readonly identifier: VerifiedIdentifier
  readonly channel: Channel
}

/** Writes down on the members' side which identifiers are theirs; personal ones under each member's key. */
export async function recordIdentities(
  tx: Tx,
  ctx: IdentityContext,
  bindings: readonly Binding[],
): Promise<void> {
  const personal = new Set(
    bindings.flatMap(({ memberId, identifier }) => (KINDS[identifier.kind].personal ? memberId : [])),
  )
  const dataKeys = await ensureDataKeys(tx, ctx.services.keys, [...personal])
  await insertChannelIdentities(tx, sealIdentities(ctx.now, bindings, dataKeys))
  await nameByHashes(tx, ctx, bindings)
}

/** Identifiers as they lie at rest. */
export const sealIdentities = (
  now: Instant,
  bindings: readonly Binding[],
  dataKeys: ReadonlyMap<string, KeyObject>,
): ChannelIdentityRow[] =>
  bindings.map(({ memberId, identifier, channel }) => {
    const id = newId(now)
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
      verifiedAt: now,
    }
  })
