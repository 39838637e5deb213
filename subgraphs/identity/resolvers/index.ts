import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Member } from './Member.ts'
import { addClientSecret } from './Mutation/addClientSecret.ts'
import { bindIdentity } from './Mutation/bindIdentity.ts'
import { createClient } from './Mutation/createClient.ts'
import { issueClientToken } from './Mutation/issueClientToken.ts'
import { refreshSession } from './Mutation/refreshSession.ts'
import { registerMember } from './Mutation/registerMember.ts'
import { registerMembers } from './Mutation/registerMembers.ts'
import { removeTags } from './Mutation/removeTags.ts'
import { requestCode } from './Mutation/requestCode.ts'
import { revokeClientSecret } from './Mutation/revokeClientSecret.ts'
import { sandboxToken } from './Mutation/sandboxToken.ts'
import { setTags } from './Mutation/setTags.ts'
import { signIn } from './Mutation/signIn.ts'
import { signOut } from './Mutation/signOut.ts'
import { updateProfile } from './Mutation/updateProfile.ts'
import { Query } from './Query.ts'

export const resolvers: ResolverMap = {
  Query,
  Mutation: {
    addClientSecret,
    bindIdentity,
    createClient,
    issueClientToken,
    refreshSession,
    registerMember,
    registerMembers,
    removeTags,
    requestCode,
    revokeClientSecret,
    sandboxToken,
    setTags,
    signIn,
    signOut,
    updateProfile,
  },
  Member: Member as never,
}
