import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { EntitlementId, MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { BenefitDefinition } from '../../../schema/events/program.ts'
import type { Entitlement, EntitlementState } from '../domain/entitlement.ts'
import type { EntitlementAndBenefit } from '../domain/write-off.ts'

export interface EntitlementRow {
  member_id: MemberId
  survivor_id: MemberId | null
  id: EntitlementId
  program: string
  benefit: string
  benefit_version: number
  source: string
  code: string
  uses_total: number
  uses_left: number
  valid_from: Instant
  valid_until: Instant
  granted_at: Instant
  revoked_at: Instant | null
  set_aside_by: string | null
}

/** An entitlement, and whether its programme has the benefit still. */
export interface EntitlementOnPage extends Entitlement {
  readonly benefitListed: boolean
}

export const entitlementFromRow = (row: EntitlementRow): Entitlement => ({
  memberId: row.survivor_id ?? row.member_id,
  holderId: row.member_id,
  id: row.id,
  program: row.program,
  benefit: row.benefit,
  benefitVersion: row.benefit_version,
  source: row.source,
  code: row.code,
  usesTotal: row.uses_total,
  usesLeft: row.uses_left,
  validFrom: row.valid_from,
  validUntil: row.valid_until,
  grantedAt: row.granted_at,
  revokedAt: row.revoked_at ?? undefined,
  setAsideBy: row.set_aside_by ?? undefined,
})

/** Which entitlements of a source lie under an id already. */
export async function existingEntitlements(
  tx: Tx,
  holderId: MemberId,
  program: string,
  source: string,
): Promise<ReadonlySet<EntitlementId>> {
  const rows = await tx.query<{ id: EntitlementId }>(
    `/* existingEntitlements */
     select id from entitlement where member_id = $1 and program = $2 and source = $3`,
    [holderId, program, source],
  )
  return new Set(rows.map((row) => row.id))
}

export async function insertEntitlement(
  tx: Tx,
  entitlement: Entitlement,
  why: { grantedBy: string; reason?: string },
): Promise<void> {
  const e = entitlement
  await tx.query(
    `/* insertEntitlement */
     insert into entitlement (member_id, id, program, benefit, benefit_version, source, reason, code, uses_total,
       uses_left, valid_from, valid_until, granted_at, granted_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      e.holderId,
      e.id,
      e.program,
      e.benefit,
      e.benefitVersion,
      e.source,
      why.reason ?? null,
      e.code,
      e.usesTotal,
      e.usesLeft,
      toIso(e.validFrom),
      toIso(e.validUntil),
      toIso(e.grantedAt),
      why.grantedBy,
    ],
  )
  await tx.query(
    `/* insertCode */ insert into entitlement_code (code, member_id, entitlement_id) values ($1, $2, $3)`,
    [e.code, e.holderId, e.id],
  )
}

/** Which entitlement a code stands for. */
async function placeOfCode(query: Query, code: string): Promise<EntitlementKey | undefined> {
  const [row] = await query<{ member_id: MemberId; entitlement_id: EntitlementId }>(
    `/* placeOfCode */ select member_id, entitlement_id from entitlement_code where code = $1`,
    [code],
  )
  return row && { holderId: row.member_id, id: row.entitlement_id }
}

/** Where an entitlement lies. */
export interface EntitlementKey {
  readonly holderId: MemberId
  readonly id: EntitlementId
}

type WithBenefitRow = EntitlementRow & { definition: BenefitDefinition }

const withBenefit = (row: WithBenefitRow | undefined): EntitlementAndBenefit | undefined =>
  row && { entitlement: entitlementFromRow(row), definition: row.definition }

/** An entitlement with its benefit as things stand; whoever wants to write takes the lock instead. */
export async function findByCode(query: Query, code: string): Promise<EntitlementAndBenefit | undefined> {
  const place = await placeOfCode(query, code)
  if (!place) return undefined
  const [row] = await query<WithBenefitRow>(
    `/* entitlementOfCode */
     select e.*, merged.survivor_id, b.definition
     from entitlement e
     join benefit b on b.program = e.program and b.slug = e.benefit and b.version = e.benefit_version
     left join merged_member merged on merged.member_id = e.member_id
     where e.member_id = $1 and e.id = $2`,
    [place.holderId, place.id],
  )
  return withBenefit(row)
}

export async function lockByCode(tx: Tx, code: string): Promise<EntitlementAndBenefit | undefined> {
  const place = await placeOfCode(tx.query, code)
  return place && lockEntitlement(tx, place)
}

/** Whoever wants to change how often it was used takes this lock first. */
export async function lockEntitlement(
  tx: Tx,
  { holderId, id }: EntitlementKey,
): Promise<EntitlementAndBenefit | undefined> {
  const [row] = await tx.query<WithBenefitRow>(
    `/* lockEntitlement */
     select e.*, merged.survivor_id, b.definition
     from entitlement e
     join benefit b on b.program = e.program and b.slug = e.benefit and b.version = e.benefit_version
     left join merged_member merged on merged.member_id = e.member_id
     where e.member_id = $1 and e.id = $2
     for update of e`,
    [holderId, id],
  )
  return withBenefit(row)
}

export async function setUsesLeft(tx: Tx, entitlement: Entitlement): Promise<void> {
  await tx.query(`/* setUsesLeft */ update entitlement set uses_left = $3 where member_id = $1 and id = $2`, [
    entitlement.holderId,
    entitlement.id,
    entitlement.usesLeft,
  ])
}

export interface EntitlementPage {
  readonly state: EntitlementState | undefined
  readonly now: Instant
  /** The last of the page before. */
  readonly after:
    | { readonly grantedAt: Instant; readonly benefit: string; readonly id: EntitlementId }
    | undefined
  readonly limit: number
}

/** One page of each of several members by any of their ids, newest first, with up to `limit` rows each. */
export async function entitlementPages(
  query: Query,
  memberIds: readonly MemberId[],
  page: EntitlementPage,
): Promise<Map<MemberId, EntitlementOnPage[]>> {
  const rows = await query<EntitlementRow & { asked_id: MemberId; listed: boolean }>(
    `/* entitlementPages */
     select found.*, person.id as survivor_id, person.asked_id, exists (
       select from program join benefit on benefit.program = program.slug and benefit.version = program.version
       where benefit.program = found.program and benefit.slug = found.benefit
     ) as listed
     from (
       select asked.id as asked_id, coalesce(merged.survivor_id, asked.id) as id
       from unnest($1::uuid[]) as asked (id) left join merged_member merged on merged.member_id = asked.id
     ) as person
     cross join lateral (
       select * from entitlement e
       where e.member_id = any(
           array(select person.id union all select member_id from merged_member where survivor_id = person.id))
         and ($4::timestamptz is null or (e.granted_at, e.benefit, e.id) < ($4, $5::text, $6::uuid))
         and ($2::text is null or $2 = case
           when e.revoked_at is not null or e.set_aside_by is not null then 'REVOKED'
           when $3::timestamptz < e.valid_from then 'NOT_YET_VALID'
           when $3 >= e.valid_until then 'EXPIRED'
           when e.uses_left = 0 then 'USED_UP'
           else 'ACTIVE'
         end)
       order by e.granted_at desc, e.benefit desc, e.id desc
       limit $7
     ) found
     order by found.granted_at desc, found.benefit desc, found.id desc`,
    [
      memberIds,
      page.state ?? null,
      toIso(page.now),
      page.after ? toIso(page.after.grantedAt) : null,
      page.after?.benefit ?? null,
      page.after?.id ?? null,
      page.limit,
    ],
  )
  const pages = Map.groupBy(rows, (row) => row.asked_id)
  return new Map(
    [...pages].map(([asked, page]) => [
      asked,
      page.map((row) => ({ ...entitlementFromRow(row), benefitListed: row.listed })),
    ]),
  )
}

export async function findEntitlements(
  query: Query,
  keys: readonly EntitlementKey[],
): Promise<Entitlement[]> {
  const rows = await query<EntitlementRow>(
    `/* findEntitlements */
     select e.*, merged.survivor_id from unnest($1::uuid[], $2::uuid[]) as wanted (member_id, id)
     join entitlement e on e.member_id = wanted.member_id and e.id = wanted.id
     left join merged_member merged on merged.member_id = e.member_id`,
    [keys.map((key) => key.holderId), keys.map((key) => key.id)],
  )
  return rows.map(entitlementFromRow)
}

/** What people wrote about an erased person in their own words goes; what was granted and used stays. */
export async function forgetReasons(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* forgetReasons */
     update entitlement set reason = null where member_id = any($1::uuid[]) and reason is not null`,
    [memberIds],
  )
  await tx.query(
    `/* forgetReversalReasons */
     update write_off set reversal_reason = 'erased'
     where member_id = any($1::uuid[]) and reversal_reason is not null`,
    [memberIds],
  )
}
