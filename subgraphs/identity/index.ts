import { defineSubgraph } from '../../kernel/subgraph.ts'
import { openServices } from './context.ts'
import { REFUSALS } from './domain/refusals.ts'
import { factJobs } from './jobs/facts.ts'
import { forgetExpiredJob } from './jobs/forget-expired.ts'
import { listeners } from './jobs/listeners.ts'
import { settleMergesJob } from './jobs/merges.ts'
import { privacyJobs } from './jobs/privacy.ts'
import { resolvers } from './resolvers/index.ts'
import { openLoaders } from './store/loaders.ts'
import { migrations } from './store/migrations/index.ts'
import { tables } from './store/tables.ts'

/** Who the members are, how they prove it, and what is known of them. */
export const identity = defineSubgraph(import.meta.url, {
  name: 'identity',
  resolvers,
  tables,
  migrations,
  messages: REFUSALS,
  services: openServices,
  close: ({ accessLog }) => accessLog.flush(),
  loaders: openLoaders,
  jobs: [forgetExpiredJob, settleMergesJob, ...factJobs, ...privacyJobs],
  listeners,
})
