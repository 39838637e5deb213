import pg from 'pg'

/** All that the hard tests know of tables: what must be seen in one snapshot or held from outside has no other door. */

/** A connection past all roles. */
export async function openOwner(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** Wallets that are not the sum of their entries or of their lots, in one snapshot. */
export async function unequalWallets(owner: pg.Client): Promise<object[]> {
  const { rows } = await owner.query<object>(
    `with booked as (
       select member_id, program_key, asset, sum(amount) as balance
       from ledger.leg where account = 'member' group by 1, 2, 3
     ), counted as (
       select member_id, program_key, count(*) as entries from ledger.entry group by 1, 2
     ), kept as (
       select member_id, program_key, asset, sum(remaining) as remaining from ledger.lot group by 1, 2, 3
     )
     select * from ledger.wallet
     join ledger.account using (member_id, program_key)
     full join booked using (member_id, program_key, asset)
     full join counted using (member_id, program_key)
     full join kept using (member_id, program_key, asset)
     where (available, seq::bigint, available) is distinct from
           (coalesce(balance, 0), coalesce(entries, 0), coalesce(remaining, 0))`,
  )
  return rows
}

/** Holds the row that postings to a member lock, until the transaction of this connection ends. */
export async function holdAccount(owner: pg.Client, memberId: string): Promise<void> {
  await owner.query('select from ledger.account where member_id = $1 for update', [memberId])
}

/** Backends of the ledger that wait for a lock; asked outside of a transaction, which would see the same again. */
export async function waitingBackends(owner: pg.Client): Promise<number> {
  const { rows } = await owner.query<{ count: string }>(
    `select count(*) from pg_stat_activity
     where datname = current_database() and application_name = 'huitong ledger' and wait_event_type = 'Lock'`,
  )
  return Number(rows[0]!.count)
}

/** Interrupts what a backend of the ledger is doing, or ends it; answers how many were struck. */
export async function strikeBackend(owner: pg.Client, how: 'cancel' | 'terminate'): Promise<number> {
  const { rowCount } = await owner.query(
    `select pg_${how}_backend(pid) from (
       select pid from pg_stat_activity
       where datname = current_database() and application_name = 'huitong ledger' and state <> 'idle'
       order by random() limit 1
     ) busy`,
  )
  return rowCount ?? 0
}
