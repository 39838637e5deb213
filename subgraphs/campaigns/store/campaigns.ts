import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { CampaignDefinition } from '../../../schema/events/program.ts'
import type { Campaign } from '../domain/campaign.ts'
import type { Task } from '../domain/completion.ts'

export interface CampaignRow {
  program: string
  time_zone: string
  slug: string
  version: number
  definition: CampaignDefinition
  withdrawn_at: Instant | null
}

/** Campaigns change with the version of their programme only. */
export const PROGRAM_VERSIONS = `(select coalesce(string_agg(slug || '@' || version, ' ' order by slug), '') from program)`

export const campaignFromRow = (row: CampaignRow): Campaign => ({
  program: row.program,
  timeZone: row.time_zone,
  slug: row.slug,
  version: row.version,
  definition: row.definition,
  withdrawnAt: row.withdrawn_at ?? undefined,
})

export async function saveCampaigns(tx: Tx, campaigns: readonly Campaign[]): Promise<void> {
  await tx.query(
    `/* saveCampaigns */
     insert into campaign (program, slug, version, definition)
     select * from unnest($1::text[], $2::text[], $3::int[], $4::jsonb[])
     on conflict on constraint campaign_key
     do update set version = excluded.version, definition = excluded.definition, withdrawn_at = null`,
    [
      campaigns.map((campaign) => campaign.program),
      campaigns.map((campaign) => campaign.slug),
      campaigns.map((campaign) => campaign.version),
      campaigns.map((campaign) => JSON.stringify(campaign.definition)),
    ],
  )
}

/** Campaigns of a programme that are of an older version are no more. */
export async function withdrawOlder(tx: Tx, program: string, version: number, at: Instant): Promise<void> {
  await tx.query(
    `/* withdrawOlder */
     update campaign set withdrawn_at = $3 where program = $1 and version < $2 and withdrawn_at is null`,
    [program, version, toIso(at)],
  )
}

/** A campaign as defined last, withdrawn or not. */
export async function findCampaign(
  query: Query,
  program: string,
  slug: string,
): Promise<Campaign | undefined> {
  const [row] = await query<CampaignRow>(
    `/* findCampaign */
     select c.*, p.time_zone from campaign c join program p on p.slug = c.program
     where c.program = $1 and c.slug = $2`,
    [program, slug],
  )
  return row && campaignFromRow(row)
}

/** What a programme has now, by slug. */
export async function currentCampaigns(
  query: Query,
  program: string,
  page: { after?: string; limit?: number } = {},
): Promise<Campaign[]> {
  const rows = await query<CampaignRow>(
    `/* currentCampaigns */
     select c.*, p.time_zone from campaign c join program p on p.slug = c.program
     where c.program = $1 and c.withdrawn_at is null and ($2::text is null or c.slug > $2)
     order by c.slug
     limit $3`,
    [program, page.after ?? null, page.limit ?? null],
  )
  return rows.map(campaignFromRow)
}

/** The tasks of all programmes, and the versions of these, as `versions` of `progressOf` names them. */
export async function currentTasks(query: Query): Promise<{ tasks: Task[]; versions: string }> {
  const rows = await query<CampaignRow & { versions: string }>(
    `/* currentTasks */
     select ${PROGRAM_VERSIONS} as versions, task.*
     from (select) as once
     left join (
       select c.*, p.time_zone from campaign c join program p on p.slug = c.program
       where c.withdrawn_at is null and c.definition ->> 'kind' = 'task'
     ) as task on true
     order by task.program, task.slug`,
  )
  const tasks = rows.filter(({ slug }) => slug !== null).map((row) => campaignFromRow(row) as Task)
  return { tasks, versions: rows[0]!.versions }
}
