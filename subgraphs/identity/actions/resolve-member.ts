import type { KeyObject } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { assert } from '../../../kernel/values/assert.ts'
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
import { noteConflicts } from '../store/conflicts.ts'
import { claimIdentifiers, settleClaims } from '../store/identifiers.ts'
import { type LockedMember, lockMember } from '../store/members.ts'
import { type AliasedPhone, findAliasedPhones } from '../store/phone-aliases.ts'
import { casesOf, findDormant, moveToNewest } from './contest-identity.ts'
import { ensureDataKeys, newNonce } from './data-key.ts'
import { goesWith, holdHashes, nameByHashes, phoneHashesOf } from './phone-aliases.ts'
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
  const { target } = options
  const { holders, phones, byPhone, persons, held } = await hold(tx, ctx, identifiers, candidate, target?.id)
  const hashes = identifiers.map(({ hash }) => hash)
  const giveBack = () => settleClaims(tx, { claimedFor: candidate, hashes, kept: [] })
  const returning = await admitReturning(tx, ctx, [...identifiers, ...byPhone])
  if (!returning.ok) {
    await giveBack()
    return fail('IDENTITY_ERASED')
  }
  const ownerOf = (hash: Buffer): MemberId | undefined => persons.get(holders.get(hash.toString('hex'))!)
  const told = byPhone.filter(({ hash }) => ownerOf(hash))
  const asked = eachOnce([...identifiers.map((one) => inPlaceOf(one, phones)), ...told])
  const found = asked.map(({ kind, scope, hash, strength }) => {
    return { kind, scope, strength, hash: hash.toString('hex'), ownerId: ownerOf(hash) }
  })
  const hashesOfAll = phoneHashesOf(ctx, identifiers)
  const oneId = resolveOneId({
    found,
    held: held
      .filter((one) => !goesWith(ctx, hashesOfAll, one))
      .map(({ kind, scope, hash, personId }) => ({
        kind,
        scope,
        hash: hash.toString('hex'),
        memberId: personId,
      })),
    memberId: target?.id,
    policy: ctx.services.oneId.conflict,
    dormant: await findDormant(tx, ctx, presentIdsOf(persons, target?.id)),
  })
  switch (oneId.outcome) {
    case 'not-verified':
      await giveBack()
      return fail('IDENTIFIER_NOT_VERIFIED')
    case 'conflict': {
      await giveBack()
      const noted = await noteConflicts(tx, casesOf(oneId.conflicts, asked), ctx.now)
      return fail('IDENTITY_CONFLICT', noted.length === 0 ? {} : { details: { conflict: noted[0]! } })
    }
    case 'new':
      if (!options.mayBeNew) {
        await giveBack()
        return fail('MEMBER_NOT_FOUND')
      }
      await moveToNewest(tx, ctx, oneId.moved, { identifiers: asked, held, to: candidate })
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
  readonly holders: ReadonlyMap<string, MemberId>
  /** The phones that marketplaces' hashes among them stand for. */
  readonly phones: ReadonlyMap<string, AliasedPhone>
  /** The hashes of those phones among them that lead to nobody: of one that leads to somebody they have nothing to say. */
  readonly byPhone: readonly VerifiedIdentifier[]
}

interface Held extends Claimed {
  /** Who that is, by the ids to which identifiers lead. */
  readonly persons: ReadonlyMap<MemberId, MemberId>
  /** What these and the target have. */
  readonly held: readonly (ChannelIdentityRow & { readonly personId: MemberId })[]
}

/**
 * Holds identifiers and whom they lead to. A person who was erased, or who lost one of them, while we waited has it no
 * more: it is somebody else's or free, and so is asked again.
 */
async function hold(
  tx: Tx,
  ctx: IdentityContext,
  identifiers: readonly VerifiedIdentifier[],
  candidate: MemberId,
  targetId: MemberId | undefined,
): Promise<Held> {
  for (let times = 1; ; times++) {
    const claimed = await claim(tx, ctx, identifiers, candidate)
    const leading = [...claimed.holders].filter(([, holder]) => holder !== candidate)
    const persons = await lockOwners(
      tx,
      leading.map(([, holder]) => holder),
    )
    const known = presentIdsOf(persons, targetId)
    const held = known.length === 0 ? [] : await findChannelIdentities(tx, known)
    const standing = new Set(held.map(({ memberId, hash }) => `${hash.toString('hex')} ${memberId}`))
    if (leading.every(([hash, holder]) => standing.has(`${hash} ${holder}`))) {
      return { ...claimed, persons, held }
    }
    assert(times < TIMES_MAX, 'an identifier leads to the member that has it')
  }
}

/** So many moves of one identifier, each while we waited for the one before, there are not. */
const TIMES_MAX = 10

const presentIdsOf = (
  persons: ReadonlyMap<MemberId, MemberId>,
  targetId: MemberId | undefined,
): MemberId[] => [...new Set([...persons.values(), ...(targetId === undefined ? [] : [targetId])])]

/** Takes identifiers for a candidate where they lead to nobody. */
async function claim(
  tx: Tx,
  ctx: IdentityContext,
  identifiers: readonly VerifiedIdentifier[],
  candidate: MemberId,
): Promise<Claimed> {
  const holders = await claimIdentifiers(
    tx,
    identifiers.map(({ kind, scope, hash }) => ({ kind, scope, hash, memberId: candidate })),
  )
  const free = identifiers.filter(({ hash }) => holders.get(hash.toString('hex')) === candidate)
  const byPhone = phoneHashesOf(ctx, free).filter(
    ({ hash }) => !identifiers.some((one) => one.hash.equals(hash)),
  )
  for (const [hash, holder] of await holdHashes(tx, ctx, byPhone)) holders.set(hash, holder)
  // A hash that was bound itself, while nobody knew its number, leads where it was bound.
  const phones = await findAliasedPhones(
    tx,
    free.filter(({ kind }) => kind === 'PHONE_HASH').map(({ hash }) => hash),
  )
  for (const { phoneHash, memberId } of phones.values()) holders.set(phoneHash.toString('hex'), memberId)
  return { holders, phones, byPhone }
}

/** The phone that a hash stands for, so that what is decided about it is decided about the phone. */
function inPlaceOf(
  identifier: VerifiedIdentifier,
  phones: ReadonlyMap<string, AliasedPhone>,
): VerifiedIdentifier {
  const phone = phones.get(identifier.hash.toString('hex'))
  return phone ? { ...identifier, kind: 'PHONE', scope: '', hash: phone.phoneHash } : identifier
}

const eachOnce = (identifiers: readonly VerifiedIdentifier[]): VerifiedIdentifier[] =>
  [...new Map(identifiers.toReversed().map((one) => [one.hash.toString('hex'), one])).values()].toReversed()

/** Holds the persons that identifiers lead to; answers who that is for each id. Who was erased is left out. */
async function lockOwners(tx: Tx, holders: readonly MemberId[]): Promise<Map<MemberId, MemberId>> {
  const persons = new Map<MemberId, MemberId>()
  for (const holder of [...new Set(holders)].toSorted()) {
    const member = await lockMember(tx, holder)
    if (member) persons.set(holder, member.id)
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
