import type { ServerResponse } from 'node:http'
import { Patience } from './values/patience.ts'

/** Ends when a client goes before it has its answer. */
export function patienceOf(response: ServerResponse): Patience {
  const patience = new Patience()
  response.once('close', () => {
    if (!response.writableFinished) patience.end()
  })
  return patience
}
