import type { Metric, Registry } from 'prom-client'
import { Labelled, type Labels } from './labelled.ts'

interface Series {
  /** How many fell between two bounds; the last are above all. */
  readonly counts: Float64Array
  sum: number
}

/**
 * A histogram of seconds, as Prometheus reads it. That of `prom-client` sorts and hashes labels and makes keys of numbers
 * with each observation; a request has five.
 */
export class Durations<Label extends string> {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #bounds: readonly number[]
  readonly #series: Labelled<Label, Series>

  constructor(options: {
    name: string
    help: string
    labelNames: readonly Label[]
    buckets: readonly number[]
    registers: readonly Registry[]
  }) {
    this.name = options.name
    this.help = options.help
    this.#bounds = options.buckets
    this.#series = new Labelled(options.labelNames, () => ({
      counts: new Float64Array(options.buckets.length + 1),
      sum: 0,
    }))
    for (const registry of options.registers) registry.registerMetric(this as unknown as Metric)
  }

  observe(labels: Labels<Label>, seconds: number): void {
    const series = this.#series.of(labels)
    let place = 0
    while (place < this.#bounds.length && seconds > this.#bounds[place]!) place += 1
    series.counts[place]! += 1
    series.sum += seconds
  }

  /** What `prom-client` writes out. */
  async get() {
    const { name, help, type, aggregator } = this
    const values = this.#series.all.flatMap(({ labels, value: { counts, sum } }) => {
      let count = 0
      const buckets = [...this.#bounds, '+Inf'].map((le, place) => {
        count += counts[place]!
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
      })
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ]
    })
    return { name, help, type, aggregator, values }
  }

  reset(): void {
    this.#series.clear()
  }
}
