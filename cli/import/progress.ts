import cliProgress from 'cli-progress'

/** Shows how far an import is: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** Bytes read and acknowledged, purchases recorded or found recorded, in this run. */
  update(bytes: number, purchases: number): void
  stop(): void
}

export interface ProgressOptions {
  readonly output: NodeJS.WriteStream
  readonly totalBytes: number
  /** Where this run begins. */
  readonly startBytes: number
  readonly elapsedSeconds: () => number
}

const LINE_EVERY_SECONDS = 5

export const openProgress = (options: ProgressOptions): Progress =>
  options.output.isTTY ? progressBar(options) : progressLines(options)

function progressBar({ output, totalBytes, startBytes, elapsedSeconds }: ProgressOptions): Progress {
  const bar = new cliProgress.SingleBar(
    {
      stream: output,
      format: '{bar} {percentage}% | {purchases} purchases | {rate}/s | {left} left',
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false, // The command has its own way to stop.
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_classic,
  )
  bar.start(totalBytes, startBytes, { purchases: 0, rate: 0, left: '…' })
  return {
    update(bytes, purchases) {
      const payload = figures({ bytes, purchases, totalBytes, startBytes, seconds: elapsedSeconds() })
      bar.update(bytes, payload)
    },
    stop: () => bar.stop(),
  }
}

function progressLines({ output, totalBytes, startBytes, elapsedSeconds }: ProgressOptions): Progress {
  let shownAt = 0
  return {
    update(bytes, purchases) {
      const seconds = elapsedSeconds()
      if (seconds - shownAt < LINE_EVERY_SECONDS) return
      shownAt = seconds
      const { rate, left } = figures({ bytes, purchases, totalBytes, startBytes, seconds })
      const percent = Math.floor((bytes / totalBytes) * 100)
      output.write(`${percent}%, ${grouped(purchases)} purchases, ${rate}/s, ${left} left\n`)
    },
    stop: () => {},
  }
}

function figures(at: {
  bytes: number
  purchases: number
  totalBytes: number
  startBytes: number
  seconds: number
}): { purchases: string; rate: string; left: string } {
  const done = at.bytes - at.startBytes
  const secondsLeft = done > 0 ? ((at.totalBytes - at.bytes) / done) * at.seconds : undefined
  return {
    purchases: grouped(at.purchases),
    rate: grouped(Math.round(at.purchases / Math.max(at.seconds, 0.001))),
    left: secondsLeft === undefined ? '…' : duration(secondsLeft),
  }
}

/** `1,234,567` */
export const grouped = (value: number | bigint): string => value.toLocaleString('en')

/** `1h02m`, `3m05s`, `12s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  if (h > 0) return `${h}h${two(m)}m`
  return m > 0 ? `${m}m${two(s)}s` : `${s}s`
}
