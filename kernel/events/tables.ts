/**
 * The tables of an event log and of its readers' positions, for a subgraph's first migration.
 *
 * An identity column alone does not give a safe order: a transaction with a lower position may commit after one with
 * a higher position was read. So a reader goes by (transaction, position) and reads only what is older than every
 * transaction still open (`pg_snapshot_xmin`); nothing can then appear behind it.
 */
export const eventTables = (role: string): string => `
  create table event (
    position bigint generated always as identity constraint event_key primary key,
    transaction xid8 not null default pg_current_xact_id(),
    type text not null,
    member_id uuid,
    occurred_at timestamptz not null,
    payload jsonb not null
  );
  create index event_in_reading_order on event (transaction, position);

  create table event_cursor (
    source text constraint event_cursor_key primary key,
    transaction xid8 not null,
    position bigint not null
  );

  create table parked_event (
    source text not null,
    position bigint not null,
    type text not null,
    payload jsonb not null,
    error text not null,
    parked_at timestamptz not null,
    constraint parked_event_key primary key (source, position)
  );

  grant select, insert on event to ${role};
  grant select, insert, update on event_cursor to ${role};
  grant select, insert, delete on parked_event to ${role};
`

/** What a parked event needs to come back, and the list of who decided what about which; for a later migration. */
export const parkedEventsComeBack = (role: string): string => `
  alter table parked_event
    add column member_id uuid,
    add column occurred_at timestamptz,
    add column transaction xid8 not null default '0';
  update parked_event set occurred_at = parked_at;
  alter table parked_event alter column occurred_at set not null;
  grant update on parked_event to ${role};

  create table parked_event_decision (
    decided_at timestamptz not null,
    decided_by text not null,
    decision text not null
      constraint parked_event_decision_is_known check (decision in ('retried', 'failed again', 'dropped')),
    reason text,
    source text not null,
    position bigint not null,
    type text not null
  );
  create index parked_event_decision_in_order on parked_event_decision (decided_at);
  grant select, insert on parked_event_decision to ${role};
`
