import type { FetchNode } from '@apollo/query-planner'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { copy, merge, own } from './merge.ts'
import { entitiesAt, pathsAt, type Way } from './places.ts'
import type { BatchFetchNode, EntityGroup, PlanNode } from './plan-nodes.ts'
import { compileRepresentation } from './representations.ts'
import { compileRewrites } from './rewrites.ts'
import type { Entity, Source, SourceAnswer, SourceRequest } from './source.ts'

/** One execution of a plan: what was asked, and what has come together so far. */
export interface Run {
  /** As the client sent them; subgraphs coerce what they are given. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Coerced, with defaults: what conditions go by. */
  readonly values: Readonly<Record<string, unknown>>
  readonly context: unknown
  readonly data: Entity
  readonly failures: Failure[]
}

/** Errors are told in the order of the plan, not in that of arrival. */
interface Failure {
  readonly order: number
  readonly error: GraphQLError
}

/** Undefined: it is done already. */
export type Step = (run: Run) => Promise<void> | undefined

export interface PlanOptions {
  /** The whole supergraph, with what clients do not see. */
  readonly schema: GraphQLSchema
  readonly source: (name: string) => Source | undefined
}

/** A plan as closures: everything that does not depend on the request is decided here. */
export function compilePlan(plan: PlanNode, options: PlanOptions): Step {
  let fetches = 0

  const compile = (node: PlanNode, way: Way): Step => {
    switch (node.kind) {
      case 'Sequence':
        return sequence(node.nodes.map((one) => compile(one, way)))
      case 'Parallel':
        return parallel(node.nodes.map((one) => compile(one, way)))
      case 'Flatten':
        return compile(node.node, [...way, ...node.path])
      case 'Condition':
        return condition(node, way)
      case 'Fetch':
        return compileFetch(node, way, fetches++, options)
      case 'BatchFetch':
        return compileEntities(compileRequest(node, fetches++, options), node.groups, options)
      case 'Defer':
        throw new Error('The API schema has no @defer, so no plan has.')
    }
  }

  const condition = (node: Extract<PlanNode, { kind: 'Condition' }>, way: Way): Step => {
    const yes = node.ifClause && compile(node.ifClause, way)
    const no = node.elseClause && compile(node.elseClause, way)
    return (run) => (run.values[node.condition] ? yes : no)?.(run)
  }

  return compile(plan, [])
}

function sequence(steps: readonly Step[]): Step {
  if (steps.length === 1) return steps[0]!
  const from = (run: Run, next: number): Promise<void> | undefined => {
    for (let index = next; index < steps.length; index++) {
      const open = steps[index]!(run)
      if (open) return open.then(() => from(run, index + 1))
    }
    return undefined
  }
  return (run) => from(run, 0)
}

const nothing = (): void => {}

function parallel(steps: readonly Step[]): Step {
  if (steps.length === 1) return steps[0]!
  return (run) => {
    const open: Promise<void>[] = []
    for (const step of steps) {
      const promise = step(run)
      if (promise) open.push(promise)
    }
    return open.length === 0 ? undefined : Promise.all(open).then(nothing)
  }
}

/** What is the same each time that a subgraph is asked. */
interface Request {
  readonly serviceName: string
  /** The variables of the client that the subgraph is given. */
  variables(run: Run): Record<string, unknown>
  ask(
    run: Run,
    variables: Record<string, unknown>,
    receive: (answer: SourceAnswer) => void,
  ): Promise<void> | undefined
  fail(run: Run, error: unknown): void
}

function compileRequest(node: FetchNode | BatchFetchNode, order: number, options: PlanOptions): Request {
  const { serviceName, operation: query, operationName, operationKind: kind } = node
  const usages = node.variableUsages ?? []
  const source: Source =
    options.source(serviceName) ??
    (() => {
      throw new Error(`Couldn't find service with name "${serviceName}"`)
    })

  const requestOf = (variables: Record<string, unknown>): SourceRequest => ({
    query,
    operationName,
    kind,
    variables,
  })

  const fail = (run: Run, error: unknown): void => {
    run.failures.push({ order, error: asGraphQLError(error) })
  }

  return {
    serviceName,
    fail,
    variables(run) {
      const picked: Record<string, unknown> = {}
      for (const name of usages) {
        const value = own(run.variables, name)
        if (value !== undefined) picked[name] = value
      }
      return picked
    },
    ask(run, variables, receive) {
      const received = (answer: SourceAnswer): void => {
        try {
          receive(answer)
        } catch (error) {
          fail(run, error)
        }
      }
      try {
        const answer = source(requestOf(variables), run.context)
        if (answer instanceof Promise) return answer.then(received, (error) => fail(run, error))
        received(answer)
      } catch (error) {
        fail(run, error)
      }
      return undefined
    },
  }
}

function compileFetch(node: FetchNode, way: Way, order: number, options: PlanOptions): Step {
  const request = compileRequest(node, order, options)
  const { requires, inputRewrites, outputRewrites } = node
  if (requires) {
    const group = { alias: '_entities', variable: 'representations', ways: [way], requires }
    return compileEntities(request, [{ ...group, inputRewrites, outputRewrites }], options)
  }
  const rewriteAnswer = compileRewrites(options.schema, outputRewrites)
  return (run) => {
    const places = way.length === 0 ? [run.data] : entitiesAt(run.data, way)
    if (places.length === 0) return undefined
    return request.ask(run, request.variables(run), ({ data, errors }) => {
      for (const error of errors ?? []) {
        const path = error.path && [...fieldsOf(way), ...error.path]
        request.fail(run, downstreamError(error, request.serviceName, path))
      }
      if (!data) return
      rewriteAnswer?.(data)
      for (const [index, place] of places.entries()) merge(place, index === 0 ? data : (copy(data) as Entity))
    })
  }
}

const fieldsOf = (way: Way): (string | number)[] => way.filter((step) => typeof step !== 'object')

function compileEntities(request: Request, groups: readonly EntityGroup[], options: PlanOptions): Step {
  const compiled = groups.map((group, index) => {
    // What a subgraph says of the whole request, the first group tells.
    const isOwn = ({ path }: GraphQLFormattedError): boolean =>
      groups.length === 1 || (path ? path[0] === group.alias : index === 0)
    return compileGroup(group, { request, isOwn, schema: options.schema })
  })
  return (run) => {
    const prepared = compiled.map((prepare) => prepare(run))
    if (prepared.every(({ representations }) => representations.length === 0)) return undefined
    const variables = request.variables(run)
    for (const { name, representations } of prepared) {
      if (Object.hasOwn(variables, name)) {
        request.fail(run, new Error(`Variables cannot contain key "${name}"`))
        return undefined
      }
      variables[name] = representations
    }
    return request.ask(run, variables, (answer) => {
      for (const { receive } of prepared) receive(answer)
    })
  }
}

function compileGroup(
  { alias, variable: name, ways, requires, inputRewrites, outputRewrites }: EntityGroup,
  options: {
    request: Request
    isOwn: (error: GraphQLFormattedError) => boolean
    schema: GraphQLSchema
  },
): (run: Run) => {
  readonly name: string
  readonly representations: readonly Entity[]
  readonly receive: (answer: SourceAnswer) => void
} {
  const { request, isOwn, schema } = options
  const represent = compileRepresentation(schema, requires)
  const rewriteRepresentation = compileRewrites(schema, inputRewrites)
  const rewriteAnswer = compileRewrites(schema, outputRewrites)
  const [onlyWay] = ways

  return (run) => {
    const entities =
      ways.length === 1 ? entitiesAt(run.data, onlyWay!) : ways.flatMap((way) => entitiesAt(run.data, way))
    const asked = representationsOf(entities, represent, rewriteRepresentation)
    const { representations, places } = asked

    const receive = ({ data, errors }: SourceAnswer): void => {
      const own = errors?.filter(isOwn)
      if (own && own.length > 0) {
        for (const { error, path } of entityErrors(own, asked, ways, run.data)) {
          request.fail(run, downstreamError(error, request.serviceName, path))
        }
      }
      if (!data || representations.length === 0) return
      const received = data[alias]
      if (!Array.isArray(received)) {
        throw new Error(`Expected "data.${alias}" in response to be an array`)
      }
      if (received.length !== representations.length) {
        throw new Error(`Expected "data.${alias}" to contain ${representations.length} elements`)
      }
      for (let index = 0; index < received.length; index++) {
        const entity = received[index]
        if (entity === null || entity === undefined) continue
        const [first, ...others] = places[index]!
        if (rewriteAnswer) {
          entity.__typename ??= first!.entity.__typename
          rewriteAnswer(entity)
        }
        for (const other of others) merge(other.entity, copy(entity) as Entity)
        merge(first!.entity, entity)
      }
    }
    return { name, representations, receive }
  }
}

/** Where the answer to one representation goes; `index` counts the entities at the end of the way. */
interface Place {
  readonly entity: Entity
  readonly index: number
}

interface Asked {
  readonly representations: Entity[]
  readonly places: Place[][]
}

/** Each entity is asked for once, however often it stands in the answer. */
function representationsOf(
  entities: readonly Entity[],
  represent: (entity: Entity) => Entity | null,
  rewrite: ((value: unknown) => void) | undefined,
): Asked {
  const representations: Entity[] = []
  const places: Place[][] = []
  const seen = entities.length > 1 ? new Map<string, Place[]>() : undefined
  for (let index = 0; index < entities.length; index++) {
    const entity = entities[index]!
    const representation = represent(entity)
    if (!representation?.__typename) continue
    rewrite?.(representation)
    const place = { entity, index }
    const key = seen && JSON.stringify(representation)
    const known = key === undefined ? undefined : seen?.get(key)
    if (known) {
      known.push(place)
      continue
    }
    const wanted = [place]
    representations.push(representation)
    places.push(wanted)
    if (key !== undefined) seen?.set(key, wanted)
  }
  return { representations, places }
}

/** An error of a representation, at each place that wanted it. */
function entityErrors(
  errors: readonly GraphQLFormattedError[],
  { places }: Asked,
  ways: readonly Way[],
  root: Entity,
): { error: GraphQLFormattedError; path: readonly (string | number)[] | undefined }[] {
  const paths = ways.flatMap((way) => pathsAt(root, way))
  const way = fieldsOf(ways[0]!)
  const placed = errors.flatMap((error) => {
    const { path } = error
    const index = path?.[1]
    if (typeof index !== 'number') {
      return [{ error, path: path && [...way, ...path], index: Number.POSITIVE_INFINITY }]
    }
    return (places[index] ?? []).map((place) => ({
      error,
      path: [...paths[place.index]!, ...path!.slice(2)],
      index: place.index,
    }))
  })
  const shared = places.some((wanted) => wanted.length > 1)
  return shared ? placed.sort((a, b) => a.index - b.index || 0) : placed
}

/** An error of a subgraph as the client's: at the client's path, with the subgraph's own code. */
function downstreamError(
  error: GraphQLFormattedError,
  serviceName: string,
  path: readonly (string | number)[] | undefined,
): GraphQLError {
  const extensions: Record<string, unknown> = { ...error.extensions, serviceName }
  extensions.code ||= 'DOWNSTREAM_SERVICE_ERROR'
  return new GraphQLError(error.message || `Error while fetching subquery from service "${serviceName}"`, {
    originalError: error as Error & GraphQLFormattedError,
    path,
    extensions,
  })
}

export const asGraphQLError = (error: unknown): GraphQLError => {
  if (error instanceof GraphQLError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  return new GraphQLError(cause.message, { originalError: cause })
}
