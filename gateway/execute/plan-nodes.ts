import type {
  PlanNode as ApolloPlanNode,
  FetchDataRewrite,
  FetchNode,
  QueryPlanSelectionNode,
} from '@apollo/query-planner'
import type { Way } from './places.ts'

/** Plans as they are carried out: those of Apollo's planner as they come, and what the Rust planner has besides. */
export type PlanNode =
  | FetchNode
  | BatchFetchNode
  | { readonly kind: 'Sequence' | 'Parallel'; readonly nodes: readonly PlanNode[] }
  | { readonly kind: 'Flatten'; readonly path: Way; readonly node: PlanNode }
  | {
      readonly kind: 'Condition'
      readonly condition: string
      readonly ifClause?: PlanNode
      readonly elseClause?: PlanNode
    }
  | Extract<ApolloPlanNode, { kind: 'Defer' }>

/** Entities of several places, asked of one subgraph in one request: each group under a name of its own. */
export interface BatchFetchNode {
  readonly kind: 'BatchFetch'
  readonly serviceName: string
  readonly operation: string
  readonly operationName?: string
  readonly operationKind: FetchNode['operationKind']
  readonly variableUsages?: readonly string[]
  readonly groups: readonly EntityGroup[]
}

/** What is taken of an entity to ask another subgraph about it; a field may be sent under another name than it has here. */
export type RequiredSelection =
  | (Extract<QueryPlanSelectionNode, { kind: 'Field' }> & { readonly sentAs?: string })
  | Extract<QueryPlanSelectionNode, { kind: 'InlineFragment' }>

export interface EntityGroup {
  /** The field of the answer. */
  readonly alias: string
  /** The variable of the representations. */
  readonly variable: string
  readonly ways: readonly Way[]
  readonly requires: readonly RequiredSelection[]
  readonly inputRewrites?: readonly FetchDataRewrite[]
  readonly outputRewrites?: readonly FetchDataRewrite[]
}
