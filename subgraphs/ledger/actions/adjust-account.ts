import { type Principal, principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { localDate, startOfDay } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { type AdjustedAsset, limitsOf, needsSecond, requestEnds } from '../domain/adjustment-rules.ts'
import { type AdjustedAmountRefusal, amountFault } from '../domain/post-adjustment.ts'
import { adjustedAlone, insertAdjustment, readAdjustment } from '../store/adjustments.ts'
import { pickProgram } from '../store/programs.ts'
import { type Adjusted, carryOut } from './carry-out-adjustment.ts'
import { resolveMembers } from './resolve-members.ts'

export interface AdjustInput {
  readonly program?: string | null
  readonly memberId: string
  readonly direction: 'GRANT' | 'DEDUCT'
  readonly asset: AdjustedAsset
  readonly amount: bigint
  readonly reason: string
  readonly document: string
  readonly idempotencyKey: string
}

export type AdjustRefusal =
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PROGRAM_NOT_FOUND'
  | 'MEMBER_NOT_FOUND'
  | AdjustedAmountRefusal

/** Corrects points or growth by hand: at once within the limit of the caller's role, above it when somebody else has approved. */
export async function adjustAccount(
  ctx: LedgerContext,
  input: AdjustInput,
): Promise<Result<Adjusted, AdjustRefusal>> {
  const { asset, amount, direction, reason, document, idempotencyKey: key } = input
  if (reason.trim() === '') throw new BadInputError('reason must say why.')
  const program = pickProgram(await ctx.services.programs.current(), input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: input.memberId }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })

  const by = principalName(ctx.principal)
  const id = derivedId('adjustment', program.id, by, key)
  const body = { program: program.id, memberId, direction, [asset]: amount, reason, document }
  const rules = program.adjustments
  const asked = await ctx.db.transaction((tx) =>
    once(tx, { owner: by, key, action: ACTIONS[asset], body, at: ctx.now }, async () => {
      const fault = amountFault(asset, amount)
      if (fault) return fault
      const today = startOfDay(localDate(ctx.now, program.timeZone), program.timeZone)
      const thatDay = await adjustedAlone(tx, by, { programKey: program.key, asset }, today)
      const second = needsSecond(limitsOf(rules, asset), roleOf(ctx.principal), amount, thatDay)
      await insertAdjustment(tx, {
        id,
        memberId,
        programKey: program.key,
        direction: direction === 'GRANT' ? 'grant' : 'deduct',
        asset,
        amount,
        reason,
        document,
        state: second ? 'requested' : 'approved',
        requestedBy: by,
        requestedAt: ctx.now,
        endsAt: requestEnds(rules, ctx.now),
        decidedBy: undefined,
        decidedAt: undefined,
        note: undefined,
        refusal: undefined,
      })
      return ok(id)
    }),
  )
  if (!asked.ok) return asked
  const adjustment = (await readAdjustment(ctx.db.query, asked.value))!
  return ok(await carryOut(ctx, program, adjustment))
}

const ACTIONS = { points: 'adjustPoints', growth: 'adjustGrowth' } as const

const roleOf = (principal: Principal): string => (principal.kind === 'staff' ? principal.role : '')
