import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

export interface Company {
  readonly id: string
  readonly code: string
  readonly name: string
  /** The member who collects the company's points, by the id under which it does. */
  readonly executor: string | undefined
}

export interface Executorship {
  readonly memberId: string
  readonly company: string
  readonly beganAt: Instant
  readonly endedAt: Instant | undefined
}

const WITH_EXECUTOR = `
  select company.id, code, name, executor.member_id as executor
  from company left join company_executor as executor on executor.company = company.id and executor.ended_at is null`

interface CompanyColumns {
  id: string
  code: string
  name: string
  executor: string | null
}

const companyOf = ({ executor, ...row }: CompanyColumns): Company => ({
  ...row,
  executor: executor ?? undefined,
})

/** Holds a company by its code, and makes it where it is new. */
export async function lockCompany(
  tx: Tx,
  company: { id: string; code: string; name: string },
  by: string,
  at: Instant,
): Promise<Company> {
  await tx.query(
    `/* takeCompany */
     insert into company (id, code, name, created_by, created_at) values ($1, $2, $3, $4, $5)
     on conflict on constraint company_code_once do update set name = excluded.name`,
    [company.id, company.code, company.name, by, toIso(at)],
  )
  return (await findCompany(tx, company.code))!
}

export async function findCompany(db: { query: Query }, code: string): Promise<Company | undefined> {
  const [row] = await db.query<CompanyColumns>(`/* findCompany */ ${WITH_EXECUTOR} where code = $1`, [code])
  return row && companyOf(row)
}

/** Companies for which some members collect now, under any of their ids. */
export async function findCompaniesOf(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<(Company & { personId: string })[]> {
  const rows = await db.query<CompanyColumns & { person_id: string }>(
    `/* findCompaniesOf */
     select company.id, code, name, executor.member_id as executor,
       coalesce(holder.merged_into, holder.member_id) as person_id
     from company_executor as executor
     join company on company.id = executor.company
     join member as holder on holder.member_id = executor.member_id
     where executor.ended_at is null and (holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[]))
     order by code`,
    [memberIds],
  )
  return rows.map(({ person_id: personId, ...row }) => ({ ...companyOf(row), personId }))
}

/** Who collected for a company, newest first. */
export async function findExecutors(db: { query: Query }, company: string): Promise<Executorship[]> {
  const rows = await db.query<{
    member_id: string
    company: string
    began_at: Instant
    ended_at: Instant | null
  }>(
    `/* findExecutors */
     select member_id, company, began_at, ended_at from company_executor where company = $1 order by id desc`,
    [company],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    company: row.company,
    beganAt: row.began_at,
    endedAt: row.ended_at ?? undefined,
  }))
}

export async function endExecutor(tx: Tx, company: string, by: string, at: Instant): Promise<void> {
  await tx.query(
    `/* endExecutor */
     update company_executor set ended_at = $2, ended_by = $3 where company = $1 and ended_at is null`,
    [company, toIso(at), by],
  )
}

export async function beginExecutor(
  tx: Tx,
  executor: { memberId: string; id: string; company: string },
  by: string,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* beginExecutor */
     insert into company_executor (member_id, id, company, began_at, began_by) values ($1, $2, $3, $4, $5)`,
    [executor.memberId, executor.id, executor.company, toIso(at), by],
  )
}

/** From now on the company's code leads to this member, or to nobody. */
export async function pointCompanyAt(tx: Tx, hash: Buffer, memberId: string | undefined): Promise<void> {
  await tx.query(`/* releaseCompany */ delete from identifier where hash = $1 and kind = 'COMPANY'`, [hash])
  if (memberId === undefined) return
  await tx.query(
    `/* pointCompanyAt */ insert into identifier (hash, kind, scope, member_id) values ($1, 'COMPANY', '', $2)`,
    [hash, memberId],
  )
}
