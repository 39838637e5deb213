/** One piece of work, repeated by so many callers at once for a while. */
export interface Work {
  readonly callers: number
  /** Does it once. `turn` counts all turns of the work so far, so that each can take something of its own. */
  readonly once: (turn: number) => Promise<void>
  /** How many units (purchases, say) one turn is. */
  readonly units?: number
}

export interface Slice {
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

const turns = new WeakMap<Work, number>()

/** Lets the callers work for some milliseconds; latencies are those of single turns, in milliseconds. */
export async function measure(work: Work, forMs: number): Promise<Slice> {
  const latencies: number[] = []
  const began = performance.now()
  const caller = async () => {
    while (performance.now() - began < forMs) {
      const turn = turns.get(work) ?? 0
      turns.set(work, turn + 1)
      const at = performance.now()
      await work.once(turn)
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: work.callers }, caller))
  const seconds = (performance.now() - began) / 1000
  latencies.sort((a, b) => a - b)
  const quantile = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0
  return {
    perSecond: (latencies.length * (work.units ?? 1)) / seconds,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  }
}

export interface Comparison {
  readonly candidate: Slice
  readonly baseline: Slice
  /** Units of the candidate for each unit of the baseline. */
  readonly ratio: number
  /** p50 of the candidate for that of the baseline. */
  readonly p50Ratio: number
}

/** How long a slice is, and how many slices of the candidate there are. */
export interface Pace {
  readonly sliceMs: number
  readonly rounds: number
}

/**
 * Measures a candidate between two slices of its baseline, a few times: the machine drifts, neighbours in time drift
 * together. Answers the round with the median ratio.
 */
export async function compare(
  candidate: Work,
  baseline: Work,
  { sliceMs, rounds }: Pace,
): Promise<Comparison> {
  const comparisons: Comparison[] = []
  let before = await measure(baseline, sliceMs)
  for (let round = 0; round < rounds; round++) {
    const middle = await measure(candidate, sliceMs)
    const after = await measure(baseline, sliceMs)
    const around = (before.perSecond + after.perSecond) / 2
    comparisons.push({
      candidate: middle,
      baseline: after,
      ratio: middle.perSecond / around,
      p50Ratio: middle.p50 / ((before.p50 + after.p50) / 2),
    })
    before = after
  }
  comparisons.sort((a, b) => a.ratio - b.ratio)
  return comparisons[Math.floor(comparisons.length / 2)]!
}
