import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { EntitlementWrittenOff } from '../../../schema/events/benefits.ts'
import type { BenefitsContext } from '../context.ts'
import { parseCode } from '../domain/code.ts'
import { type EntitlementSummary, summaryOf } from '../domain/summary.ts'
import { decideWriteOff, nextNumber, type WriteOff, type WriteOffRefusal } from '../domain/write-off.ts'
import { lockByCode, setUsesLeft } from '../store/entitlements.ts'
import { insertWriteOff, standingNumbers } from '../store/write-offs.ts'
import { counterOf, storeAt } from './counter-of.ts'

export interface WriteOffAnswer {
  readonly writeOff: WriteOff
  readonly entitlement: EntitlementSummary
}

/** Uses up one use: the lock on the entitlement puts those who come at once in a row. */
export async function writeOffEntitlement(
  ctx: BenefitsContext,
  input: { code: string; store?: string | null; idempotencyKey: string },
): Promise<Result<WriteOffAnswer, WriteOffRefusal | 'IDEMPOTENCY_KEY_REUSED'>> {
  const { now } = ctx
  const counter = counterOf(ctx.principal)
  const store = storeAt(counter, input.store)
  const by = principalName(ctx.principal)
  const code = parseCode(input.code)
  const body = { code: code ?? input.code, store }
  const command = { owner: by, key: input.idempotencyKey, action: 'writeOffEntitlement', body, at: now }

  return ctx.db.transaction((tx) =>
    once(tx, command, async () => {
      const found = code === undefined ? undefined : await lockByCode(tx, code)
      const decision = decideWriteOff({ found, counter, store, now })
      if (!decision.ok) return decision
      const { entitlement, definition } = decision.value
      const { memberId, holderId, id: entitlementId } = entitlement
      const { partner } = definition

      const number = nextNumber(await standingNumbers(tx, entitlement))
      assert(number <= entitlement.usesTotal, 'an entitlement has no more standing write-offs than uses')
      const writeOff: WriteOff = {
        holderId,
        id: newId(now),
        entitlementId,
        number,
        partner,
        store,
        at: now,
        reversedAt: undefined,
      }
      const left = { ...entitlement, usesLeft: entitlement.usesLeft - 1 }
      await insertWriteOff(tx, writeOff, by)
      await setUsesLeft(tx, left)

      const payload: EntitlementWrittenOff = {
        entitlementId,
        writeOffId: writeOff.id,
        benefit: entitlement.benefit,
        partner: partner ?? null,
      }
      await publish(tx, [{ type: 'benefits.EntitlementWrittenOff', memberId, occurredAt: now, payload }])
      return ok({ writeOff, entitlement: summaryOf(left, now) })
    }),
  )
}
