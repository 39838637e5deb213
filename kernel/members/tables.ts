import { EntitySchema } from 'typeorm'

/**
 * Whom members of the past go by now, and what was done here for each merge; for a migration of a subgraph. Rows stay under
 * the id that they were written under: a merge draws an arrow and an unmerge wipes it out, so nothing has to be put back.
 */
export const mergedMemberTables = (role: string): string => `
  create table merged_member (
    member_id uuid constraint merged_member_key primary key,
    survivor_id uuid not null,
    constraint merged_member_into_another check (member_id <> survivor_id)
  );
  create index merged_member_by_survivor on merged_member (survivor_id);

  create table merge_step (
    case_id uuid constraint merge_step_key primary key,
    from_id uuid not null,
    into_id uuid not null,
    undone boolean not null,
    answer jsonb,
    carried_out_at timestamptz not null
  );

  grant select, insert, update, delete on merged_member to ${role};
  grant select, insert, update on merge_step to ${role};
`

/** To which member an id leads that was merged; always in one step. */
export const mergedMember = new EntitySchema({
  name: 'merged_member',
  columns: {
    memberId: { type: 'uuid', primary: true, name: 'member_id' },
    survivorId: { type: 'uuid', name: 'survivor_id' },
  },
})

/** What this subgraph did for a merge, so that it is done once and undone once, in whatever order it hears of it. */
export const mergeStep = new EntitySchema({
  name: 'merge_step',
  columns: {
    caseId: { type: 'uuid', primary: true, name: 'case_id' },
    fromId: { type: 'uuid', name: 'from_id' },
    intoId: { type: 'uuid', name: 'into_id' },
    undone: { type: 'boolean' },
    answer: { type: 'jsonb', nullable: true },
    carriedOutAt: { type: 'timestamptz', name: 'carried_out_at' },
  },
})
