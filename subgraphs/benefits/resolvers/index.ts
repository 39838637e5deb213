import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Benefit } from './Benefit.ts'
import { Entitlement } from './Entitlement.ts'
import { EntitlementSummary } from './EntitlementSummary.ts'
import { Member } from './Member.ts'
import { grantEntitlement } from './Mutation/grantEntitlement.ts'
import { mergeMemberInBenefits } from './Mutation/mergeMemberInBenefits.ts'
import { reverseWriteOff } from './Mutation/reverseWriteOff.ts'
import { unmergeMemberInBenefits } from './Mutation/unmergeMemberInBenefits.ts'
import { writeOffEntitlement } from './Mutation/writeOffEntitlement.ts'
import { Query } from './Query.ts'

/** Which function answers for which name of the graph. */
export const resolvers: ResolverMap = {
  Query,
  Mutation: {
    writeOffEntitlement,
    reverseWriteOff,
    grantEntitlement,
    mergeMemberInBenefits,
    unmergeMemberInBenefits,
  },
  Member,
  Benefit,
  Entitlement,
  EntitlementSummary,
}
