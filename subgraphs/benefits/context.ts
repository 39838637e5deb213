import type { Context } from '../../kernel/graphql/context.ts'
import type { Loaders } from './store/loaders.ts'

/** What actions and resolvers of this subgraph are given. */
export type BenefitsContext = Context<undefined, Loaders>
