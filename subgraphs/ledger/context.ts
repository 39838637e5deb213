import type { Context } from '../../kernel/graphql/context.ts'
import type { PostingLanes } from './actions/posting-lanes.ts'
import type { AccountHolders, Loaders } from './store/loaders.ts'
import type { OriginShelf } from './store/origins.ts'
import type { ProgramShelf } from './store/programs.ts'

export interface Services {
  readonly programs: ProgramShelf
  readonly origins: OriginShelf
  readonly lanes: PostingLanes
  readonly accountHolders: AccountHolders
}

export type LedgerContext = Context<Services, Loaders>
