import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Refusal, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { Entry } from '../domain/entry.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import { type ImportDecision, planImport } from '../domain/import-plan.ts'
import type { Channel } from '../domain/kinds.ts'
import { checkProfile, type ProfileChange } from '../domain/profile.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, tombstoneOf } from '../domain/sealing.ts'
import { declareTags, type Taxonomy } from '../domain/tag-taxonomy.ts'
import { checkTags, type Tag, type TagInput } from '../domain/tags.ts'
import { findChannelIdentities } from '../store/channel-identities.ts'
import { noteConflicts } from '../store/conflicts.ts'
import { anyTombstone, findTombstones } from '../store/erasure.ts'
import {
  claimIdentifiers,
  handOverClaims,
  type IdentifierClaim,
  releaseIdentifiers,
} from '../store/identifiers.ts'
import { lockPersons } from '../store/members.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { carryOutImport, type ImportedLine } from './carry-out-import.ts'
import { commandOf } from './command.ts'
import { casesOf } from './contest-identity.ts'
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

interface KeyedIdentifier extends VerifiedIdentifier {
  /** The hash as hex text. */
  readonly key: string
}

interface Line {
  readonly index: number
  readonly candidate: MemberId
  readonly identifiers: readonly KeyedIdentifier[]
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
  await carryOutImport(tx, ctx, importedLines(ctx, input, lines, decisions))
  // A dry run is rolled back, and has no case to name.
  const cases = input.dryRun ? new Map<number, string>() : await noteRefused(tx, ctx, lines, decisions)
  const decided = new Map(lines.map(({ index }, at) => [index, decisions[at]!]))
  return ok(
    read.map((line, index): ImportedPerson => {
      if (!line.ok) return { outcome: 'REFUSED', refusal: line.refusal }
      const decision = decided.get(index)!
      if (decision.outcome === 'REFUSED') {
        const conflict = cases.get(index)
        const details = conflict === undefined ? {} : { details: { conflict } }
        return { outcome: 'REFUSED', refusal: { code: decision.code, ...details } }
      }
      return { outcome: decision.outcome, memberId: decision.memberId }
    }),
  )
}

function readLine(
  ctx: IdentityContext,
  taxonomy: Taxonomy,
  scope: string,
  given: ImportedPersonInput,
  index: number,
): Result<Line, IdentityRefusalCode> {
  const texts: IdentifierText[] = [{ kind: 'EXTERNAL', scope, value: given.key }, ...(given.identities ?? [])]
  if (texts.length > IDENTITIES_MAX + 1) return fail('IDENTIFIER_NOT_VALID', { path: ['identities'] })
  const source = principalName(ctx.principal)
  const identifiers: KeyedIdentifier[] = []
  for (const [place, text] of texts.entries()) {
    const path = place === 0 ? ['key'] : ['identities', String(place - 1)]
    const identifier = normaliseIdentifier(text)
    if (!identifier.ok) return fail(identifier.refusal.code, { path })
    if (text.kind === 'MEMBER_NUMBER' || text.kind === 'COMPANY')
      return fail('IDENTIFIER_NOT_VALID', { path })
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

/** What is to be written of those lines that are not refused. */
const importedLines = (
  ctx: IdentityContext,
  { members }: ImportMembersInput,
  lines: readonly Line[],
  decisions: readonly ImportDecision[],
): ImportedLine[] =>
  lines.flatMap(({ index, identifiers, profile, tags }, at) => {
    const decision = decisions[at]!
    if (decision.outcome === 'REFUSED') return []
    const { joinedAt, channel, store, entry } = members[index]!
    return {
      memberId: decision.memberId,
      begins: decision.outcome === 'CREATED',
      bound: decision.outcome === 'CREATED' ? identifiers : boundOf(identifiers, decision.bind),
      profile,
      tags,
      joinedAt: joinedAt ?? ctx.now,
      channel: channel ?? 'IMPORT',
      store: store ?? undefined,
      entry: entry ?? 'FULL',
    }
  })

const boundOf = (
  identifiers: readonly VerifiedIdentifier[],
  bind: readonly string[],
): VerifiedIdentifier[] =>
  bind.length === 0 ? [] : identifiers.filter(({ hash }) => bind.includes(hash.toString('hex')))

/** Takes each identifier for the first line that has it, and finds out who the lines are. */
async function decideLines(tx: Tx, ctx: IdentityContext, lines: readonly Line[]): Promise<ImportDecision[]> {
  const claims = new Map<string, IdentifierClaim>()
  for (const { candidate, identifiers } of lines) {
    for (const { kind, scope, hash, key } of identifiers) {
      if (!claims.has(key)) claims.set(key, { kind, scope, hash, memberId: candidate })
    }
  }
  if (claims.size === 0) return []
  const owners = await claimIdentifiers(tx, [...claims.values()])
  const erased = await findErased(tx, ctx, claims)
  const candidates = new Set(lines.map(({ candidate }) => candidate))
  const strangers = [...new Set(owners.values())].filter((id) => !candidates.has(id))
  const persons = await lockPersons(tx, strangers)
  const personOf = (owner: MemberId): MemberId | undefined =>
    candidates.has(owner) ? owner : persons.get(owner)
  // Under a tombstone, or of somebody who was erased while we came here.
  const isErased = (key: string): boolean => erased.has(key) || personOf(owners.get(key)!) === undefined
  const held = persons.size === 0 ? [] : await findChannelIdentities(tx, [...new Set(persons.values())])
  const decisions = planImport(
    lines.map(({ candidate, identifiers }) => ({
      candidate,
      identifiers: identifiers.map(({ key, kind, scope }) => ({ hash: key, kind, scope })),
      erased: identifiers.some(({ key }) => isErased(key)),
    })),
    new Map([...owners].map(([hash, id]) => [hash, personOf(id) ?? id])),
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

/** Those of the identifiers under which somebody was erased. Where nobody ever was, none is looked for. */
async function findErased(
  tx: Tx,
  ctx: IdentityContext,
  claims: ReadonlyMap<string, IdentifierClaim>,
): Promise<ReadonlySet<string>> {
  if (!(await anyTombstone(tx))) return new Set()
  const stones = new Map(
    [...claims].map(([key, { hash }]) => [key, tombstoneOf(ctx.services.keys.index, hash)]),
  )
  const found = await findTombstones(tx, [...stones.values()])
  if (found.size === 0) return new Set()
  return new Set([...stones].flatMap(([key, stone]) => (found.has(stone.toString('hex')) ? key : [])))
}

/** Opens cases for people to decide whose contested identifiers are; answers the first of each line, by its place. */
async function noteRefused(
  tx: Tx,
  ctx: IdentityContext,
  lines: readonly Line[],
  decisions: readonly ImportDecision[],
): Promise<Map<number, string>> {
  const claims = lines.flatMap(({ index, identifiers }, at) => {
    const decision = decisions[at]!
    const conflicts = decision.outcome === 'REFUSED' ? decision.conflicts : []
    return casesOf(conflicts, identifiers).map((claim) => ({ index, claim }))
  })
  const ids = await noteConflicts(
    tx,
    claims.map(({ claim }) => claim),
    ctx.now,
  )
  const first = new Map<number, string>()
  for (const [at, { index }] of claims.entries()) if (!first.has(index)) first.set(index, ids[at]!)
  return first
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
