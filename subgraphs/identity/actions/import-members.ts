import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Refusal, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { Entry } from '../domain/entry.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import { type ImportDecision, planImport } from '../domain/import-plan.ts'
import type { Channel } from '../domain/kinds.ts'
import { checkProfile, fillProfile, type Profile, type ProfileChange } from '../domain/profile.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, places, seal, tombstoneOf, unseal } from '../domain/sealing.ts'
import { declareTags, type Taxonomy } from '../domain/tag-taxonomy.ts'
import { checkTags, type Tag, type TagInput } from '../domain/tags.ts'
import { findChannelIdentities } from '../store/channel-identities.ts'
import { findTombstones } from '../store/erasure.ts'
import { claimIdentifiers, handOverClaims, releaseIdentifiers } from '../store/identifiers.ts'
import { findMembers, lockMember, type MemberRow } from '../store/members.ts'
import { findProfiles, saveProfiles } from '../store/profiles.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { appendTagsOfMany } from '../store/tags.ts'
import { commandOf } from './command.ts'
import { ensureDataKeys, newNonce } from './data-key.ts'
import { beginMembers, identityBound, membersRegistered } from './register-member.ts'
import { recordIdentities } from './resolve-member.ts'
import { tagsChanged } from './tags-changed.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

export interface ImportedPersonInput {
  readonly key: string
  readonly identities?: readonly IdentifierText[] | null
  readonly profile?: ProfileChange | null
  readonly joinedAt?: Instant | null
  readonly channel?: Channel | null
  readonly store?: string | null
  readonly entry?: Entry | null
  readonly tags?: readonly TagInput[] | null
}

export interface ImportMembersInput {
  readonly source: string
  readonly members: readonly ImportedPersonInput[]
  readonly dryRun?: boolean | null
  readonly idempotencyKey?: string | null
}

export type ImportedPerson =
  | { readonly outcome: 'CREATED' | 'KNOWN'; readonly memberId: MemberId | undefined }
  | { readonly outcome: 'REFUSED'; readonly refusal: Refusal<IdentityRefusalCode> }

const MEMBERS_MAX = 1_000
const IDENTITIES_MAX = 10

type Answer = Result<readonly ImportedPerson[], IdentityRefusalCode>

/**
 * Members of the past with all that is known of them, line by line: what is wrong with one keeps none of the others out.
 * One statement a table, however many they are. The same lines again find the members that they made.
 */
export async function importMembers(ctx: IdentityContext, input: ImportMembersInput): Promise<Answer> {
  const command = commandOf(ctx, 'importMembers', input)
  if (!input.dryRun) return ctx.db.transaction((tx) => once(tx, command, () => importAll(tx, ctx, input)))
  const rehearsal = new Rehearsal()
  try {
    return await ctx.db.transaction(async (tx) => {
      rehearsal.answer = await importAll(tx, ctx, input)
      throw rehearsal
    })
  } catch (error) {
    if (error !== rehearsal) throw error
    return withoutIds(rehearsal.answer!)
  }
}

/** Thrown so that nothing of it stays. */
class Rehearsal extends Error {
  override name = 'Rehearsal'
  answer: Answer | undefined
}

const withoutIds = (answer: Answer): Answer =>
  answer.ok
    ? ok(answer.value.map((one) => (one.outcome === 'CREATED' ? { ...one, memberId: undefined } : one)))
    : answer

interface Line {
  readonly index: number
  readonly candidate: MemberId
  readonly identifiers: readonly VerifiedIdentifier[]
  readonly profile: ProfileChange
  readonly tags: readonly Tag[]
}

async function importAll(tx: Tx, ctx: IdentityContext, input: ImportMembersInput): Promise<Answer> {
  const { members } = input
  if (members.length === 0 || members.length > MEMBERS_MAX) {
    return fail('IDENTIFIER_NOT_VALID', { path: ['members'] })
  }
  const taxonomy = await findTagDefinitions(tx.query)
  const read = members.map((member, index) => readLine(ctx, taxonomy, input.source, member, index))
  const lines = read.flatMap((line) => (line.ok ? line.value : []))
  const decisions = await decideLines(tx, ctx, lines)
  await carryOut(tx, ctx, input, lines, decisions)
  const decided = new Map(lines.map(({ index }, at) => [index, decisions[at]!]))
  return ok(
    read.map((line, index): ImportedPerson => {
      if (!line.ok) return { outcome: 'REFUSED', refusal: line.refusal }
      const decision = decided.get(index)!
      if (decision.outcome === 'REFUSED') return { outcome: 'REFUSED', refusal: { code: decision.code } }
      return { outcome: decision.outcome, memberId: decision.memberId }
    }),
  )
}

function readLine(
  ctx: IdentityContext,
  taxonomy: Taxonomy,
  source: string,
  given: ImportedPersonInput,
  index: number,
): Result<Line, IdentityRefusalCode> {
  const texts: IdentifierText[] = [
    { kind: 'EXTERNAL', scope: source, value: given.key },
    ...(given.identities ?? []),
  ]
  if (texts.length > IDENTITIES_MAX + 1) return fail('IDENTIFIER_NOT_VALID', { path: ['identities'] })
  const identifiers: VerifiedIdentifier[] = []
  for (const [place, text] of texts.entries()) {
    const path = place === 0 ? ['key'] : ['identities', String(place - 1)]
    const identifier = normaliseIdentifier(text)
    if (!identifier.ok) return fail(identifier.refusal.code, { path })
    if (text.kind === 'MEMBER_NUMBER' || text.kind === 'COMPANY')
      return fail('IDENTIFIER_NOT_VALID', { path })
    const hash = blindIndex(ctx.services.keys.index, identifier.value)
    if (identifiers.some((other) => other.hash.equals(hash))) continue
    identifiers.push({ ...identifier.value, hash, strength: 'checked', source: principalName(ctx.principal) })
  }
  const profile = checkProfile(given.profile ?? {}, ctx.now)
  if (!profile.ok) return profile
  const phone = identifiers.find(({ kind }) => kind === 'PHONE')?.value
  const tags = readTags(ctx, taxonomy, given.tags ?? [])
  if (!tags.ok) return tags
  return ok({
    index,
    candidate: newId<MemberId>(ctx.now),
    identifiers,
    profile: phone === undefined ? profile.value : { phone, ...profile.value },
    tags: tags.value,
  })
}

function readTags(
  ctx: IdentityContext,
  taxonomy: Taxonomy,
  given: readonly TagInput[],
): Result<readonly Tag[], IdentityRefusalCode> {
  if (given.length === 0) return ok([])
  const stated = checkTags(given, ctx.now)
  const declared = stated.ok ? declareTags(taxonomy, stated.value, 'IMPORT', ctx.now) : stated
  if (!declared.ok) return declared
  const setBy = principalName(ctx.principal)
  return ok(declared.value.map((tag) => ({ ...tag, source: 'IMPORT', setBy, setAt: ctx.now })))
}

/** Takes each identifier for the first line that has it, and finds out who the lines are. */
async function decideLines(tx: Tx, ctx: IdentityContext, lines: readonly Line[]): Promise<ImportDecision[]> {
  const claims = new Map<
    string,
    { kind: VerifiedIdentifier['kind']; scope: string; hash: Buffer; memberId: MemberId }
  >()
  for (const { candidate, identifiers } of lines) {
    for (const { kind, scope, hash } of identifiers) {
      const key = hash.toString('hex')
      if (!claims.has(key)) claims.set(key, { kind, scope, hash, memberId: candidate })
    }
  }
  if (claims.size === 0) return []
  const owners = await claimIdentifiers(tx, [...claims.values()])
  const stones = new Map(
    [...claims].map(([key, { hash }]) => [key, tombstoneOf(ctx.services.keys.index, hash)]),
  )
  const found = await findTombstones(tx, [...stones.values()])
  const isErased = (hash: Buffer): boolean =>
    found.size > 0 && found.has(stones.get(hash.toString('hex'))!.toString('hex'))
  const candidates = new Set(lines.map(({ candidate }) => candidate))
  const strangers = [...new Set(owners.values())].filter((id) => !candidates.has(id))
  const persons = strangers.length === 0 ? new Map<string, MemberRow>() : await findMembers(tx, strangers)
  const held = strangers.length === 0 ? [] : await findChannelIdentities(tx, strangers)
  const decisions = planImport(
    lines.map(({ candidate, identifiers }) => ({
      candidate,
      identifiers: identifiers.map(({ hash, kind, scope }) => ({ hash: hash.toString('hex'), kind, scope })),
      erased: identifiers.some(({ hash }) => isErased(hash)),
    })),
    new Map([...owners].map(([hash, id]) => [hash, persons.get(id)?.id ?? id])),
    held.map(({ kind, scope, hash, personId }) => ({
      kind,
      scope,
      hash: hash.toString('hex'),
      memberId: personId,
    })),
  )
  await settle(tx, lines, decisions)
  return decisions
}

/** What was claimed for who is somebody else is that member's; what was claimed for who is refused is nobody's. */
async function settle(tx: Tx, lines: readonly Line[], decisions: readonly ImportDecision[]): Promise<void> {
  const handed: { hash: Buffer; from: MemberId; to: MemberId }[] = []
  const refused: Line[] = []
  for (const [at, line] of lines.entries()) {
    const decision = decisions[at]!
    if (decision.outcome === 'REFUSED') refused.push(line)
    if (decision.outcome !== 'KNOWN') continue
    for (const hash of decision.bind) {
      handed.push({ hash: Buffer.from(hash, 'hex'), from: line.candidate, to: decision.memberId })
    }
  }
  if (handed.length > 0) await handOverClaims(tx, handed)
  if (refused.length === 0) return
  await releaseIdentifiers(
    tx,
    refused.flatMap(({ identifiers }) => identifiers.map(({ hash }) => hash)),
    refused.map(({ candidate }) => candidate),
  )
}

async function carryOut(
  tx: Tx,
  ctx: IdentityContext,
  { members }: ImportMembersInput,
  lines: readonly Line[],
  decisions: readonly ImportDecision[],
): Promise<void> {
  const fresh: Line[] = []
  const bound: { memberId: MemberId; line: Line; identifiers: readonly VerifiedIdentifier[] }[] = []
  const persons: { memberId: MemberId; line: Line }[] = []
  for (const [at, line] of lines.entries()) {
    const decision = decisions[at]!
    if (decision.outcome === 'REFUSED') continue
    const { memberId } = decision
    persons.push({ memberId, line })
    if (decision.outcome === 'CREATED') {
      fresh.push(line)
      bound.push({ memberId, line, identifiers: line.identifiers })
    } else if (decision.bind.length > 0) {
      const wanted = new Set(decision.bind)
      const identifiers = line.identifiers.filter(({ hash }) => wanted.has(hash.toString('hex')))
      bound.push({ memberId, line, identifiers })
    }
  }
  const channelOf = (line: Line): Channel => members[line.index]!.channel ?? 'IMPORT'
  if (fresh.length > 0) {
    await beginMembers(
      tx,
      ctx,
      fresh.map((line) => {
        const { joinedAt, store, entry } = members[line.index]!
        return {
          id: line.candidate,
          joinedAt: joinedAt ?? ctx.now,
          channel: channelOf(line),
          store: store ?? undefined,
          entry: entry ?? 'FULL',
        }
      }),
    )
  }
  await recordIdentities(
    tx,
    ctx,
    bound.flatMap(({ memberId, line, identifiers }) =>
      identifiers.map((identifier) => ({ memberId, identifier, channel: channelOf(line) })),
    ),
  )
  await fillProfiles(tx, ctx, persons, new Set(fresh.map(({ candidate }) => candidate)))
  const tagged = persons.filter(({ line }) => line.tags.length > 0)
  if (tagged.length > 0) {
    await appendTagsOfMany(
      tx,
      tagged.map(({ memberId, line }) => ({ memberId, tags: line.tags })),
      ctx.now,
    )
    await publish(tx, [tagsChanged(ctx.now, [...new Set(tagged.map(({ memberId }) => memberId))])])
  }
  const entryOf = (line: Line): Entry => members[line.index]!.entry ?? 'FULL'
  const created = new Set(fresh.map(({ candidate }) => candidate))
  await publish(tx, [
    ...[...Map.groupBy(fresh, entryOf)].map(([entry, group]) =>
      membersRegistered(
        ctx.now,
        'IMPORT',
        group.map(({ candidate }) => candidate),
        entry,
      ),
    ),
    ...bound
      .filter(({ memberId }) => !created.has(memberId))
      .map(({ memberId, identifiers }) => identityBound(ctx.now, 'IMPORT', memberId, identifiers)),
  ])
}

/** What a line says of a person fills what is empty; of who was there before under the member's lock. */
async function fillProfiles(
  tx: Tx,
  ctx: IdentityContext,
  persons: readonly { memberId: MemberId; line: Line }[],
  created: ReadonlySet<MemberId>,
): Promise<void> {
  const saying = persons.filter(({ line }) => Object.keys(line.profile).length > 0)
  if (saying.length === 0) return
  const ids = [...new Set(saying.map(({ memberId }) => memberId))]
  const dataKeys = await ensureDataKeys(tx, ctx.services.keys, ids)
  const standing = ids.filter((id) => !created.has(id)).toSorted()
  for (const id of standing) await lockMember(tx, id)
  const known = standing.length === 0 ? new Map() : await findProfiles(tx, standing)
  const changed = new Map<MemberId, { profile: Profile; version: number }>()
  for (const { memberId, line } of saying) {
    const stored = known.get(memberId)
    const before: Profile =
      changed.get(memberId)?.profile ??
      (stored
        ? JSON.parse(unseal(dataKeys.get(memberId)!, places.profile(memberId), stored.sealed).toString())
        : {})
    const profile = fillProfile(before, line.profile)
    if (stored && JSON.stringify(profile) === JSON.stringify(before)) continue
    changed.set(memberId, { profile, version: (stored?.version ?? 0) + 1 })
  }
  if (changed.size === 0) return
  await saveProfiles(
    tx,
    [...changed].map(([memberId, { profile, version }]) => ({
      memberId,
      version,
      sealed: seal(
        dataKeys.get(memberId)!,
        places.profile(memberId),
        Buffer.from(JSON.stringify(profile)),
        newNonce(),
      ),
    })),
    ctx.now,
  )
  const memberIds = [...changed.keys()]
  await publish(tx, [
    {
      type: 'identity.ProfilesChanged',
      ...(memberIds.length === 1 ? { memberId: memberIds[0]! } : {}),
      occurredAt: ctx.now,
      payload: { memberIds },
    },
  ])
}
