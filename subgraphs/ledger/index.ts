import { defineSubgraph } from '../../kernel/subgraph.ts'
import { postBatch } from './actions/post-batch.ts'
import { PostingLanes } from './actions/posting-lanes.ts'
import { accountMark } from './domain/balance-sync.ts'
import { terminalSecret } from './domain/offline-batch.ts'
import { messages } from './domain/refusals.ts'
import { jobs, listeners } from './jobs/index.ts'
import { resolvers } from './resolvers/index.ts'
import { openLoaders, sharedReads } from './store/loaders.ts'
import { migrations } from './store/migrations/index.ts'
import { OriginShelf } from './store/origins.ts'
import { ProgramShelf } from './store/programs.ts'
import { tables } from './store/tables.ts'

/** Points, growth and tiers: who has how much, why, and until when. */
export const ledger = defineSubgraph(import.meta.url, {
  name: 'ledger',
  resolvers,
  tables,
  migrations,
  messages,
  services: ({ db, log, secrets }) => {
    const programs = new ProgramShelf(db.query)
    const origins = new OriginShelf(db.query)
    return {
      programs,
      origins,
      lanes: new PostingLanes((orders) => postBatch({ db, log, programs, origins }, orders)),
      reads: sharedReads(db, programs),
      markOf: (account) => accountMark(secrets.index, account),
      secretOf: ({ deviceId, registeredAt }) => terminalSecret(secrets.index, deviceId, registeredAt),
    }
  },
  loaders: openLoaders,
  jobs,
  listeners,
})
