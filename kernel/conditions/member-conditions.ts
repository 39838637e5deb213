import type { ASTNode } from '@marcbachmann/cel-js'
import { ConditionError } from './condition-error.ts'
import { type Condition, conditionLanguage, type FactType } from './conditions.ts'
import { registerMemberFunctions } from './functions.ts'
import { conditionSql } from './sql.ts'

/** A fact of a member as people who write conditions see it. */
export interface MemberFact {
  readonly type: FactType
  readonly meaning: string
}

/**
 * What conditions over members may speak of; `identity` keeps these facts. Facts of tier, balances, purchases and
 * participation are those of one programme. Money is in minor units.
 */
export const memberFacts = {
  member: {
    joinedAt: { type: 'google.protobuf.Timestamp', meaning: 'when the membership began' },
    joinedChannel: { type: 'string', meaning: 'the channel by which the person came first, e.g. "WECHAT"' },
    joinedStore: { type: 'string', meaning: 'the store in which that was' },
    gender: { type: 'string', meaning: '"FEMALE", "MALE" or "OTHER", as the person states it' },
    age: { type: 'int', meaning: 'in whole years; goes up on the first day of the month of birth' },
    birthMonth: { type: 'int', meaning: 'the month of birth, 1 to 12' },
    province: { type: 'string', meaning: 'province or region of residence' },
    tags: {
      type: 'map<string, string>',
      meaning: 'the tags by dimension and name: member.tags["interest/coffee"] == "weekly"',
    },
    tier: { type: 'string', meaning: "the tier's id in the programme" },
    tierSince: { type: 'google.protobuf.Timestamp', meaning: 'since when, after the first change of tier' },
    points: { type: 'int', meaning: 'points that can be spent' },
    growth: { type: 'int', meaning: 'growth that counts for the tier' },
    campaigns: { type: 'list<string>', meaning: 'the campaigns that the member took part in, by id' },
  },
  purchases: {
    firstAt: { type: 'google.protobuf.Timestamp', meaning: 'the first purchase' },
    lastAt: { type: 'google.protobuf.Timestamp', meaning: 'the last purchase' },
    count: { type: 'int', meaning: 'purchases ever' },
    spent: { type: 'int', meaning: 'money spent ever' },
    count30: { type: 'int', meaning: 'purchases in the last 30 days, today included' },
    spent30: { type: 'int', meaning: 'money spent in the last 30 days' },
    count90: { type: 'int', meaning: 'purchases in the last 90 days' },
    spent90: { type: 'int', meaning: 'money spent in the last 90 days' },
    count365: { type: 'int', meaning: 'purchases in the last 365 days' },
    spent365: { type: 'int', meaning: 'money spent in the last 365 days' },
  },
} as const satisfies Record<string, Record<string, MemberFact>>

type Declared = {
  readonly [Subject in keyof typeof memberFacts]: {
    readonly [Fact in keyof (typeof memberFacts)[Subject]]: FactType
  }
}

export const memberDeclarations = Object.fromEntries(
  Object.entries(memberFacts).map(([subject, facts]) => [
    subject,
    Object.fromEntries(Object.entries(facts).map(([name, { type }]) => [name, type])),
  ]),
) as unknown as Declared

const language = conditionLanguage(memberDeclarations, (environment) => {
  environment.registerVariable('now', 'google.protobuf.Timestamp')
  registerMemberFunctions(environment)
})

/** A segment that comes back to itself by way of others. */
export class SegmentCycleError extends ConditionError {
  override name = 'SegmentCycleError'
}

const NESTED_MAX = 8

/** Answers the condition of a segment that may be used in others, or nothing. */
export type SegmentLookup = (id: string) => string | undefined

/**
 * Compiles a condition over members: in memory for who is asked alone, in SQL for how many there are. Segments that it
 * names take the places of their names first. Throws a `ConditionError` with the place of the fault; what this accepts
 * runs in both.
 */
export function compileMemberCondition(
  source: string,
  segmentOf: SegmentLookup = () => undefined,
  path: readonly string[] = [],
): Condition {
  const condition = language.compile(source)
  checkRunsInSql(condition)
  const calls = segmentCalls(condition.ast)
  if (calls.length === 0) return condition
  const parts: string[] = []
  let end = 0
  for (const call of calls) {
    parts.push(source.slice(end, call.start), `(${nested(source, call, segmentOf, path)}\n)`)
    end = call.end
  }
  try {
    const whole = language.compile(parts.join('') + source.slice(end))
    checkRunsInSql(whole)
    return whole
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    throw new ConditionError(`together with its segments: ${error.message}`, calls[0]!.start, source)
  }
}

function nested(
  source: string,
  { id, start }: SegmentCall,
  segmentOf: SegmentLookup,
  path: readonly string[],
): string {
  if (path.includes(id)) {
    throw new SegmentCycleError(
      `the segment leads back to itself: ${[...path, id].join(' -> ')}`,
      start,
      source,
    )
  }
  if (path.length >= NESTED_MAX) {
    throw new ConditionError(`segments nest at most ${NESTED_MAX} deep`, start, source)
  }
  const inner = segmentOf(id)
  if (inner === undefined)
    throw new ConditionError(`there is no live segment "${id}" of this programme`, start, source)
  try {
    return compileMemberCondition(inner, segmentOf, [...path, id]).source
  } catch (error) {
    if (error instanceof SegmentCycleError) throw new SegmentCycleError(error.message, start, source)
    if (error instanceof ConditionError) {
      throw new ConditionError(`in the segment "${id}": ${error.message}`, start, source)
    }
    throw error
  }
}

const checkRunsInSql = (condition: Condition): string =>
  conditionSql(condition, {
    declarations: memberDeclarations,
    column: () => 'fact',
    now: 'now',
    segment: () => 'true',
    bind: () => '$1',
  })

interface SegmentCall {
  readonly id: string
  readonly start: number
  readonly end: number
}

/** The segments that a condition names itself. */
export const segmentsIn = (source: string): string[] =>
  segmentCalls(language.compile(source).ast).map(({ id }) => id)

function segmentCalls(ast: ASTNode): SegmentCall[] {
  const calls: SegmentCall[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null && 'op' in value) {
      const node = value as ASTNode
      if (node.op === 'call' && node.args[0] === 'inSegment') {
        calls.push({ id: String(node.args[1][0]!.args), start: node.start, end: node.end })
      } else visit(node.args)
    }
  }
  visit(ast)
  return calls.toSorted((a, b) => a.start - b.start)
}
