import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type CompleteTaskInput, completeTask as complete } from '../../actions/complete-task.ts'
import type { CampaignsContext } from '../../context.ts'

export const completeTask = async (
  _: unknown,
  { input }: { input: CompleteTaskInput },
  ctx: CampaignsContext,
) => mutationPayload('participation', await complete(ctx, input), ctx)
