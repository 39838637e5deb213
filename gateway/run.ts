import { reportAndExit } from '../kernel/process.ts'

/**
 * Runs a process: `start` opens what it needs and puts it on the stack. Everything is closed in reverse order when
 * the process is told to stop (exit 0) or when something fails (one line, exit 1).
 */
export async function runProcess(
  start: (opened: AsyncDisposableStack, stopping: AbortSignal) => Promise<void>,
): Promise<void> {
  const opened = new AsyncDisposableStack()
  const stop = new AbortController()
  const starting = start(opened, stop.signal)

  const onSignal = async () => {
    if (stop.signal.aborted) return
    stop.abort()
    await starting.catch(() => {}) // It looks at the signal between its steps.
    await opened.disposeAsync().catch(reportAndExit)
    process.exit(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  try {
    await starting
  } catch (error) {
    if (stop.signal.aborted) return
    await opened.disposeAsync().catch(() => {})
    reportAndExit(error)
  }
}
