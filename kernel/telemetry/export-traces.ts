import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { traceWith } from './trace.ts'

export interface TraceOptions {
  /** The part of Huitong that this process is. */
  readonly service: string
  /** Of so many requests out of one a trace is kept. */
  readonly ratio: number
  /** The edge decides anew which traces are kept; others go by what the caller has decided. */
  readonly edge: boolean
}

/** Sends spans by OTLP over HTTP; `endpoint` is the collector's base address, as `OTEL_EXPORTER_OTLP_ENDPOINT` gives it. */
export async function exportTraces(options: TraceOptions & { endpoint: string }): Promise<AsyncDisposable> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`
  return exportTracesTo(new OTLPTraceExporter({ url }), options)
}

/** The libraries are loaded by who traces only. */
export async function exportTracesTo(
  exporter: SpanExporter,
  options: TraceOptions,
): Promise<AsyncDisposable> {
  const { service, ratio, edge } = options
  const { BatchSpanProcessor, ParentBasedSampler, TracerProvider, TraceIdRatioBasedSampler } = await import(
    '@opentelemetry/sdk-trace'
  )
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const byRatio = new TraceIdRatioBasedSampler(ratio)
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `huitong-${service}` }),
    sampler: new ParentBasedSampler(
      edge
        ? { root: byRatio, remoteParentSampled: byRatio, remoteParentNotSampled: byRatio }
        : { root: byRatio },
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const stop = traceWith(provider.getTracer('huitong'))
  return {
    async [Symbol.asyncDispose]() {
      stop()
      // What cannot be delivered now is lost; that is no reason not to end.
      await provider.shutdown().catch(() => {})
    },
  }
}
