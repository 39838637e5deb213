import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { AttributeDefinition, CustomAttribute } from './CustomAttribute.ts'
import { Member } from './Member.ts'
import { addClientSecret } from './Mutation/addClientSecret.ts'
import { archiveSegment } from './Mutation/archiveSegment.ts'
import { bindIdentity } from './Mutation/bindIdentity.ts'
import { changeStaffPassword } from './Mutation/changeStaffPassword.ts'
import { closeNode } from './Mutation/closeNode.ts'
import { closeStaff } from './Mutation/closeStaff.ts'
import { createClient } from './Mutation/createClient.ts'
import { createStaff } from './Mutation/createStaff.ts'
import { endSessions } from './Mutation/endSessions.ts'
import { eraseMember } from './Mutation/eraseMember.ts'
import { exchangeToken } from './Mutation/exchangeToken.ts'
import { exportMyData } from './Mutation/exportMyData.ts'
import { giveConsent } from './Mutation/giveConsent.ts'
import { importTags } from './Mutation/importTags.ts'
import { issueClientToken } from './Mutation/issueClientToken.ts'
import { rebuildFacts } from './Mutation/rebuildFacts.ts'
import { refreshSegment } from './Mutation/refreshSegment.ts'
import { refreshSession } from './Mutation/refreshSession.ts'
import { refreshStaffSession } from './Mutation/refreshStaffSession.ts'
import { registerMember } from './Mutation/registerMember.ts'
import { registerMembers } from './Mutation/registerMembers.ts'
import { registerProduct } from './Mutation/registerProduct.ts'
import { removeTags } from './Mutation/removeTags.ts'
import { requestCode } from './Mutation/requestCode.ts'
import { resetStaffAccess } from './Mutation/resetStaffAccess.ts'
import { revokeClientSecret } from './Mutation/revokeClientSecret.ts'
import { sandboxToken } from './Mutation/sandboxToken.ts'
import { saveNode } from './Mutation/saveNode.ts'
import { saveSegment } from './Mutation/saveSegment.ts'
import { setAttributes } from './Mutation/setAttributes.ts'
import { setQuietHours } from './Mutation/setQuietHours.ts'
import { setTags } from './Mutation/setTags.ts'
import { signIn } from './Mutation/signIn.ts'
import { signInStaff } from './Mutation/signInStaff.ts'
import { signInStaffByOpenId } from './Mutation/signInStaffByOpenId.ts'
import { signOut } from './Mutation/signOut.ts'
import { signOutStaff } from './Mutation/signOutStaff.ts'
import { snapshotSegment } from './Mutation/snapshotSegment.ts'
import { transferProduct } from './Mutation/transferProduct.ts'
import { updateProfile } from './Mutation/updateProfile.ts'
import { updateStaff } from './Mutation/updateStaff.ts'
import { withdrawConsent } from './Mutation/withdrawConsent.ts'
import { Query } from './Query.ts'
import { Segment, SegmentSnapshot } from './Segment.ts'
import { Staff } from './Staff.ts'

export const resolvers: ResolverMap = {
  Query,
  Mutation: {
    eraseMember,
    exportMyData,
    giveConsent,
    registerProduct,
    setAttributes,
    setQuietHours,
    transferProduct,
    withdrawConsent,
    saveNode,
    closeNode,
    createStaff,
    resetStaffAccess,
    updateStaff,
    closeStaff,
    changeStaffPassword,
    signInStaff,
    signInStaffByOpenId,
    refreshStaffSession,
    exchangeToken,
    signOutStaff,
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
  CustomAttribute,
  AttributeDefinition,
  Staff: Staff as never,
  Segment: Segment as never,
  SegmentSnapshot: SegmentSnapshot as never,
}
