import type { Principal } from '../../../kernel/auth/principal.ts'
import type { IdentityContext } from '../context.ts'
import { maskIdentity, maskProfile, personalFields } from '../domain/masking.ts'
import type { Profile } from '../domain/profile.ts'
import { identityText } from '../domain/sealing.ts'
import type { ChannelIdentityRow } from '../store/channel-identities.ts'
import type { MemberRow } from '../store/members.ts'
import type { WholeMember } from '../store/whole-members.ts'
import { openDataKeys } from './data-key.ts'
import { noteSight, sightOf } from './sight.ts'
import { openProfile } from './write-profile.ts'

export interface ProfileView extends Profile {
  readonly version: number
}

/** A member's profile as `reader` may see it. */
export async function readProfile(
  ctx: IdentityContext,
  member: MemberRow | WholeMember,
  reader: Principal,
): Promise<ProfileView | undefined> {
  const memberId = member.id
  const [sealed, wrapped] =
    'whole' in member
      ? [member.whole.profile, member.whole.wrappedKey]
      : await Promise.all([ctx.loaders.profile.load(memberId), ctx.loaders.memberKey.load(memberId)])
  // Without its key the profile is forgotten for good.
  if (!sealed || !wrapped) return undefined
  const profile = openProfile(ctx.services.keys, sealed, wrapped)
  await noteSight(
    ctx,
    reader,
    memberId,
    personalFields(profile).map((field) => `profile.${field}`),
  )
  return { ...maskProfile(profile, sightOf(reader, memberId)), version: sealed.version }
}

export interface IdentityView
  extends Pick<ChannelIdentityRow, 'id' | 'kind' | 'scope' | 'channel' | 'verifiedAt' | 'source'> {
  readonly strength: string
  readonly maskedValue: string
}

/** A member's identifiers, for everybody with no more than their last characters. */
export async function readIdentities(ctx: IdentityContext, memberId: string): Promise<IdentityView[]> {
  const rows = await ctx.loaders.identities.load(memberId)
  const dataKeys = await openDataKeys(ctx, [memberId, ...rows.map(({ memberId: holder }) => holder)])
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    scope: row.scope,
    channel: row.channel,
    verifiedAt: row.verifiedAt,
    strength: row.strength.toUpperCase(),
    source: row.source,
    maskedValue: maskIdentity(row.kind, identityText(dataKeys.get(row.memberId), row) ?? ''),
  }))
}
