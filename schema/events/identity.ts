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

export interface IdentityEvents {
  readonly 'identity.MembersRegistered': MembersRegistered
  readonly 'identity.IdentityBound': IdentityBound
  readonly 'identity.ProfilesChanged': ProfilesChanged
  readonly 'identity.TagsChanged': TagsChanged
}
