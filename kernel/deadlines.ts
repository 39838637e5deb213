interface Waiting {
  readonly due: number
  readonly late: () => void
}

/** Whoever waits for the same time is looked after by one timer: those who began first are due first. */
class Queue {
  readonly #ms: number
  readonly #open = new Set<Waiting>()
  #looking = false

  constructor(ms: number) {
    this.#ms = ms
  }

  add(late: () => void): Waiting {
    const waiting = { due: performance.now() + this.#ms, late }
    this.#open.add(waiting)
    if (!this.#looking) this.#lookAfter(this.#ms)
    return waiting
  }

  delete(waiting: Waiting): void {
    this.#open.delete(waiting)
  }

  #lookAfter(ms: number): void {
    this.#looking = true
    setTimeout(() => this.#look(), ms).unref()
  }

  #look(): void {
    this.#looking = false
    const now = performance.now()
    for (const waiting of this.#open) {
      if (waiting.due > now) {
        this.#lookAfter(waiting.due - now)
        return
      }
      this.#open.delete(waiting)
      waiting.late()
    }
  }
}

/** One for each time that anybody gives; those are constants. */
const queues = new Map<number, Queue>()

function queueFor(ms: number): Queue {
  let queue = queues.get(ms)
  if (!queue) {
    queue = new Queue(ms)
    queues.set(ms, queue)
  }
  return queue
}

/** Calls back after so long; answers how to stop that. */
export function later(ms: number, late: () => void): () => void {
  const queue = queueFor(ms)
  const waiting = queue.add(late)
  return () => queue.delete(waiting)
}

/**
 * What `work` comes to, or what `late` says where it has not come in time; where that says nothing, it is waited for on.
 * A timer and a race for each of a request's waits took longer than many a request.
 */
export function within<T>(ms: number, work: Promise<T>, late: () => Error | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const queue = queueFor(ms)
    const waiting = queue.add(() => {
      const error = late()
      if (error) reject(error)
    })
    work.then(
      (value) => {
        queue.delete(waiting)
        resolve(value)
      },
      (error: unknown) => {
        queue.delete(waiting)
        reject(error)
      },
    )
  })
}
