import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * A former version that runs on for a while beside this one writes and reads the points of a correction under their old name.
 * It sees none in a correction of growth, and cannot end one for that; the job of this version carries it out. Goes when no
 * such version is there any more.
 */
export class CorrectionsBesideAFormerVersion1796012000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table adjustment add column points bigint not null default 0;
      update adjustment set points = amount where asset = 'points';

      create function know_former_points() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' then
          if new.asset = 'growth' and new.refusal = 'POINTS_NOT_POSITIVE' then return null; end if;
          return new;
        end if;
        new.amount := coalesce(new.amount, new.points);
        new.points := case new.asset when 'points' then new.amount else 0 end;
        return new;
      end $$;
      create trigger adjustment_beside_a_former_version before insert or update on adjustment
        for each row execute function know_former_points();
    `)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
