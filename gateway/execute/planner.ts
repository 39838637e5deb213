import { operationFromDocument, type Schema, type Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError } from 'graphql'
import type { PlanNode } from './plan-nodes.ts'

export interface Planned {
  readonly source: string
  readonly document: DocumentNode
  readonly operationName: string | undefined
}

/** Says which subgraph is asked what; undefined: nobody. Throws what is against a document. */
export type Planner = (asked: Planned) => PlanNode | undefined

/** The reference. */
export function apolloPlanner(supergraph: Supergraph, schema: Schema): Planner {
  const planner = new QueryPlanner(supergraph)
  return ({ document, operationName }) => {
    const operation = operationFromDocument(schema, document, { operationName })
    const { node } = planner.buildQueryPlan(operation)
    if (node?.kind === 'Subscription') {
      throw new GraphQLError('Execution of subscriptions not supported by gateway')
    }
    return node as PlanNode | undefined
  }
}
