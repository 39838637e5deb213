import { memberRecords, memberTables } from '../../../kernel/db/member-records.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { localDate } from '../../../kernel/values/instant.ts'
import type { CampaignsContext } from '../context.ts'
import { decideCompletion, type Task } from '../domain/completion.ts'
import { distribution } from '../store/tables.ts'

interface MemberReference {
  readonly id: MemberId
}

export const Member = {
  __resolveReference: ({ id }: MemberReference): MemberReference => ({ id }),

  campaignsRecords: async ({ id }: { id: string }, _: unknown, ctx: CampaignsContext): Promise<string> =>
    JSON.stringify(await memberRecords(ctx.db.query, memberTables(distribution), [id])),

  async tasks(member: MemberReference, args: { program?: string | null }, ctx: CampaignsContext) {
    const tasks = await ctx.loaders.tasks()
    const wanted = args.program ? tasks.filter(({ program }) => program === args.program) : tasks
    return Promise.all(wanted.map((task) => progressOf(member.id, task, ctx)))
  },
}

async function progressOf(memberId: MemberId, task: Task, ctx: CampaignsContext) {
  const day = localDate(ctx.now, task.timeZone)
  const ofProgram = await ctx.loaders.progress.load({ memberId, program: task.program, day })
  const done = ofProgram.get(task.slug) ?? { ofDay: 0, ofYear: 0, lastOfDay: 0, pointsOfYear: 0n }
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
