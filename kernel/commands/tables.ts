/** Stored answers of commands, for a subgraph's first migration. `owner` is the member, or who asked. */
export const commandTable = (role: string): string => `
  create table command (
    owner text not null,
    key text not null,
    action text not null,
    body bytea not null,
    answer jsonb,
    recorded_at timestamptz not null,
    constraint command_key primary key (owner, key)
  );

  grant select, insert, update on command to ${role};
`
