import type { Dispatcher, Pool } from 'undici'
import { later } from './deadlines.ts'
import type { Patience } from './values/patience.ts'

export interface Posted {
  readonly statusCode: number
  readonly text: string
}

/** Said of an answer that is longer than anybody wants to keep. */
export class TooLongError extends Error {
  override name = 'TooLongError'
}

/** Said of an answer that has not come while somebody waited for it. */
export class TooLateError extends Error {
  override name = 'TooLateError'
}

/**
 * One POST and the text of its answer, with a deadline for both. Straight on undici's dispatcher: its streams and a signal
 * with a timer for each call took longer than sending and receiving.
 */
export function post(
  pool: Pool,
  options: {
    path: string
    headers: Record<string, string | undefined>
    body: string
    withinMs: number
    /** Ends earlier, if whoever asks has gone. */
    asker?: Patience | undefined
    bytesMax: number
  },
): Promise<Posted> {
  const { path, headers, body, withinMs, asker, bytesMax } = options
  if (asker?.isOver) return Promise.reject(new TooLateError())
  return new Promise((resolve, reject) => {
    let sending: Dispatcher.DispatchController | undefined
    let late: TooLateError | undefined
    let statusCode = 0
    let bytes = 0
    let first: Buffer | undefined
    let more: Buffer[] | undefined

    // Waiting for a connection counts, too.
    const giveUp = () => {
      late = new TooLateError()
      if (sending) sending.abort(late)
      else reject(late)
    }
    const inTime = later(withinMs, giveUp)
    const forget = asker?.onEnd(giveUp)
    const settled = () => {
      inTime()
      forget?.()
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        sending = controller
        if (late) controller.abort(late)
      },
      onResponseStart(_, status) {
        statusCode = status
      },
      onResponseData(controller, chunk) {
        bytes += chunk.length
        if (bytes > bytesMax) controller.abort(new TooLongError())
        else if (!first) first = chunk
        else if (!more) more = [first, chunk]
        else more.push(chunk)
      },
      onResponseEnd() {
        settled()
        const whole = more ? Buffer.concat(more) : first
        resolve({ statusCode, text: whole ? whole.toString('utf8') : '' })
      },
      onResponseError(_, error) {
        settled()
        reject(error)
      },
    }
    pool.dispatch({ path, method: 'POST', headers, body }, handler)
  })
}
