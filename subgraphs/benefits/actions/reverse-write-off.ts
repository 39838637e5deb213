import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { BenefitsContext } from '../context.ts'
import { summaryOf } from '../domain/summary.ts'
import { decideReversal, type ReversalRefusal, type WriteOff } from '../domain/write-off.ts'
import { lockEntitlement, setUsesLeft } from '../store/entitlements.ts'
import { findWriteOff, markReversed } from '../store/write-offs.ts'
import { counterOf } from './counter-of.ts'
import type { WriteOffAnswer } from './write-off-entitlement.ts'

/** Takes a write-off back and gives its use back to the entitlement. */
export async function reverseWriteOff(
  ctx: BenefitsContext,
  input: { writeOffId: string; reason: string; idempotencyKey: string },
): Promise<Result<WriteOffAnswer, ReversalRefusal | 'IDEMPOTENCY_KEY_REUSED'>> {
  const { now } = ctx
  const { idempotencyKey, ...body } = input
  const counter = counterOf(ctx.principal)
  const by = principalName(ctx.principal)
  const command = { owner: by, key: idempotencyKey, action: 'reverseWriteOff', body, at: now }

  return ctx.db.transaction((tx) =>
    once(tx, command, async () => {
      const decision = decideReversal(await lockWriteOff(tx, input.writeOffId), counter, now)
      if (!decision.ok) return decision
      const writeOff = decision.value
      const found = await lockEntitlement(tx, { holderId: writeOff.holderId, id: writeOff.entitlementId })
      assert(found, 'a write-off has an entitlement')
      const restored = { ...found.entitlement, usesLeft: found.entitlement.usesLeft + 1 }
      await markReversed(tx, writeOff, { at: now, by, reason: input.reason })
      await setUsesLeft(tx, restored)
      return ok({ writeOff: { ...writeOff, reversedAt: now }, entitlement: summaryOf(restored, now) })
    }),
  )
}

/** The lock is the entitlement's; what was read before it was held is read again. */
async function lockWriteOff(tx: Tx, id: string): Promise<WriteOff | undefined> {
  const seen = isUuid(id) ? await findWriteOff(tx.query, id) : undefined
  if (!seen) return undefined
  await lockEntitlement(tx, { holderId: seen.holderId, id: seen.entitlementId })
  return findWriteOff(tx.query, id)
}
