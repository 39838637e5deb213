import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/**
 * Spans of OpenTelemetry, or nothing at all: without a tracer, each function here costs one comparison. The span that is
 * open now travels with the asynchronous call; nothing is registered globally, so libraries add no spans of theirs, and
 * what stands in a trace is what we put there: names, ids, counts and codes, never a value of a caller.
 */
let tracer: Tracer | undefined
const current = new AsyncLocalStorage<Context | undefined>()

export type { Span }

/** From now on spans are made by this tracer; answers how to stop that. */
export function traceWith(made: Tracer): () => void {
  tracer = made
  return () => {
    if (tracer === made) tracer = undefined
  }
}

/** Where nobody traces, hot paths need not even be asynchronous. */
export const isTracing = (): boolean => tracer !== undefined

export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'consumer'
  readonly attributes?: Attributes
  /** A `traceparent` header that came from outside; otherwise the span belongs to the one that is open. */
  readonly parent?: unknown
}

/** Does `work` inside a span. The span may be given more attributes; it fails when `work` throws. */
export function withSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  return tracer ? inSpan(tracer, name, options, work) : work(undefined)
}

async function inSpan<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  const { kind, attributes, parent } = options
  const outside = parent === undefined ? undefined : readTraceparent(parent)
  const above = outside ? trace.setSpanContext(ROOT_CONTEXT, outside) : (current.getStore() ?? ROOT_CONTEXT)
  const span = tracer.startSpan(name, { kind: kindOf(kind), attributes }, above)
  try {
    return await current.run(trace.setSpan(above, span), () => work(span))
  } catch (error) {
    // The message may quote what a caller sent; its kind does not.
    span.setStatus({ code: SpanStatusCode.ERROR })
    span.setAttribute('error.type', errorType(error))
    throw error
  } finally {
    span.end()
  }
}

function kindOf(kind: SpanOptions['kind']): SpanKind {
  switch (kind) {
    case 'server':
      return SpanKind.SERVER
    case 'client':
      return SpanKind.CLIENT
    case 'consumer':
      return SpanKind.CONSUMER
    default:
      return SpanKind.INTERNAL
  }
}

const errorType = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
}

/** Marks a span as failed that ends without throwing. */
export function failSpan(span: Span | undefined, type: string): void {
  span?.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type)
}

/** An opaque place in a trace, to come back to by `inTraceOf`. */
export type TracePlace = Context | undefined

export const tracePlace = (): TracePlace => (tracer ? current.getStore() : undefined)

/** Does `work` as part of another call's trace: of one of those for whom it is done, or of none. */
export const inTraceOf = <T>(place: TracePlace, work: () => T): T =>
  tracer ? current.run(place, work) : work()

/** The ids of the open span, as log lines bear them. */
export function traceIds(): { traceId: string; spanId: string } | undefined {
  const found = spanContext()
  return found && { traceId: found.traceId, spanId: found.spanId }
}

/** https://www.w3.org/TR/trace-context/: the header that carries a trace on to another process. */
export function traceparent(): string | undefined {
  const found = spanContext()
  return found && `00-${found.traceId}-${found.spanId}-0${found.traceFlags & 1}`
}

const spanContext = (): SpanContext | undefined => {
  const context = tracer && current.getStore()
  return context && trace.getSpanContext(context)
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/

function readTraceparent(header: unknown): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(String(header)) ?? []
  if (!traceId || !spanId || !flags) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}
