import { EntitySchema } from 'typeorm'
import { mergedMember, mergeStep } from '../../../kernel/members/tables.ts'
import { knownProgram } from '../../../kernel/programs/tables.ts'

/** How each table lies on many machines; a test reads the DDL against it. */
export const distribution: Readonly<Record<string, 'member' | 'lookup' | 'reference' | 'local'>> = {
  program: 'reference',
  benefit: 'reference',
  entitlement: 'member',
  entitlement_code: 'lookup',
  write_off: 'member',
  write_off_member: 'lookup',
  merged_member: 'reference',
  merge_step: 'local',
  event: 'local',
  event_cursor: 'local',
  parked_event: 'local',
  parked_event_decision: 'local',
  command: 'local',
}

/** Every version of every benefit; those of a programme's current version are listed. */
const benefit = new EntitySchema({
  name: 'benefit',
  columns: {
    program: { type: 'text', primary: true },
    slug: { type: 'text', primary: true },
    version: { type: 'integer', primary: true },
    definition: { type: 'jsonb' },
  },
})

/** What a member may use. The state follows from the columns and the time. */
const entitlement = new EntitySchema({
  name: 'entitlement',
  columns: {
    memberId: { type: 'uuid', primary: true, name: 'member_id' },
    id: { type: 'uuid', primary: true },
    program: { type: 'text' },
    benefit: { type: 'text' },
    benefitVersion: { type: 'integer', name: 'benefit_version' },
    source: { type: 'text' },
    reason: { type: 'text', nullable: true },
    code: { type: 'text' },
    usesTotal: { type: 'integer', name: 'uses_total' },
    usesLeft: { type: 'integer', name: 'uses_left' },
    validFrom: { type: 'timestamptz', name: 'valid_from' },
    validUntil: { type: 'timestamptz', name: 'valid_until' },
    grantedAt: { type: 'timestamptz', name: 'granted_at' },
    grantedBy: { type: 'text', name: 'granted_by' },
    revokedAt: { type: 'timestamptz', name: 'revoked_at', nullable: true },
    setAsideBy: { type: 'uuid', name: 'set_aside_by', nullable: true },
  },
})

/** Where the entitlement of a code is kept. */
const entitlementCode = new EntitySchema({
  name: 'entitlement_code',
  columns: {
    code: { type: 'text', primary: true },
    memberId: { type: 'uuid', name: 'member_id' },
    entitlementId: { type: 'uuid', name: 'entitlement_id' },
  },
})

/** Uses, reversed ones too. */
const writeOff = new EntitySchema({
  name: 'write_off',
  columns: {
    memberId: { type: 'uuid', primary: true, name: 'member_id' },
    id: { type: 'uuid', primary: true },
    entitlementId: { type: 'uuid', name: 'entitlement_id' },
    number: { type: 'integer' },
    partner: { type: 'text', nullable: true },
    store: { type: 'text', nullable: true },
    at: { type: 'timestamptz' },
    writtenOffBy: { type: 'text', name: 'written_off_by' },
    reversedAt: { type: 'timestamptz', name: 'reversed_at', nullable: true },
    reversedBy: { type: 'text', name: 'reversed_by', nullable: true },
    reversalReason: { type: 'text', name: 'reversal_reason', nullable: true },
  },
})

/** Where a write-off is kept: partners know its id, not the member's. */
const writeOffMember = new EntitySchema({
  name: 'write_off_member',
  columns: {
    writeOffId: { type: 'uuid', primary: true, name: 'write_off_id' },
    memberId: { type: 'uuid', name: 'member_id' },
  },
})

export const tables = [
  knownProgram,
  mergedMember,
  mergeStep,
  benefit,
  entitlement,
  entitlementCode,
  writeOff,
  writeOffMember,
]
