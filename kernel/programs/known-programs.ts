import type { Query } from '../db/statement.ts'
import type { Tx } from '../db/transaction.ts'
import { BadInputError } from '../errors.ts'

/** What a subgraph remembers of a programme that the ledger has published. */
export interface Program {
  readonly slug: string
  readonly version: number
  readonly timeZone: string
}

interface ProgramRow {
  slug: string
  version: number
  time_zone: string
}

const fromRow = (row: ProgramRow): Program => ({
  slug: row.slug,
  version: row.version,
  timeZone: row.time_zone,
})

export async function findProgram(query: Query, slug: string): Promise<Program | undefined> {
  const [row] = await query<ProgramRow>(
    `/* findProgram */ select slug, version, time_zone from program where slug = $1`,
    [slug],
  )
  return row && fromRow(row)
}

export async function findPrograms(query: Query): Promise<Program[]> {
  const rows = await query<ProgramRow>(
    `/* findPrograms */ select slug, version, time_zone from program order by slug`,
  )
  return rows.map(fromRow)
}

/** The programme that a caller names, or the only one. Throws where none is named and there are several. */
export async function programFor(
  query: Query,
  slug: string | null | undefined,
): Promise<Program | undefined> {
  if (slug) return findProgram(query, slug)
  const rows = await query<ProgramRow>(
    `/* anyPrograms */ select slug, version, time_zone from program order by slug limit 2`,
  )
  if (rows.length > 1) throw new BadInputError('There are several programmes: name one by `program`.')
  return rows[0] && fromRow(rows[0])
}

export async function saveProgram(tx: Tx, program: Program): Promise<void> {
  await tx.query(
    `/* saveProgram */
     insert into program (slug, version, time_zone) values ($1, $2, $3)
     on conflict on constraint program_key
     do update set version = excluded.version, time_zone = excluded.time_zone`,
    [program.slug, program.version, program.timeZone],
  )
}
