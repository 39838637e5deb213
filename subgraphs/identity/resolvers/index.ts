import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { AttributeDefinition, CustomAttribute } from './CustomAttribute.ts'
import { IdentityConflict } from './IdentityConflict.ts'
import { Member } from './Member.ts'
import { MergeCase } from './MergeCase.ts'
import { activateMember } from './Mutation/activateMember.ts'
import { activateMembers } from './Mutation/activateMembers.ts'
import { addClientSecret } from './Mutation/addClientSecret.ts'
import { archiveSegment } from './Mutation/archiveSegment.ts'
import { assignGuide } from './Mutation/assignGuide.ts'
import { bindGuide } from './Mutation/bindGuide.ts'
import { bindIdentity } from './Mutation/bindIdentity.ts'
import { changeStaffPassword } from './Mutation/changeStaffPassword.ts'
import { closeNode } from './Mutation/closeNode.ts'
import { closeStaff } from './Mutation/closeStaff.ts'
import { createClient } from './Mutation/createClient.ts'
import { createHousehold } from './Mutation/createHousehold.ts'
import { createStaff } from './Mutation/createStaff.ts'
import { decideApplication } from './Mutation/decideApplication.ts'
import { decideGroup } from './Mutation/decideGroup.ts'
import { endSessions } from './Mutation/endSessions.ts'
import { eraseMember } from './Mutation/eraseMember.ts'
import { exchangeToken } from './Mutation/exchangeToken.ts'
import { exportMyData } from './Mutation/exportMyData.ts'
import { giveConsent } from './Mutation/giveConsent.ts'
import { importMembers } from './Mutation/importMembers.ts'
import { importTags } from './Mutation/importTags.ts'
import { inviteToHousehold } from './Mutation/inviteToHousehold.ts'
import { issueClientToken } from './Mutation/issueClientToken.ts'
import { issueGuideCode } from './Mutation/issueGuideCode.ts'
import { joinHousehold } from './Mutation/joinHousehold.ts'
import { leaveHousehold } from './Mutation/leaveHousehold.ts'
import { mergeMembers } from './Mutation/mergeMembers.ts'
import { rebuildFacts } from './Mutation/rebuildFacts.ts'
import { refreshSegment } from './Mutation/refreshSegment.ts'
import { refreshSession } from './Mutation/refreshSession.ts'
import { refreshStaffSession } from './Mutation/refreshStaffSession.ts'
import { registerGroup } from './Mutation/registerGroup.ts'
import { registerMember } from './Mutation/registerMember.ts'
import { registerMembers } from './Mutation/registerMembers.ts'
import { registerProduct } from './Mutation/registerProduct.ts'
import { removeTags } from './Mutation/removeTags.ts'
import { requestCode } from './Mutation/requestCode.ts'
import { resetStaffAccess } from './Mutation/resetStaffAccess.ts'
import { resolveConflict } from './Mutation/resolveConflict.ts'
import { revokeClientSecret } from './Mutation/revokeClientSecret.ts'
import { sandboxToken } from './Mutation/sandboxToken.ts'
import { saveNode } from './Mutation/saveNode.ts'
import { saveSegment } from './Mutation/saveSegment.ts'
import { setAttributes } from './Mutation/setAttributes.ts'
import { setCompanyExecutor } from './Mutation/setCompanyExecutor.ts'
import { setQuietHours } from './Mutation/setQuietHours.ts'
import { setTags } from './Mutation/setTags.ts'
import { signIn } from './Mutation/signIn.ts'
import { signInStaff } from './Mutation/signInStaff.ts'
import { signInStaffByOpenId } from './Mutation/signInStaffByOpenId.ts'
import { signOut } from './Mutation/signOut.ts'
import { signOutStaff } from './Mutation/signOutStaff.ts'
import { snapshotSegment } from './Mutation/snapshotSegment.ts'
import { submitApplication } from './Mutation/submitApplication.ts'
import { transferGuided } from './Mutation/transferGuided.ts'
import { transferProduct } from './Mutation/transferProduct.ts'
import { unbindIdentity } from './Mutation/unbindIdentity.ts'
import { unmergeMembers } from './Mutation/unmergeMembers.ts'
import { updateProfile } from './Mutation/updateProfile.ts'
import { updateStaff } from './Mutation/updateStaff.ts'
import { withdrawApplication } from './Mutation/withdrawApplication.ts'
import { withdrawConsent } from './Mutation/withdrawConsent.ts'
import { Application, CommunityGroup, Company, GuideBinding, Household, HouseholdMember } from './people.ts'
import { Query } from './Query.ts'
import { Segment, SegmentSnapshot } from './Segment.ts'
import { Staff } from './Staff.ts'

export const resolvers: ResolverMap = {
  Query,
  Mutation: {
    mergeMembers,
    resolveConflict,
    unbindIdentity,
    unmergeMembers,
    eraseMember,
    exportMyData,
    giveConsent,
    registerProduct,
    setAttributes,
    setQuietHours,
    transferProduct,
    withdrawConsent,
    submitApplication,
    decideApplication,
    withdrawApplication,
    bindGuide,
    assignGuide,
    transferGuided,
    setCompanyExecutor,
    createHousehold,
    inviteToHousehold,
    joinHousehold,
    leaveHousehold,
    registerGroup,
    decideGroup,
    activateMember,
    activateMembers,
    issueGuideCode,
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
    importMembers,
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
  IdentityConflict,
  MergeCase,
  CustomAttribute,
  AttributeDefinition,
  Staff: Staff as never,
  GuideBinding: GuideBinding as never,
  Application: Application as never,
  Company: Company as never,
  Household: Household as never,
  HouseholdMember: HouseholdMember as never,
  CommunityGroup: CommunityGroup as never,
  Segment: Segment as never,
  SegmentSnapshot: SegmentSnapshot as never,
}
