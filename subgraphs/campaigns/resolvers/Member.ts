import { memberRecords, memberTables } from '../../../kernel/db/member-records.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { CampaignsContext } from '../context.ts'
import { decideCompletion, type Task } from '../domain/completion.ts'
import type { MemberTasks } from '../store/member-tasks.ts'
import { distribution } from '../store/tables.ts'

interface MemberReference {
  readonly id: MemberId
}

export const Member = {
  __resolveReference: ({ id }: MemberReference): MemberReference => ({ id }),

  campaignsRecords: async ({ id }: { id: string }, _: unknown, ctx: CampaignsContext): Promise<string> =>
    JSON.stringify(await memberRecords(ctx.db.query, memberTables(distribution), [id])),

  async tasks({ id }: MemberReference, args: { program?: string | null }, ctx: CampaignsContext) {
    const { now, patience } = ctx
    const { tasks, progress } = await ctx.services.memberTasks({ memberId: id, now, patience })
    const wanted = args.program ? tasks.filter(({ program }) => program === args.program) : tasks
    return wanted.map((task) => taskOf(task, progress(task)))
  },
}

const taskOf = (task: Task, done: ReturnType<MemberTasks['progress']>) => {
  const { perDay, perYear } = task.definition
  return {
    campaign: task,
    completedToday: done.ofDay,
    perDay,
    completedThisYear: done.ofYear,
    perYear,
    pointsEarned: done.pointsOfYear,
    available: decideCompletion(task.definition, done).ok,
  }
}
