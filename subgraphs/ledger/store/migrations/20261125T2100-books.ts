import type { MigrationInterface, QueryRunner } from 'typeorm'
import { commandTable } from '../../../../kernel/commands/tables.ts'
import { eventTables, parkedEventsComeBack } from '../../../../kernel/events/tables.ts'

const ROLE = 'huitong_ledger'

/** The books: programmes, accounts, and the journal of entries with the documents that they come from. */
export class Books1795640400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(programs)
    await runner.query(kinds)
    await runner.query(accounts)
    await runner.query(journal)
    await runner.query(eventTables(ROLE))
    await runner.query(parkedEventsComeBack(ROLE))
    await runner.query(commandTable(ROLE))
    await runner.query(grants)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const programs = `
  create table program (
    program_key smallint generated always as identity constraint program_key primary key,
    id text not null constraint program_id_once unique,
    version integer not null
  );
  create table program_version (
    program_key smallint not null,
    version integer not null,
    source text not null,
    document jsonb not null,
    published_at timestamptz not null,
    published_by text not null,
    constraint program_version_key primary key (program_key, version)
  );
  create table multiplier (
    program text not null,
    campaign text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    factor text not null,
    condition text,
    constraint multiplier_key primary key (program, campaign)
  );
`

/** As `domain/entry.ts` has them: the kind of an entry says which account it takes from and which it gives to. */
const kinds = `
  create type ledger_account as enum (
    'member', 'held', 'pending', 'issuance', 'redemption', 'breakage', 'transit', 'payment', 'adjustment'
  );
  create type entry_kind as enum (
    'earn', 'grant', 'await', 'mature', 'redeem', 'hold', 'capture', 'release', 'reverse', 'cancel', 'refund',
    'expire', 'restore', 'relot', 'deduct', 'send', 'receive', 'top-up', 'withdraw'
  );
  create type document_kind as enum ('purchase', 'activity', 'grant', 'redemption');

  create function debit_of(kind entry_kind) returns ledger_account language sql immutable parallel safe
    return (case kind
      when 'earn' then 'issuance' when 'grant' then 'issuance' when 'await' then 'issuance'
      when 'mature' then 'pending' when 'cancel' then 'pending'
      when 'capture' then 'held' when 'release' then 'held'
      when 'refund' then 'redemption' when 'restore' then 'breakage' when 'receive' then 'transit'
      when 'top-up' then 'payment'
      else 'member'
    end)::ledger_account;
  create function credit_of(kind entry_kind) returns ledger_account language sql immutable parallel safe
    return (case kind
      when 'await' then 'pending' when 'hold' then 'held'
      when 'redeem' then 'redemption' when 'capture' then 'redemption'
      when 'reverse' then 'issuance' when 'cancel' then 'issuance'
      when 'expire' then 'breakage' when 'deduct' then 'adjustment' when 'send' then 'transit'
      when 'withdraw' then 'payment'
      else 'member'
    end)::ledger_account;
`

export const ASSETS = ['points', 'growth', 'principal', 'bonus']
/** Of these every account has a wallet; of the others where it was used. */
const EVERYBODY = ['points', 'growth']
export const PARTS = [
  'available',
  'held',
  'pending',
  'owed',
  'earned',
  'spent',
  'expired',
  'reversed',
  'moved',
]

/** The columns of one wallet in the account's row. */
const wallet = (asset: string): string => {
  const [part, list] = EVERYBODY.includes(asset)
    ? ['bigint not null default 0', "not null default '{}'"]
    : ['bigint', '']
  return `${PARTS.map((name) => `${asset}_${name} ${part},`).join(' ')}
    ${asset}_left bigint[] ${list}, ${asset}_until date[] ${list}, ${asset}_class text[],`
}

/** What must always hold between them. Each promise has a name, like a constraint of its own. */
export const walletStands = (asset: string): string => {
  const of = (part: string) => `a.${asset}_${part}`
  const letter = asset === 'principal' ? 'm' : asset[0]
  const must = (name: string, promise: string) => `if not coalesce(${promise}, false) then
      raise exception 'account breaks %', '${asset}_${name}' using errcode = 'check_violation', constraint = '${asset}_${name}';
    end if;`
  return `
    if ${of('available')} is null then
      ${must('whole_or_absent', `num_nonnulls(${[...PARTS, 'left', 'until', 'class'].map(of).join(', ')}) = 0`)}
    else
    ${must('whole_or_absent', `num_nulls(${[...PARTS, 'left', 'until'].map(of).join(', ')}) = 0`)}
    ${must(
      'parts_not_negative',
      `least(${PARTS.filter((part) => part !== 'moved')
        .map(of)
        .join(', ')}) >= 0`,
    )}
    ${must(
      'adds_up',
      `${of('earned')} + ${of('moved')} + ${of('owed')} - ${of('spent')} - ${of('expired')} - ${of('reversed')}
         = ${of('available')} + ${of('held')} + ${of('pending')}`,
    )}
    ${must('owes_or_has', `${of('owed')} = 0 or ${of('available')} = 0`)}
    total := 0;
    foreach amount in array ${of('left')} loop
      ${must('lots_have_something', 'amount > 0')}
      total := total + amount;
    end loop;
    ${must('is_its_lots', `${of('available')} = total`)}
    ${must(
      'lots_are_whole',
      `cardinality(${of('left')}) = cardinality(${of('until')})
         and (${of('class')} is null or cardinality(${of('class')}) = cardinality(${of('left')}))`,
    )}
    if a.waiting <> '' or ${of('pending')} <> 0 then
      ${must('pending_is_what_waits', `${of('pending')} = ledger.total_waiting(a.waiting, '${letter}')`)}
    end if;
    end if;`
}

/**
 * The account row is what a posting locks, reads and writes; all else of the member in the programme lies under that
 * lock. Open lots stand in the row itself, soonest-expiring first: how much is left, its last day, and its class (no
 * list of classes where all are ''). What waits is written as in `domain/entry.ts`. Pages are left part empty, so that
 * updates stay on them (HOT).
 *
 * The promises of the row are one constraint with a function: as thirty expressions they cost an update of one row 275
 * of its 390 microseconds, for the server reads each of them anew in every statement; as one, 30.
 */
const accounts = `
  create function total_waiting(waiting text, asset text) returns bigint language plpgsql immutable strict parallel safe
  as $$
  declare
    total bigint := 0;
    lot text;
  begin
    foreach lot in array string_to_array(waiting, ';') loop
      if left(lot, 1) = asset then total := total + substring(lot from '[+-][0-9]+$')::bigint; end if;
    end loop;
    return total;
  end $$;

  create table account (
    member_id uuid not null,
    program_key smallint not null,
    seq integer not null default 0,
    tier_since timestamptz,
    opened_at timestamptz not null,
    tier_until date,
    next_due date not null default 'infinity',
    tier_changes integer not null default 0,
    tier text not null,
    head bytea not null default '',
    counters text not null default '{}',
    waiting text not null default '',
    ${ASSETS.map(wallet).join('\n    ')}
    constraint account_key primary key (member_id, program_key)
  ) with (fillfactor = 60);

  create function account_stands(a account) returns boolean language plpgsql immutable parallel safe as $$
  declare
    total bigint;
    amount bigint;
  begin${ASSETS.map(walletStands).join('')}
    return true;
  end $$;
  alter table account add constraint account_stands check (account_stands(account));

  create index account_by_due_day on account (next_due) where next_due < 'infinity';

  create view wallet as ${ASSETS.map(
    (asset) => `
    select member_id, program_key, '${asset}' as asset, ${PARTS.map((part) => `${asset}_${part} as ${part}`).join(', ')}
    from account where ${asset}_available is not null`,
  ).join(' union all ')};
  comment on view wallet is 'What a member has of each asset, a row each.';

  create view lot as ${ASSETS.map(
    (asset) => `
    select member_id, program_key, '${asset}' as asset, expires_on, coalesce(class, '') as class, remaining
    from account cross join lateral unnest(${asset}_until, ${asset}_class, ${asset}_left) as open (expires_on, class, remaining)`,
  ).join(' union all ')};
  comment on view lot is 'What is left of each open lot, a row each.';
`

/**
 * One row an entry. What a document says stands in its first entry; `document` finds it by its id, which is used once
 * for ever. `origin` holds each channel, store and operator once; without an operator it was the member.
 */
const journal = `
  create table origin (
    origin_key integer generated always as identity constraint origin_key primary key,
    channel text not null,
    store text,
    operator text,
    constraint origin_once unique nulls not distinct (channel, store, operator)
  );

  create table document (
    id uuid not null constraint document_key primary key,
    member_id uuid not null,
    seq integer not null,
    program_key smallint not null
  );

  create table entry (
    member_id uuid not null,
    document_id uuid,
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    points bigint,
    points_after bigint,
    growth bigint,
    growth_after bigint,
    principal bigint,
    principal_after bigint,
    bonus bigint,
    bonus_after bigint,
    amount bigint,
    seq integer not null,
    kind entry_kind not null,
    document_kind document_kind,
    rule_version integer,
    origin_key integer,
    quantity integer,
    program_key smallint not null,
    lots text not null,
    hash bytea not null,
    body bytea,
    number text,
    subject text,
    lines text,
    awards text,
    counted text,
    tier_before text,
    tier_after text,
    constraint entry_key primary key (member_id, program_key, seq),
    constraint entry_counts_from_one check (seq > 0),
    constraint entry_moves_more_than_nothing check (least(points, growth, principal, bonus) > 0),
    constraint entry_moves_something_or_has_document check (
      coalesce(points, growth, principal, bonus) is not null or document_id is not null
    ),
    constraint entry_says_what_is_after check (
      num_nulls(points, points_after) <> 1 and num_nulls(growth, growth_after) <> 1
      and num_nulls(principal, principal_after) <> 1 and num_nulls(bonus, bonus_after) <> 1
    ),
    constraint entry_comes_from_a_document check (
      document_id is not null
      or kind not in ('earn', 'grant', 'redeem', 'hold', 'deduct', 'send', 'receive', 'top-up', 'withdraw')
    ),
    constraint entry_has_a_whole_document check (
      case when document_kind is null
        then num_nonnulls(rule_version, origin_key, body, number, subject, quantity, amount, lines, awards, counted,
                          tier_before, tier_after) = 0
        else num_nulls(document_id, rule_version, origin_key, body, number, tier_before) = 0
      end
    ),
    constraint entry_quantity_positive check (quantity > 0),
    constraint entry_amount_not_negative check (amount >= 0),
    constraint entry_is_hashed check (octet_length(hash) = 32)
  );

  create view leg as
    select member_id, program_key, seq, kind, asset, account, side.amount, effective_at, recorded_at
    from entry
    cross join lateral (
      values ('points', points), ('growth', growth), ('principal', principal), ('bonus', bonus)
    ) as moved (asset, much)
    cross join lateral (values (debit_of(kind), -much), (credit_of(kind), much)) as side (account, amount)
    where much is not null;
  comment on view leg is 'Both sides of each entry: taken from an account (negative), given to one (positive).';

  create table tier_change (
    member_id uuid not null,
    program_key smallint not null,
    sequence integer not null,
    from_tier text not null,
    to_tier text not null,
    at timestamptz not null,
    document_id uuid,
    constraint tier_change_key primary key (member_id, program_key, sequence)
  );

  create function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'the journal is append-only: % on % is refused', tg_op, tg_table_name;
  end $$;

  create trigger origin_is_append_only before update or delete or truncate on origin
    for each statement execute function refuse_change();
  create trigger document_is_append_only before update or delete or truncate on document
    for each statement execute function refuse_change();
  create trigger entry_is_append_only before update or delete or truncate on entry
    for each statement execute function refuse_change();
  create trigger tier_change_is_append_only before update or delete or truncate on tier_change
    for each statement execute function refuse_change();
`

const grants = `
  grant select, insert, update on program to ${ROLE};
  grant select, insert on program_version to ${ROLE};
  grant select, insert, update, delete on multiplier to ${ROLE};
  grant select, insert, update on account to ${ROLE};
  grant select, insert on origin, document, entry, tier_change to ${ROLE};
  grant select on wallet, lot, leg to ${ROLE};
`
