import DataLoader from 'dataloader'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Benefit } from '../domain/benefit.ts'
import type { Entitlement } from '../domain/entitlement.ts'
import type { WriteOff } from '../domain/write-off.ts'
import { type BenefitKey, type BenefitRow, benefitFromRow, benefitName } from './benefits.ts'
import {
  type EntitlementKey,
  type EntitlementOnPage,
  type EntitlementPage,
  entitlementPages,
  findEntitlements,
} from './entitlements.ts'
import { writeOffsOf } from './write-offs.ts'

type PageKey = EntitlementPage & { readonly memberId: MemberId }

export type Loaders = ReturnType<typeof createLoaders>

/** Batches what one request reads. */
export function createLoaders({ query }: Db) {
  const entitlementKey = (key: EntitlementKey) => `${key.holderId}.${key.id}`
  const pageKey = (key: EntitlementPage) => JSON.stringify([key.state, key.after, key.limit])

  return {
    benefitVersion: new DataLoader<BenefitKey, Benefit, string>(
      async (keys) => {
        const rows = await query<BenefitRow>(
          `/* benefitVersions */
           select b.program, b.slug, b.version, b.definition, exists (
             select from program p join benefit c on c.program = p.slug and c.version = p.version
             where c.program = b.program and c.slug = b.slug
           ) as listed
           from unnest($1::text[], $2::text[], $3::int[]) as wanted (program, slug, version)
           join benefit b using (program, slug, version)`,
          [keys.map((key) => key.program), keys.map((key) => key.slug), keys.map((key) => key.version)],
        )
        const found = new Map(rows.map((row) => [benefitName(row), benefitFromRow(row)]))
        return keys.map((key) => found.get(benefitName(key))!)
      },
      { cacheKeyFn: benefitName },
    ),

    entitlement: new DataLoader<EntitlementKey, Entitlement | undefined, string>(
      async (keys) => {
        const rows = await findEntitlements(query, keys)
        const found = new Map(rows.map((row) => [entitlementKey(row), row]))
        return keys.map((key) => found.get(entitlementKey(key)))
      },
      { cacheKeyFn: entitlementKey },
    ),

    /** Members asked with the same arguments share one query. */
    entitlementPage: new DataLoader<PageKey, EntitlementOnPage[], string>(
      async (keys) => {
        const groups = Map.groupBy(keys, pageKey)
        const pages = new Map<string, EntitlementOnPage[]>()
        for (const [args, members] of groups) {
          const memberIds = members.map((key) => key.memberId)
          for (const [memberId, page] of await entitlementPages(query, memberIds, members[0]!)) {
            pages.set(`${memberId} ${args}`, page)
          }
        }
        return keys.map((key) => pages.get(`${key.memberId} ${pageKey(key)}`) ?? [])
      },
      { cacheKeyFn: (key) => `${key.memberId} ${pageKey(key)}` },
    ),

    writeOffs: new DataLoader<EntitlementKey, WriteOff[], string>(
      async (keys) => {
        const rows = await writeOffsOf(query, keys)
        const found = Map.groupBy(rows, (row) =>
          entitlementKey({ holderId: row.holderId, id: row.entitlementId }),
        )
        return keys.map((key) => found.get(entitlementKey(key)) ?? [])
      },
      { cacheKeyFn: entitlementKey },
    ),
  }
}
