/** Members that are new; one event per call, however many it registered. */
export interface MembersRegistered {
  readonly channel: string
  readonly memberIds: readonly string[]
}

export interface IdentityBound {
  readonly channel: string
}

export interface IdentityEvents {
  readonly 'identity.MembersRegistered': MembersRegistered
  readonly 'identity.IdentityBound': IdentityBound
}
