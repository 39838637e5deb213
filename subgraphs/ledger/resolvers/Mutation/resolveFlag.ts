import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type ResolveFlagInput, resolveFlag as resolve } from '../../actions/resolve-flag.ts'
import type { LedgerContext } from '../../context.ts'

export const resolveFlag = async (_: unknown, { input }: { input: ResolveFlagInput }, ctx: LedgerContext) =>
  mutationPayload('flag', await resolve(ctx, input), ctx)
