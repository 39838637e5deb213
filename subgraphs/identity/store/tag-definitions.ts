import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { TagDefinition } from '../../../schema/events/program.ts'
import type { DeclaredTag } from '../domain/tag-taxonomy.ts'

/** The tags that programmes declare. */
export async function findTagDefinitions(query: Query): Promise<DeclaredTag[]> {
  const rows = await query<{ program: string; definition: TagDefinition }>(
    `/* findTagDefinitions */ select program, definition from tag_definition order by dimension, name`,
  )
  return rows.map(({ program, definition }) => ({ ...definition, program }))
}

/** Takes over what a programme declares, and no longer what it declared before; of two programmes the last one counts. */
export async function saveTagDefinitions(
  tx: Tx,
  program: string,
  tags: readonly TagDefinition[],
): Promise<void> {
  await tx.query(`/* forgetTagDefinitions */ delete from tag_definition where program = $1`, [program])
  await tx.query(
    `/* saveTagDefinitions */
     insert into tag_definition (dimension, name, program, definition)
     select upper(definition ->> 'dimension'), definition ->> 'id', $1, definition
     from unnest($2::jsonb[]) as given(definition)
     on conflict on constraint tag_definition_key do update set
       program = excluded.program, definition = excluded.definition`,
    [program, tags.map((tag) => JSON.stringify(tag))],
  )
}
