/** Conduct that deserves a look, as it is written and as it is looked for. */
export type WatchPattern = { readonly id: string } & (
  | {
      /** One operator acts on more members than this in a day. */
      readonly pattern: 'many-members-one-operator'
      readonly on?: readonly WatchedKind[]
      readonly members: number
    }
  /** One member has so many purchases taken back within some days. */
  | { readonly pattern: 'earn-and-return'; readonly times: number; readonly withinDays: number }
  /** One member redeems so often within some hours of its account's opening. */
  | { readonly pattern: 'redemptions-after-sign-up'; readonly times: number; readonly withinHours: number }
  /** One device serves more members than this within some days. */
  | { readonly pattern: 'same-device'; readonly members: number; readonly withinDays: number }
)

/** Kinds of documents that patterns look at. */
export type WatchedKind =
  | 'purchase'
  | 'activity'
  | 'grant'
  | 'redemption'
  | 'adjustment'
  | 'transfer-out'
  | 'return'

const BY_OPERATOR: readonly WatchedKind[] = ['grant', 'redemption', 'adjustment']

export const watchedBy = (
  pattern: WatchPattern & { readonly pattern: 'many-members-one-operator' },
): readonly WatchedKind[] => pattern.on ?? BY_OPERATOR

/** The kinds of documents that have to be noted for the patterns of a programme; those with a device always are. */
export function notedKinds(patterns: readonly WatchPattern[]): ReadonlySet<string> {
  const kinds = new Set<string>()
  for (const pattern of patterns) {
    if (pattern.pattern === 'many-members-one-operator')
      for (const kind of watchedBy(pattern)) kinds.add(kind)
    if (pattern.pattern === 'earn-and-return') kinds.add('return')
    if (pattern.pattern === 'redemptions-after-sign-up') kinds.add('redemption')
  }
  return kinds
}

export const watchesDevices = (patterns: readonly WatchPattern[]): boolean =>
  patterns.some(({ pattern }) => pattern === 'same-device')

/** Notes are of use so many days back; older ones are thrown away. */
export const watchedDays = (patterns: readonly WatchPattern[]): number =>
  Math.max(2, ...patterns.map((pattern) => ('withinDays' in pattern ? pattern.withinDays + 1 : 2)))
