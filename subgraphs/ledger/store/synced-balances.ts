import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { SyncedBalance } from '../domain/balance-sync.ts'

/** The figures of persons by their present ids, also those that came by ids of before. */
export async function readSyncedBalances(
  query: Query,
  personIds: readonly string[],
): Promise<SyncedBalance[]> {
  if (personIds.length === 0) return []
  const rows = await query<Columns>(
    `/* readSyncedBalances */
     select synced_balance.*, person_id
     from (select unnest($1::uuid[]) as member_id, unnest($1::uuid[]) as person_id
           union
           select member_id, survivor_id from merged_member where survivor_id = any($1::uuid[])) as person
     join synced_balance using (member_id)`,
    [personIds],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    personId: row.person_id,
    programKey: row.program_key,
    channel: row.channel,
    account: row.account,
    agreed: row.agreed,
    toldAt: row.told_at,
    documentId: row.document_id,
  }))
}

/** Sent, not waited for. Guarded by the lock of the account that the person has now. */
export function saveSyncedBalances(tx: Tx, figures: readonly SyncedBalance[]): void {
  if (figures.length === 0) return
  tx.send(
    `/* saveSyncedBalances */
     insert into synced_balance (member_id, program_key, channel, account, agreed, told_at, document_id)
     select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::bytea[], $5::bigint[], $6::timestamptz[], $7::uuid[])
     on conflict on constraint synced_balance_key
       do update set agreed = excluded.agreed, told_at = excluded.told_at, document_id = excluded.document_id`,
    [
      figures.map(({ memberId }) => memberId),
      figures.map(({ programKey }) => programKey),
      figures.map(({ channel }) => channel),
      figures.map(({ account }) => account),
      figures.map(({ agreed }) => agreed),
      figures.map(({ toldAt }) => toIso(toldAt)),
      figures.map(({ documentId }) => documentId),
    ],
  )
}

/** Which account at which channel was an erased person's is known no more. */
export async function forgetSyncedBalances(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(`/* forgetSyncedBalances */ delete from synced_balance where member_id = any($1::uuid[])`, [
    memberIds,
  ])
}

interface Columns {
  member_id: string
  person_id: string
  program_key: number
  channel: string
  account: Buffer
  agreed: bigint
  told_at: Instant
  document_id: string
}
