import type { KeyObject } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
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
  const known = found ? opened(dataKey, found) : {}
  const profile = change(known)
  if (found && JSON.stringify(profile) === JSON.stringify(known)) return
  const bytes = Buffer.from(JSON.stringify(profile))
  const sealed = seal(dataKey, places.profile(memberId), bytes, newNonce())
  await saveProfile(tx, { memberId, sealed, version: (found?.version ?? 0) + 1 }, ctx.now)
  const payload: ProfilesChanged = { memberIds: [memberId] }
  await publish(tx, [{ type: 'identity.ProfilesChanged', memberId, occurredAt: ctx.now, payload }])
}

export const openProfile = (keys: Keys, profile: SealedProfile, wrappedKey: Buffer): Profile =>
  opened(openDataKey(keys, profile.memberId, wrappedKey), profile)

const opened = (dataKey: KeyObject, profile: SealedProfile): Profile =>
  JSON.parse(unseal(dataKey, places.profile(profile.memberId), profile.sealed).toString()) as Profile
