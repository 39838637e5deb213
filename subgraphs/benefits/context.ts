import type { Context } from '../../kernel/graphql/context.ts'
import type { BenefitShelf } from './store/benefits.ts'
import type { Loaders } from './store/loaders.ts'

export interface Services {
  readonly benefits: BenefitShelf
}

/** What actions and resolvers of this subgraph are given. */
export type BenefitsContext = Context<Services, Loaders>
