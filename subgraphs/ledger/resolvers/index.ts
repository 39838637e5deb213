import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Account } from './Account.ts'
import { Activity } from './Activity.ts'
import { Award } from './Award.ts'
import { Entry } from './Entry.ts'
import { Explanation } from './Explanation.ts'
import { Hold } from './Hold.ts'
import { Lot } from './Lot.ts'
import { Member } from './Member.ts'
import { captureHold } from './Mutation/captureHold.ts'
import { grantPoints } from './Mutation/grantPoints.ts'
import { holdPoints } from './Mutation/holdPoints.ts'
import { publishProgram } from './Mutation/publishProgram.ts'
import { recordActivity } from './Mutation/recordActivity.ts'
import { recordPurchase } from './Mutation/recordPurchase.ts'
import { recordPurchases } from './Mutation/recordPurchases.ts'
import { redeemPoints } from './Mutation/redeemPoints.ts'
import { releaseHold } from './Mutation/releaseHold.ts'
import { returnPurchase } from './Mutation/returnPurchase.ts'
import { Program } from './Program.ts'
import { Purchase } from './Purchase.ts'
import { PurchaseReturn } from './PurchaseReturn.ts'
import { Query } from './Query.ts'
import { SourceDocument } from './SourceDocument.ts'
import { Tier } from './Tier.ts'

export const resolvers: ResolverMap = {
  Query,
  Mutation: {
    captureHold,
    grantPoints,
    holdPoints,
    publishProgram,
    recordActivity,
    recordPurchase,
    recordPurchases,
    redeemPoints,
    releaseHold,
    returnPurchase,
  },
  Account,
  Activity,
  Award,
  Entry,
  Explanation,
  Hold,
  Lot,
  Member,
  Program,
  Purchase,
  PurchaseReturn,
  SourceDocument,
  Tier,
}
