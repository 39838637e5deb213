import { fileURLToPath } from 'node:url'
import type { Clock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import type { Logger } from '../kernel/log.ts'
import { openRedis, type Redis } from '../kernel/redis/open-redis.ts'
import type { Audience } from '../schema/contract.ts'
import { memoryDocuments } from './documents/learned-documents.ts'
import { documentResolver, type ResolveDocument } from './documents/resolve-document.ts'
import { readTrustedDocuments, type TrustedDocuments } from './documents/trusted-documents.ts'
import { memoryBudgets } from './limits/budgets.ts'
import { openSpending, type Spending } from './limits/spending.ts'
import { redisBudgets } from './redis/redis-budgets.ts'
import { redisDocuments } from './redis/redis-documents.ts'

/** The documents of the clients that ship. */
const DOCUMENTS_FOLDER = fileURLToPath(new URL('./trusted-documents/', import.meta.url))

/** What stands between callers and the graph: which documents are answered, and how much of it. */
export interface Protection extends AsyncDisposable {
  readonly trusted: TrustedDocuments
  readonly resolve: ResolveDocument
  readonly spend: Spending
  /** What several gateways share; undefined: each is for itself. */
  readonly redis: Redis | undefined
}

/** In the sandbox nobody waits for documents to be planned that may never be asked for. */
export const plannedAhead = (
  { documents }: Pick<Config, 'documents'>,
  trusted: TrustedDocuments,
): Record<Audience, readonly string[]> => {
  const textsOf = (audience: Audience) =>
    documents[audience] === 'off' ? [] : trusted.of(audience).map(({ text }) => text)
  return { member: textsOf('member'), partner: textsOf('partner'), staff: textsOf('staff') }
}

export type ProtectionConfig = Pick<Config, 'documents' | 'documentsFolder' | 'costPerMinute' | 'redisUrl'>

export async function openProtection(options: {
  config: ProtectionConfig
  clock: Clock
  log: Logger
}): Promise<Protection> {
  const { config, clock, log } = options
  const now = () => clock.now()
  const redis = config.redisUrl === undefined ? undefined : await openRedis(config.redisUrl, log)
  const trusted = readTrustedDocuments(config.documentsFolder ?? DOCUMENTS_FOLDER)
  const [budgets, learned] = [memoryBudgets(now), memoryDocuments()]
  return {
    trusted,
    redis,
    resolve: documentResolver({
      modes: config.documents,
      trusted,
      learned: redis ? redisDocuments(redis, learned) : learned,
      log,
    }),
    spend: openSpending(redis ? redisBudgets(redis, budgets, now) : budgets, config.costPerMinute),
    [Symbol.asyncDispose]: async () => redis?.[Symbol.asyncDispose](),
  }
}
