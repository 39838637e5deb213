import type { Db } from '../../../kernel/db/open-database.ts'

/** A promise of the books that does not hold. */
export interface Violation {
  readonly check: string
  readonly memberId: string
  readonly detail: string
}

export interface CheckResult {
  readonly entries: bigint
  readonly wallets: bigint
  readonly violations: readonly Violation[]
}

const VIOLATIONS_MAX = 100

/** `domain/entry.ts` computes the same; a test holds the two together. */
const hashedText = `concat_ws('|', entry.member_id, entry.program_key, entry.asset, entry.seq,
  coalesce(entry.document_id::text, ''), entry.kind, entry.debit, entry.credit, entry.amount, entry.available_after,
  entry.owed_after, entry.lots, (extract(epoch from entry.effective_at) * 1000)::bigint)`

/** The balance of an entry with the sign that it has for the member. */
const signed = `case when credit = 'member' then amount else -amount end`

/** Each answers (member_id, detail) of what is wrong. */
const checks: Readonly<Record<string, string>> = {
  'entry chain': `
    with chained as (
      select entry.*,
             lag(hash, 1, ''::bytea) over wallet as previous_hash,
             lag(seq, 1, 0) over wallet as previous_seq,
             sum(${signed}) over wallet as running
      from entry
      window wallet as (partition by member_id, program_key, asset order by seq)
    )
    select member_id, format('%s entry %s: %s', asset, seq,
      case when seq <> previous_seq + 1 then format('comes after entry %s', previous_seq)
           when available_after <> running then format('balance %s, entries add up to %s', available_after, running)
           else 'contents do not match the hash' end) as detail
    from chained entry
    where seq <> previous_seq + 1 or available_after <> running
       or hash <> sha256(previous_hash || convert_to(${hashedText}, 'UTF8'))`,
  'wallet head': `
    select wallet.member_id, format('%s wallet stands at entry %s with %s, the journal at %s with %s',
             wallet.asset, wallet.seq, wallet.available, coalesce(last.seq, 0), coalesce(last.available_after, 0)) as detail
    from wallet
    left join lateral (
      select seq, available_after, owed_after, hash from entry
      where entry.member_id = wallet.member_id and entry.program_key = wallet.program_key
        and entry.asset = wallet.asset
      order by seq desc limit 1
    ) last on true
    where (wallet.seq, wallet.available, wallet.owed, wallet.head) is distinct from
          (coalesce(last.seq, 0), coalesce(last.available_after, 0), coalesce(last.owed_after, 0), last.hash)`,
  'wallet sums': `
    select member_id, format('%s wallet: earned %s spent %s expired %s, entries say %s %s %s', asset,
             wallet.earned, wallet.spent, wallet.expired, sums.earned, sums.spent, sums.expired) as detail
    from wallet
    join (
      select member_id, program_key, asset,
             coalesce(sum(amount) filter (where kind in ('earn', 'grant')), 0) as earned,
             coalesce(sum(amount) filter (where kind = 'redeem'), 0) as spent,
             coalesce(sum(amount) filter (where kind = 'expire'), 0) as expired
      from entry group by member_id, program_key, asset
    ) sums using (member_id, program_key, asset)
    where (wallet.earned, wallet.spent, wallet.expired) is distinct from (sums.earned, sums.spent, sums.expired)`,
  'lots of wallet': `
    select wallet.member_id, format('%s wallet has %s, its lots %s', wallet.asset, wallet.available,
             coalesce(sums.remaining, 0)) as detail
    from wallet
    left join (
      select member_id, program_key, asset, sum(remaining) as remaining, sum(earned) as earned, sum(used) as used,
             sum(expired) as expired, sum(held) as held
      from lot group by member_id, program_key, asset
    ) sums using (member_id, program_key, asset)
    where (wallet.available, wallet.earned, wallet.spent, wallet.expired, wallet.held) is distinct from
          (coalesce(sums.remaining, 0), coalesce(sums.earned, 0), coalesce(sums.used, 0), coalesce(sums.expired, 0),
           coalesce(sums.held, 0))`,
  'lots of journal': `
    with journal as (
      select member_id, program_key, asset, split_part(lot, '/', 1)::date as expires_on,
             substring(lot from position('/' in lot || '/') + 1) as class,
             sum(moved) filter (where kind in ('earn', 'grant')) as earned,
             -sum(moved) filter (where kind = 'redeem') as used,
             -sum(moved) filter (where kind = 'expire') as expired
      from entry
      cross join lateral regexp_split_to_table(lots, ';') as move
      cross join lateral (select split_part(move, '=', 1) as lot, split_part(move, '=', 2)::bigint as moved) as parts
      group by 1, 2, 3, 4, 5
    )
    select member_id, format('%s lot of %s: earned %s used %s expired %s, the journal says %s %s %s', asset, expires_on,
             lot.earned, lot.used, lot.expired, journal.earned, journal.used, journal.expired) as detail
    from lot full join journal using (member_id, program_key, asset, expires_on, class)
    where (coalesce(lot.earned, 0), coalesce(lot.used, 0), coalesce(lot.expired, 0)) is distinct from
          (coalesce(journal.earned, 0), coalesce(journal.used, 0), coalesce(journal.expired, 0))`,
  'entry without document': `
    select entry.member_id, format('%s entry %s (%s) has no document', entry.asset, entry.seq, entry.kind) as detail
    from entry
    left join document on document.member_id = entry.member_id and document.id = entry.document_id
    where entry.kind <> 'expire' and document.id is null`,
  'wallet without account': `
    select distinct wallet.member_id, 'a wallet without an account' as detail
    from wallet left join account using (member_id, program_key)
    where account.member_id is null`,
  'entry without wallet': `
    select distinct entry.member_id, format('%s entries without a wallet', asset) as detail
    from entry left join wallet using (member_id, program_key, asset)
    where wallet.member_id is null`,
  'document points': `
    select document.member_id, format('document %s awards %s points, its entry says %s', document.number,
             awarded.points, coalesce(entry.amount, 0)) as detail
    from document
    cross join lateral (
      select coalesce(sum((award ->> 3)::bigint) filter (where award ->> 2 = 'p'), 0) as points
      from jsonb_array_elements(coalesce(document.awards, '[]')) award
    ) awarded
    left join (
      select member_id, document_id, sum(amount) as amount from entry
      where asset = 'points' and kind in ('earn', 'grant') group by member_id, document_id
    ) entry on entry.member_id = document.member_id and entry.document_id = document.id
    where awarded.points <> coalesce(entry.amount, 0)`,
  'tier of account': `
    select account.member_id, format('stands at %s after %s changes, the last change led to %s', tier, tier_changes,
             coalesce(last.to_tier, 'none')) as detail
    from account
    left join lateral (
      select sequence, to_tier from tier_change
      where tier_change.member_id = account.member_id and tier_change.program_key = account.program_key
      order by sequence desc limit 1
    ) last on true
    where account.tier_changes <> coalesce(last.sequence, 0)
       or case when last.to_tier is not null then last.to_tier <> account.tier
               else not exists (select from program_version
                                where program_version.program_key = account.program_key
                                  and document #>> '{tiers,0,id}' = account.tier)
          end`,
  'tier chain': `
    with chained as (
      select tier_change.*, lag(sequence, 1, 0) over account as previous_sequence, lag(to_tier) over account as previous_tier
      from tier_change
      window account as (partition by member_id, program_key order by sequence)
    )
    select member_id, format('tier change %s from %s comes after change %s to %s', sequence, from_tier,
             previous_sequence, coalesce(previous_tier, 'none')) as detail
    from chained
    where sequence <> previous_sequence + 1 or from_tier <> coalesce(previous_tier, from_tier)`,
}

/** Recomputes every promise of the books from the journal, in one snapshot. */
export async function checkLedger(db: Db): Promise<CheckResult> {
  return db.transaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only')
    // Right after a large import the tables have no statistics yet, and the planner would pair every wallet with
    // every sum: 13 s instead of 0.5 s for 47,000 entries.
    await tx.query(`set local enable_nestloop = off`)
    await tx.query(`set local work_mem = '64MB'`)
    await tx.query('set local statement_timeout = 0')
    const [counts] = await tx.query<{ entries: bigint; wallets: bigint }>(
      'select (select count(*) from entry) as entries, (select count(*) from wallet) as wallets',
    )
    const violations: Violation[] = []
    for (const [check, sql] of Object.entries(checks)) {
      const rows = await tx.query<{ member_id: string; detail: string }>(`${sql} limit ${VIOLATIONS_MAX}`)
      violations.push(...rows.map((row) => ({ check, memberId: row.member_id, detail: row.detail })))
    }
    return { ...counts!, violations }
  })
}
