import { formatDecimal } from '../../../kernel/values/money.ts'
import type { LedgerContext } from '../context.ts'
import { sourceOf } from '../domain/points-source.ts'
import type { RecordedDocument } from '../store/documents.ts'

export const SourceDocument = {
  source: (document: RecordedDocument) => sourceOf(document),

  async amount(document: RecordedDocument, _: unknown, ctx: LedgerContext) {
    if (document.amount === undefined) return null
    const { currency, scale } = await ctx.services.programs.version(
      ctx.db.query,
      document.programKey,
      document.ruleVersion,
    )
    return { amount: formatDecimal(document.amount, scale), currency }
  },
}
