import type { LedgerContext } from '../context.ts'
import type { Asset } from '../domain/asset.ts'
import { signOf } from '../domain/entry.ts'
import type { ShownEntry } from '../store/reads.ts'

/** The graph shows what an entry moved of points and growth. */
export const Entry = {
  id: (entry: ShownEntry) =>
    Buffer.from(`${entry.memberId}:${entry.programKey}:${entry.seq}`).toString('base64url'),
  sequence: (entry: ShownEntry) => entry.seq,
  kind: (entry: ShownEntry) => entry.kind.toUpperCase().replace('-', '_'),
  points: (entry: ShownEntry) => change(entry, 'points'),
  growth: (entry: ShownEntry) => change(entry, 'growth'),
  balance: (entry: ShownEntry) => moveOf(entry, 'points')?.after ?? 0n,
  growthBalance: (entry: ShownEntry) => moveOf(entry, 'growth')?.after ?? null,
  document: (entry: ShownEntry, _: unknown, ctx: LedgerContext) =>
    entry.documentId === undefined ? null : ctx.loaders.document.load(entry.documentId),
}

export const moveOf = ({ moves }: ShownEntry, asset: Asset): ShownEntry['moves'][number] | undefined =>
  moves.find((move) => move.asset === asset)

const change = (entry: ShownEntry, asset: Asset): bigint =>
  signOf(entry.kind) * (moveOf(entry, asset)?.amount ?? 0n)
