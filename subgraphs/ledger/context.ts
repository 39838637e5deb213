import type { Context } from '../../kernel/graphql/context.ts'
import type { PostingLanes } from './actions/posting-lanes.ts'
import type { Loaders, SharedReads } from './store/loaders.ts'
import type { OriginShelf } from './store/origins.ts'
import type { ProgramShelf } from './store/programs.ts'
import type { Terminal } from './store/terminals.ts'

export interface Services {
  readonly programs: ProgramShelf
  readonly origins: OriginShelf
  readonly lanes: PostingLanes
  readonly reads: SharedReads
  /** How an account at a channel is kept; the text itself is not. */
  readonly markOf: (account: string) => Buffer
  /** What a terminal without a key of its own signs with. */
  readonly secretOf: (terminal: Terminal) => Buffer
}

export type LedgerContext = Context<Services, Loaders>
