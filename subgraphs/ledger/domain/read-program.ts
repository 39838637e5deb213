import Ajv2020, { type ErrorObject } from 'ajv/dist/2020.js'
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { ConditionError } from '../../../kernel/conditions/conditions.ts'
import { compileMemberCondition } from '../../../kernel/conditions/member-conditions.ts'
import { isLocalDate, isTimeZone } from '../../../kernel/values/instant.ts'
import schema from '../../../schema/program.schema.json' with { type: 'json' }
import { burnFaults } from './burn-faults.ts'
import { coalitionFaults } from './coalition-faults.ts'
import { earnFaults } from './earn-faults.ts'
import { enteringFaults } from './entering.ts'
import { conditions, type ProgramDocument } from './program.ts'
import { conditionFault, type Fault, type Path, repeatedIds } from './program-fault.ts'
import { storedValueFaults } from './stored-value-faults.ts'
import { tierFaults } from './tier-faults.ts'

/** What is wrong with a program document, and where. Lines and columns count from 1. */
export interface ProgramFault {
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

const validate = new Ajv2020.default({ allErrors: true, strict: false }).compile<ProgramDocument>(schema)

/** Reads a document: the document where it is valid, all its faults with their places where it is not. */
export function readProgram(source: string): { document?: ProgramDocument; faults: readonly ProgramFault[] } {
  const lines = new LineCounter()
  const yaml = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  const problems = [...yaml.errors, ...yaml.warnings]
  if (problems.length > 0) {
    return {
      faults: problems.map((problem) => {
        const { line, col } = lines.linePos(problem.pos[0])
        return { line, column: col, path: '', message: problem.message }
      }),
    }
  }
  const document = plainDocument(yaml)
  if (document === undefined)
    return { faults: [{ line: 1, column: 1, path: '', message: 'repeats too much by aliases' }] }
  const faults = validate(document) ? meaningFaults(document) : schemaFaults(validate.errors!)
  if (faults.length === 0) return { document, faults: [] }
  return { faults: faults.map((fault) => placed(fault, yaml, lines)) }
}

/** `undefined` where aliases would blow the document up. */
function plainDocument(yaml: Document): ProgramDocument | undefined {
  try {
    return yaml.toJS({ maxAliasCount: 100 }) as ProgramDocument
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

function schemaFaults(errors: readonly ErrorObject[]): Fault[] {
  const faults = errors
    // A failed `oneOf` reports each branch besides itself; the branches say what is wrong.
    .filter((error) => error.keyword !== 'if')
    .map((error) => {
      const path = error.instancePath.split('/').slice(1).map(segment)
      if (error.keyword === 'additionalProperties') {
        const { additionalProperty } = error.params as { additionalProperty: string }
        return { path: [...path, additionalProperty], message: 'is not a known property', ofName: true }
      }
      if (error.keyword === 'enum') {
        const { allowedValues } = error.params as { allowedValues: unknown[] }
        return { path, message: `must be one of ${allowedValues.join(', ')}` }
      }
      return { path, message: error.message ?? 'is not valid' }
    })
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()]
}

const segment = (text: string): string | number => {
  const name = text.replaceAll('~1', '/').replaceAll('~0', '~')
  return /^\d+$/.test(name) ? Number(name) : name
}

/** What a JSON Schema cannot say. Expects a document that follows the schema. */
function meaningFaults(document: ProgramDocument): Fault[] {
  return [
    ...calendarFaults(document),
    ...burnFaults(document),
    ...earnFaults(document),
    ...tierFaults(document),
    ...enteringFaults(document),
    ...storedValueFaults(document),
    ...coalitionFaults(document),
    ...balanceSyncFaults(document),
    ...campaignFaults(document),
    ...tagFaults(document),
    ...attributeFaults(document),
    ...(
      ['earn', 'tiers', 'rewards', 'velocity', 'watch', 'benefits', 'campaigns', 'attributes'] as const
    ).flatMap((section) => repeatedIds(section, document[section])),
    ...referenceFaults(document),
  ]
}

function calendarFaults(document: ProgramDocument): Fault[] {
  const faults: Fault[] = []
  if (!isTimeZone(document.timeZone)) faults.push({ path: ['timeZone'], message: 'is not an IANA time zone' })
  for (const asset of ['points', 'growth'] as const) {
    const { validity } = document[asset]
    if (validity.kind === 'period' && !isLocalDate(validity.endsOn)) {
      faults.push({ path: [asset, 'validity', 'endsOn'], message: 'is not a day of the calendar' })
    }
  }
  for (const [index, campaign] of (document.campaigns ?? []).entries()) {
    if (campaign.kind !== 'points-multiplier') continue
    for (const end of ['from', 'to'] as const) {
      if (!isLocalDate(campaign[end])) {
        faults.push({ path: ['campaigns', index, end], message: 'is not a day of the calendar' })
      }
    }
    if (campaign.from > campaign.to) {
      faults.push({ path: ['campaigns', index, 'to'], message: 'is before the first day' })
    }
  }
  return faults
}

function balanceSyncFaults({ balanceSync = [] }: ProgramDocument): Fault[] {
  const seen = new Set<string>()
  return balanceSync.flatMap(({ channel }, index) => {
    if (seen.has(channel))
      return [{ path: ['balanceSync', index, 'channel'], message: `${channel} is there already` }]
    seen.add(channel)
    return []
  })
}

const campaignFaults = ({ campaigns = [] }: ProgramDocument): Fault[] =>
  campaigns.flatMap((campaign, index) =>
    campaign.kind === 'points-multiplier'
      ? conditionFault(['campaigns', index, 'when'], campaign.when, conditions)
      : [],
  )

function tagFaults({ tags = [] }: ProgramDocument): Fault[] {
  const seen = new Set<string>()
  return tags.flatMap((tag, index) => {
    const faults: Fault[] = []
    const fault = (path: Path, message: string) => faults.push({ path: ['tags', index, ...path], message })
    const subject = `${tag.dimension}/${tag.id}`
    if (seen.has(subject)) fault(['id'], `${subject} is there already`)
    seen.add(subject)
    if ((tag.value === 'choice') !== (tag.choices !== undefined)) fault(['value'], 'choice goes with choices')
    if (!tag.rule) return faults
    if (!tag.sources.includes('RULE')) fault(['sources'], 'must have RULE, as the tag has a rule')
    const given = tag.rule.value ?? ''
    const fits = {
      none: given === '',
      text: true,
      number: /^-?\d{1,15}$/.test(given),
      choice: tag.choices?.includes(given) ?? true,
    }
    if (!fits[tag.value]) fault(['rule', 'value'], 'is not a value of this tag')
    try {
      compileMemberCondition(tag.rule.when)
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error
      fault(['rule', 'when'], `line ${error.line}, column ${error.column}: ${error.message}`)
    }
    return faults
  })
}

function attributeFaults({ attributes = [] }: ProgramDocument): Fault[] {
  return attributes.flatMap(({ type, choices, minimum, maximum, maxLength }, index) => {
    const faults: Fault[] = []
    const fault = (field: string, message: string) =>
      faults.push({ path: ['attributes', index, field], message })
    if (type === 'enum' && choices === undefined) fault('type', 'needs choices')
    if (choices !== undefined && type !== 'enum' && type !== 'list') fault('choices', `a ${type} has none`)
    const number = type === 'integer' || type === 'decimal'
    if (minimum !== undefined && !number) fault('minimum', `a ${type} has none`)
    if (maximum !== undefined && !number) fault('maximum', `a ${type} has none`)
    if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
      fault('maximum', 'is less than the minimum')
    }
    if (maxLength !== undefined && type !== 'string' && type !== 'list')
      fault('maxLength', `a ${type} has none`)
    return faults
  })
}

function referenceFaults(document: ProgramDocument): Fault[] {
  const tiers = new Set(document.tiers.map((tier) => tier.id))
  return (document.benefits ?? []).flatMap((benefit, index) =>
    Object.keys(benefit.usesByTier)
      .filter((tier) => !tiers.has(tier))
      .map((tier) => ({
        path: ['benefits', index, 'usesByTier', tier],
        message: 'is not a tier of this programme',
        ofName: true,
      })),
  )
}

/** Finds a fault's line: that of the nearest part of its path which stands in the document. */
function placed({ path, message, ofName }: Fault, yaml: Document, lines: LineCounter): ProgramFault {
  const name = ofName ? offsetOfName(yaml, path) : undefined
  if (name !== undefined) {
    const { line, col } = lines.linePos(name)
    return { line, column: col, path: pathText(path), message }
  }
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(yaml, path.slice(0, length))
    if (offset === undefined) continue
    const { line, col } = lines.linePos(offset)
    return { line, column: col, path: pathText(path), message }
  }
  return { line: 1, column: 1, path: pathText(path), message }
}

function offsetOf(yaml: Document, path: Path): number | undefined {
  const node = (path.length === 0 ? yaml.contents : yaml.getIn(path, true)) as
    | { range?: number[] }
    | undefined
  return node?.range?.[0]
}

function offsetOfName(yaml: Document, path: Path): number | undefined {
  const map = path.length === 1 ? yaml.contents : yaml.getIn(path.slice(0, -1), true)
  if (!isMap(map)) return undefined
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === path.at(-1))
  return (pair?.key as { range?: number[] } | undefined)?.range?.[0]
}

const pathText = (path: Path): string =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('')
