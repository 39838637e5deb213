import { Line } from './line.ts'
import { Call, type Post, type Posted } from './post.ts'

const LINES_MAX = 64
/** One that has been idle for longer is not used again: the other side may be closing it just now. */
const IDLE_MS = 4_000

/**
 * One `POST` after another over connections that are kept, to a process of ours, by HTTP/1.1 without TLS. What undici
 * does besides, for whatever speaks HTTP, took a quarter of the gateway's processor (`docs/DEPENDENCIES.md`).
 */
export class Lines {
  readonly #address: URL
  readonly #all = new Set<Line>()
  /** The one that was used last is last. */
  readonly #idle: Line[] = []
  readonly #waiting: Call[] = []
  #closed: PromiseWithResolvers<void> | undefined

  constructor(address: URL) {
    this.#address = address
  }

  post(post: Post): Promise<Posted> {
    if (this.#closed) return Promise.reject(new Error('These lines are closed.'))
    return Call.of(post, (call) => {
      const line = this.#take()
      if (line) line.send(call)
      else this.#waiting.push(call)
    })
  }

  /** Returns when all have been answered who were under way. */
  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers()
    for (const line of [...this.#idle]) line.destroy()
    if (this.#all.size === 0) this.#closed.resolve()
    return this.#closed.promise
  }

  /** Undefined: all are in use. */
  #take(): Line | undefined {
    const line = this.#idle.pop()
    if (line && performance.now() - line.idleSince <= IDLE_MS) return line
    // Those below it have been idle for even longer.
    for (const old of line ? [line, ...this.#idle] : []) old.destroy()
    return this.#all.size < LINES_MAX ? this.#open() : undefined
  }

  #open(): Line {
    const line = new Line(this.#address, {
      free: () => this.#free(line),
      gone: () => this.#gone(line),
    })
    this.#all.add(line)
    return line
  }

  #free(line: Line): void {
    const next = this.#next()
    if (next) line.send(next)
    else if (this.#closed) line.destroy()
    else this.#idle.push(line)
  }

  #gone(line: Line): void {
    this.#all.delete(line)
    const at = this.#idle.indexOf(line)
    if (at >= 0) this.#idle.splice(at, 1)
    const next = this.#next()
    if (next) this.#open().send(next)
    else if (this.#all.size === 0) this.#closed?.resolve()
  }

  /** Of those who still wait. */
  #next(): Call | undefined {
    let next = this.#waiting.shift()
    while (next?.isOver) next = this.#waiting.shift()
    return next
  }
}
