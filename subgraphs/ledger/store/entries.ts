import type { Instant } from '../../../kernel/values/instant.ts'
import { assets } from '../domain/asset.ts'
import { type Entry, type EntryKind, lotsFrom, type Move } from '../domain/entry.ts'

/** An entry as the books have it. */
export interface RecordedEntry extends Entry {
  readonly recordedAt: Instant
}

export interface EntryRow {
  member_id: string
  program_key: number
  seq: number
  document_id: string | null
  kind: EntryKind
  points: bigint | null
  points_after: bigint | null
  growth: bigint | null
  growth_after: bigint | null
  principal: bigint | null
  principal_after: bigint | null
  bonus: bigint | null
  bonus_after: bigint | null
  lots: string
  effective_at: Instant
  recorded_at: Instant
}

export const entryColumns = [
  ...['member_id', 'program_key', 'seq', 'document_id', 'kind', 'points', 'points_after', 'growth'],
  ...['growth_after', 'principal', 'principal_after', 'bonus', 'bonus_after', 'lots', 'effective_at'],
  'recorded_at',
]
  .map((column) => `entry.${column}`)
  .join(', ')

export const entryFrom = (row: EntryRow): RecordedEntry => ({
  memberId: row.member_id,
  programKey: row.program_key,
  seq: row.seq,
  documentId: row.document_id ?? undefined,
  kind: row.kind,
  moves: movesFrom(row),
  effectiveAt: row.effective_at,
  recordedAt: row.recorded_at,
})

function movesFrom(row: EntryRow): Move[] {
  const lots = lotsFrom(row.lots)
  return assets.flatMap((asset) => {
    const amount = row[asset]
    const after = row[`${asset}_after`]
    if (amount === null || after === null) return []
    return [{ asset, amount, after, lots: lots.filter((lot) => lot.asset === asset) }]
  })
}
