import { defineSubgraph } from '../../kernel/subgraph.ts'
import { messages } from './domain/messages.ts'
import { listeners } from './jobs/listeners.ts'
import { resolvers } from './resolvers/index.ts'
import { BenefitShelf } from './store/benefits.ts'
import { createLoaders } from './store/loaders.ts'
import { migrations } from './store/migrations/index.ts'
import { tables } from './store/tables.ts'

/** What members may use, and its verification and write-off at counters. */
export const benefits = defineSubgraph(import.meta.url, {
  name: 'benefits',
  resolvers,
  tables,
  migrations,
  messages,
  services: () => ({ benefits: new BenefitShelf() }),
  loaders: createLoaders,
  jobs: [],
  listeners,
})
