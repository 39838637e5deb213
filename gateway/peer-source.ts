import { type FieldNode, type GraphQLFormattedError, parse, type SelectionSetNode } from 'graphql'
import type { Claims } from '../kernel/auth/request-signature.ts'
import type { SubgraphName } from '../kernel/config.ts'
import { AppError } from '../kernel/errors.ts'
import type { GraphQLRequest } from '../kernel/graphql/execute.ts'
import type { Logger } from '../kernel/log.ts'
import type { Peers } from '../kernel/peers.ts'
import type { Patience } from '../kernel/values/patience.ts'
import type { Circuit } from './execute/circuit.ts'
import type { Source, SourceAnswer } from './execute/source.ts'

/** What the gateway knows of a request: whose it is, and what came of it on the way. */
export interface GatewayContext {
  readonly claims: Claims
  /** Its document was looked at before it came: limits of size do not hold for it. */
  readonly trusted?: boolean
  /** It is to be computed anew, since something has just changed. */
  readonly fresh?: boolean
  /** Ends when whoever asks is gone or waits no longer; what a query asks of subgraphs is let go then. */
  readonly asker?: Patience
  /** Filled in on the way; Apollo Server hands on copies of the context, so it is an object of its own. */
  readonly seen: {
    operation?: 'query' | 'mutation' | 'subscription'
    name?: string
    cost?: number
    /** To be called when a mutation was carried out. */
    written?: () => void
  }
}

/** A part that is slower than this is left out of the answer; the rest need not wait longer. */
export const QUERY_MS = 2_000
/** What staff and back ends ask for may take its time, such as a check of all books; no statement takes longer. */
const LONG_QUERY_MS = 60_000
/** By its cost such a query is known. */
const LONG_QUERY_COST = 500

/** One subgraph as plans call it: in this process or, with a circuit, over HTTP. */
export function peerSource(
  name: SubgraphName,
  peers: Pick<Peers, 'execute'>,
  log: Logger,
  circuit?: Circuit,
  waitMs = QUERY_MS,
): Source<GatewayContext> {
  const failed = (error: unknown, asked: GraphQLRequest, requestId: string): SourceAnswer => {
    const expected = error instanceof AppError && error.code === 'SUBGRAPH_UNAVAILABLE'
    log[expected ? 'warn' : 'error']({ error, subgraph: name, requestId }, 'a subgraph failed')
    return { data: null, errors: unavailable(asked) }
  }

  return ({ query, variables, kind }, { claims, seen, asker }) => {
    const asked: GraphQLRequest = { query, variables }
    const repeatable = kind === 'query'
    const once = () =>
      repeatable
        ? peers.execute(name, asked, claims, queryMs(claims, seen.cost, waitMs), asker)
        : peers.execute(name, asked, claims)
    try {
      const answer = circuit
        ? circuit.call(once, { repeatable, asker: repeatable ? asker : undefined })
        : once()
      if (!(answer instanceof Promise)) return answer
      return answer.catch((error: unknown) => failed(error, asked, claims.requestId))
    } catch (error) {
      return failed(error, asked, claims.requestId)
    }
  }
}

const queryMs = ({ principal: { kind } }: Claims, cost = 0, waitMs: number): number =>
  (kind === 'staff' || kind === 'service') && cost >= LONG_QUERY_COST ? LONG_QUERY_MS : waitMs

/** An error at each field that was asked for, so that a client sees which parts are missing and keeps the rest. */
export function unavailable({ query, variables }: GraphQLRequest): GraphQLFormattedError[] {
  const { representations } = (variables ?? {}) as { representations?: unknown[] }
  return rootFields(query).flatMap((field) =>
    field.name.value === '_entities' && representations
      ? representations.flatMap((_, index) =>
          responseNames(field.selectionSet).map((name) => errorAt(['_entities', index, name])),
        )
      : [errorAt([responseName(field)])],
  )
}

const errorAt = (path: (string | number)[]): GraphQLFormattedError => ({
  message: 'A part of the service is not available. Try again.',
  path,
  extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
})

/** The gateway's own documents have one operation, and no fragment spreads at the root. */
function rootFields(query: string): FieldNode[] {
  const operation = parse(query, { noLocation: true }).definitions.find(
    (definition) => definition.kind === 'OperationDefinition',
  )
  return fieldsOf(operation?.selectionSet)
}

const fieldsOf = (selectionSet: SelectionSetNode | undefined): FieldNode[] =>
  (selectionSet?.selections ?? []).flatMap((selection) => {
    if (selection.kind === 'Field') return selection.name.value === '__typename' ? [] : [selection]
    return selection.kind === 'InlineFragment' ? fieldsOf(selection.selectionSet) : []
  })

const responseNames = (selectionSet: SelectionSetNode | undefined): string[] => [
  ...new Set(fieldsOf(selectionSet).map(responseName)),
]

const responseName = (field: FieldNode): string => field.alias?.value ?? field.name.value
