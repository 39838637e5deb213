import type { Award as AwardSource } from '../domain/earn.ts'

export const Award = {
  line: ({ line }: AwardSource) => (line < 0 ? null : line),
  asset: ({ asset }: AwardSource) => asset.toUpperCase(),
}
