import {
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  locatedError,
} from 'graphql'
import type { Guard } from './rights.ts'
import type { Variables } from './variables.ts'

/** Where in the answer something stands; made on the way down, read only when there is something to tell. */
export interface Place {
  readonly above: Place | undefined
  readonly key: string | number
}

/** What a position of the answer may be, which its value, or nothing at all, is completed by. */
export type Complete = (run: QueryRun, value: unknown, at: Place) => unknown

/** Writes an object of the answer. */
export type Write = (run: QueryRun, source: unknown, above: Place | undefined) => Record<string, unknown>

/** A field where an operation asks for it. */
export interface Site {
  /** In the answer. */
  readonly key: string
  readonly nodes: readonly FieldNode[]
  /** Of a property that is not for everybody: throws for whom it is not. */
  readonly guard: Guard | undefined
  /** Undefined: it is a property of its object. */
  readonly resolve: GraphQLFieldResolver<unknown, unknown> | undefined
  readonly property: string
  readonly args: (variables: Variables) => Record<string, unknown>
  readonly info: Omit<GraphQLResolveInfo, 'path' | 'variableValues' | 'rootValue'>
  readonly complete: Complete
  /** Of a leaf that is not a list. */
  readonly serialize: ((value: unknown) => unknown) | undefined
  /** Of an object that is not in a list. */
  readonly write: Write | undefined
  readonly position: Position
}

export interface Position {
  /** So many steps up is the nearest place that may be null; 0: this one may. */
  readonly up: number
  /** `Member.name`, for what is said of it. */
  readonly field: string
  readonly nodes: readonly FieldNode[]
}

interface Failure {
  readonly error: GraphQLError
  readonly at: Place
  readonly up: number
}

/** Stands for the value of a field of which an error has been told. */
export const FAILED = Symbol('failed')

/** One execution of a compiled query: what is the same at each of its places, and what went wrong. */
export class QueryRun {
  readonly context: unknown
  readonly variables: Variables
  readonly #failures: Failure[] = []
  #waiting = 0
  #settle: (() => void) | undefined

  constructor(context: unknown, variables: Variables) {
    this.context = context
    this.variables = variables
  }

  /** What the resolver of a field answers; what it throws is told, and `FAILED` stands for it. */
  resolve(site: Site, source: unknown, above: Place | undefined): unknown {
    try {
      return site.resolve!(source, site.args(this.variables), this.context, new Info(site, this, above))
    } catch (error) {
      this.fail(error, { above, key: site.key }, site.position)
      return FAILED
    }
  }

  /** Whether a property is for the caller; if not, that is told. */
  admits(site: Site, source: unknown, above: Place | undefined): boolean {
    try {
      site.guard!(source, this.context)
      return true
    } catch (error) {
      this.fail(error, { above, key: site.key }, site.position)
      return false
    }
  }

  /** A leaf as it goes out; undefined where it needs a closer look. */
  serialize({ serialize }: Site, value: unknown): unknown {
    if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol')
      return undefined
    if (value === undefined) return undefined
    try {
      return serialize!(value)
    } catch {
      return undefined
    }
  }

  /** Whatever value a field has, for its place in `into`; a property may be a method. */
  complete(
    site: Site,
    source: unknown,
    value: unknown,
    above: Place | undefined,
    into: Record<string, unknown>,
  ): unknown {
    if (value === FAILED) return null
    const at = { above, key: site.key }
    if (typeof value !== 'function') return this.put(site.complete, value, at, site.position, into)
    const resolve: Site['resolve'] = (_, ...asked) => value.call(source, ...asked)
    return this.complete(site, source, this.resolve({ ...site, resolve }, source, above), above, into)
  }

  /** Completes a value at its place in `into`, which is a list or an object; null while it is waited for. */
  put(
    complete: Complete,
    value: unknown,
    at: Place,
    position: Position,
    into: Record<string | number, unknown>,
  ): unknown {
    if (!(value instanceof Promise)) return complete(this, value, at)
    this.#waiting += 1
    value.then(
      (one) => {
        into[at.key] = complete(this, one, at)
        this.#arrived()
      },
      (error: unknown) => {
        into[at.key] = this.fail(error, at, position)
        this.#arrived()
      },
    )
    return null
  }

  /** Null, with what is to be said of it. */
  fail(error: unknown, at: Place, { up, nodes }: Position): null {
    this.#failures.push({ error: locatedError(error, nodes as FieldNode[], pathOf(at)), at, up })
    return null
  }

  /** Where there is no value; an error where there has to be one. */
  nothing(at: Place, position: Position): null {
    if (position.up === 0) return null
    return this.fail(new Error(`Cannot return null for non-nullable field ${position.field}.`), at, position)
  }

  /** The answer, once nothing is waited for. */
  finish(data: Record<string, unknown>): ExecutionResult | Promise<ExecutionResult> {
    if (this.#waiting === 0) return this.#result(data)
    return new Promise((resolve) => {
      this.#settle = () => resolve(this.#result(data))
    })
  }

  /** The same for fields that must follow each other; one that leaves no answer is the last. */
  async finishSerially(fields: readonly Write[]): Promise<ExecutionResult> {
    const data: Record<string, unknown> = {}
    for (const write of fields) {
      const part = write(this, undefined, undefined)
      if (this.#waiting > 0) {
        await new Promise<void>((resolve) => {
          this.#settle = resolve
        })
      }
      Object.assign(data, part)
      if (this.#failures.some(({ error, up }) => up >= error.path!.length)) break
    }
    return this.#result(data)
  }

  #arrived(): void {
    this.#waiting -= 1
    if (this.#waiting === 0) this.#settle?.()
  }

  #result(data: Record<string, unknown>): ExecutionResult {
    if (this.#failures.length === 0) return { data }
    const answer = { data: data as Record<string, unknown> | null }
    const errors: GraphQLError[] = []
    for (const { error, up } of this.#failures) {
      // What failed below a place that is null already is not told, as if it had not been looked at.
      if (isGone(answer.data, error.path!)) continue
      errors.push(error)
      if (up > 0) clear(answer, error.path!.slice(0, -up))
    }
    return { errors, data: answer.data }
  }
}

/** What is told of a field to its resolver, which seldom asks. */
class Info implements GraphQLResolveInfo {
  readonly #site: Site
  readonly #run: QueryRun
  readonly #above: Place | undefined

  constructor(site: Site, run: QueryRun, above: Place | undefined) {
    this.#site = site
    this.#run = run
    this.#above = above
  }

  get fieldName() {
    return this.#site.info.fieldName
  }
  get fieldNodes() {
    return this.#site.info.fieldNodes
  }
  get returnType() {
    return this.#site.info.returnType
  }
  get parentType() {
    return this.#site.info.parentType
  }
  get schema() {
    return this.#site.info.schema
  }
  get fragments() {
    return this.#site.info.fragments
  }
  get operation() {
    return this.#site.info.operation
  }
  get rootValue() {
    return undefined
  }
  get variableValues() {
    return this.#run.variables
  }
  get path() {
    return pathInInfo({ above: this.#above, key: this.#site.key })
  }
}

function pathOf(at: Place): (string | number)[] {
  const path: (string | number)[] = []
  for (let place: Place | undefined = at; place; place = place.above) path.push(place.key)
  return path.reverse()
}

const pathInInfo = ({ above, key }: Place): GraphQLResolveInfo['path'] => ({
  prev: above && pathInInfo(above),
  key,
  typename: undefined,
})

type Keys = readonly (string | number)[]

function isGone(data: unknown, path: Keys): boolean {
  let value = data
  for (const key of path.slice(0, -1)) {
    if (value === null) return true
    value = (value as Record<string | number, unknown>)[key]
  }
  return value === null
}

function clear(answer: { data: unknown }, path: Keys): void {
  let holder = answer as unknown as Record<string | number, unknown>
  let key: string | number = 'data'
  for (const next of path) {
    holder = holder[key] as Record<string | number, unknown>
    key = next
  }
  holder[key] = null
}
