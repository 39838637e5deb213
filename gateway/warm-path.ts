import type { IncomingHttpHeaders } from 'node:http'
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import type { Variables } from '../kernel/graphql/variables.ts'
import { planLookups } from '../kernel/telemetry/metrics.ts'
import type { Place, Served } from './cache/answer-cache.ts'
import type { CompiledOperation } from './execute/operation.ts'
import { refusedOperation } from './limits/admission.ts'

/** One request of GraphQL over HTTP, as the server has read it. */
export interface HttpRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** From the first `/`. */
  readonly url: string
  readonly body: unknown
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

type WarmAdmission<Context> = (
  operation: CompiledOperation,
  variables: Variables,
  context: Context,
) => undefined | Promise<undefined>

/** Where the answer to an operation is kept, if it may be. */
type WarmPlace<Context> = (
  operation: CompiledOperation,
  variables: Variables,
  context: Context,
) => Place | undefined

/** Values of `Accept` for which the type of the answer is remembered. */
const ACCEPTS_MAX = 100

/**
 * Answers operations that Apollo Server has let through before, without its pipeline: the text is known, so it need
 * be neither parsed nor validated, and the answer is the same to the byte. Whatever is out of the ordinary is left
 * to Apollo Server.
 */
export class WarmPath<Context> {
  readonly #known: (source: string, operationName: string | undefined) => CompiledOperation | undefined
  readonly #admit: WarmAdmission<Context>
  readonly #place: WarmPlace<Context>
  readonly #format: (error: GraphQLError, context: Context) => GraphQLFormattedError
  /** What Apollo Server has made of each `Accept`. */
  readonly #contentTypes = new Map<string, string>()

  constructor(options: {
    known: (source: string, operationName: string | undefined) => CompiledOperation | undefined
    /** Called before an operation is executed, as the pipeline calls it. Throws or rejects with a refusal. */
    admit: WarmAdmission<Context>
    place: WarmPlace<Context>
    format: (error: GraphQLError, context: Context) => GraphQLFormattedError
  }) {
    this.#known = options.known
    this.#admit = options.admit
    this.#place = options.place
    this.#format = options.format
  }

  /** Remembers what Apollo Server said to an `Accept`. */
  learn({ method, headers }: HttpRequest, contentType: string | undefined, status: number): void {
    if (method !== 'POST' || status !== 200 || contentType === undefined) return
    if (this.#contentTypes.size < ACCEPTS_MAX) this.#contentTypes.set(headers.accept ?? '', contentType)
  }

  /** Undefined: a case for Apollo Server. */
  answer(
    { method, headers, body }: HttpRequest,
    context: Context,
  ): HttpAnswer | Promise<HttpAnswer> | undefined {
    if (method !== 'POST' || typeof body !== 'object' || body === null) return undefined
    const contentType = this.#contentTypes.get(headers.accept ?? '')
    if (contentType === undefined) return undefined
    const { query, operationName, variables, extensions } = body as Record<string, unknown>
    if (typeof query !== 'string' || !isNothing(extensions)) return undefined
    if (!isNothing(operationName) && typeof operationName !== 'string') return undefined
    if (!isNothing(variables) && (typeof variables !== 'object' || Array.isArray(variables))) return undefined
    const operation = this.#known(query, operationName ?? undefined)
    return operation && this.#admitted(operation, (variables ?? {}) as Variables, context, contentType)
  }

  #admitted(
    operation: CompiledOperation,
    variables: Variables,
    context: Context,
    contentType: string,
  ): HttpAnswer | Promise<HttpAnswer> {
    planLookups.inc({ outcome: 'hit' })
    // What the answer depends on is noted before anything is waited for.
    const place = this.#place(operation, variables, context)
    const refused = (error: unknown) => this.#refused(error, context, contentType)
    let admitting: undefined | Promise<undefined>
    try {
      admitting = this.#admit(operation, variables, context)
    } catch (error) {
      return refused(error)
    }
    const execute = () => this.#execute(operation, variables, context, contentType, place)
    const answer = place ? () => this.#kept(place, contentType, execute) : execute
    return admitting ? admitting.then(answer, refused) : answer()
  }

  /** What lies there, or else what is executed. */
  #kept(
    place: Place,
    contentType: string,
    execute: () => HttpAnswer | Promise<HttpAnswer>,
  ): HttpAnswer | Promise<HttpAnswer> {
    const answer = (kept: Served | undefined): HttpAnswer | Promise<HttpAnswer> =>
      kept
        ? { status: 200, headers: [['content-type', contentType], ...kept.headers], body: kept.body }
        : execute()
    const found = place.find()
    return found instanceof Promise ? found.then(answer) : answer(found)
  }

  #execute(
    operation: CompiledOperation,
    variables: Variables,
    context: Context,
    contentType: string,
    place: Place | undefined,
  ): HttpAnswer | Promise<HttpAnswer> {
    const result = operation.execute(variables, context)
    return result instanceof Promise
      ? result.then((one) => this.#written(one, context, contentType, place))
      : this.#written(result, context, contentType, place)
  }

  #written(
    { errors, data, extensions }: ExecutionResult,
    context: Context,
    contentType: string,
    place: Place | undefined,
  ): HttpAnswer {
    const body = `${JSON.stringify({ errors: errors?.map((error) => this.#format(error, context)), data, extensions })}\n`
    const more = place && !errors && !extensions ? place.keep(body).headers : []
    return {
      status: errors && data === undefined ? 400 : 200,
      headers: [['content-type', contentType], ...more],
      body,
    }
  }

  #refused(error: unknown, context: Context, contentType: string): HttpAnswer {
    const refused = refusedOperation(error)
    const { status, headers = [] } = refused.extensions.http as {
      status: number
      headers?: Iterable<readonly [string, string]>
    }
    return {
      status,
      headers: [...headers, ['content-type', contentType]],
      body: `${JSON.stringify({ errors: [this.#format(refused, context)] })}\n`,
    }
  }
}

const isNothing = (value: unknown): value is null | undefined => value === undefined || value === null
