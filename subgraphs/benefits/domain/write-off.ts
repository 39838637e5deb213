import type { EntitlementId, MemberId } from '../../../kernel/values/ids.ts'
import { DAY_MS, type Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { BenefitDefinition } from '../../../schema/events/program.ts'
import { type Counter, handles } from './counter.ts'
import { type Entitlement, stateOf } from './entitlement.ts'

/** One use of an entitlement. */
export interface WriteOff {
  /** As its entitlement's. */
  readonly holderId: MemberId
  readonly id: string
  readonly entitlementId: EntitlementId
  /** From 1 to the uses granted; a reversed one leaves its number to the next. */
  readonly number: number
  readonly partner: string | undefined
  readonly store: string | undefined
  readonly at: Instant
  readonly reversedAt: Instant | undefined
}

/** An entitlement with the rules that it was granted under. */
export interface EntitlementAndBenefit {
  readonly entitlement: Entitlement
  readonly definition: BenefitDefinition
}

export type WriteOffRefusal =
  | 'ENTITLEMENT_NOT_FOUND'
  | 'STORE_NOT_ALLOWED'
  | 'ENTITLEMENT_REVOKED'
  | 'ENTITLEMENT_NOT_YET_VALID'
  | 'ENTITLEMENT_EXPIRED'
  | 'ENTITLEMENT_USED_UP'

/** Can one use be taken at this counter, in this store, now? */
export function decideWriteOff(given: {
  found: EntitlementAndBenefit | undefined
  counter: Counter
  store: string | undefined
  now: Instant
}): Result<EntitlementAndBenefit, WriteOffRefusal> {
  const { found, counter, store, now } = given
  // A stranger's entitlement is not told from none.
  if (!found || !handles(counter, found.definition.partner)) {
    return fail('ENTITLEMENT_NOT_FOUND', { path: ['code'] })
  }
  const { entitlement, definition } = found
  const { stores } = definition
  if (stores && (store === undefined || !stores.includes(store))) {
    return fail('STORE_NOT_ALLOWED', { path: ['store'] })
  }
  const state = stateOf(entitlement, now)
  switch (state) {
    case 'ACTIVE':
      return ok(found)
    case 'REVOKED':
    case 'NOT_YET_VALID':
    case 'EXPIRED':
    case 'USED_UP':
      return fail(`ENTITLEMENT_${state}`, { path: ['code'] })
  }
}

/** The number of the next use: the lowest that no standing write-off has. */
export function nextNumber(standing: readonly number[]): number {
  let number = 1
  while (standing.includes(number)) number++
  return number
}

export const REVERSAL_WINDOW_MS = DAY_MS

export type ReversalRefusal = 'WRITE_OFF_NOT_FOUND' | 'WRITE_OFF_ALREADY_REVERSED' | 'REVERSAL_WINDOW_OVER'

/** May this counter take the write-off back now? */
export function decideReversal(
  writeOff: WriteOff | undefined,
  counter: Counter,
  now: Instant,
): Result<WriteOff, ReversalRefusal> {
  const path = ['writeOffId']
  if (!writeOff || !handles(counter, writeOff.partner) || isOfAnotherStore(writeOff, counter)) {
    return fail('WRITE_OFF_NOT_FOUND', { path })
  }
  if (writeOff.reversedAt !== undefined) return fail('WRITE_OFF_ALREADY_REVERSED', { path })
  if (now >= writeOff.at + REVERSAL_WINDOW_MS) return fail('REVERSAL_WINDOW_OVER', { path })
  return ok(writeOff)
}

const isOfAnotherStore = (writeOff: WriteOff, counter: Counter): boolean =>
  counter.kind === 'clerk' &&
  counter.stores !== undefined &&
  (writeOff.store === undefined || !counter.stores.includes(writeOff.store))
