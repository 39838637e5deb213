import type { SourceDocument } from './posting.ts'

/** Where points come from. */
export const pointsSources = ['INITIAL', 'CONSUMPTION', 'ACTIVITY', 'OTHER'] as const
export type PointsSource = (typeof pointsSources)[number]

/** A gift says itself what it is: its source stands in the place of a channel. */
export function sourceOf({ kind, channel }: Pick<SourceDocument, 'kind' | 'channel'>): PointsSource {
  switch (kind) {
    case 'purchase':
    case 'return':
      return 'CONSUMPTION'
    case 'activity':
      return 'ACTIVITY'
    case 'grant':
      return pointsSources.find((source) => source.toLowerCase() === channel) ?? 'OTHER'
    default:
      return 'OTHER'
  }
}
