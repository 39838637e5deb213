import { type ASTNode, evaluate } from '@marcbachmann/cel-js'
import { isTimeZone } from '../values/instant.ts'
import { ConditionError } from './condition-error.ts'
import type { Condition, FactDeclarations } from './conditions.ts'
import { isCalendarPart } from './functions.ts'

/** Where a population's facts lie. */
export interface FactColumns {
  readonly declarations: FactDeclarations
  /** The SQL of a fact, e.g. `member_fact.tier`; null where it is not known. Int facts stay within ±2^53. */
  column(subject: string, field: string): string
  /** The SQL of the moment that the condition is asked at. */
  readonly now: string
  /** The SQL of a nested segment; without it there are none. */
  segment?(id: string): string
  /** Takes a value and answers its place, `$3`. */
  bind(value: unknown): string
}

/**
 * A condition as a boolean expression of SQL that says the same as the condition in memory: what CEL calls an error
 * is null, and CEL's rules for errors in `&&`, `||` and `?:` are SQL's rules for null. What could not be the same in
 * both (patterns, the order of texts, numbers that overflow) is refused, with its place. Also a static check: all
 * that this accepts runs.
 */
export function conditionSql(condition: Condition, facts: FactColumns): string {
  return new Translation(condition.source, facts).condition(condition.ast)
}

const INT_MAX = 2n ** 63n - 1n
const FACT_MAX = 2n ** 53n
/** Doubles of these sizes, this often multiplied or divided, neither overflow nor vanish, whatever they are. */
const DOUBLE_MAX = 1e18
const DOUBLE_MIN = 1e-9
const DOUBLE_PRODUCTS_MAX = 4
const SQL_LENGTH_MAX = 100_000
/** A hundred years. */
const DAYS_MAX = 36_525n

/** An int, and how large it can be, up or down. */
interface Whole {
  readonly sql: string
  readonly most: bigint
}

const TIMESTAMP = 'google.protobuf.Timestamp'
const EQUATABLE: ReadonlySet<string> = new Set(['string', 'int', 'double', 'bool', TIMESTAMP])
const ORDERED: ReadonlySet<string> = new Set(['int', 'double', TIMESTAMP])

class Translation {
  readonly #source: string
  readonly #facts: FactColumns
  /** Names that `exists` and `all` bring in, and what they are called in SQL. */
  readonly #elements = new Map<string, string>()
  #products = 0
  #lists = 0

  constructor(source: string, facts: FactColumns) {
    this.#source = source
    this.#facts = facts
  }

  condition(node: ASTNode): string {
    return this.#sql(node)
  }

  #refuse(node: ASTNode, message: string): never {
    throw new ConditionError(message, node.start ?? node.pos, this.#source)
  }

  #sql(node: ASTNode): string {
    const sql = typeOf(node) === 'int' ? this.#whole(node).sql : this.#part(node)
    // What asks whether something is known says it twice, and may stand within another such.
    if (sql.length > SQL_LENGTH_MAX) this.#refuse(node, 'this is too long; make segments of its parts')
    return sql
  }

  #part(node: ASTNode): string {
    const { op, args } = node
    switch (op) {
      case 'value':
        return this.#literal(node, args)
      case 'id':
        return this.#name(node, args)
      case '.':
        return this.#field(node, args[0], args[1])
      case '[]':
        return this.#field(node, args[0], this.#textLiteral(args[1]))
      case '&&':
        return `(${this.#sql(args[0])} and ${this.#sql(args[1])})`
      case '||':
        return `(${this.#sql(args[0])} or ${this.#sql(args[1])})`
      case '!_':
        return `(not ${this.#sql(args)})`
      case '?:':
        return this.#choice(node, args[0], args[1], args[2], (branch) => this.#sql(branch))
      case '==':
      case '!=':
        return this.#compare(node, op === '==' ? '=' : '<>', args[0], args[1], EQUATABLE)
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#compare(node, op, args[0], args[1], ORDERED)
      case 'in':
        return this.#membership(args[0], args[1])
      case '-_':
        return `(- ${this.#sql(args)})`
      case '+':
      case '-':
      case '*':
      case '/':
        return this.#arithmetic(node, op, args[0], args[1])
      case 'call':
        return this.#call(node, args[0], args[1])
      case 'rcall':
        return this.#method(node, args[0], args[1], args[2])
      default:
        return this.#refuse(node, `conditions over members cannot use '${op}'`)
    }
  }

  #literal(node: ASTNode, value: unknown): string {
    switch (typeof value) {
      case 'boolean':
        return String(value)
      case 'string':
        if (!value.isWellFormed() || value.includes('\0')) {
          this.#refuse(node, 'this text holds a character that cannot be stored')
        }
        return `${this.#facts.bind(value)}::text`
      case 'number':
        if (value !== 0 && !(Math.abs(value) >= DOUBLE_MIN && Math.abs(value) <= DOUBLE_MAX)) {
          this.#refuse(node, `decimal numbers must be 0, or from ${DOUBLE_MIN} to ${DOUBLE_MAX}`)
        }
        return `${this.#facts.bind(value)}::double precision`
      default:
        return this.#refuse(node, `conditions over members cannot use a value of type ${typeOf(node)}`)
    }
  }

  #name(node: ASTNode, name: string): string {
    const element = this.#elements.get(name)
    if (element !== undefined) return element
    if (name === 'now') return this.#facts.now
    return this.#refuse(node, `name a fact of it: ${name}.<fact>`)
  }

  /** A fact, or the value of a key of a fact that is a map. */
  #field(node: ASTNode, of: ASTNode, name: string): string {
    if (of.op === 'id' && Object.hasOwn(this.#facts.declarations, of.args)) {
      return this.#facts.column(of.args, name)
    }
    if (!typeOf(of).startsWith('map<')) this.#refuse(node, 'elements of lists have no place to ask for')
    this.#storable(node, name)
    return `(${this.#sql(of)} ->> ${this.#facts.bind(name)}::text)`
  }

  #storable(node: ASTNode, text: string): void {
    if (!text.isWellFormed() || text.includes('\0')) {
      this.#refuse(node, 'this text holds a character that cannot be stored')
    }
  }

  #textLiteral(node: ASTNode): string {
    if (node.op === 'value' && typeof node.args === 'string') return node.args
    return this.#refuse(node, 'write the key as a text, such as member.tags["interest/coffee"]')
  }

  /** Null where the question has no answer, as in CEL; SQL's own `else` would take null for no. */
  #choice(_: ASTNode, when: ASTNode, yes: ASTNode, no: ASTNode, sql: (branch: ASTNode) => string): string {
    // The text of the question stands once; a `case` over it has three ways.
    return `(case ${this.#sql(when)} when true then ${sql(yes)} when false then ${sql(no)} end)`
  }

  #compare(
    node: ASTNode,
    operator: string,
    left: ASTNode,
    right: ASTNode,
    types: ReadonlySet<string>,
  ): string {
    const [one, other] = [typeOf(left), typeOf(right)]
    if (one !== other) this.#refuse(node, `${one} and ${other} cannot be compared`)
    if (one === 'string' && types === ORDERED)
      this.#refuse(node, 'texts have no order; compare them by == or in')
    if (!types.has(one)) this.#refuse(node, `values of type ${one} cannot be compared by '${node.op}'`)
    return `(${this.#sql(left)} ${operator} ${this.#sql(right)})`
  }

  #membership(element: ASTNode, collection: ASTNode): string {
    const type = typeOf(collection)
    const sought = this.#sql(element)
    if (type.startsWith('map<')) return `(${this.#sql(collection)} ? ${sought})`
    if (collection.op !== 'list')
      return this.#ofKnown(element, sought, `${sought} = any(${this.#sql(collection)})`)
    const items = collection.args as ASTNode[]
    const literals = items.map((item) => literalOf(item))
    const at = literals.indexOf(undefined)
    if (at >= 0) this.#refuse(items[at]!, 'lists in a condition hold texts or numbers as they are written')
    if (typeOf(element) !== 'string' && typeOf(element) !== 'int') {
      this.#refuse(element, 'only texts and whole numbers can be looked for in a list')
    }
    if (items.length > 0 && typeOf(items[0]!) !== typeOf(element)) {
      this.#refuse(element, `a ${typeOf(element)} is not in a list of ${typeOf(items[0]!)}`)
    }
    for (const [index, item] of items.entries()) this.#checkLiteral(item, literals[index]!)
    const array = typeOf(element) === 'string' ? 'text[]' : 'bigint[]'
    const place = this.#facts.bind(
      literals.map((literal) => (typeof literal === 'bigint' ? String(literal) : literal)),
    )
    return this.#ofKnown(element, sought, `${sought} = any(${place}::${array})`)
  }

  #checkLiteral(node: ASTNode, literal: string | number | bigint): void {
    if (typeof literal === 'string') this.#storable(node, literal)
    else if (typeof literal === 'bigint' && (literal > INT_MAX || literal < -INT_MAX)) this.#tooLarge(node)
  }

  #tooLarge(node: ASTNode): never {
    return this.#refuse(node, 'this number is too large')
  }

  /** In an empty list SQL finds nothing even if it does not know what it looks for. */
  #ofKnown(element: ASTNode, sought: string, found: string): string {
    return element.op === 'value' ? `(${found})` : `(case when ${sought} is not null then ${found} end)`
  }

  /** Arithmetic of doubles, texts and moments. */
  #arithmetic(node: ASTNode, op: '+' | '-' | '*' | '/', left: ASTNode, right: ASTNode): string {
    const [one, other] = [typeOf(left), typeOf(right)]
    if (one === 'string') return `(${this.#sql(left)} || ${this.#sql(right)})`
    if (one === TIMESTAMP && other === 'google.protobuf.Duration') {
      return `(${this.#sql(left)} ${op} ${this.#duration(right)})`
    }
    if (one !== 'double' || other !== 'double')
      this.#refuse(node, `${one} ${op} ${other} cannot be computed here`)
    if (op === '/' && !(typeof literalOf(right) === 'number' && literalOf(right) !== 0)) {
      this.#refuse(right, 'decimal numbers are divided by a number other than 0, as it is written')
    }
    if (op === '*' || op === '/') {
      this.#products++
      if (this.#products > DOUBLE_PRODUCTS_MAX) {
        this.#refuse(
          node,
          `a condition multiplies or divides decimal numbers at most ${DOUBLE_PRODUCTS_MAX} times`,
        )
      }
    }
    return `(${this.#sql(left)} ${op} ${this.#sql(right)})`
  }

  #duration(node: ASTNode): string {
    const literal =
      node.op === 'call' && node.args[0] === 'duration' ? literalOf(node.args[1][0]!) : undefined
    if (typeof literal !== 'string')
      return this.#refuse(node, 'write the duration as it is, such as duration("24h")')
    const ms = this.#constant(node, `duration(${JSON.stringify(literal)})`)
    if (!Number.isInteger(ms) || Math.abs(ms) > Number(DAYS_MAX) * 86_400_000) {
      this.#refuse(node, 'a duration has whole milliseconds, and at most a hundred years')
    }
    return `(${this.#facts.bind(ms)}::bigint * interval '1 millisecond')`
  }

  /** What a call with literals comes to; it says by itself what is wrong with them. */
  #constant(node: ASTNode, source: string): number {
    try {
      return Number(evaluate(source))
    } catch (error) {
      return this.#refuse(node, (error as { summary?: string }).summary ?? String(error))
    }
  }

  #call(node: ASTNode, name: string, args: ASTNode[]): string {
    switch (name) {
      case 'has':
        return this.#has(args[0]!)
      case 'inSegment': {
        const id = literalOf(args[0]!)
        if (typeof id !== 'string') return this.#refuse(node, 'write the id of the segment as it is')
        return this.#facts.segment?.(id) ?? this.#refuse(node, 'segments cannot be asked for here')
      }
      case 'timestamp': {
        const text = literalOf(args[0]!)
        if (typeof text !== 'string')
          return this.#refuse(node, 'write the moment as it is, such as timestamp("2026-01-01T00:00:00Z")')
        const ms = this.#constant(node, `timestamp(${JSON.stringify(text)})`)
        return `${this.#facts.bind(new Date(ms).toISOString())}::timestamptz`
      }
      case 'double':
        if (typeOf(args[0]!) !== 'int') return this.#refuse(node, 'double() takes a whole number here')
        return this.#doubleOf(args[0]!)
      case 'string':
        if (typeOf(args[0]!) !== 'int') return this.#refuse(node, 'string() takes a whole number here')
        return `${this.#sql(args[0]!)}::text`
      default:
        return this.#refuse(node, `conditions over members cannot call ${name}()`)
    }
  }

  #doubleOf(node: ASTNode): string {
    const { sql, most } = this.#whole(node)
    if (Number(most) > DOUBLE_MAX) this.#refuse(node, 'this number may get too large for a decimal number')
    return `(${sql})::double precision`
  }

  #has(path: ASTNode): string {
    const [of, name] = path.args as [ASTNode, string]
    if (of.op === 'id' && Object.hasOwn(this.#facts.declarations, of.args)) {
      if (!Object.hasOwn(this.#facts.declarations[of.args]!, name))
        this.#refuse(path, `there is no fact ${of.args}.${name}`)
      return `(${this.#facts.column(of.args, name)} is not null)`
    }
    if (of.op === '.' && of.args[0].op === 'id') {
      const [subject, field] = [of.args[0].args as string, of.args[1] as string]
      if (this.#facts.declarations[subject]?.[field]?.startsWith('map<')) {
        return `(${this.#facts.column(subject, field)} ? ${this.#facts.bind(name)}::text)`
      }
    }
    return this.#refuse(path, 'has() asks for a fact, such as has(member.age)')
  }

  #method(node: ASTNode, name: string, receiver: ASTNode, args: ASTNode[]): string {
    switch (name) {
      case 'startsWith':
        return `starts_with(${this.#sql(receiver)}, ${this.#sql(args[0]!)})`
      case 'endsWith': {
        const ending = this.#sql(args[0]!)
        return `(right(${this.#sql(receiver)}, length(${ending})) = ${ending})`
      }
      case 'contains':
        return `(strpos(${this.#sql(receiver)}, ${this.#sql(args[0]!)}) > 0)`
      case 'plusDays':
      case 'minusDays': {
        const { sql, most } = this.#whole(args[0]!)
        if (most > DAYS_MAX)
          this.#refuse(args[0]!, 'at most a hundred years of days, as a number that is written')
        return `(${this.#sql(receiver)} ${name === 'plusDays' ? '+' : '-'} ${sql} * interval '24 hours')`
      }
      case 'exists':
      case 'all':
        return this.#quantifier(node, name, receiver, args[0]!.args as string, args[1]!)
      default:
        return this.#refuse(node, `conditions over members cannot call .${name}()`)
    }
  }

  /** CEL: one element decides; an error only counts where none does. */
  #quantifier(node: ASTNode, kind: 'exists' | 'all', of: ASTNode, name: string, predicate: ASTNode): string {
    const type = typeOf(of)
    if (of.op === 'list' || !(type === 'list<string>' || type.startsWith('map<'))) {
      this.#refuse(of, `${kind}() goes over a fact that is a list, or the keys of one that is a map`)
    }
    if (this.#elements.size > 0) this.#refuse(node, 'one of exists() and all() does not stand within another')
    const elements = this.#sql(of)
    const table = `element_${++this.#lists}`
    this.#elements.set(name, `${table}.it`)
    const says = this.#sql(predicate)
    this.#elements.delete(name)
    const rows = type === 'list<string>' ? `unnest(${elements})` : `jsonb_object_keys(${elements})`
    const decided = kind === 'exists' ? `bool_or(says.yes)` : `not bool_and(says.yes)`
    const [found, otherwise] = kind === 'exists' ? ['true', 'false'] : ['false', 'true']
    return (
      `(case when ${elements} is not null then (select case when ${decided} then ${found}` +
      ` when count(*) = count(says.yes) then ${otherwise} end` +
      ` from ${rows} as ${table}(it), lateral (select ${says} as yes) as says) end)`
    )
  }

  /** Whole numbers. Where a result may leave 64 bits, CEL has an error, so it is null. */
  #whole(node: ASTNode): Whole {
    const { op, args } = node
    switch (op) {
      case 'value': {
        const value = args as bigint
        this.#checkLiteral(node, value)
        return { sql: `${this.#facts.bind(String(value))}::bigint`, most: value < 0n ? -value : value }
      }
      case '.':
      case '[]':
        return {
          sql: this.#field(node, args[0], op === '.' ? args[1] : this.#textLiteral(args[1])),
          most: FACT_MAX,
        }
      case '-_': {
        const { sql, most } = this.#whole(args)
        return { sql: `(- ${sql})`, most }
      }
      case '+':
      case '-': {
        const [left, right] = [this.#whole(args[0]), this.#whole(args[1])]
        return within(left, op, right, left.most + right.most)
      }
      case '*': {
        const [left, right] = [this.#whole(args[0]), this.#whole(args[1])]
        return within(left, op, right, left.most * right.most)
      }
      case '/':
      case '%': {
        const [left, right] = [this.#whole(args[0]), this.#whole(args[1])]
        return { sql: `(${left.sql} ${op} nullif(${right.sql}, 0))`, most: left.most }
      }
      case '?:': {
        const most: bigint[] = []
        const sql = this.#choice(node, args[0], args[1], args[2], (branch) => {
          const whole = this.#whole(branch)
          most.push(whole.most)
          return whole.sql
        })
        return { sql, most: most.reduce((a, b) => (a > b ? a : b)) }
      }
      case 'call':
        return this.#wholeCall(node, args[0], args[1])
      case 'rcall':
        return this.#wholeMethod(node, args[0], args[1], args[2])
      default:
        return this.#refuse(node, `conditions over members cannot compute a number by '${op}'`)
    }
  }

  #wholeCall(node: ASTNode, name: string, args: ASTNode[]): Whole {
    if (name === 'size') return this.#size(args[0]!)
    if (name === 'daysBetween') {
      const [from, to] = args as [ASTNode, ASTNode]
      const days = `floor(extract(epoch from (${this.#sql(to)} - ${this.#sql(from)})) / 86400)::bigint`
      return { sql: days, most: FACT_MAX }
    }
    return this.#refuse(node, `conditions over members cannot call ${name}() for a number`)
  }

  #wholeMethod(node: ASTNode, name: string, receiver: ASTNode, args: ASTNode[]): Whole {
    if (name === 'size') return this.#size(receiver)
    if (!isCalendarPart(name))
      return this.#refuse(
        node,
        `conditions over members cannot call .${name}(); of moments: year, month, day, weekday, hour`,
      )
    const zone = literalOf(args[0]!)
    if (typeof zone !== 'string' || !isTimeZone(zone)) {
      return this.#refuse(args[0]!, 'name a time zone, such as "Asia/Shanghai"')
    }
    const part = name === 'weekday' ? 'isodow' : name
    const local = `${this.#sql(receiver)} at time zone ${this.#facts.bind(zone)}::text`
    return { sql: `extract(${part} from ${local})::bigint`, most: 300_000n }
  }

  #size(of: ASTNode): Whole {
    const type = typeOf(of)
    const sql = this.#sql(of)
    if (type === 'string') return { sql: `char_length(${sql})::bigint`, most: FACT_MAX }
    if (type === 'list<string>' && of.op !== 'list')
      return { sql: `cardinality(${sql})::bigint`, most: FACT_MAX }
    if (type.startsWith('map<')) {
      return {
        sql: `(case when ${sql} is not null then (select count(*) from jsonb_object_keys(${sql})) end)`,
        most: FACT_MAX,
      }
    }
    return this.#refuse(of, 'size() is of a text or a fact that is a list or a map')
  }
}

function within(left: Whole, op: string, right: Whole, most: bigint): Whole {
  if (most <= INT_MAX) return { sql: `(${left.sql} ${op} ${right.sql})`, most }
  return { sql: `condition_int(${left.sql}::numeric ${op} ${right.sql}::numeric)`, most: INT_MAX }
}

/** The type that the checker found, by its CEL name. */
const typeOf = (node: ASTNode): string =>
  String((node as unknown as { checkedType?: unknown }).checkedType ?? '')

/** A literal, also one with a minus before it. */
function literalOf(node: ASTNode): string | number | bigint | undefined {
  if (node.op === 'value' && ['string', 'number', 'bigint'].includes(typeof node.args)) {
    return node.args as string | number | bigint
  }
  if (node.op !== '-_') return undefined
  const literal = literalOf(node.args)
  return literal === undefined || typeof literal === 'string' ? undefined : -literal
}

/** A function that conditions need where they run; for a migration. */
export const conditionFunctions = (role: string): string => `
  create function condition_int(value numeric) returns bigint
    language sql immutable strict parallel safe
    return case when value between -9223372036854775808 and 9223372036854775807 then value::bigint end;
  grant execute on function condition_int(numeric) to ${role};
`
