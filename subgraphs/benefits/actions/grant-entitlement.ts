import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { type EntitlementId, type MemberId, newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { BenefitsContext } from '../context.ts'
import { parseBenefitId } from '../domain/benefit.ts'
import type { Entitlement } from '../domain/entitlement.ts'
import { decideGrant, endOfValidity, type GrantRefusal } from '../domain/grant.ts'
import { findBenefit } from '../store/benefits.ts'
import { addEntitlement } from './add-entitlement.ts'
import { knownMember } from './known-member.ts'

export interface GrantEntitlementInput {
  readonly memberId: string
  readonly program?: string | null
  readonly benefit: string
  readonly uses: number
  readonly reason: string
  readonly idempotencyKey: string
}

/** Gives a member a benefit by hand, under the rules of the programme's current version. */
export async function grantEntitlement(
  ctx: BenefitsContext,
  { idempotencyKey, ...asked }: GrantEntitlementInput,
): Promise<Result<Entitlement, GrantRefusal | 'IDEMPOTENCY_KEY_REUSED'>> {
  const { now } = ctx
  const memberId = await knownMember(ctx, asked.memberId)
  const grantedBy = principalName(ctx.principal)
  const command = { owner: grantedBy, key: idempotencyKey, action: 'grantEntitlement', body: asked, at: now }

  return ctx.db.transaction((tx) =>
    once(tx, command, async () => {
      if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
      const named = parseBenefitId(asked.benefit)
      const program = await programFor(tx.query, named.program ?? asked.program)
      const found = program && (await findBenefit(tx.query, program.slug, named.slug))
      const decision = decideGrant(found, asked.uses)
      if (!decision.ok) return decision
      const benefit = decision.value
      const id = newId<EntitlementId>(now)
      const validUntil = endOfValidity(now, benefit.definition.validMonths, program!.timeZone)
      const grant = {
        id,
        benefit,
        source: `grant:${id}`,
        uses: asked.uses,
        validFrom: now,
        validUntil,
      }
      const holderId = asked.memberId as MemberId
      return ok(await addEntitlement(tx, grant, { memberId, holderId, now, grantedBy, reason: asked.reason }))
    }),
  )
}
