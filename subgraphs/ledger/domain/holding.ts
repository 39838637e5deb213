import { type Instant, instant, later, toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook } from './account-book.ts'
import { AMOUNT_MAX } from './amounts.ts'
import { type HoldEnd, heldBy } from './hold.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { documentOf, occasionOf } from './source-document.ts'

/** A hold as it was when it was looked up: it may have ended. */
export interface KnownHold {
  readonly closedBy: HoldEnd | undefined
}

export type HoldingCommand =
  | {
      readonly kind: 'hold'
      readonly points: bigint
      /** Undefined: as the programme has it. */
      readonly lapsesAt: Instant | undefined
    }
  | {
      readonly kind: 'capture'
      readonly hold: string
      /** Undefined: there is none. */
      readonly known: KnownHold | undefined
      /** Undefined: all that is held. */
      readonly points: bigint | undefined
    }
  | { readonly kind: 'release'; readonly hold: string; readonly known: KnownHold | undefined }

/** Holds do not outlive the orders that they are for. */
const LAPSE_MAX_MS = 366 * 86_400_000

type Held<Kind extends HoldingCommand['kind'], Code extends string> = (
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: Kind },
  now: Instant,
) => Result<SourceDocument, Code>

export const postHold: Held<
  'hold',
  'AMOUNT_NOT_VALID' | 'POINTS_NOT_POSITIVE' | 'LAPSE_NOT_VALID' | 'INSUFFICIENT_POINTS'
> = (program, book, command, now) => {
  const { points } = command
  if (points > AMOUNT_MAX) return fail('AMOUNT_NOT_VALID', { path: ['points'] })
  if (points <= 0n) return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  const lapsesAt = command.lapsesAt ?? later(now, program.holdMinutes * 60_000)
  if (lapsesAt <= now || lapsesAt > now + LAPSE_MAX_MS) return fail('LAPSE_NOT_VALID', { path: ['lapsesAt'] })
  book.catchUp(now)
  const available = book.available('points')
  if (points > available)
    return fail('INSUFFICIENT_POINTS', { path: ['points'], details: { available: available.toString() } })
  const document = { ...documentOf(program, command), subject: toIso(lapsesAt) }
  book.hold(document.id, points, lapsesAt, occasionOf(document))
  return ok({ ...document, tierBefore: book.tier, tierAfter: book.tier })
}

type CloseRefusal = 'HOLD_NOT_FOUND' | 'POINTS_NOT_POSITIVE' | 'HOLD_CLOSED'

export const postCapture: Held<'capture', CloseRefusal | 'EXCEEDS_HOLD'> = (program, book, command, now) => {
  book.catchUp(now)
  const hold = book.openHold(command.hold)
  if (!hold && !command.known && !book.touchedHolds.has(command.hold)) return notFound
  if (command.points !== undefined && command.points <= 0n)
    return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  if (!hold) return closed(book, command)
  const left = heldBy(hold)
  const points = command.points ?? left
  if (points > left) return fail('EXCEEDS_HOLD', { path: ['points'], details: { held: left.toString() } })
  const document = { ...documentOf(program, command), subject: hold.id }
  book.capture(hold.id, points, occasionOf(document))
  return ok({ ...document, tierBefore: book.tier, tierAfter: book.tier })
}

export const postRelease: Held<'release', CloseRefusal> = (program, book, command, now) => {
  book.catchUp(now)
  const hold = book.openHold(command.hold)
  if (!hold && !command.known && !book.touchedHolds.has(command.hold)) return notFound
  if (!hold) return closed(book, command)
  const document = { ...documentOf(program, command), subject: hold.id }
  book.release(hold.id, 'release', occasionOf(document))
  return ok({ ...document, tierBefore: book.tier, tierAfter: book.tier })
}

const notFound = fail('HOLD_NOT_FOUND', { path: ['hold'] })

/** What ended the hold is told: it lapsed perhaps a moment ago. */
const closed = (
  book: AccountBook,
  { hold, known }: PostingCommand & { kind: 'capture' | 'release' },
): Result<never, 'HOLD_CLOSED'> =>
  fail('HOLD_CLOSED', {
    path: ['hold'],
    details: { by: (book.touchedHolds.get(hold) ?? known)?.closedBy ?? 'lapse' },
  })

/** The moment at which a recorded hold lapses. */
export const lapseOf = ({ subject }: SourceDocument): Instant => instant(subject!)
