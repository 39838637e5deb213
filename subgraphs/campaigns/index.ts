import { defineSubgraph } from '../../kernel/subgraph.ts'
import { messages } from './domain/messages.ts'
import { jobs } from './jobs/index.ts'
import { listeners } from './jobs/listeners.ts'
import { resolvers } from './resolvers/index.ts'
import { createLoaders } from './store/loaders.ts'
import { openMemberTasks } from './store/member-tasks.ts'
import { migrations } from './store/migrations/index.ts'
import { tables } from './store/tables.ts'

/** What members are invited to, and what they did of it. */
export const campaigns = defineSubgraph(import.meta.url, {
  name: 'campaigns',
  resolvers,
  tables,
  migrations,
  messages,
  services: ({ db }) => ({ memberTasks: openMemberTasks(db) }),
  loaders: createLoaders,
  jobs,
  listeners,
})
