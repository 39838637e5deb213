/** Members that are new; one event per call, however many it registered. */
export interface MembersRegistered {
  readonly channel: string
  readonly memberIds: readonly string[]
}

export interface IdentityBound {
  readonly channel: string
}

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

export interface IdentityEvents {
  readonly 'identity.OrganisationChanged': OrganisationChanged
  readonly 'identity.MemberErased': MemberErased
  readonly 'identity.ProductOwnersChanged': ProductOwnersChanged
  readonly 'identity.ConsentChanged': ConsentChanged
  readonly 'identity.MembersRegistered': MembersRegistered
  readonly 'identity.IdentityBound': IdentityBound
  readonly 'identity.ProfilesChanged': ProfilesChanged
  readonly 'identity.TagsChanged': TagsChanged
}
