/** How many names of operations one process tells apart besides those that it was given. */
const LEARNED_MAX = 100
const OTHER = 'other'

/**
 * The operation as a label: callers choose names, and each name is a set of time series. Names of trusted documents are
 * told apart always, others as long as there are few.
 */
export class OperationNames {
  readonly #given: ReadonlySet<string>
  readonly #learned = new Set<string>()

  constructor(given: Iterable<string> = []) {
    this.#given = new Set(given)
  }

  /** `executed`: it passed validation; what did not teaches us no name. */
  labelOf(name: string | undefined, executed: boolean): string {
    if (name === undefined) return OTHER
    if (this.#given.has(name) || this.#learned.has(name)) return name
    if (!executed || name.length > 64 || this.#learned.size >= LEARNED_MAX) return OTHER
    this.#learned.add(name)
    return name
  }
}
