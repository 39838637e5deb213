import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js'
import { ConditionError } from './condition-error.ts'

export { ConditionError } from './condition-error.ts'

/** The types that a fact may have, by their CEL names. `int` facts are bigint in memory, maps are `Map`s. */
export type FactType =
  | 'string'
  | 'int'
  | 'double'
  | 'bool'
  | 'list<string>'
  | 'map<string, string>'
  | 'google.protobuf.Timestamp'

/** Facts grouped by subject: `{ member: { tier: 'string' }, purchase: { total: 'int' } }`. */
export type FactDeclarations = Readonly<Record<string, Readonly<Record<string, FactType>>>>

/** A fact that is not known is absent: what is said of it is neither true nor false. */
export type Facts = Readonly<Record<string, Readonly<Record<string, unknown>> | Date>>

export interface Condition {
  readonly source: string
  readonly ast: ASTNode
  /** All words of its source: for a subject that is not among them it does not ask. */
  readonly words: ReadonlySet<string>
  /** Whether it holds. An error while it runs (an unknown fact, a division by zero) means that it does not. */
  holds(facts: Facts): boolean
}

export interface ConditionLanguage {
  compile(source: string): Condition
}

const COMPILED_MAX = 1_000

/**
 * Conditions over declared facts, in the Common Expression Language (https://cel.dev). An unknown name or a
 * comparison of unlike types is refused when the condition is compiled, not when it is met.
 */
export function conditionLanguage(
  declarations: FactDeclarations,
  extend: (environment: Environment) => void = () => {},
): ConditionLanguage {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: 1_000, maxDepth: 32 },
  })
  for (const [subject, fields] of Object.entries(declarations)) {
    environment.registerVariable({ name: subject, schema: { ...fields } })
  }
  extend(environment)
  const compiled = new Map<string, Condition>()
  return {
    compile(source) {
      let condition = compiled.get(source)
      if (!condition) {
        condition = compile(environment, source)
        if (compiled.size >= COMPILED_MAX) compiled.clear()
        compiled.set(source, condition)
      }
      return condition
    },
  }
}

function compile(environment: Environment, source: string): Condition {
  const parsed = typed(source, () => environment.parse(source))
  const checked = parsed.check()
  if (!checked.valid) throw asConditionError(checked.error, source)
  if (checked.type !== 'bool') {
    throw new ConditionError(
      `a condition must be true or false, this one is of type ${checked.type}`,
      0,
      source,
    )
  }
  return {
    source,
    ast: parsed.ast,
    words: new Set(source.match(/\w+/g)),
    holds(facts) {
      try {
        return parsed(facts) === true
      } catch (error) {
        if (error instanceof EvaluationError) return false
        throw error
      }
    },
  }
}

function typed<T>(source: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw asConditionError(error, source)
  }
}

function asConditionError(error: unknown, source: string): unknown {
  if (error instanceof ParseError || error instanceof CelTypeError) {
    return new ConditionError(error.summary, error.range?.start ?? 0, source)
  }
  return error
}
