import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js'

/** The types that a fact may have, by their CEL names. `int` facts are bigint in memory. */
export type FactType = 'string' | 'int' | 'double' | 'bool' | 'list<string>' | 'google.protobuf.Timestamp'

/** Facts grouped by subject: `{ member: { tier: 'string' }, purchase: { total: 'int' } }`. */
export type FactDeclarations = Readonly<Record<string, Readonly<Record<string, FactType>>>>

export type Facts = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A condition that does not parse, or that names or compares what it may not. Positions count characters from 0. */
export class ConditionError extends Error {
  override name = 'ConditionError'
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

export interface Condition {
  readonly source: string
  readonly ast: ASTNode
  /** Whether it holds. An error while it runs (a division by zero) means that it does not. */
  holds(facts: Facts): boolean
}

/**
 * Conditions over declared facts, in the Common Expression Language (https://cel.dev). An unknown name or a
 * comparison of unlike types is refused when the condition is compiled, not when it is met.
 */
export function conditionLanguage(declarations: FactDeclarations) {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: 1_000, maxDepth: 32 },
  })
  for (const [subject, fields] of Object.entries(declarations)) {
    environment.registerVariable({ name: subject, schema: { ...fields } })
  }
  const compiled = new Map<string, Condition>()
  return {
    compile(source: string): Condition {
      const condition = compiled.get(source) ?? compile(environment, source)
      compiled.set(source, condition)
      return condition
    },
  }
}

function compile(environment: Environment, source: string): Condition {
  const parsed = typed(() => environment.parse(source))
  const checked = parsed.check()
  if (!checked.valid) throw asConditionError(checked.error)
  if (checked.type !== 'bool') {
    throw new ConditionError(`a condition must be true or false, this one is of type ${checked.type}`, 0)
  }
  return {
    source,
    ast: parsed.ast,
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

function typed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw asConditionError(error)
  }
}

function asConditionError(error: unknown): unknown {
  if (error instanceof ParseError || error instanceof CelTypeError) {
    return new ConditionError(error.summary, error.range?.start ?? 0)
  }
  return error
}
