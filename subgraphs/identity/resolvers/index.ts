import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Member } from './Member.ts'
import { addClientSecret } from './Mutation/addClientSecret.ts'
import { archiveSegment } from './Mutation/archiveSegment.ts'
import { bindIdentity } from './Mutation/bindIdentity.ts'
import { createClient } from './Mutation/createClient.ts'
import { endSessions } from './Mutation/endSessions.ts'
import { importTags } from './Mutation/importTags.ts'
import { issueClientToken } from './Mutation/issueClientToken.ts'
import { rebuildFacts } from './Mutation/rebuildFacts.ts'
import { refreshSegment } from './Mutation/refreshSegment.ts'
import { refreshSession } from './Mutation/refreshSession.ts'
import { registerMember } from './Mutation/registerMember.ts'
import { registerMembers } from './Mutation/registerMembers.ts'
import { removeTags } from './Mutation/removeTags.ts'
import { requestCode } from './Mutation/requestCode.ts'
import { revokeClientSecret } from './Mutation/revokeClientSecret.ts'
import { sandboxToken } from './Mutation/sandboxToken.ts'
import { saveSegment } from './Mutation/saveSegment.ts'
import { setTags } from './Mutation/setTags.ts'
import { signIn } from './Mutation/signIn.ts'
import { signOut } from './Mutation/signOut.ts'
import { snapshotSegment } from './Mutation/snapshotSegment.ts'
import { updateProfile } from './Mutation/updateProfile.ts'
import { Query } from './Query.ts'
import { Segment, SegmentSnapshot } from './Segment.ts'

export const resolvers: ResolverMap = {
  Query,
  Mutation: {
    addClientSecret,
    archiveSegment,
    bindIdentity,
    createClient,
    endSessions,
    importTags,
    issueClientToken,
    rebuildFacts,
    refreshSegment,
    refreshSession,
    registerMember,
    registerMembers,
    removeTags,
    requestCode,
    revokeClientSecret,
    sandboxToken,
    saveSegment,
    setTags,
    signIn,
    signOut,
    snapshotSegment,
    updateProfile,
  },
  Member: Member as never,
  Segment: Segment as never,
  SegmentSnapshot: SegmentSnapshot as never,
}
