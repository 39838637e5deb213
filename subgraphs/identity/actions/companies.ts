import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { checkCompany, companyCode } from '../domain/company.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex } from '../domain/sealing.ts'
import {
  beginExecutor,
  type Company,
  endExecutor,
  findCompaniesOf,
  findCompany,
  lockCompany,
  pointCompanyAt,
} from '../store/companies.ts'
import { presentIds } from '../store/members.ts'
import { lockReachable } from './callers.ts'
import { commandOf } from './command.ts'

export interface SetCompanyExecutorInput {
  readonly code: string
  readonly name: string
  readonly memberId?: string | null
  readonly idempotencyKey?: string | null
}

/**
 * A company is known by its code, and the code leads to the member who collects its points: what is bought under the code
 * is that member's. Another executor collects from then on; what was collected stays with who did.
 */
export async function setCompanyExecutor(
  ctx: IdentityContext,
  input: SetCompanyExecutorInput,
): Promise<Result<Company, IdentityRefusalCode>> {
  return ctx.db.transaction(async (tx) => {
    const answer = await once<string, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'setCompanyExecutor', input),
      async () => {
        const checked = checkCompany(input)
        if (!checked.ok) return checked
        const by = principalName(ctx.principal)
        const company = await lockCompany(tx, { ...checked.value, id: newId(ctx.now) }, by, ctx.now)
        const member =
          input.memberId == null ? undefined : await lockReachable(tx, ctx.principal, input.memberId)
        if (input.memberId != null && !member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        // Who collects under a former id of the same person goes on, so that an unmerge finds it.
        const [present] = company.executor === undefined ? [] : await presentIds(tx, [company.executor])
        if (present !== member?.id) await changeExecutor(tx, ctx, company, member?.holderId)
        return ok(company.code)
      },
    )
    return answer.ok ? ok((await findCompany(tx, answer.value))!) : answer
  })
}

async function changeExecutor(
  tx: Tx,
  ctx: IdentityContext,
  { id, code }: Company,
  memberId: string | undefined,
): Promise<void> {
  const by = principalName(ctx.principal)
  await endExecutor(tx, id, by, ctx.now)
  if (memberId !== undefined) {
    await beginExecutor(tx, { memberId, id: newId(ctx.now), company: id }, by, ctx.now)
  }
  const hash = blindIndex(ctx.services.keys.index, { kind: 'COMPANY', scope: '', value: code })
  await pointCompanyAt(tx, hash, memberId)
}

/** Nobody collects any more for the companies for which these members did. */
export async function endExecutorsOf(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
): Promise<void> {
  for (const company of await findCompaniesOf(tx, memberIds))
    await changeExecutor(tx, ctx, company, undefined)
}

export async function readCompany(ctx: IdentityContext, code: string): Promise<Company | undefined> {
  const normal = companyCode(code)
  return normal === undefined ? undefined : findCompany(ctx.db, normal)
}
