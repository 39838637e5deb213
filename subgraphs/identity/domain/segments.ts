import { ConditionError } from '../../../kernel/conditions/conditions.ts'
import {
  compileMemberCondition,
  SegmentCycleError,
  segmentsIn,
} from '../../../kernel/conditions/member-conditions.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

export type SegmentStatus = 'DRAFT' | 'LIVE' | 'ARCHIVED'
export type SegmentRefresh = 'NEVER' | 'HOURLY' | 'DAILY'

/** A saved condition over members. */
export interface Segment {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly program: string
  readonly condition: string
  readonly status: SegmentStatus
  readonly refresh: SegmentRefresh
  readonly version: number
  /** How many there were when they were counted last. */
  readonly members: bigint | undefined
  readonly countedAt: Instant | undefined
  readonly updatedAt: Instant
  readonly updatedBy: string
}

export interface SegmentForm {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly condition: string
}

const ID = /^[a-z][a-z0-9-]{0,62}$/
const LIMITS = { name: 64, description: 500, condition: 10_000 } as const

/** Checks what is no condition yet. */
export function checkForm(form: SegmentForm): Result<SegmentForm, 'SEGMENT_NOT_VALID'> {
  const wrong = (field: string) => fail('SEGMENT_NOT_VALID', { path: [field], details: { field } })
  if (!ID.test(form.id)) return wrong('id')
  if (form.name.trim() === '') return wrong('name')
  for (const [field, most] of Object.entries(LIMITS)) {
    if (form[field as keyof typeof LIMITS].length > most) return wrong(field)
  }
  return ok(form)
}

type ConditionRefusal = 'CONDITION_NOT_VALID' | 'SEGMENT_CYCLE'

/** Compiles a segment's condition with what it is built on: the live segments of its programme. */
export function compileSegment(
  segment: { readonly id?: string; readonly program: string; readonly condition: string },
  others: readonly Segment[],
) {
  const live = new Map(
    others
      .filter(({ program, status }) => program === segment.program && status === 'LIVE')
      .map(({ id, condition }) => [id, condition]),
  )
  // Before it is saved it is what it is to be.
  if (segment.id !== undefined) live.set(segment.id, segment.condition)
  return compileMemberCondition(
    segment.condition,
    (id) => live.get(id),
    segment.id === undefined ? [] : [segment.id],
  )
}

export function checkCondition(
  segment: { readonly id?: string; readonly program: string; readonly condition: string },
  others: readonly Segment[],
): Result<true, ConditionRefusal> {
  try {
    compileSegment(segment, others)
    return ok(true)
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    const { message, line, column, excerpt } = error
    return fail(error instanceof SegmentCycleError ? 'SEGMENT_CYCLE' : 'CONDITION_NOT_VALID', {
      path: ['condition'],
      details: { message, line: String(line), column: String(column), excerpt },
    })
  }
}

/** The live segments that are built on another. */
export const builtOn = (id: string, others: readonly Segment[]): Segment[] =>
  others.filter(
    (other) => other.status === 'LIVE' && other.id !== id && segmentsIn(other.condition).includes(id),
  )
