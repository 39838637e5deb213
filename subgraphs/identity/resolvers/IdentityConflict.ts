import { maskedConflict } from '../actions/resolve-conflict.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityConflict as IdentityConflictValue } from '../store/conflicts.ts'

export const IdentityConflict = {
  strength: ({ strength }: IdentityConflictValue) => strength.toUpperCase(),

  maskedValue: (conflict: IdentityConflictValue, _: unknown, ctx: IdentityContext) =>
    maskedConflict(ctx, conflict),
  holder: ({ holderId }: IdentityConflictValue, _: unknown, ctx: IdentityContext) =>
    ctx.loaders.member.load(holderId),
  claimant: ({ claimantId }: IdentityConflictValue, _: unknown, ctx: IdentityContext) =>
    claimantId && ctx.loaders.member.load(claimantId),
}
