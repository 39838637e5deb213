import { afterAll, beforeAll } from 'vitest'
import { openLedger } from './open-ledger.ts'
import type { OpenLedger } from './requests.ts'

/** One ledger for the cases of a table, which keep apart by the names of their members. Its clock stays where it is. */
export function shareLedger(): () => OpenLedger {
  let ledger: OpenLedger
  beforeAll(async () => {
    ledger = await openLedger()
  })
  afterAll(() => ledger[Symbol.asyncDispose]())
  return () => ledger
}
