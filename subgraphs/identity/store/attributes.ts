import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { AttributeDefinition } from '../../../schema/events/program.ts'

/** What a programme says of its members beyond the profile, in its order. */
export async function findAttributeDefinitions(
  db: { query: Query },
  program: string,
): Promise<AttributeDefinition[]> {
  const rows = await db.query<{ definition: AttributeDefinition }>(
    `/* findAttributeDefinitions */
     select definition from attribute_definition where program = $1 order by place`,
    [program],
  )
  return rows.map(({ definition }) => definition)
}

/** Takes over what a programme declares, and no longer what it declared before. */
export async function saveAttributeDefinitions(
  tx: Tx,
  program: string,
  attributes: readonly AttributeDefinition[],
): Promise<void> {
  await tx.query(`/* forgetAttributeDefinitions */ delete from attribute_definition where program = $1`, [
    program,
  ])
  await tx.query(
    `/* saveAttributeDefinitions */
     insert into attribute_definition (program, id, place, definition)
     select $1, definition ->> 'id', place, definition
     from unnest($2::jsonb[]) with ordinality as given(definition, place)`,
    [program, attributes.map((attribute) => JSON.stringify(attribute))],
  )
}

/** The custom attributes of a member in a programme as they lie at rest. */
export interface SealedAttributes {
  readonly memberId: string
  readonly program: string
  readonly sealed: Buffer
  readonly version: number
}

export async function findAttributes(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<SealedAttributes[]> {
  const rows = await db.query<{ member_id: string; program: string; sealed: Buffer; version: number }>(
    `/* findAttributes */
     select member_id, program, sealed, version from member_attribute
     where member_id = any($1::uuid[]) order by program`,
    [memberIds],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    program: row.program,
    sealed: row.sealed,
    version: row.version,
  }))
}

export async function saveAttributes(tx: Tx, attributes: SealedAttributes, at: Instant): Promise<void> {
  await tx.query(
    `/* saveAttributes */
     insert into member_attribute (member_id, program, sealed, version, updated_at) values ($1, $2, $3, $4, $5)
     on conflict on constraint member_attribute_key
     do update set sealed = excluded.sealed, version = excluded.version, updated_at = excluded.updated_at`,
    [attributes.memberId, attributes.program, attributes.sealed, attributes.version, toIso(at)],
  )
}
