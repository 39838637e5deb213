import type { MigrationInterface, QueryRunner } from 'typeorm'
import { parkedEventsComeBack } from '../../../../kernel/events/tables.ts'

export class ParkedEventsComeBack1795402510104 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(parkedEventsComeBack('huitong_benefits'))
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
