import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Campaign } from './Campaign.ts'
import { Member } from './Member.ts'
import { completeTask } from './Mutation/completeTask.ts'
import { mergeMemberInCampaigns } from './Mutation/mergeMemberInCampaigns.ts'
import { unmergeMemberInCampaigns } from './Mutation/unmergeMemberInCampaigns.ts'
import { Participation } from './Participation.ts'
import { Query } from './Query.ts'

/** Which function answers for which name of the graph. */
export const resolvers: ResolverMap = {
  Query,
  Mutation: { completeTask, mergeMemberInCampaigns, unmergeMemberInCampaigns },
  Member,
  Campaign,
  Participation,
}
