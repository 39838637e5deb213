import type { Metric, Registry } from 'prom-client'
import { Labelled, type Labels } from './labelled.ts'

/**
 * A counter with labels, as Prometheus reads it. That of `prom-client` checks, sorts and hashes labels with each count, of
 * which a request has two.
 */
export class Counts<Label extends string> {
  readonly name: string
  readonly help: string
  readonly type = 'counter'
  readonly aggregator = 'sum'
  readonly #series: Labelled<Label, { count: number }>

  constructor(options: {
    name: string
    help: string
    labelNames: readonly Label[]
    registers: readonly Registry[]
  }) {
    this.name = options.name
    this.help = options.help
    this.#series = new Labelled(options.labelNames, () => ({ count: 0 }))
    for (const registry of options.registers) registry.registerMetric(this as unknown as Metric)
  }

  inc(labels: Labels<Label>): void {
    this.#series.of(labels).count += 1
  }

  /** What `prom-client` writes out. */
  async get() {
    const { name, help, type, aggregator } = this
    const values = this.#series.all.map(({ labels, value: { count } }) => ({ labels, value: count }))
    return { name, help, type, aggregator, values }
  }

  reset(): void {
    this.#series.clear()
  }
}
