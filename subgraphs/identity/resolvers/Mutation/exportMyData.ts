import { type ExportMyDataInput, exportMember } from '../../actions/export-member.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const exportMyData = async (
  _: unknown,
  { input }: { input?: ExportMyDataInput | null },
  ctx: IdentityContext,
) => payload(ctx, await exportMember(ctx, input ?? {}), (found) => ({ export: found }))
