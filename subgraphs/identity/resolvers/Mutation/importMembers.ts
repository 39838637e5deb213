import { refusalPayload } from '../../../../kernel/graphql/refusal.ts'
import { type ImportMembersInput, importMembers as run } from '../../actions/import-members.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const importMembers = async (
  _: unknown,
  { input }: { input: ImportMembersInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await run(ctx, input), (members) => ({
    members: members.map((one) =>
      one.outcome === 'REFUSED'
        ? { ...one, refusal: refusalPayload(one.refusal, ctx.messages, ctx.language) }
        : one,
    ),
  }))
