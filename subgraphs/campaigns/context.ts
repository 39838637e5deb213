import type { Context } from '../../kernel/graphql/context.ts'
import type { Loaders } from './store/loaders.ts'
import type { openMemberTasks } from './store/member-tasks.ts'

export interface Services {
  readonly memberTasks: ReturnType<typeof openMemberTasks>
}

/** What actions and resolvers of this subgraph are given. */
export type CampaignsContext = Context<Services, Loaders>
