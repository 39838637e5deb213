import type { ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { Account } from './Account.ts'
import { Activity } from './Activity.ts'
import { Adjustment } from './Adjustment.ts'
import { Award } from './Award.ts'
import { Clearing } from './Clearing.ts'
import { Entry } from './Entry.ts'
import { Explanation } from './Explanation.ts'
import { forecast, pointsLiability, programHealth } from './finance.ts'
import { Hold } from './Hold.ts'
import { LedgerFlag } from './LedgerFlag.ts'
import { Lot } from './Lot.ts'
import { Member } from './Member.ts'
import { adjustGrowth } from './Mutation/adjustGrowth.ts'
import { adjustPoints } from './Mutation/adjustPoints.ts'
import { applyTiers } from './Mutation/applyTiers.ts'
import { approveAdjustment } from './Mutation/approveAdjustment.ts'
import { captureHold } from './Mutation/captureHold.ts'
import { approveTierUpgrade, refuseTierUpgrade } from './Mutation/decideTierUpgrade.ts'
import { grantPoints } from './Mutation/grantPoints.ts'
import { holdPoints } from './Mutation/holdPoints.ts'
import { mergeMemberInLedger } from './Mutation/mergeMemberInLedger.ts'
import { publishProgram } from './Mutation/publishProgram.ts'
import { recordActivity } from './Mutation/recordActivity.ts'
import { recordOfflineBatch } from './Mutation/recordOfflineBatch.ts'
import { recordPurchase } from './Mutation/recordPurchase.ts'
import { recordPurchases } from './Mutation/recordPurchases.ts'
import { redeemPoints } from './Mutation/redeemPoints.ts'
import { registerTerminal } from './Mutation/registerTerminal.ts'
import { rejectAdjustment } from './Mutation/rejectAdjustment.ts'
import { releaseHold } from './Mutation/releaseHold.ts'
import { resolveFlag } from './Mutation/resolveFlag.ts'
import { returnPurchase } from './Mutation/returnPurchase.ts'
import { revokeTerminal } from './Mutation/revokeTerminal.ts'
import { spendStoredValue } from './Mutation/spendStoredValue.ts'
import { stopInstalments } from './Mutation/stopInstalments.ts'
import { syncBalance } from './Mutation/syncBalance.ts'
import { topUp } from './Mutation/topUp.ts'
import { transferPoints } from './Mutation/transferPoints.ts'
import { unmergeMemberInLedger } from './Mutation/unmergeMemberInLedger.ts'
import { withdrawStoredValue } from './Mutation/withdrawStoredValue.ts'
import { PointsTransfer } from './PointsTransfer.ts'
import { Program } from './Program.ts'
import { Purchase } from './Purchase.ts'
import { PurchaseReturn } from './PurchaseReturn.ts'
import { previewTiers } from './preview-tiers.ts'
import { Query } from './Query.ts'
import { quote } from './quote.ts'
import { SourceDocument } from './SourceDocument.ts'
import { StoredValueEntry } from './StoredValueEntry.ts'
import { StoredValueMovement } from './StoredValueMovement.ts'
import { syncedBalance } from './synced-balance.ts'
import { Terminal } from './Terminal.ts'
import { Tier } from './Tier.ts'
import { tierRequests } from './tier-requests.ts'

export const resolvers: ResolverMap = {
  Query: {
    ...Query,
    forecast,
    pointsLiability,
    previewTiers,
    programHealth,
    quote,
    syncedBalance,
    tierRequests,
  },
  Mutation: {
    adjustGrowth,
    adjustPoints,
    applyTiers,
    approveAdjustment,
    captureHold,
    approveTierUpgrade,
    grantPoints,
    holdPoints,
    mergeMemberInLedger,
    unmergeMemberInLedger,
    publishProgram,
    recordActivity,
    recordOfflineBatch,
    recordPurchase,
    recordPurchases,
    redeemPoints,
    refuseTierUpgrade,
    registerTerminal,
    rejectAdjustment,
    releaseHold,
    resolveFlag,
    returnPurchase,
    revokeTerminal,
    spendStoredValue,
    stopInstalments,
    syncBalance,
    topUp,
    transferPoints,
    withdrawStoredValue,
  },
  Account,
  Activity,
  Adjustment,
  Award,
  Clearing,
  Entry,
  LedgerFlag,
  Explanation,
  Hold,
  Lot,
  Member,
  PointsTransfer,
  Program,
  Purchase,
  PurchaseReturn,
  SourceDocument,
  StoredValueEntry,
  StoredValueMovement,
  Terminal,
  Tier,
}
