import type { IncomingHttpHeaders } from 'node:http'
import type { GraphQLFormattedError } from 'graphql'
import { errorsShown, operationSeconds, stopwatch } from '../kernel/telemetry/metrics.ts'
import { OperationNames } from '../kernel/telemetry/operation-names.ts'
import { failSpan, isTracing, type Span, withSpan } from '../kernel/telemetry/trace.ts'
import type { GatewayContext } from './peer-source.ts'
import type { HttpAnswer } from './warm-path.ts'

/**
 * An operation as metrics and traces see it. Its name is that of a trusted document, or one of few that were learned: a
 * name is chosen by who calls.
 */
export function operationObserver(trustedNames: Iterable<string> = []) {
  const names = new OperationNames(trustedNames)

  return (
    { claims, seen }: GatewayContext,
    { traceparent: parent }: IncomingHttpHeaders,
    execute: () => HttpAnswer | Promise<HttpAnswer>,
  ): HttpAnswer | Promise<HttpAnswer> => {
    const seconds = stopwatch()
    const ended = (outcome: string, span?: Span): void => {
      const operation = names.labelOf(seen.name, outcome === 'ok')
      const kind = seen.operation ?? 'none'
      operationSeconds.observe({ operation, kind, outcome }, seconds())
      span?.setAttributes({ 'graphql.operation.name': operation, 'graphql.operation.type': kind })
    }
    const failed = (error: unknown, span?: Span): never => {
      ended('failed', span)
      throw error
    }
    const answered = (answer: HttpAnswer, span?: Span): HttpAnswer => {
      const outcome = outcomeOf(answer, seen.operation)
      if (outcome !== 'ok') failSpan(span, outcome)
      ended(outcome, span)
      return answer
    }
    if (isTracing()) {
      const attributes = { requestId: claims.requestId, caller: claims.principal.kind }
      return withSpan('POST /graphql', { kind: 'server', parent, attributes }, async (span) =>
        Promise.resolve(execute()).then(
          (answer) => answered(answer, span),
          (error: unknown) => failed(error, span),
        ),
      )
    }
    let answer: HttpAnswer | Promise<HttpAnswer>
    try {
      answer = execute()
    } catch (error) {
      return failed(error)
    }
    return answer instanceof Promise
      ? answer.then(
          (one) => answered(one),
          (error: unknown) => failed(error),
        )
      : answered(answer)
  }
}

/** Both paths write `errors` first where there are any. */
function outcomeOf({ status, body }: HttpAnswer, executed: string | undefined): string {
  if (status >= 400 || executed === undefined) return 'refused'
  return body.startsWith('{"errors"') ? 'errors' : 'ok'
}

/** Counts an error that goes out to a client. */
export function shown(error: GraphQLFormattedError): GraphQLFormattedError {
  errorsShown.inc({ code: String(error.extensions?.code) })
  return error
}
