import { toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook } from './account-book.ts'
import { HISTORY_NEEDED } from './decide.ts'
import type { Counters } from './earn-counters.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { counted, type Exceeded, reached, type VelocitySubject } from './velocity.ts'

/** A member's conduct counts besides what it earns: how fast it goes, and what it has sent to others. */
const CONDUCT = /^[vt]:/

/** What a command is to the limits of speed. */
const SUBJECTS: Readonly<Partial<Record<PostingCommand['kind'], ReadonlySet<VelocitySubject>>>> = {
  purchase: new Set(['purchase', 'points']),
  activity: new Set(['activity', 'points']),
  redemption: new Set(['redemption']),
}

export interface Watched {
  readonly document: SourceDocument
  /** Limits that it went beyond, and that only flag. */
  readonly exceeded: readonly Exceeded[]
}

/**
 * Decides a command within the limits of speed of its programme, and counts it. The counters of conduct are kept apart
 * from those of caps and stages, which a decision may make anew.
 */
export function decideWithin<Code extends string>(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  decide: () => Result<SourceDocument, Code> | typeof HISTORY_NEEDED,
): Result<Watched, Code | 'VELOCITY_EXCEEDED'> | typeof HISTORY_NEEDED {
  if (program.velocity.length === 0 && !program.transfer) return uncounted(decide())
  const before = conductOf(book.counters)
  const on = SUBJECTS[command.kind]
  const at = command.effectiveAt
  const over = on ? reached(program.velocity, before, { on, at }, program) : []
  const refusing = over.find(({ limit }) => limit.over === 'reject')
  if (refusing) {
    const { limit, opensAt } = refusing
    const details = { limit: limit.id, most: String(limit.most), opensAt: toIso(opensAt) }
    return fail('VELOCITY_EXCEEDED', { details })
  }
  const decided = decide()
  if (decided === HISTORY_NEEDED || !decided.ok) return decided
  const document = decided.value
  const sent = conductOf(book.counters)
  const after = on
    ? counted(program.velocity, { ...before, ...sent }, { counts: countsOf(document, on), at }, program)
    : { ...before, ...sent }
  if (!same(sent, after)) book.counters = { ...othersOf(book.counters), ...after }
  return ok({ document, exceeded: over })
}

const uncounted = <Code extends string>(
  decided: Result<SourceDocument, Code> | typeof HISTORY_NEEDED,
): Result<Watched, Code> | typeof HISTORY_NEEDED =>
  decided === HISTORY_NEEDED || !decided.ok ? decided : ok({ document: decided.value, exceeded: [] })

function countsOf(
  { awards }: SourceDocument,
  on: ReadonlySet<VelocitySubject>,
): Partial<Record<VelocitySubject, bigint>> {
  const points = awards.reduce((sum, award) => (award.asset === 'points' ? sum + award.amount : sum), 0n)
  return Object.fromEntries([...on].map((subject) => [subject, subject === 'points' ? points : 1n]))
}

const conductOf = (counters: Counters): Counters => filtered(counters, (key) => CONDUCT.test(key))
const othersOf = (counters: Counters): Counters => filtered(counters, (key) => !CONDUCT.test(key))

const filtered = (counters: Counters, keeps: (key: string) => boolean): Counters =>
  Object.fromEntries(Object.entries(counters).filter(([key]) => keeps(key)))

const same = (a: Counters, b: Counters): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
