import DataLoader from 'dataloader'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { QuietHours } from '../domain/consents.ts'
import type { Household } from '../domain/household.ts'
import type { StaffAccount } from '../domain/staff.ts'
import { type ApplicationRow, findApplicationsOf } from './applications.ts'
import { findAttributes, type SealedAttributes } from './attributes.ts'
import { type ChannelIdentityRow, findChannelIdentities } from './channel-identities.ts'
import { type Company, findCompaniesOf } from './companies.ts'
import { findConsents, findQuietHours, type SaidUnder } from './consents.ts'
import { countGuided, findGuideBindings, type GuideBinding } from './guides.ts'
import { findHouseholdIdsOf, findHouseholds } from './households.ts'
import { findMemberKeys } from './member-keys.ts'
import { findMembers, type MemberRow } from './members.ts'
import { membersWithin } from './organisation.ts'
import { findOwnedProducts, type OwnedProductRow } from './products.ts'
import { findProfiles, type SealedProfile } from './profiles.ts'
import { findStaffByIds } from './staff.ts'
import { type BelievedTag, findTags } from './tags.ts'
import { findWholeMembers, type WholeMember } from './whole-members.ts'

export interface Loaders {
  /** All that was said under a person's ids; see `combineConsents`. */
  readonly consents: DataLoader<string, readonly SaidUnder[]>
  readonly quietHours: DataLoader<string, QuietHours | undefined>
  readonly products: DataLoader<string, readonly OwnedProductRow[]>
  readonly attributes: DataLoader<string, readonly SealedAttributes[]>
  readonly member: DataLoader<string, MemberRow | undefined>
  readonly wholeMember: DataLoader<string, WholeMember | undefined>
  readonly profile: DataLoader<string, SealedProfile | undefined>
  readonly memberKey: DataLoader<string, Buffer | undefined>
  readonly identities: DataLoader<string, readonly ChannelIdentityRow[]>
  readonly tags: DataLoader<string, readonly BelievedTag[]>
  /** Does a member belong to the part of the organisation at a node? */
  readonly within: DataLoader<{ readonly node: string; readonly memberId: string }, boolean>
  readonly staff: DataLoader<string, StaffAccount | undefined>
  readonly guides: DataLoader<string, readonly GuideBinding[]>
  readonly guided: DataLoader<string, number>
  readonly applications: DataLoader<string, readonly ApplicationRow[]>
  readonly companies: DataLoader<string, readonly Company[]>
  readonly household: DataLoader<string, Household | undefined>
}

/** They batch and do not remember: a later mutation of the same request must not answer with what was before it. */
const batching = { cache: false }

export const openLoaders = (db: Db): Loaders => ({
  consents: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findConsents(db, ids), ({ personId }) => personId)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  quietHours: new DataLoader(async (ids) => {
    const found = await findQuietHours(db, ids)
    return ids.map((id) => found.get(id))
  }, batching),
  products: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findOwnedProducts(db, ids), ({ personId }) => personId as string)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  attributes: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findAttributes(db, ids), ({ memberId }) => memberId)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  member: new DataLoader(async (ids) => {
    const found = await findMembers(db, ids)
    return ids.map((id) => found.get(id))
  }, batching),
  wholeMember: new DataLoader(async (ids) => {
    const found = await findWholeMembers(db, ids)
    return ids.map((id) => found.get(id))
  }, batching),
  profile: new DataLoader(async (ids) => {
    const found = await findProfiles(db, ids)
    return ids.map((id) => found.get(id))
  }, batching),
  memberKey: new DataLoader(async (ids) => {
    const found = await findMemberKeys(db, ids)
    return ids.map((id) => found.get(id))
  }, batching),
  identities: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findChannelIdentities(db, ids), ({ personId }) => personId as string)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  within: new DataLoader(async (asked) => {
    const found = new Map<string, Set<string>>()
    for (const [node, group] of Map.groupBy(asked, (one) => one.node)) {
      const ids = group.map(({ memberId }) => memberId)
      found.set(node, await membersWithin(db, node, ids))
    }
    return asked.map(({ node, memberId }) => found.get(node)!.has(memberId))
  }, batching),
  staff: new DataLoader(async (ids) => {
    const found = await findStaffByIds(db, ids)
    return ids.map((id) => found.get(id))
  }, batching),
  guides: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findGuideBindings(db, ids), ({ personId }) => personId)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  guided: new DataLoader(async (ids) => {
    const found = await countGuided(db, ids)
    return ids.map((id) => found.get(id) ?? 0)
  }, batching),
  applications: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findApplicationsOf(db, ids), ({ personId }) => personId)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  companies: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findCompaniesOf(db, ids), ({ personId }) => personId)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
  household: new DataLoader(async (ids) => {
    const of = await findHouseholdIdsOf(db, ids)
    const found = await findHouseholds(db, [...new Set(of.values())])
    return ids.map((id) => found.get(of.get(id) ?? ''))
  }, batching),
  tags: new DataLoader(async (ids) => {
    const found = Map.groupBy(await findTags(db, ids), ({ personId }) => personId)
    return ids.map((id) => found.get(id) ?? [])
  }, batching),
})
