import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Account } from './Account.ts'
import { Activity } from './Activity.ts'
import { Award } from './Award.ts'
import { Entry } from './Entry.ts'
import { Lot } from './Lot.ts'
import { Member } from './Member.ts'
import { grantPoints } from './Mutation/grantPoints.ts'
import { publishProgram } from './Mutation/publishProgram.ts'
import { recordActivity } from './Mutation/recordActivity.ts'
import { recordPurchase } from './Mutation/recordPurchase.ts'
import { recordPurchases } from './Mutation/recordPurchases.ts'
import { redeemPoints } from './Mutation/redeemPoints.ts'
import { Program } from './Program.ts'
import { Purchase } from './Purchase.ts'
import { Query } from './Query.ts'
import { SourceDocument } from './SourceDocument.ts'
import { Tier } from './Tier.ts'

export const resolvers: ResolverMap = {
  Query,
  Mutation: { grantPoints, publishProgram, recordActivity, recordPurchase, recordPurchases, redeemPoints },
  Account,
  Activity,
  Award,
  Entry,
  Lot,
  Member,
  Program,
  Purchase,
  SourceDocument,
  Tier,
}
