import { importTags as bring, type ImportTagsInput } from '../../actions/import-tags.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const importTags = async (_: unknown, { input }: { input: ImportTagsInput }, ctx: IdentityContext) =>
  payload(ctx, await bring(ctx, input), ({ members }) => ({ members }))
