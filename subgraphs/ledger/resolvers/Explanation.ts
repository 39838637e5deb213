import { NEVER } from '../../../kernel/values/instant.ts'
import type { ExplainedEntry } from '../actions/explain-entry.ts'

export const Explanation = {
  rules: ({ rules }: ExplainedEntry) => rules.map((each) => ({ ...each, asset: each.asset.toUpperCase() })),
  lots: ({ lots }: ExplainedEntry) =>
    lots.map(({ expiresOn, amount, releaseOn }) => ({
      expiresOn: expiresOn === NEVER ? null : expiresOn,
      points: amount,
      releaseOn: releaseOn ?? null,
    })),
}
