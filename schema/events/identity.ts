import type { ProgramAdopted } from './program.ts'

/** Members that are new; one event per call, however many it registered. */
export interface MembersRegistered {
  readonly channel: string
  readonly memberIds: readonly string[]
  /** Absent: full members. Others become so by `identity.MembersActivated`. */
  readonly entry?: 'PRE_REGISTERED' | 'COLLECTOR'
}

/** Identifiers came to a member who was there already; `kinds` is absent in events of before. */
export interface IdentityBound {
  readonly channel: string
  readonly kinds?: readonly string[]
}

/** Members that others had registered, or that were no more than a card, are full members from now on. */
export interface MembersActivated {
  readonly from: 'PRE_REGISTERED' | 'COLLECTOR'
  readonly members: readonly {
    readonly memberId: string /** When it began, ISO 8601. */
    readonly joinedAt: string
  }[]
}

/** A product came to the event's member for the first time, or its claim to one was found right: what entry tiers and welcome gifts go by. No serial. */
export interface ProductRegistered {
  readonly kind: string
  readonly make: string
  readonly model: string | null
  /** `YYYY-MM-DD`. */
  readonly boughtOn: string | null
  readonly dealer: string | null
  /** By the word of staff or a channel; else it is the member's claim. */
  readonly verified: boolean
}

/** The event's member applied, or the application was decided. `by` is who did it, as in audit columns. */
export interface ApplicationMoved {
  readonly applicationId: string
  readonly kind: 'MEMBERSHIP' | 'TIER'
  readonly program: string
  /** The tier applied for; null for a membership. */
  readonly tier: string | null
  readonly by: string
}

/** These members are looked after by another guide now; null: by nobody. */
export interface GuidesChanged {
  readonly memberIds: readonly string[]
  readonly guide: string | null
}

/** A household as it is now; what is shared by it is shared by these. */
export interface HouseholdChanged {
  readonly household: string
  readonly closed: boolean
  readonly members: readonly { readonly memberId: string; readonly role: 'OWNER' | 'ADULT' | 'CHILD' }[]
}

/** A community group was approved, refused or given up. */
export interface CommunityGroupChanged {
  readonly group: string
  readonly state: 'APPROVED' | 'REFUSED' | 'CLOSED'
  readonly owner: string
  readonly node: string | null
}

/** An identifier does not lead to the event's member any more. */
export type IdentityUnbound = Readonly<Record<string, never>>

/** What is known of these persons changed; what it is stays here. */
export interface ProfilesChanged {
  readonly memberIds: readonly string[]
}

/** Tags of these members were set or removed. */
export interface TagsChanged {
  readonly memberIds: readonly string[]
}

/** Products came to these members or left them; what products they are stays here. */
export interface ProductOwnersChanged {
  readonly memberIds: readonly string[]
}

/** The event's member gave or withdrew a consent. */
export interface ConsentChanged {
  readonly purpose: string
  /** A channel, or `ANY` for all. */
  readonly channel: string
  readonly given: boolean
  readonly policyVersion: string
}

/** Nodes of the organisation as they stand now; `path` has the ids from the top down, between slashes. */
export interface OrganisationChanged {
  readonly nodes: readonly {
    readonly id: string
    readonly kind: 'REGION' | 'PROVINCE' | 'CITY' | 'STORE'
    readonly name: string
    readonly parent: string | null
    readonly path: string
    readonly closed: boolean
  }[]
}

/** Nobody knows any more who these were: forget what may tell. One person; the first id is the present one. */
export interface MemberErased {
  readonly memberIds: readonly string[]
}

/** Two members turned out to be one person; the event's member is the one that is left. */
export interface MembersMerged {
  readonly caseId: string
  /** The member that was merged into the event's. */
  readonly fromId: string
  /** All ids that lead to the event's member now, itself first. */
  readonly memberIds: readonly string[]
}

/** A merge was taken back; the event's member is the one that stands for itself again. */
export interface MembersUnmerged {
  readonly caseId: string
  /** The member out of which it came. */
  readonly intoId: string
  /** All ids of both. */
  readonly memberIds: readonly string[]
}

export interface IdentityEvents {
  readonly 'identity.ProgramAdopted': ProgramAdopted
  readonly 'identity.OrganisationChanged': OrganisationChanged
  readonly 'identity.MembersActivated': MembersActivated
  readonly 'identity.ProductRegistered': ProductRegistered
  readonly 'identity.ApplicationSubmitted': ApplicationMoved
  readonly 'identity.ApplicationApproved': ApplicationMoved
  readonly 'identity.ApplicationRefused': ApplicationMoved
  readonly 'identity.GuidesChanged': GuidesChanged
  readonly 'identity.HouseholdChanged': HouseholdChanged
  readonly 'identity.CommunityGroupChanged': CommunityGroupChanged
  readonly 'identity.MembersMerged': MembersMerged
  readonly 'identity.MembersUnmerged': MembersUnmerged
  readonly 'identity.MemberErased': MemberErased
  readonly 'identity.ProductOwnersChanged': ProductOwnersChanged
  readonly 'identity.ConsentChanged': ConsentChanged
  readonly 'identity.MembersRegistered': MembersRegistered
  readonly 'identity.IdentityBound': IdentityBound
  readonly 'identity.IdentityUnbound': IdentityUnbound
  readonly 'identity.ProfilesChanged': ProfilesChanged
  readonly 'identity.TagsChanged': TagsChanged
}
