import { endOfDay, isLocalDate, startOfDay } from '../../../kernel/values/instant.ts'
import type { AwardDocument, CapDocument, EarnRuleDocument } from './earn-document.ts'
import { momentOf } from './earn-rules.ts'
import { activityConditions, conditions, type ProgramDocument } from './program.ts'
import { amountFaults, conditionFault, type Fault, type Path, repeatedIds } from './program-fault.ts'

/** What a JSON Schema cannot say of the rules and caps of a document. */
export function earnFaults(document: ProgramDocument): Fault[] {
  const { earn, caps = [], period } = document
  return [
    ...(period && !isLocalDate(period.from)
      ? [{ path: ['period', 'from'], message: 'is not a day of the calendar' }]
      : []),
    ...earn.flatMap((rule, index) => ruleFaults(rule, ['earn', index], document)),
    ...caps.flatMap((cap, index) => capFaults(cap, ['caps', index], earn)),
    ...repeatedIds('caps', caps),
  ]
}

function ruleFaults(rule: EarnRuleDocument, path: Path, document: ProgramDocument): Fault[] {
  const activity = rule.on === 'activity'
  const faults: Fault[] = []
  if (activity !== (rule.activities !== undefined))
    faults.push({
      path: [...path, 'on'],
      message: activity ? 'activity needs activities' : 'purchase takes no activities',
    })
  if (activity && rule.award?.each === 'line')
    faults.push({ path: [...path, 'award', 'each'], message: 'an activity has no lines' })
  return [
    ...faults,
    ...(rule.award ? awardFaults(rule.award, [...path, 'award'], document.currency) : []),
    ...windowFaults(rule, path, document.timeZone),
    ...conditionFault([...path, 'when'], rule.when, activity ? activityConditions : conditions),
  ]
}

function awardFaults(award: AwardDocument, path: Path, currency: string): Fault[] {
  const faults = amountFaults([...path, 'per'], award.per, currency, true)
  const fault = (key: string, message: string) => faults.push({ path: [...path, key], message })
  if (!award.stages) {
    for (const key of ['of', 'in', 'basis'] as const)
      if (award[key] !== undefined) fault(key, 'goes with stages')
    if (award.per !== undefined && award.each !== undefined) fault('each', 'does not go with per')
    return faults
  }
  for (const key of ['points', 'per'] as const) {
    if (award[key] !== undefined) fault(key, 'stands in each stage')
  }
  const proportional = award.stages[0]!.per !== undefined
  if (proportional && award.each !== undefined) fault('each', 'does not go with per')
  return [...faults, ...stageFaults(award, path, currency, proportional)]
}

function stageFaults(award: AwardDocument, path: Path, currency: string, proportional: boolean): Fault[] {
  const faults: Fault[] = []
  const ofSpend = (award.of ?? 'spend') === 'spend'
  let below: number | undefined
  for (const [index, stage] of award.stages!.entries()) {
    const at = (key: string): Path => [...path, 'stages', index, key]
    if (typeof stage.from !== (ofSpend ? 'string' : 'number')) {
      faults.push({
        path: at('from'),
        message: ofSpend ? 'must be a decimal text' : 'must be a whole number',
      })
      continue
    }
    if (ofSpend) faults.push(...amountFaults(at('from'), String(stage.from), currency, false))
    const from = Number(stage.from)
    if (below === undefined ? from !== 0 : from <= below)
      faults.push({
        path: at('from'),
        message: below === undefined ? 'must be 0: the first stage' : `must be more than ${below}`,
      })
    below = from
    if ((stage.per !== undefined) !== proportional)
      faults.push({ path: at('per'), message: 'all stages have it, or none' })
    faults.push(...amountFaults(at('per'), stage.per, currency, true))
    // Where no points come, no points lead on.
    if (award.of === 'points' && stage.points === 0)
      faults.push({ path: at('points'), message: 'must be more than 0 for stages of points' })
  }
  return faults
}

function windowFaults(rule: EarnRuleDocument, path: Path, timeZone: string): Fault[] {
  const faults: Fault[] = []
  for (const key of ['from', 'until'] as const) {
    const text = rule[key]
    if (text !== undefined && !isLocalDate(text) && !isMoment(text))
      faults.push({ path: [...path, key], message: 'is neither a day of the calendar nor an instant' })
  }
  if (faults.length > 0 || rule.from === undefined || rule.until === undefined) return faults
  const [from, until] = [momentOf(rule.from, startOfDay, timeZone), momentOf(rule.until, endOfDay, timeZone)]
  return from < until ? [] : [{ path: [...path, 'until'], message: 'is not after from' }]
}

const isMoment = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
  Number.isFinite(Date.parse(text))

function capFaults(cap: CapDocument, path: Path, earn: readonly EarnRuleDocument[]): Fault[] {
  const faults: Fault[] = []
  const fault = (key: string, message: string) => faults.push({ path: [...path, key], message })
  if ((cap.rules === undefined) === (cap.tag === undefined)) fault('rules', 'either rules or a tag')
  if ((cap.points === undefined) === (cap.times === undefined)) fault('points', 'either points or times')
  for (const [index, id] of (cap.rules ?? []).entries()) {
    if (!earn.some((rule) => rule.id === id))
      faults.push({ path: [...path, 'rules', index], message: `${id} is not a rule of this programme` })
  }
  if (cap.tag !== undefined && !earn.some((rule) => rule.tags?.includes(cap.tag!)))
    fault('tag', 'no rule has this tag')
  const assets = new Set(
    earn
      .filter((rule) => cap.rules?.includes(rule.id) || (cap.tag && rule.tags?.includes(cap.tag)))
      .map((rule) => rule.asset),
  )
  if (cap.points !== undefined && assets.size > 1)
    fault('points', 'the rules give points and growth: two caps')
  if (cap.over === 'carry-over') {
    if (cap.points === undefined) fault('over', 'carry-over goes with points')
    if (cap.per === 'ever') fault('over', 'there is no later period to carry over to')
  }
  return faults
}
