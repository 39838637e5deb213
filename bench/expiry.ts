import pg from 'pg'
import { systemClock } from '../kernel/clock.ts'
import { DAY_MS } from '../kernel/values/instant.ts'
import { workOn } from './ledger-work.ts'
import { type Ledger, memberId, PROGRAM } from './open-ledger.ts'

/**
 * Members whose points and growth have run out, two wallets each, are settled so many at a time. A third of them are
 * settled in a quarter of a second: too short to tell it from what their purchases have left to tidy up.
 */
const MEMBERS = 15_000
const WALLETS = 2 * MEMBERS

/** Row by row in the server, the usual sweep: each due wallet is locked, its lots are closed, an entry is chained. */
const ROW_BY_ROW = `
  create schema sweep;
  create table sweep.wallet (
    id bigint primary key,
    available bigint not null check (available >= 0),
    expired bigint not null,
    seq integer not null,
    head bytea not null,
    next_expiry date not null
  ) with (fillfactor = 60);
  create index on sweep.wallet (next_expiry) where next_expiry < 'infinity';
  create table sweep.lot (
    wallet bigint not null,
    expires_on date not null,
    remaining bigint not null,
    expired bigint not null,
    primary key (wallet, expires_on)
  ) with (fillfactor = 70);
  create table sweep.entry (
    wallet bigint not null,
    seq integer not null,
    amount bigint not null,
    available_after bigint not null,
    lots text not null,
    at timestamptz not null,
    hash bytea not null,
    primary key (wallet, seq)
  );
  create function sweep.expire(today date, many integer) returns integer language plpgsql as $$
  declare
    due sweep.wallet;
    gone bigint;
    ended text;
    next date;
    count integer := 0;
  begin
    for due in
      select * from sweep.wallet where next_expiry < today and next_expiry < 'infinity' order by next_expiry
      limit many for update skip locked
    loop
      select sum(remaining), string_agg(format('%s=-%s', expires_on, remaining), ';') into gone, ended
        from sweep.lot where wallet = due.id and expires_on < today and remaining > 0;
      update sweep.lot set remaining = 0, expired = expired + remaining
        where wallet = due.id and expires_on < today and remaining > 0;
      select coalesce(min(expires_on), 'infinity') into next
        from sweep.lot where wallet = due.id and remaining > 0;
      insert into sweep.entry values (due.id, due.seq + 1, gone, due.available - gone, ended, now(),
        sha256(due.head || convert_to(concat_ws('|', due.id, due.seq + 1, gone, due.available - gone, ended), 'UTF8')));
      update sweep.wallet set available = available - gone, expired = expired + gone, seq = seq + 1, next_expiry = next,
          head = (select hash from sweep.entry where wallet = due.id and seq = due.seq + 1)
        where id = due.id;
      count := count + 1;
    end loop;
    return count;
  end $$;
`

export interface SweepComparison {
  readonly perSecond: number
  readonly baselinePerSecond: number
  readonly ratio: number
}

/** Our sweep between two sweeps row by row, on as many wallets, a few times; the round with the median ratio. */
export async function compareSweeps(ledger: Ledger, url: string, rounds: number): Promise<SweepComparison> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query(ROW_BY_ROW)
  let made = 0
  let members = 10_000_000

  const rowByRow = async (): Promise<number> => {
    const first = made
    made += WALLETS
    await owner.query(
      `insert into sweep.wallet select n, 100, 0, 1, sha256(n::text::bytea), current_date - 30
       from generate_series($1::bigint, $2::bigint) n`,
      [first, made - 1],
    )
    await owner.query(
      `insert into sweep.lot select n, current_date - 30, 100, 0 from generate_series($1::bigint, $2::bigint) n`,
      [first, made - 1],
    )
    await owner.query('analyze sweep.wallet, sweep.lot')
    return timed(WALLETS, async () => {
      let settled = 0
      for (let count = -1; count !== 0; settled += count) {
        const { rows } = await owner.query<{ count: number }>(
          'select sweep.expire(current_date, 500) as count',
        )
        count = rows[0]!.count
      }
      return settled
    })
  }

  const ours = async (): Promise<number> => {
    const scene = { members: MEMBERS, from: members }
    members += MEMBERS
    const longAgo = new Date(systemClock.now() - 500 * DAY_MS).toISOString()
    await workOn(ledger.ask, scene).seed('100', longAgo)
    return timed(WALLETS, async () => {
      await ledger.settleDue()
      return WALLETS
    }).finally(() => assertExpired(ledger, scene))
  }

  const results: SweepComparison[] = []
  let before = await rowByRow()
  for (let round = 0; round < rounds; round++) {
    const perSecond = await ours()
    const after = await rowByRow()
    const baselinePerSecond = (before + after) / 2
    results.push({ perSecond, baselinePerSecond, ratio: perSecond / baselinePerSecond })
    before = after
  }
  await owner.end()
  results.sort((a, b) => a.ratio - b.ratio)
  return results[Math.floor(results.length / 2)]!
}

const LAST = `query L($id: ID!, $program: ID!) {
  _entities(representations: [{ __typename: "Member", id: $id }]) {
    ... on Member { account(program: $program) { statement(first: 1) { edges { node { kind balance } } } } }
  }
}`

/** Of some of them the last that happened is that their points ran out. */
async function assertExpired(
  { ask }: Ledger,
  { from, members }: { from: number; members: number },
): Promise<void> {
  for (let n = from; n < from + members; n += Math.floor(members / 20)) {
    const { _entities } = await ask<{
      _entities: [{ account: { statement: { edges: [{ node: { kind: string; balance: number } }] } } }]
    }>(LAST, { id: memberId(n), program: PROGRAM })
    const { kind, balance } = _entities[0].account.statement.edges[0].node
    if (kind !== 'EXPIRE' || balance !== 0) throw new Error(`the sweep left out member ${n}`)
  }
}

/** So many a second; throws if the work did not do them all. */
async function timed(expected: number, work: () => Promise<number>): Promise<number> {
  const began = performance.now()
  const done = await work()
  const seconds = (performance.now() - began) / 1000
  if (done !== expected) throw new Error(`${done} wallets were settled in place of ${expected}`)
  return expected / seconds
}
