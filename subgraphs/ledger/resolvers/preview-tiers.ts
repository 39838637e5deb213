import { refusalPayload } from '../../../kernel/graphql/refusal.ts'
import { previewTiers as preview } from '../actions/preview-tiers.ts'
import type { LedgerContext } from '../context.ts'

export async function previewTiers(
  _: unknown,
  args: { document?: string | null; program?: string | null; reach: 'UP' | 'BOTH' },
  ctx: LedgerContext,
) {
  const result = await preview(ctx, {
    source: args.document ?? undefined,
    program: args.program ?? undefined,
    reach: args.reach === 'BOTH' ? 'both' : 'up',
  })
  if (!result.ok)
    return {
      members: 0,
      moves: [],
      faults: [],
      refusal: refusalPayload(result.refusal, ctx.messages, ctx.language),
    }
  const { members, moves, faults } = result.value
  return { members, moves: moves.moves, faults }
}
