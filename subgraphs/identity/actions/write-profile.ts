import type { KeyObject } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { NewEvent } from '../../../kernel/events/event.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { ProfilesChanged } from '../../../schema/events/identity.ts'
import type { IdentityContext, Keys } from '../context.ts'
import type { Profile } from '../domain/profile.ts'
import { places, seal, unseal } from '../domain/sealing.ts'
import { findProfiles, type SealedProfile, saveProfile } from '../store/profiles.ts'
import { ensureDataKeys, newNonce, openDataKey } from './data-key.ts'

/** Replaces a member's profile by what `change` makes of it. The member must be new or locked. */
export async function writeProfile(
  tx: Tx,
  ctx: IdentityContext,
  memberId: string,
  change: (known: Profile) => Profile,
): Promise<void> {
  const dataKey = (await ensureDataKeys(tx, ctx.services.keys, [memberId])).get(memberId)!
  const found = (await findProfiles(tx, [memberId])).get(memberId)
  const known = found ? openedProfile(dataKey, found) : {}
  const profile = change(known)
  if (found && JSON.stringify(profile) === JSON.stringify(known)) return
  await saveProfile(tx, sealedProfile(dataKey, memberId, profile, (found?.version ?? 0) + 1), ctx.now)
  await publish(tx, [profilesChanged(ctx.now, [memberId])])
}

export const sealedProfile = (
  dataKey: KeyObject,
  memberId: string,
  profile: Profile,
  version: number,
): SealedProfile => ({
  memberId,
  version,
  sealed: seal(dataKey, places.profile(memberId), Buffer.from(JSON.stringify(profile)), newNonce()),
})

export const openProfile = (keys: Keys, profile: SealedProfile, wrappedKey: Buffer): Profile =>
  openedProfile(openDataKey(keys, profile.memberId, wrappedKey), profile)

export const openedProfile = (dataKey: KeyObject, profile: SealedProfile): Profile =>
  JSON.parse(unseal(dataKey, places.profile(profile.memberId), profile.sealed).toString()) as Profile

export const profilesChanged = (
  occurredAt: Instant,
  memberIds: readonly string[],
): NewEvent<'identity.ProfilesChanged', ProfilesChanged> => ({
  type: 'identity.ProfilesChanged',
  ...(memberIds.length === 1 ? { memberId: memberIds[0]! } : {}),
  occurredAt,
  payload: { memberIds },
})
