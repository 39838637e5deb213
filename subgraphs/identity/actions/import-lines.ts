import { principalName } from '../../../kernel/auth/principal.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { Entry } from '../domain/entry.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import { type ImportDecision, planImport } from '../domain/import-plan.ts'
import { type Channel, KINDS } from '../domain/kinds.ts'
import type { HeldIdentifier } from '../domain/one-id.ts'
import { checkProfile, type ProfileChange } from '../domain/profile.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, tombstoneOf } from '../domain/sealing.ts'
import { declareTags, type Taxonomy } from '../domain/tag-taxonomy.ts'
import { checkTags, type Tag, type TagInput } from '../domain/tags.ts'
import { findChannelIdentities } from '../store/channel-identities.ts'
import { anyTombstone, findTombstones } from '../store/erasure.ts'
import type { IdentifierClaim } from '../store/identifiers.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { phoneHashesOf } from './phone-aliases.ts'
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

export interface KeyedIdentifier extends VerifiedIdentifier {
  /** The hash as hex text. */
  readonly key: string
}

/** What a marketplace makes of a phone of the line: where the phone leads to nobody, it says whose it is. */
export interface PhoneHash extends KeyedIdentifier {
  readonly phone: KeyedIdentifier
}

/** A line whose form is right. */
export interface Line {
  readonly index: number
  readonly candidate: MemberId
  readonly identifiers: readonly KeyedIdentifier[]
  readonly phoneHashes: readonly PhoneHash[]
  readonly profile: ProfileChange
  readonly tags: readonly Tag[]
}

export type ReadLine = Result<Line, IdentityRefusalCode>

const IDENTITIES_MAX = 10

export async function readLines(
  ctx: IdentityContext,
  query: Query,
  source: string,
  members: readonly ImportedPersonInput[],
): Promise<ReadLine[]> {
  const taxonomy = await findTagDefinitions(query)
  return members.map((member, index) => readLine(ctx, taxonomy, source, member, index))
}

function readLine(
  ctx: IdentityContext,
  taxonomy: Taxonomy,
  scope: string,
  given: ImportedPersonInput,
  index: number,
): ReadLine {
  const texts: IdentifierText[] = [{ kind: 'EXTERNAL', scope, value: given.key }, ...(given.identities ?? [])]
  if (texts.length > IDENTITIES_MAX + 1) return fail('IDENTIFIER_NOT_VALID', { path: ['identities'] })
  const source = principalName(ctx.principal)
  const identifiers: KeyedIdentifier[] = []
  for (const [place, text] of texts.entries()) {
    const path = place === 0 ? ['key'] : ['identities', String(place - 1)]
    const identifier = normaliseIdentifier(text)
    if (!identifier.ok) return fail(identifier.refusal.code, { path })
    if (!KINDS[text.kind].fromFiles) return fail('IDENTIFIER_NOT_VALID', { path })
    const hash = blindIndex(ctx.services.keys.index, identifier.value)
    const key = hash.toString('hex')
    if (identifiers.some((other) => other.key === key)) continue
    identifiers.push({ ...identifier.value, hash, key, strength: 'checked', source })
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
    phoneHashes: phoneHashesOf(ctx, identifiers).map((one) => ({ ...one, key: one.hash.toString('hex') })),
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

/** Each identifier once, for the first line that has it; by the hex text of its hash. */
export function claimsOf(lines: readonly Line[]): Map<string, IdentifierClaim> {
  const claims = new Map<string, IdentifierClaim>()
  for (const { candidate, identifiers } of lines) {
    for (const { kind, scope, hash, key } of identifiers) {
      if (!claims.has(key)) claims.set(key, { kind, scope, hash, memberId: candidate })
    }
  }
  return claims
}

/** The hashes of those phones of a line that lead to nobody. */
export const toldBy = (
  { candidate, phoneHashes }: Line,
  owners: ReadonlyMap<string, MemberId>,
): readonly PhoneHash[] => phoneHashes.filter(({ phone }) => owners.get(phone.key) === candidate)

/** Those of a line's identifiers that are new to its person. */
export function boundOf({ identifiers }: Line, decision: ImportDecision): readonly KeyedIdentifier[] {
  switch (decision.outcome) {
    case 'CREATED':
      return identifiers
    case 'KNOWN':
      return identifiers.filter(({ key }) => decision.bind.includes(key))
    case 'REFUSED':
      return []
  }
}

/** To whom the identifiers of lines lead, and what is known of these. */
export interface Whereabouts {
  /** Of each claim, by its key: a line's candidate, or whoever had it before. Of a phone's hash: who has it, if somebody has. */
  readonly owners: ReadonlyMap<string, MemberId>
  /** Who that is now, of those who are no candidates of these lines; who was erased is not there. */
  readonly persons: ReadonlyMap<string, MemberId>
  /** What they have that is not written down with members yet. */
  readonly rehearsed: readonly HeldIdentifier[]
}

/** Finds out who the lines are. */
export async function planLines(
  db: { query: Query },
  ctx: IdentityContext,
  lines: readonly Line[],
  { owners, persons, rehearsed }: Whereabouts,
): Promise<ImportDecision[]> {
  const candidates = new Set(lines.map(({ candidate }) => candidate))
  const erased = await findErased(db, ctx, lines)
  const personOf = (owner: MemberId): MemberId | undefined =>
    candidates.has(owner) ? owner : persons.get(owner)
  // Under a tombstone, or of somebody who was erased while we came here.
  const isErased = ({ key }: KeyedIdentifier): boolean =>
    erased.has(key) || (owners.has(key) && personOf(owners.get(key)!) === undefined)
  const held = persons.size === 0 ? [] : await findChannelIdentities(db, [...new Set(persons.values())])
  return planImport(
    lines.map((line) => {
      const { candidate, identifiers } = line
      const told = toldBy(line, owners)
      const leading = [...identifiers, ...told.filter(({ key }) => owners.has(key))]
      return {
        candidate,
        identifiers: leading.map(({ key, kind, scope }) => ({ hash: key, kind, scope })),
        erased: [...identifiers, ...told].some(isErased),
      }
    }),
    new Map([...owners].map(([key, id]) => [key, personOf(id) ?? id])),
    [
      ...held.map(({ kind, scope, hash, personId }) => ({
        kind,
        scope,
        hash: hash.toString('hex'),
        memberId: personId,
      })),
      ...rehearsed,
    ],
  )
}

/** Those of the identifiers under which somebody was erased. Where nobody ever was, none is looked for: the keyed hashes are 6 µs each. */
async function findErased(
  db: { query: Query },
  ctx: IdentityContext,
  lines: readonly Line[],
): Promise<ReadonlySet<string>> {
  if (!(await anyTombstone(db))) return new Set()
  const stones = new Map(
    lines
      .flatMap(({ identifiers, phoneHashes }) => [...identifiers, ...phoneHashes])
      .map(({ key, hash }) => [key, tombstoneOf(ctx.services.keys.index, hash)]),
  )
  const found = await findTombstones(db, [...stones.values()])
  if (found.size === 0) return new Set()
  return new Set([...stones].flatMap(([key, stone]) => (found.has(stone.toString('hex')) ? key : [])))
}
