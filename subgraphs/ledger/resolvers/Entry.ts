import type { LedgerContext } from '../context.ts'
import type { Asset } from '../domain/asset.ts'
import { type Move, signOf } from '../domain/entry.ts'
import type { RecordedEntry } from '../store/entries.ts'

/** The graph shows what an entry moved of points and growth. */
export const Entry = {
  id: (entry: RecordedEntry) =>
    Buffer.from(`${entry.memberId}:${entry.programKey}:${entry.seq}`).toString('base64url'),
  sequence: (entry: RecordedEntry) => entry.seq,
  kind: (entry: RecordedEntry) => entry.kind.toUpperCase().replace('-', '_'),
  points: (entry: RecordedEntry) => change(entry, 'points'),
  growth: (entry: RecordedEntry) => change(entry, 'growth'),
  balance: (entry: RecordedEntry) => moveOf(entry, 'points')?.after ?? 0n,
  growthBalance: (entry: RecordedEntry) => moveOf(entry, 'growth')?.after ?? null,
  document: (entry: RecordedEntry, _: unknown, ctx: LedgerContext) =>
    entry.documentId === undefined ? null : ctx.loaders.document.load(entry.documentId),
}

export const moveOf = ({ moves }: RecordedEntry, asset: Asset): Move | undefined =>
  moves.find((move) => move.asset === asset)

const change = (entry: RecordedEntry, asset: Asset): bigint =>
  signOf(entry.kind) * (moveOf(entry, asset)?.amount ?? 0n)
