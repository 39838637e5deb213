import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import type { Entry } from '../domain/entry.ts'
import { type Channel, KINDS } from '../domain/kinds.ts'
import { fillProfile, type Profile, type ProfileChange } from '../domain/profile.ts'
import type { Tag } from '../domain/tags.ts'
import { insertFirstIdentities } from '../store/channel-identities.ts'
import { findProfiles, insertProfiles, type SealedProfile, saveProfiles } from '../store/profiles.ts'
import { appendTagsOfMany, insertFirstTags } from '../store/tags.ts'
import { beginDataKeys, ensureDataKeys } from './data-key.ts'
import { nameByHashes } from './phone-aliases.ts'
import { beginMembers, identityBound, membersRegistered } from './register-member.ts'
import { recordIdentities, sealIdentities } from './resolve-member.ts'
import { tagsChanged } from './tags-changed.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'
import { openedProfile, profilesChanged, sealedProfile } from './write-profile.ts'

/** A line of a file whose person is found, with what it says of the person. */
export interface ImportedLine {
  readonly memberId: MemberId
  /** It begins the member; the lines of the same person behind it do not. */
  readonly begins: boolean
  /** Those of its identifiers that are new to the member. */
  readonly bound: readonly VerifiedIdentifier[]
  readonly profile: ProfileChange
  readonly tags: readonly Tag[]
  readonly joinedAt: Instant
  readonly channel: Channel
  readonly store: string | undefined
  readonly entry: Entry
}

/** Writes what lines say of their persons, one statement a table for all, and one event a kind. */
export async function carryOutImport(
  tx: Tx,
  ctx: IdentityContext,
  lines: readonly ImportedLine[],
): Promise<void> {
  const beginners = lines.filter(({ begins }) => begins)
  const begun = new Set(beginners.map(({ memberId }) => memberId))
  const ofNew = lines.filter(({ memberId }) => begun.has(memberId))
  const ofKnown = lines.filter(({ memberId }) => !begun.has(memberId))
  const changed = [...(await writeNew(tx, ctx, beginners, ofNew)), ...(await writeKnown(tx, ctx, ofKnown))]
  const tagged = lines.filter(({ tags }) => tags.length > 0)
  await publish(tx, [
    ...(changed.length > 0 ? [profilesChanged(ctx.now, changed)] : []),
    ...(tagged.length > 0
      ? [tagsChanged(ctx.now, [...new Set(tagged.map(({ memberId }) => memberId))])]
      : []),
    ...[...Map.groupBy(beginners, ({ entry }) => entry)].map(([entry, group]) =>
      membersRegistered(
        ctx.now,
        'IMPORT',
        group.map(({ memberId }) => memberId),
        entry,
      ),
    ),
    ...ofKnown
      .filter(({ bound }) => bound.length > 0)
      .map(({ memberId, bound }) => identityBound(ctx.now, 'IMPORT', memberId, bound)),
  ])
}

/**
 * Of members who begin here nothing is there that could be met: what is written of them is not looked for before, and no
 * statement waits for the one before it, so that what comes next is sealed meanwhile.
 */
async function writeNew(
  tx: Tx,
  ctx: IdentityContext,
  beginners: readonly ImportedLine[],
  lines: readonly ImportedLine[],
): Promise<MemberId[]> {
  if (beginners.length === 0) return []
  const members = beginners.map(({ memberId, joinedAt, channel, store, entry }) => ({
    id: memberId,
    joinedAt,
    channel,
    store,
    entry,
  }))
  const profiles = filledProfiles(lines)
  const bindings = bindingsOf(lines)
  const personal = bindings.flatMap(({ memberId, identifier }) =>
    KINDS[identifier.kind].personal ? memberId : [],
  )
  const tags = lastTags(lines)
  const writing: Promise<void>[] = [beginMembers(tx, ctx, members)]
  if (tags.length > 0) writing.push(insertFirstTags(tx, tags, ctx.now))
  const { dataKeys, kept } = beginDataKeys(tx, ctx.services.keys, [
    ...new Set([...personal, ...profiles.keys()]),
  ])
  writing.push(kept, insertFirstIdentities(tx, sealIdentities(ctx.now, bindings, dataKeys)))
  if (profiles.size > 0) {
    const sealed = [...profiles].map(([memberId, profile]) =>
      sealedProfile(dataKeys.get(memberId)!, memberId, profile, 1),
    )
    writing.push(insertProfiles(tx, sealed, ctx.now))
  }
  await Promise.all(writing)
  await nameByHashes(tx, ctx, bindings)
  return [...profiles.keys()]
}

/** Answers whose profiles have changed. */
async function writeKnown(tx: Tx, ctx: IdentityContext, lines: readonly ImportedLine[]): Promise<MemberId[]> {
  if (lines.length === 0) return []
  await recordIdentities(tx, ctx, bindingsOf(lines))
  const changed = await fillKnownProfiles(tx, ctx, lines)
  const tagged = lines.filter(({ tags }) => tags.length > 0)
  if (tagged.length > 0) await appendTagsOfMany(tx, tagged, ctx.now)
  return changed
}

const bindingsOf = (lines: readonly ImportedLine[]) =>
  lines.flatMap(({ memberId, channel, bound }) =>
    bound.map((identifier) => ({ memberId, identifier, channel })),
  )

/** What lines say of persons of whom nothing was known, by member; the line before is not replaced by the one behind. */
function filledProfiles(lines: readonly ImportedLine[]): Map<MemberId, Profile> {
  const profiles = new Map<MemberId, Profile>()
  for (const { memberId, profile } of lines) {
    const filled = fillProfile(profiles.get(memberId) ?? {}, profile)
    if (Object.keys(filled).length > 0) profiles.set(memberId, filled)
  }
  return profiles
}

/** Each tag of a member once; the last word on it counts. */
function lastTags(lines: readonly ImportedLine[]): (Tag & { memberId: MemberId })[] {
  const last = new Map<string, Tag & { memberId: MemberId }>()
  for (const { memberId, tags } of lines) {
    for (const tag of tags) last.set(`${memberId}/${tag.dimension}/${tag.name}`, { memberId, ...tag })
  }
  return [...last.values()]
}

/** What a line says fills what is empty. The members are held. */
async function fillKnownProfiles(
  tx: Tx,
  ctx: IdentityContext,
  lines: readonly ImportedLine[],
): Promise<MemberId[]> {
  const saying = lines.filter(({ profile }) => Object.keys(profile).length > 0)
  if (saying.length === 0) return []
  const ids = [...new Set(saying.map(({ memberId }) => memberId))]
  const dataKeys = await ensureDataKeys(tx, ctx.services.keys, ids)
  const known = await findProfiles(tx, ids)
  const changed = new Map<MemberId, SealedProfile>()
  for (const [memberId, said] of Map.groupBy(saying, (line) => line.memberId)) {
    const dataKey = dataKeys.get(memberId)!
    const stored = known.get(memberId)
    const before = stored ? openedProfile(dataKey, stored) : {}
    const profile = said.reduce((filled, line) => fillProfile(filled, line.profile), before)
    if (stored && JSON.stringify(profile) === JSON.stringify(before)) continue
    changed.set(memberId, sealedProfile(dataKey, memberId, profile, (stored?.version ?? 0) + 1))
  }
  if (changed.size > 0) await saveProfiles(tx, [...changed.values()], ctx.now)
  return [...changed.keys()]
}
