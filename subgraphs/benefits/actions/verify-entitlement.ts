import type { Result } from '../../../kernel/values/result.ts'
import type { BenefitsContext } from '../context.ts'
import { parseCode } from '../domain/code.ts'
import { handles } from '../domain/counter.ts'
import { decideWriteOff, type EntitlementAndBenefit, type WriteOffRefusal } from '../domain/write-off.ts'
import { findByCode } from '../store/entitlements.ts'
import { counterOf, storeAt } from './counter-of.ts'

export interface Verification {
  readonly decision: Result<EntitlementAndBenefit, WriteOffRefusal>
  /** Told also when it cannot be used, to those who handle it. */
  readonly found: EntitlementAndBenefit | undefined
}

/** Would a write-off succeed now? Reads only. */
export async function verifyEntitlement(
  ctx: BenefitsContext,
  input: { code: string; store?: string | null },
): Promise<Verification> {
  const counter = counterOf(ctx.principal)
  const store = storeAt(counter, input.store)
  const code = parseCode(input.code)
  const found = code === undefined ? undefined : await findByCode(ctx.db.query, code)
  const decision = decideWriteOff({ found, counter, store, now: ctx.now })
  const known = found && handles(counter, found.definition.partner)
  return { decision, found: known ? found : undefined }
}
