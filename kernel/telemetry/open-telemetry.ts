import type { Config } from '../config.ts'
import { exportTraces } from './export-traces.ts'
import { openMetricsServer } from './metrics-route.ts'

/** What a process tells about itself: traces, where they go somewhere, and metrics on their own port, if there is one. */
export async function openTelemetry(
  config: Pick<Config, 'host' | 'metrics' | 'traces'>,
  { service, edge }: { service: string; edge: boolean },
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const { endpoint, ratio } = config.traces
  if (endpoint !== undefined) opened.use(await exportTraces({ endpoint, ratio, service, edge }))
  opened.use(await openMetricsServer(config))
  return opened.move()
}
