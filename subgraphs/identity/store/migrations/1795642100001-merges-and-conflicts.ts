import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_identity'

export class MergesAndConflicts1795642100001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table member
        add column merged_at timestamptz,
        add column merged_consents text,
        add column merged_said jsonb,
        add constraint member_merged_whole
          check ((merged_into is null) = (merged_at is null) and (merged_into is null) = (merged_consents is null)
            and (merged_into is null) = (merged_said is null)),
        add constraint member_merged_into_another check (merged_into <> member_id);

      create table merge_case (
        id uuid constraint merge_case_key primary key,
        from_id uuid not null,
        into_id uuid not null,
        bonuses text not null,
        consents text not null,
        reason text not null,
        requested_by text not null,
        requested_at timestamptz not null,
        state text not null,
        answers jsonb not null,
        refusal text,
        status_before text,
        filled jsonb not null,
        out_of_id uuid,
        with_ids uuid[] not null,
        undo_reason text,
        undone_by text,
        undone_at timestamptz,
        constraint merge_case_state_known
          check (state in ('PLANNED', 'MOVING', 'DONE', 'UNDOING', 'UNDONE', 'UNMERGING', 'UNMERGED')),
        constraint merge_case_of_two check (from_id <> into_id)
      );
      create unique index merge_case_standing on merge_case (from_id) where state in ('DONE', 'UNMERGING');
      create index merge_case_by_into on merge_case (into_id);
      create index merge_case_by_from on merge_case (from_id);
      create index merge_case_open on merge_case (id) where state in ('PLANNED', 'MOVING', 'UNDOING', 'UNMERGING');

      create table merge_change (
        case_id uuid not null,
        place integer not null,
        state text not null,
        changed_by text not null,
        changed_at timestamptz not null,
        constraint merge_change_key primary key (case_id, place)
      );
      create trigger merge_change_is_final before update or delete on merge_change
        for each row execute function record_is_final();

      create table identity_conflict (
        id uuid constraint identity_conflict_key primary key,
        kind text not null,
        state text not null,
        identifier_hash bytea not null,
        identifier_kind text not null,
        identifier_scope text not null,
        strength text not null,
        source text not null,
        holder_id uuid not null,
        claimant_id uuid,
        opened_at timestamptz not null,
        seen_at timestamptz not null,
        times integer not null,
        resolution text,
        reason text,
        merge_case_id uuid,
        resolved_by text,
        resolved_at timestamptz,
        constraint identity_conflict_state_known check (state in ('OPEN', 'RESOLVED')),
        constraint identity_conflict_resolved_whole
          check ((state = 'OPEN') = (resolution is null) and (state = 'OPEN') = (resolved_at is null))
      );
      create unique index identity_conflict_once on identity_conflict
        (identifier_hash, identifier_kind, identifier_scope, holder_id, claimant_id) nulls not distinct
        where state = 'OPEN';
      create index identity_conflict_by_holder on identity_conflict (holder_id);
      create index identity_conflict_by_claimant on identity_conflict (claimant_id);

      alter table purchase_day add column first_at timestamptz, add column last_at timestamptz;
      create table campaign_fact (
        member_id uuid not null,
        program text not null,
        campaign text not null,
        constraint campaign_fact_key primary key (member_id, program, campaign)
      );

      delete from member_fact;
      delete from account_fact;
      delete from purchase_day;
      delete from fact_source;
      update event_cursor set transaction = '0', position = 0 where source like '%/facts';

      grant select, insert, update on merge_case, identity_conflict to ${ROLE};
      grant select, insert on merge_change to ${ROLE};
      grant select, insert, delete on campaign_fact to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
