import cliProgress from 'cli-progress'

/** Shows how far an import is: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** Bytes read and acknowledged, items done or found done, in this run. */
  update(bytes: number, items: number): void
  stop(): void
}

export interface ProgressOptions {
  readonly output: NodeJS.WriteStream
  /** What is counted, e.g. `purchases`. */
  readonly noun: string
  readonly totalBytes: number
  /** Where this run begins. */
  readonly startBytes: number
  readonly elapsedSeconds: () => number
}

const LINE_EVERY_SECONDS = 5

export const openProgress = (options: ProgressOptions): Progress =>
  options.output.isTTY ? progressBar(options) : progressLines(options)

function progressBar({ output, noun, totalBytes, startBytes, elapsedSeconds }: ProgressOptions): Progress {
  const bar = new cliProgress.SingleBar(
    {
      stream: output,
      format: `{bar} {percentage}% | {items} ${noun} | {rate}/s | {left} left`,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false, // The command has its own way to stop.
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_classic,
  )
  bar.start(totalBytes, startBytes, { items: 0, rate: 0, left: '…' })
  return {
    update(bytes, items) {
      const payload = figures({ bytes, items, totalBytes, startBytes, seconds: elapsedSeconds() })
      bar.update(bytes, payload)
    },
    stop: () => bar.stop(),
  }
}

function progressLines({ output, noun, totalBytes, startBytes, elapsedSeconds }: ProgressOptions): Progress {
  let shownAt = 0
  return {
    update(bytes, items) {
      const seconds = elapsedSeconds()
      if (seconds - shownAt < LINE_EVERY_SECONDS) return
      shownAt = seconds
      const { rate, left } = figures({ bytes, items, totalBytes, startBytes, seconds })
      const percent = Math.floor((bytes / totalBytes) * 100)
      output.write(`${percent}%, ${grouped(items)} ${noun}, ${rate}/s, ${left} left\n`)
    },
    stop: () => {},
  }
}

function figures(at: {
  bytes: number
  items: number
  totalBytes: number
  startBytes: number
  seconds: number
}): { items: string; rate: string; left: string } {
  const done = at.bytes - at.startBytes
  const secondsLeft = done > 0 ? ((at.totalBytes - at.bytes) / done) * at.seconds : undefined
  return {
    items: grouped(at.items),
    rate: grouped(Math.round(at.items / Math.max(at.seconds, 0.001))),
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
