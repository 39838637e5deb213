import DataLoader from 'dataloader'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { Campaign } from '../domain/campaign.ts'
import { type CampaignRow, campaignFromRow } from './campaigns.ts'

interface CampaignKey {
  readonly program: string
  readonly slug: string
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches what one request reads. */
export function createLoaders({ query }: Db) {
  const campaignKey = (key: CampaignKey) => `${key.program}:${key.slug}`

  return {
    campaign: new DataLoader<CampaignKey, Campaign | undefined, string>(
      async (keys) => {
        const rows = await query<CampaignRow>(
          `/* campaigns */
           select c.*, p.time_zone from unnest($1::text[], $2::text[]) as wanted (program, slug)
           join campaign c using (program, slug) join program p on p.slug = c.program`,
          [keys.map((key) => key.program), keys.map((key) => key.slug)],
        )
        const found = new Map(rows.map((row) => [campaignKey(row), campaignFromRow(row)]))
        return keys.map((key) => found.get(campaignKey(key)))
      },
      { cacheKeyFn: campaignKey },
    ),
  }
}
