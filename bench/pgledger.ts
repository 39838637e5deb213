import pg from 'pg'
import type { Work } from './slices.ts'

const ACCOUNTS = 20_000

/**
 * A transfer as pgledger makes it (https://github.com/pgr0ss/pgledger): one function locks both accounts in the order
 * of their ids, checks and moves the balances with their versions, and writes a transfer and two entries. No lots, no
 * idempotency, no chain; ids are numbers here, which is faster than its own.
 */
const SCHEMA = `
  create schema pgledger;
  create table pgledger.account (
    id bigint primary key,
    balance numeric not null default 0,
    version bigint not null default 0,
    allow_negative_balance boolean not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create table pgledger.transfer (
    id bigint generated always as identity primary key,
    from_account bigint not null references pgledger.account,
    to_account bigint not null references pgledger.account,
    amount numeric not null check (amount > 0),
    created_at timestamptz not null default now(),
    event_at timestamptz not null default now(),
    check (from_account <> to_account)
  );
  create index on pgledger.transfer (from_account);
  create index on pgledger.transfer (to_account);
  create table pgledger.entry (
    id bigint generated always as identity primary key,
    account bigint not null references pgledger.account,
    transfer bigint not null references pgledger.transfer,
    amount numeric not null,
    previous_balance numeric not null,
    current_balance numeric not null,
    account_version bigint not null,
    created_at timestamptz not null default now()
  );
  create index on pgledger.entry (account);
  create index on pgledger.entry (transfer);

  create function pgledger.create_transfer(source bigint, target bigint, moved numeric) returns bigint
  language plpgsql as $$
  declare
    made bigint;
    changed pgledger.account;
  begin
    perform from pgledger.account where id in (source, target) order by id for update;
    insert into pgledger.transfer (from_account, to_account, amount) values (source, target, moved)
      returning id into made;
    update pgledger.account set balance = balance - moved, version = version + 1, updated_at = now()
      where id = source returning * into changed;
    if changed.balance < 0 and not changed.allow_negative_balance then
      raise exception 'account % does not allow a negative balance', source;
    end if;
    insert into pgledger.entry (account, transfer, amount, previous_balance, current_balance, account_version)
      values (source, made, -moved, changed.balance + moved, changed.balance, changed.version);
    update pgledger.account set balance = balance + moved, version = version + 1, updated_at = now()
      where id = target returning * into changed;
    insert into pgledger.entry (account, transfer, amount, previous_balance, current_balance, account_version)
      values (target, made, moved, changed.balance - moved, changed.balance, changed.version);
    return made;
  end $$;
`

/** Transfers between accounts picked at random, one call each through a pool of 16. */
export async function openPgledger(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 16 })
  pool.on('error', () => {})
  await pool.query(SCHEMA)
  await pool.query(
    `insert into pgledger.account (id, allow_negative_balance) select n, true from generate_series(0, ${ACCOUNTS - 1}) n`,
  )
  await pool.query('analyze')
  return {
    transfers: (callers: number): Work => ({
      callers,
      async once(turn) {
        const source = (turn * 7_919) % ACCOUNTS
        const target = (source + 1 + ((turn * 104_729) % (ACCOUNTS - 1))) % ACCOUNTS
        await pool.query({
          name: 'transfer',
          text: 'select pgledger.create_transfer($1, $2, $3)',
          values: [source, target, 1],
        })
      },
    }),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}
