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
  const { rows: origins } = await owner.query<{ origin_key: number }>(
    `insert into ledger.origin (channel, operator) values ('opening', 'bench') returning origin_key`,
  )
  const origin = origins[0]!.origin_key
  // In the order of their ids, so that indexes grow at their ends.
  await owner.query(
    `create temp table wanted as
     select md5('member ' || n)::uuid as member_id, md5('first bill of ' || n)::uuid as document_id, n as number,
            date_trunc('day', now()) as at, (current_date + interval '12 months')::date as last
     from generate_series(0, $1::bigint - 1) n order by 1`,
    [count],
  )
  const lots = `'p' || last || '+2900;g' || last || '+2900'`
  const [lines, awards] = ['290000 1 shoes', 'spend 0 p2900;growth 0 g2900']
  const text = `concat_ws('|', member_id, ${key}, 1, document_id, 'earn', 2900, 2900, 2900, 2900, '', '', '', '', ${lots},
    trim_scale(extract(epoch from at) * 1000), trim_scale(extract(epoch from at) * 1000), 'purchase', ${version}, '"opening"', '',
    '"bench"', to_json(number::text), '', '', 290000, '"${lines}"', '"${awards}"', '', '"${tier}"', '',
    encode(substring(sha256(document_id::text::bytea) for 16), 'hex'))`
  await owner.query(`
    insert into ledger.entry (member_id, program_key, seq, document_id, kind, points, points_after, growth, growth_after,
                              lots, effective_at, recorded_at, hash, document_kind, rule_version, origin_key, number, amount,
                              lines, awards, tier_before, body)
      select member_id, ${key}, 1, document_id, 'earn', 2900, 2900, 2900, 2900, ${lots}, at, at,
             sha256(convert_to(${text}, 'UTF8')), 'purchase', ${version}, ${origin}, number::text, 290000,
             '${lines}', '${awards}', '${tier}', substring(sha256(document_id::text::bytea) for 16)
      from wanted`)
  const wallet = (asset: string) => `${asset}_available, ${asset}_earned, ${asset}_left, ${asset}_until`
  await owner.query(`
    insert into ledger.account (member_id, program_key, tier, next_due, opened_at, seq, head, ${wallet('points')},
                                ${wallet('growth')})
      select member_id, ${key}, '${tier}', last, at, 1, hash, 2900, 2900, '{2900}', array[last], 2900, 2900, '{2900}', array[last]
      from wanted join ledger.entry using (member_id) order by member_id`)
  await owner.query('vacuum analyze')
  await owner.query('checkpoint')
  await owner.end()
}
