import { createRequire } from 'node:module'
import type { FetchDataRewrite, FetchNode } from '@apollo/query-planner'
import type * as Rust from '@graphql-hive/router-query-planner'
import { GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import type { Way } from './places.ts'
import type { EntityGroup, PlanNode, RequiredSelection } from './plan-nodes.ts'
import type { Planned, Planner } from './planner.ts'

/** A part of a plan that has no counterpart here; the other planner is asked. */
class UnknownNodeError extends Error {
  override name = 'UnknownNodeError'
}

/**
 * Hive's planner, in Rust: a document in half a millisecond, where the reference takes ten. Loaded only where it is asked
 * for: it is native code. What it refuses, or says in a way that is not known here, the reference plans.
 */
export function rustPlanner(supergraphSdl: string, openReference: () => Planner): Planner {
  const { QueryPlanner } = createRequire(import.meta.url)('@graphql-hive/router-query-planner') as typeof Rust
  const planner = new QueryPlanner(supergraphSdl)
  const noLabels = new Set<string>()
  let opened: Planner | undefined
  const reference: Planner = (asked) => {
    opened ??= openReference()
    return opened(asked)
  }
  return (asked) => {
    const { source, operationName } = asked
    if (isForReference(asked)) return reference(asked)
    try {
      const { node } = planner.plan(source, operationName, noLabels, 0)
      return node && nodeOf(node)
    } catch (error) {
      if (NO_WAY.test(String(error)))
        throw new GraphQLError('No part of the graph can answer a field as it is asked for.', {
          extensions: { code: 'BAD_USER_INPUT' },
        })
      return reference(asked)
    }
  }
}

/** A field that no subgraph can be asked for from where it stands; the reference would plan to leave it out. */
const NO_WAY = /No paths found/

/** It plans no introspection, and has its own say on subscriptions. */
const isForReference = ({ source, document, operationName }: Planned): boolean =>
  /__(?:schema|type)\b/.test(source) ||
  getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION

function nodeOf(node: Rust.PlanNode): PlanNode {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return { kind: node.kind, nodes: node.nodes.map(nodeOf) }
    case 'Flatten':
      return { kind: 'Flatten', path: wayOf(node.path), node: nodeOf(node.node) }
    case 'Condition':
      return {
        kind: 'Condition',
        condition: node.condition,
        ifClause: node.ifClause && nodeOf(node.ifClause),
        elseClause: node.elseClause && nodeOf(node.elseClause),
      }
    case 'Fetch':
      return {
        kind: 'Fetch',
        ...requestOf(node),
        requires: node.requires?.map(selectionOf),
        inputRewrites: rewritesOf(node.inputRewrites),
        outputRewrites: rewritesOf(node.outputRewrites),
      } as PlanNode
    case 'BatchFetch':
      return { kind: 'BatchFetch', ...requestOf(node), groups: node.entityBatch.aliases.map(groupOf) }
    default:
      throw new UnknownNodeError(node.kind)
  }
}

const requestOf = (node: Rust.FetchNode | Rust.BatchFetchNode) => ({
  serviceName: node.serviceName,
  operation: node.operation,
  operationName: node.operationName,
  operationKind: (node.operationKind ?? 'query') as FetchNode['operationKind'],
  variableUsages: node.variableUsages,
})

const groupOf = (alias: Rust.EntityBatchAlias): EntityGroup => ({
  alias: alias.alias,
  variable: alias.representationsVariableName,
  ways: alias.paths.map(wayOf),
  requires: alias.requires.map(selectionOf),
  inputRewrites: rewritesOf(alias.inputRewrites),
  outputRewrites: rewritesOf(alias.outputRewrites),
})

const wayOf = (path: readonly Rust.FlattenNodePathSegment[]): Way =>
  path.map((segment) => {
    if (segment === '@') return segment
    return 'Field' in segment ? segment.Field : { types: new Set(segment.TypeCondition) }
  })

function selectionOf(selection: Rust.RequiresSelection): RequiredSelection {
  if (selection.kind === 'Field') {
    const { kind, name, alias, selections } = selection
    return { kind, name, sentAs: alias, selections: selections?.map(selectionOf) } as RequiredSelection
  }
  if (selection.kind === 'FragmentSpread' || selection.skipIf || selection.includeIf) {
    throw new UnknownNodeError(selection.kind)
  }
  const { kind, typeCondition, selections } = selection
  return { kind, typeCondition, selections: selections.map(selectionOf) } as RequiredSelection
}

/** A rewrite for objects of several types becomes one for each. */
function rewritesOf(rewrites: readonly Rust.FetchRewrite[] | undefined): FetchDataRewrite[] | undefined {
  return rewrites?.flatMap((rewrite): FetchDataRewrite[] => {
    if ('KeyRenamer' in rewrite) {
      const { path, renameKeyTo } = rewrite.KeyRenamer
      return pathsOf(path).map((one) => ({ kind: 'KeyRenamer', path: one, renameKeyTo }))
    }
    const { path, setValueTo } = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite
    return pathsOf(path).map((one) => ({ kind: 'ValueSetter', path: one, setValueTo }))
  })
}

const pathsOf = (path: readonly Rust.FetchNodePathSegment[]): string[][] =>
  path.reduce<string[][]>(
    (paths, segment) =>
      paths.flatMap((begun) =>
        'Key' in segment
          ? [[...begun, segment.Key]]
          : segment.TypenameEquals.map((name) => [...begun, `... on ${name}`]),
      ),
    [[]],
  )
