import { toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook } from './account-book.ts'
import { HISTORY_NEEDED } from './decide.ts'
import type { Counters } from './earn-counters.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { counted, type Exceeded, exceeded, type VelocityCounts, type VelocityLimit } from './velocity.ts'

/** A member's conduct counts besides what it earns: how fast it goes, and what it has sent to others. */
const CONDUCT = /^[vt]:/

/** What a command is to the limits of speed, besides the points that it earns. */
const COUNTS: Readonly<Partial<Record<PostingCommand['kind'], VelocityCounts>>> = {
  purchase: { purchase: 1n },
  activity: { activity: 1n },
  redemption: { redemption: 1n },
}

/** Those of them that earn points. */
const EARNING: ReadonlySet<PostingCommand['kind']> = new Set(['purchase', 'activity'])

export interface Watched {
  readonly document: SourceDocument
  /** Limits that it went beyond, and that only flag. */
  readonly exceeded: readonly Exceeded[]
}

type Decided<Code extends string> = Result<SourceDocument, Code> | typeof HISTORY_NEEDED

/**
 * Decides a command within the limits of speed of its programme, and counts it. What it would earn is known only when it
 * is decided: where it earns and points may refuse it, it is decided on a copy first. The counters of conduct are kept apart from those of
 * caps and stages, which a decision may make anew.
 */
export function decideWithin<Code extends string>(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  decide: (book: AccountBook) => Decided<Code>,
): Result<Watched, Code | 'VELOCITY_EXCEEDED'> | typeof HISTORY_NEEDED {
  if (program.velocity.length === 0 && !program.transfer) return uncounted(decide(book))
  const before = conductOf(book.counters)
  const at = command.effectiveAt
  const counts = COUNTS[command.kind]
  const beyond = (more: VelocityCounts): Exceeded[] =>
    exceeded(program.velocity, before, { counts: more, at }, program)
  const refused = refusal(beyond(counts ?? {}))
  if (refused) return refused
  if (EARNING.has(command.kind) && program.velocity.some(refusesPoints)) {
    const foreseen = decide(book.copy())
    if (foreseen === HISTORY_NEEDED || !foreseen.ok) return foreseen
    const tooMuch = refusal(beyond({ points: pointsOf(foreseen.value) }))
    if (tooMuch) return tooMuch
  }
  const decided = decide(book)
  if (decided === HISTORY_NEEDED || !decided.ok) return decided
  const document = decided.value
  const all = counts ? { ...counts, points: pointsOf(document) } : {}
  const sent = conductOf(book.counters)
  const after = counted(program.velocity, { ...before, ...sent }, { counts: all, at }, program)
  if (!same(sent, after)) book.counters = { ...othersOf(book.counters), ...after }
  return ok({ document, exceeded: beyond(all) })
}

const uncounted = <Code extends string>(
  decided: Decided<Code>,
): Result<Watched, Code> | typeof HISTORY_NEEDED =>
  decided === HISTORY_NEEDED || !decided.ok ? decided : ok({ document: decided.value, exceeded: [] })

const refusesPoints = ({ on, over }: VelocityLimit): boolean => on === 'points' && over === 'reject'

function refusal(over: readonly Exceeded[]): Result<never, 'VELOCITY_EXCEEDED'> | undefined {
  const first = over.find(({ limit }) => limit.over === 'reject')
  if (!first) return undefined
  const { limit, opensAt } = first
  const details = { limit: limit.id, most: String(limit.most), opensAt: toIso(opensAt) }
  return fail('VELOCITY_EXCEEDED', { details })
}

const pointsOf = ({ awards }: SourceDocument): bigint =>
  awards.reduce((sum, award) => (award.asset === 'points' ? sum + award.amount : sum), 0n)

const conductOf = (counters: Counters): Counters => filtered(counters, (key) => CONDUCT.test(key))
const othersOf = (counters: Counters): Counters => filtered(counters, (key) => !CONDUCT.test(key))

const filtered = (counters: Counters, keeps: (key: string) => boolean): Counters =>
  Object.fromEntries(Object.entries(counters).filter(([key]) => keeps(key)))

const same = (a: Counters, b: Counters): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
