import type { Dispatcher, Pool } from 'undici'
import { later } from './deadlines.ts'
import type { Patience } from './values/patience.ts'

export interface Post {
  readonly path: string
  /** Of ours, all of them: none has a line break. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly withinMs: number
  /** Ends earlier, if whoever asks has gone. */
  readonly asker?: Patience | undefined
  readonly bytesMax: number
}

export interface Posted {
  readonly statusCode: number
  readonly text: string
}

/** Said of an answer that has not come while somebody waited for it. */
export class TooLateError extends Error {
  override name = 'TooLateError'
}

/** Said of an answer that is longer than anybody wants to keep. */
export class TooLongError extends Error {
  override name = 'TooLongError'
}

/** A `POST` that is under way, with a deadline for it and for its answer; waiting for a connection counts, too. */
export class Call {
  readonly post: Post
  /** Whoever carries it out, lets go of it. */
  onGivenUp: (() => void) | undefined
  readonly #resolve: (posted: Posted) => void
  readonly #reject: (error: Error) => void
  readonly #inTime: () => void
  readonly #forget: (() => void) | undefined
  #isOver = false

  /** What `begin` makes of a call. */
  static of(post: Post, begin: (call: Call) => void): Promise<Posted> {
    if (post.asker?.isOver) return Promise.reject(new TooLateError())
    return new Promise((resolve, reject) => begin(new Call(post, resolve, reject)))
  }

  private constructor(post: Post, resolve: (posted: Posted) => void, reject: (error: Error) => void) {
    this.post = post
    this.#resolve = resolve
    this.#reject = reject
    const giveUp = () => this.#giveUp()
    this.#inTime = later(post.withinMs, giveUp)
    this.#forget = post.asker?.onEnd(giveUp)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  answer(posted: Posted): void {
    this.#end()
    this.#resolve(posted)
  }

  fail(error: Error): void {
    this.#end()
    this.#reject(error)
  }

  #giveUp(): void {
    this.fail(new TooLateError())
    this.onGivenUp?.()
  }

  #end(): void {
    this.#isOver = true
    this.#inTime()
    this.#forget?.()
  }
}

/** By undici, to wherever. Straight on its dispatcher: its streams took longer than sending and receiving. */
export const post = (pool: Pool, options: Post): Promise<Posted> =>
  Call.of(options, (call) => {
    const { path, headers, body, bytesMax } = options
    let statusCode = 0
    let bytes = 0
    const chunks: Buffer[] = []
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        const letGo = () => controller.abort(new TooLateError())
        if (call.isOver) letGo()
        else call.onGivenUp = letGo
      },
      onResponseStart(_, status) {
        statusCode = status
      },
      onResponseData(controller, chunk) {
        bytes += chunk.length
        if (bytes > bytesMax) controller.abort(new TooLongError())
        else chunks.push(chunk)
      },
      onResponseEnd: () => call.answer({ statusCode, text: Buffer.concat(chunks).toString() }),
      onResponseError: (_, error) => call.fail(error),
    }
    pool.dispatch({ path, method: 'POST', headers, body }, handler)
  })
