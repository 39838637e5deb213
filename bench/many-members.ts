import pg from 'pg'
import { PROGRAM } from './open-ledger.ts'

/**
 * Members with an account each, from one purchase of 2,900 yuan, written as rows straight into the tables: what posting
 * them one batch after the other takes minutes for takes seconds. The rows are those that the ledger writes, hashes and
 * all, and `ledgerCheck` must find nothing wrong with them. All that the bench knows of the ledger's tables is here.
 */
export async function writeMembers(url: string, count: number): Promise<void> {
  const owner = new pg.Client({ connectionString: url, options: '-c synchronous_commit=off' })
  await owner.connect()
  const { rows } = await owner.query<{ program_key: number; version: number; tier: string }>(
    `select program_key, version, document #>> '{tiers,0,id}' as tier
     from ledger.program join ledger.program_version using (program_key, version) where id = $1`,
    [PROGRAM],
  )
  const { program_key: key, version, tier } = rows[0]!
  // In the order of their ids, so that indexes grow at their ends.
  await owner.query(
    `create temp table wanted as
     select md5('member ' || n)::uuid as member_id, md5('first bill of ' || n)::uuid as document_id, n as number,
            date_trunc('day', now()) as at, (current_date + interval '12 months')::date as last
     from generate_series(0, $1::bigint - 1) n order by 1`,
    [count],
  )
  await owner.query(`
    insert into ledger.account (member_id, program_key, tier, next_due, opened_at)
      select member_id, ${key}, '${tier}', last, at from wanted`)
  await owner.query(`
    insert into ledger.document (member_id, id, program_key, rule_version, kind, channel, number, operator, amount, lines,
                                 awards, tier_before, tier_after, effective_at, recorded_at, body)
      select member_id, document_id, ${key}, ${version}, 'purchase', 'opening', number::text, 'bench', 290000,
             '[["290000", 1, "shoes"]]', '[["spend", 0, "p", "2900"], ["growth", 0, "g", "2900"]]', '${tier}', '${tier}',
             at, at, substring(sha256(document_id::text::bytea) for 16)
      from wanted`)
  await owner.query(
    'insert into ledger.purchase_owner select document_id, member_id from wanted order by document_id',
  )
  for (const asset of ['points', 'growth']) {
    const lots = `(last || '=+2900')`
    const text = `concat_ws('|', member_id, ${key}, '${asset}', 1, document_id, 'earn', 'issuance', 'member', 2900, 2900, 0,
      ${lots}, (extract(epoch from at) * 1000)::bigint)`
    await owner.query(`
      insert into ledger.entry (member_id, program_key, asset, seq, document_id, kind, debit, credit, amount,
                                available_after, owed_after, lots, effective_at, recorded_at, hash)
        select member_id, ${key}, '${asset}', 1, document_id, 'earn', 'issuance', 'member', 2900, 2900, 0, ${lots}, at, at,
               sha256(convert_to(${text}, 'UTF8'))
        from wanted`)
    await owner.query(`
      insert into ledger.lot (member_id, program_key, asset, expires_on, earned, remaining)
        select member_id, ${key}, '${asset}', last, 2900, 2900 from wanted`)
    await owner.query(`
      insert into ledger.wallet (member_id, program_key, asset, available, earned, spent, expired, seq, head)
        select member_id, program_key, asset, 2900, 2900, 0, 0, 1, hash
        from ledger.entry where asset = '${asset}' order by member_id`)
  }
  await owner.query('vacuum analyze')
  await owner.query('checkpoint')
  await owner.end()
}
