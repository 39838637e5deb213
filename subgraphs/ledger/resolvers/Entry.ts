import type { LedgerContext } from '../context.ts'
import type { EntryView } from '../store/reads.ts'

export const Entry = {
  id: (entry: EntryView) =>
    Buffer.from(`${entry.memberId}:${entry.programKey}:points:${entry.seq}`).toString('base64url'),
  sequence: (entry: EntryView) => entry.seq,
  kind: (entry: EntryView) => entry.kind.toUpperCase(),
  points: (entry: EntryView) =>
    entry.kind === 'earn' || entry.kind === 'grant' ? entry.amount : -entry.amount,
  balance: (entry: EntryView) => entry.availableAfter,
  document: (entry: EntryView, _: unknown, ctx: LedgerContext) =>
    entry.documentId === undefined
      ? null
      : ctx.loaders.document.load({ memberId: entry.memberId, id: entry.documentId }),
}
