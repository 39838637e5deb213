import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { TaskDefinition } from '../../../schema/events/program.ts'
import { type Campaign, stateOf } from './campaign.ts'

/** A campaign that is a task. */
export type Task = Campaign & { readonly definition: TaskDefinition }

/** How often a member has completed a task. */
export interface Completions {
  readonly ofDay: number
  readonly ofYear: number
  /** The highest number of the day; more than `ofDay` where some of the person's went with another in an unmerge. */
  readonly lastOfDay: number
}

export type TaskRefusal = 'CAMPAIGN_NOT_FOUND' | 'CAMPAIGN_NOT_LIVE' | 'TASK_NOT_COMPLETABLE'
export type LimitRefusal = 'DAILY_LIMIT_REACHED' | 'YEARLY_LIMIT_REACHED'

/** Is this a task that can be completed now, by someone who has not reached a limit? */
export function decideTask(campaign: Campaign | undefined, now: Instant): Result<Task, TaskRefusal> {
  const path = ['campaign']
  if (!campaign) return fail('CAMPAIGN_NOT_FOUND', { path })
  if (stateOf(campaign, now) !== 'LIVE') return fail('CAMPAIGN_NOT_LIVE', { path })
  return isTask(campaign) ? ok(campaign) : fail('TASK_NOT_COMPLETABLE', { path })
}

export const isTask = (campaign: Campaign): campaign is Task => campaign.definition.kind === 'task'

/** Does one more completion count? Answers with its number on that day. */
export function decideCompletion(
  { perDay, perYear }: TaskDefinition,
  done: Completions,
): Result<number, LimitRefusal> {
  if (done.ofDay >= perDay) return fail('DAILY_LIMIT_REACHED', { details: { perDay: String(perDay) } })
  if (done.ofYear >= perYear) return fail('YEARLY_LIMIT_REACHED', { details: { perYear: String(perYear) } })
  return ok(Math.max(done.ofDay, done.lastOfDay) + 1)
}
