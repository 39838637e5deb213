/**
 * Loaded into every process that is measured, whosoever it is: answers the bench how much of the processor and of the
 * memory it has used.
 */
export interface Usage {
  /** Milliseconds of the processor since the process began. */
  readonly cpuMs: number
  /** Bytes that are resident. */
  readonly rss: number
}

process.on('message', (message) => {
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  const usage: Usage = { cpuMs: (user + system) / 1_000, rss: process.memoryUsage.rss() }
  process.send?.({ usage })
})
process.on('disconnect', () => process.exit(0))
