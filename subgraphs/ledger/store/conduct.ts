import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

/** Who did what to whom and on which device: kept for some days, for the patterns of a programme to look at. */
export interface ConductNote {
  readonly documentId: string
  readonly programKey: number
  readonly at: Instant
  readonly kind: string
  readonly memberId: string
  readonly operator: string
  readonly device: string | undefined
}

export function sendConduct(tx: Tx, notes: readonly ConductNote[]): void {
  if (notes.length === 0) return
  tx.send(
    `/* insertConduct */
     insert into conduct (document_id, program_key, at, kind, member_id, operator, device)
     select * from unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::text[])`,
    [
      notes.map(({ documentId }) => documentId),
      notes.map(({ programKey }) => programKey),
      notes.map(({ at }) => toIso(at)),
      notes.map(({ kind }) => kind),
      notes.map(({ memberId }) => memberId),
      notes.map(({ operator }) => operator),
      notes.map(({ device }) => device ?? null),
    ],
  )
}

export async function forgetConduct(query: Query, programKey: number, before: Instant): Promise<void> {
  await query('/* forgetConduct */ delete from conduct where program_key = $1 and at < $2', [
    programKey,
    toIso(before),
  ])
}

/** Something that a pattern found: whose conduct, in which window, and how much of it. */
export interface Finding {
  readonly subject: string
  readonly window: string
  readonly count: bigint
}

/** Operators who acted on more members than that in one day of the programme. */
export const busyOperators = (
  query: Query,
  of: { programKey: number; kinds: readonly string[]; since: Instant; timeZone: string; members: number },
): Promise<Finding[]> =>
  query<Finding>(
    `/* busyOperators */
     select 'operator:' || operator as subject, (at at time zone $4)::date::text as "window",
            count(distinct member_id) as count
     from conduct
     where program_key = $1 and kind = any($2::text[]) and at >= $3 and operator not like 'member:%'
     group by 1, 2 having count(distinct member_id) > $5`,
    [of.programKey, of.kinds, toIso(of.since), of.timeZone, of.members],
  )

/** Members who did something so often since a moment; the window is the day of the last time. */
export const frequentMembers = (
  query: Query,
  of: { programKey: number; kind: string; since: Instant; timeZone: string; times: number },
): Promise<Finding[]> =>
  query<Finding>(
    `/* frequentMembers */
     select 'member:' || member_id as subject, (max(at) at time zone $4)::date::text as "window", count(*) as count
     from conduct
     where program_key = $1 and kind = $2 and at >= $3
     group by member_id having count(*) >= $5`,
    [of.programKey, of.kind, toIso(of.since), of.timeZone, of.times],
  )

/** Members who redeemed so often within some hours of their account's opening. */
export const earlyRedeemers = (
  query: Query,
  of: { programKey: number; since: Instant; timeZone: string; hours: number; times: number },
): Promise<Finding[]> =>
  query<Finding>(
    `/* earlyRedeemers */
     select 'member:' || member_id as subject, (opened_at at time zone $3)::date::text as "window", count(*) as count
     from conduct join account using (member_id, program_key)
     where program_key = $1 and kind = 'redemption' and at >= $2 and at < opened_at + make_interval(hours => $4)
     group by member_id, opened_at having count(*) >= $5`,
    [of.programKey, toIso(of.since), of.timeZone, of.hours, of.times],
  )

/** Devices that served more members than that since a moment; the window is the day of the last time. */
export const sharedDevices = (
  query: Query,
  of: { programKey: number; since: Instant; timeZone: string; members: number },
): Promise<Finding[]> =>
  query<Finding>(
    `/* sharedDevices */
     select 'device:' || device as subject, (max(at) at time zone $3)::date::text as "window",
            count(distinct member_id) as count
     from conduct
     where program_key = $1 and device is not null and at >= $2
     group by device having count(distinct member_id) > $4`,
    [of.programKey, toIso(of.since), of.timeZone, of.members],
  )
