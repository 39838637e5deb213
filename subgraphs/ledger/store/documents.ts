import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { Award, PurchaseLine } from '../domain/earn.ts'
import type { SourceDocument } from '../domain/posting.ts'
import type { Asset } from '../domain/program.ts'
import { type CountersJson, countersFrom } from './accounts.ts'

export interface RecordedDocument extends SourceDocument {
  readonly recordedAt: Instant
}

interface DocumentRow {
  member_id: string
  id: string
  program_key: number
  rule_version: number
  kind: SourceDocument['kind']
  channel: string
  number: string
  store: string | null
  operator: string
  subject: string | null
  quantity: number | null
  amount: bigint | null
  lines: LineJson[] | null
  awards: AwardJson[] | null
  counted: CountersJson | null
  tier_before: string
  tier_after: string
  effective_at: Instant
  recorded_at: Instant
  body: Buffer
}

export interface DocumentKey {
  readonly memberId: string
  readonly id: string
}

export const documentName = ({ memberId, id }: DocumentKey): string => `${memberId}:${id}`

export async function readDocuments(
  query: Query,
  keys: readonly DocumentKey[],
): Promise<Map<string, RecordedDocument>> {
  const rows = await query<DocumentRow>(
    `/* readDocuments */
     select document.*
     from document
     join unnest($1::uuid[], $2::uuid[]) as wanted (member_id, id) using (member_id, id)`,
    [keys.map((key) => key.memberId), keys.map((key) => key.id)],
  )
  return new Map(
    rows.map((row) => [documentName({ memberId: row.member_id, id: row.id }), documentFrom(row)]),
  )
}

/** Whose purchases these are, by document id: a bill belongs to one member. */
export async function readOwners(query: Query, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await query<{ document_id: string; member_id: string }>(
    `/* readOwners */ select document_id, member_id from purchase_owner where document_id = any($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.document_id, row.member_id]))
}

/** In the order of their ids, so that two batches with the same bills wait instead of crossing. */
export async function insertOwners(tx: Tx, documents: readonly DocumentKey[]): Promise<void> {
  if (documents.length === 0) return
  await tx.query(
    `/* insertOwners */
     insert into purchase_owner (document_id, member_id)
     select * from unnest($1::uuid[], $2::uuid[]) as new (document_id, member_id) order by document_id`,
    [documents.map(({ id }) => id), documents.map(({ memberId }) => memberId)],
  )
}

const documentFrom = (row: DocumentRow): RecordedDocument => ({
  memberId: row.member_id,
  id: row.id,
  programKey: row.program_key,
  ruleVersion: row.rule_version,
  kind: row.kind,
  channel: row.channel,
  number: row.number,
  store: row.store ?? undefined,
  operator: row.operator,
  subject: row.subject ?? undefined,
  quantity: row.quantity ?? undefined,
  amount: row.amount ?? undefined,
  lines: (row.lines ?? []).map(lineFrom),
  awards: (row.awards ?? []).map(awardFrom),
  counted: row.counted ? countersFrom(row.counted) : undefined,
  tierBefore: row.tier_before,
  tierAfter: row.tier_after,
  effectiveAt: row.effective_at,
  recordedAt: row.recorded_at,
  body: row.body,
})

/** Written as short lists, for there is one for each purchase: amount, quantity, category, sku; a tail left out. */
type LineJson = [amount: string, quantity?: number, category?: string | null, sku?: string | null]

export function linesToJson(lines: readonly PurchaseLine[]): string | null {
  if (lines.length === 0) return null
  return JSON.stringify(
    lines.map(({ amount, quantity, category, sku }): LineJson => {
      if (sku !== undefined) return [amount.toString(), quantity, category ?? null, sku]
      if (category !== undefined) return [amount.toString(), quantity, category]
      return quantity === 1 ? [amount.toString()] : [amount.toString(), quantity]
    }),
  )
}

const lineFrom = ([amount, quantity, category, sku]: LineJson): PurchaseLine => ({
  amount: BigInt(amount),
  quantity: quantity ?? 1,
  ...(category ? { category } : {}),
  ...(sku ? { sku } : {}),
})

/** Rule, line, asset by its first letter, amount. */
type AwardJson = [rule: string, line: number, asset: 'p' | 'g', amount: string]

const assets: Record<AwardJson[2], Asset> = { p: 'points', g: 'growth' }

export function awardsToJson(awards: readonly Award[]): string | null {
  if (awards.length === 0) return null
  return JSON.stringify(
    awards.map(
      ({ rule, line, asset, amount }): AwardJson => [
        rule,
        line,
        asset === 'points' ? 'p' : 'g',
        amount.toString(),
      ],
    ),
  )
}

const awardFrom = ([rule, line, asset, amount]: AwardJson): Award => ({
  rule,
  line,
  asset: assets[asset],
  amount: BigInt(amount),
})
