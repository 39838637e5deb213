/**
 * That somebody waits for what is under way: it ends when their time is over or when they have gone. Who works for
 * them is told, and lets go of it.
 */
export class Patience {
  #isOver = false
  #listeners: Set<() => void> | undefined
  /** Whose end is the end of this one, too. */
  readonly #other: Patience | undefined

  constructor(other?: Patience) {
    this.#other = other
  }

  get isOver(): boolean {
    return this.#isOver || this.#other?.isOver === true
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const listeners = this.#listeners
    this.#listeners = undefined
    for (const listener of listeners ?? []) listener()
  }

  /** Calls back once, when it ends, or at once if it has; answers how to stop that. */
  onEnd(listener: () => void): () => void {
    if (this.isOver) {
      listener()
      return () => {}
    }
    if (!this.#listeners) {
      this.#listeners = new Set()
      this.#other?.onEnd(() => this.end())
    }
    this.#listeners.add(listener)
    return () => void this.#listeners?.delete(listener)
  }
}

/** Ends when the last of them has; undefined: somebody waits without end. */
export function lastOf(waiting: readonly (Patience | undefined)[]): Patience | undefined {
  const [first, ...others] = waiting
  if (others.every((other) => other === first)) return first
  if (waiting.includes(undefined)) return undefined
  const last = new Patience()
  let left = waiting.length
  for (const one of waiting) {
    one!.onEnd(() => {
      left -= 1
      if (left === 0) last.end()
    })
  }
  return last
}
