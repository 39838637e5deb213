import type { Context } from '../../kernel/graphql/context.ts'
import type { Loaders } from './store/loaders.ts'
import type { ProgramShelf } from './store/programs.ts'

export interface Services {
  readonly programs: ProgramShelf
}

export type LedgerContext = Context<Services, Loaders>
