import { gather } from '../../../kernel/db/gather.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import { ratioOf } from '../../../kernel/values/points.ts'
import type { Multiplier } from '../domain/earn.ts'
import {
  asPublished,
  compileProgram,
  namesTags,
  type Program,
  type ProgramDocument,
} from '../domain/program.ts'

/**
 * Compiled program versions. A published version never changes, so what was compiled stays true; which version is the
 * current one is asked of the database each time, once for all who ask at the same time. A posting need not ask before
 * it begins: it looks at the versions in its own transaction, and begins again where it was wrong.
 */
export class ProgramShelf {
  readonly #compiled = new Map<string, Program>()
  readonly #current: (all: 'all') => Promise<readonly Program[]>
  #remembered: readonly Program[] | undefined

  constructor(query: Query) {
    this.#current = gather(async (askers) => {
      const programs = await Promise.all(
        (await readVersions(query)).map((row) => this.version(query, row.program_key, row.version)),
      )
      this.#remembered = programs
      return askers.map(() => programs)
    })
  }

  /** The current version of every programme. */
  current(): Promise<readonly Program[]> {
    return this.#current('all')
  }

  /** The versions that were current at a moment, by the keys of their programmes. */
  async at(query: Query, moment: Instant): Promise<ReadonlyMap<number, Program>> {
    const rows = await query<{ program_key: number; version: number }>(
      `/* programsAt */
       select program_key, max(version) as version from program_version where published_at <= $1 group by program_key`,
      [toIso(moment)],
    )
    const programs = await Promise.all(rows.map((row) => this.version(query, row.program_key, row.version)))
    return new Map(programs.map((program) => [program.key, program]))
  }

  /** The same as it was when somebody asked last: for what will be checked when it is posted. */
  remembered(): Promise<readonly Program[]> {
    return this.#remembered ? Promise.resolve(this.#remembered) : this.current()
  }

  /** The programme that a posting names, or the only one. */
  async pick(id: string | null | undefined): Promise<Program | undefined> {
    return pickProgram(await this.remembered(), id) ?? pickProgram(await this.current(), id)
  }

  /** The programme of something on record, for what will be checked when it is posted. */
  async of(programKey: number): Promise<Program> {
    const named = ({ key }: Program): boolean => key === programKey
    return (await this.remembered()).find(named) ?? (await this.current()).find(named)!
  }

  /**
   * What is in force with these versions besides them: the multipliers of campaigns. Undefined if any of them is not the
   * current one any more; then nothing is remembered.
   */
  async inForce(query: Query, programs: Iterable<Program>): Promise<Map<string, Multiplier[]> | undefined> {
    const rows = await query<{ program_key: number; version: number } & (MultiplierRow | NoMultiplier)>(
      `/* rulesInForce */
       select program_key, version, program, campaign, starts_at, ends_at, factor, condition
       from program left join multiplier on program = id
       order by id, campaign`,
    )
    const versions = new Map(rows.map((row) => [row.program_key, row.version]))
    if (versions.size !== this.#remembered?.length) this.forget()
    for (const { key, version } of programs) {
      if (versions.get(key) === version) continue
      this.forget()
      return undefined
    }
    return byProgram(
      rows.filter((row) => row.campaign !== null),
      multiplierFrom,
    )
  }

  forget(): void {
    this.#remembered = undefined
  }

  async version(query: Query, programKey: number, version: number): Promise<Program> {
    const name = `${programKey}@${version}`
    const known = this.#compiled.get(name)
    if (known) return known
    const [row] = await query<{ document: ProgramDocument }>(
      '/* programVersion */ select document from program_version where program_key = $1 and version = $2',
      [programKey, version],
    )
    const program = compileProgram(programKey, row!.document)
    this.#compiled.set(name, program)
    return program
  }
}

const readVersions = (query: Query) =>
  query<{ program_key: number; version: number }>(
    '/* currentPrograms */ select program_key, version from program order by id',
  )

/** The only programme where none is named. */
export const pickProgram = (
  programs: readonly Program[],
  id: string | null | undefined,
): Program | undefined =>
  id ? programs.find((program) => program.id === id) : programs.length === 1 ? programs[0] : undefined

/**
 * One publication of a programme at a time. The lock is taken by a statement of its own: a row lock inside the read
 * would wait there and then answer with what the statement saw before it waited, or, for a new programme, not at all.
 */
export async function lockProgram(
  tx: Tx,
  id: string,
): Promise<{ programKey: number; version: number; source: string } | undefined> {
  await tx.query('/* lockProgramId */ select pg_advisory_xact_lock(hashtextextended($1, 0))', [id])
  const [row] = await tx.query<{ program_key: number; version: number; source: string }>(
    `/* publishedProgram */
     select program_key, version, source
     from program join program_version using (program_key, version)
     where id = $1`,
    [id],
  )
  return row && { programKey: row.program_key, version: row.version, source: row.source }
}

/** A published document, letter for letter. */
export async function readSource(
  query: Query,
  programKey: number,
  version: number,
): Promise<string | undefined> {
  const [row] = await query<{ source: string }>(
    '/* readSource */ select source from program_version where program_key = $1 and version = $2',
    [programKey, version],
  )
  return row?.source
}

/** Makes a document the current version; answers the programme's key. */
export async function saveProgram(
  tx: Tx,
  document: ProgramDocument,
  source: string,
  by: string,
  now: Instant,
): Promise<number> {
  const [row] = await tx.query<{ program_key: number }>(
    `/* saveProgram */
     insert into program (id, version) values ($1, $2)
     on conflict on constraint program_id_once do update set version = excluded.version
     returning program_key`,
    [document.program, document.version],
  )
  await tx.query(
    `/* saveProgramVersion */
     insert into program_version (program_key, version, source, document, published_at, published_by)
     values ($1, $2, $3, $4, $5, $6)`,
    [row!.program_key, document.version, source, JSON.stringify(document), toIso(now), by],
  )
  return row!.program_key
}

interface MultiplierRow {
  program: string
  campaign: string
  starts_at: Instant
  ends_at: Instant
  factor: string
  condition: string | null
}

interface NoMultiplier {
  campaign: null
}

/** Every multiplier that campaigns have in force, by programme. There are few. */
export async function readMultipliers(query: Query): Promise<Map<string, Multiplier[]>> {
  const rows = await query<MultiplierRow>(
    `/* readMultipliers */
     select program, campaign, starts_at, ends_at, factor, condition from multiplier order by program, campaign`,
  )
  return byProgram(rows, multiplierFrom)
}

/** A multiplier, and from when to when it was known here. */
export interface KnownMultiplier extends Multiplier {
  readonly knownFrom: Instant
  readonly knownUntil: Instant
}

/** Those in force, and those that were, by programme. */
export async function readMultiplierHistory(query: Query): Promise<Map<string, KnownMultiplier[]>> {
  const rows = await query<MultiplierRow & { known_from: Instant; known_until: Instant | null }>(
    `/* readMultiplierHistory */
     select program, campaign, starts_at, ends_at, factor, condition, known_from, null::timestamptz as known_until
     from multiplier
     union all
     select program, campaign, starts_at, ends_at, factor, condition, known_from, known_until from past_multiplier
     order by program, campaign`,
  )
  return byProgram(rows, (row) => ({
    ...multiplierFrom(row),
    knownFrom: row.known_from,
    knownUntil: row.known_until ?? (Infinity as Instant),
  }))
}

const multiplierFrom = (row: MultiplierRow): Multiplier => ({
  campaign: row.campaign,
  from: row.starts_at,
  until: row.ends_at,
  factor: ratioOf(row.factor),
  when: row.condition === null ? undefined : asPublished.purchase.compile(row.condition),
  asksTags: namesTags(row.condition),
})

function byProgram<Row extends MultiplierRow, T>(
  rows: readonly Row[],
  read: (row: Row) => T,
): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const row of rows) found.set(row.program, [...(found.get(row.program) ?? []), read(row)])
  return found
}

/** What stood there before stays known. */
const keepMultiplier = (tx: Tx, program: string, campaign: string, at: Instant): Promise<unknown> =>
  tx.query(
    `/* keepMultiplier */
     insert into past_multiplier (program, campaign, starts_at, ends_at, factor, condition, known_from, known_until)
     select program, campaign, starts_at, ends_at, factor, condition, known_from, $3
     from multiplier where program = $1 and campaign = $2
     on conflict on constraint past_multiplier_key do nothing`,
    [program, campaign, toIso(at)],
  )

export async function saveMultiplier(
  tx: Tx,
  multiplier: {
    program: string
    campaign: string
    from: string
    until: string
    factor: string
    when: string | null
  },
  at: Instant,
): Promise<void> {
  await keepMultiplier(tx, multiplier.program, multiplier.campaign, at)
  await tx.query(
    `/* saveMultiplier */
     insert into multiplier (program, campaign, starts_at, ends_at, factor, condition, known_from)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict on constraint multiplier_key do update set
       starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       factor = excluded.factor, condition = excluded.condition, known_from = excluded.known_from`,
    [
      multiplier.program,
      multiplier.campaign,
      multiplier.from,
      multiplier.until,
      multiplier.factor,
      multiplier.when,
      toIso(at),
    ],
  )
}

export async function removeMultiplier(
  tx: Tx,
  program: string,
  campaign: string,
  at: Instant,
): Promise<void> {
  await keepMultiplier(tx, program, campaign, at)
  await tx.query('/* removeMultiplier */ delete from multiplier where program = $1 and campaign = $2', [
    program,
    campaign,
  ])
}
