import { principalName } from '../../../kernel/auth/principal.ts'
import { nodeOf } from '../../../kernel/auth/stores.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import {
  type Application,
  type ApplicationKind,
  type ApplicationState,
  checkApplication,
  checkWords,
  decideApplication as decide,
  type Reviewer,
} from '../domain/applications.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { places, seal, unseal } from '../domain/sealing.ts'
import {
  type ApplicationRow,
  closeApplication,
  findApplication,
  findApplicationsWithin,
  findTiers,
  insertApplication,
  lockApplication,
} from '../store/applications.ts'
import { presentIds } from '../store/members.ts'
import { findNode } from '../store/organisation.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { ensureDataKeys, newNonce, openDataKey } from './data-key.ts'

export interface SubmitApplicationInput {
  readonly memberId?: string | null
  readonly kind: ApplicationKind
  readonly program?: string | null
  readonly tier?: string | null
  readonly reason?: string | null
  readonly idempotencyKey?: string | null
}

type Answer = Result<ApplicationRow, IdentityRefusalCode>

/** A member applies for membership in a programme, or for another tier, by itself or at the counter. */
export async function submitApplication(
  ctx: IdentityContext,
  input: SubmitApplicationInput,
): Promise<Answer> {
  const target = targetOf(ctx.principal, input.memberId)
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'submitApplication', input), async () => {
      const words = input.reason == null ? undefined : checkWords(input.reason)
      if (words && !words.ok) return words
      const program = await programFor(tx.query, input.program)
      if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
      const asked = { kind: input.kind, tier: input.tier ?? undefined }
      const fits = checkApplication(asked, await findTiers(tx, program.slug))
      if (!fits.ok) return fits
      const member = await lockReachable(tx, ctx.principal, target)
      if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
      const application: Application = {
        ...asked,
        id: newId(ctx.now),
        memberId: member.holderId,
        program: program.slug,
        node: nodeOf(ctx.principal) ?? (await findNode(tx, member.joinedStore))?.id,
        state: 'SUBMITTED',
        submittedBy: principalName(ctx.principal),
      }
      const sealedWords = words && (await sealWords(tx, ctx, application, words.value))
      if (!(await insertApplication(tx, { ...application, sealedWords }, ctx.now))) {
        return fail('APPLICATION_OPEN', { path: ['kind'] })
      }
      await tell(tx, ctx, 'identity.ApplicationSubmitted', application)
      return ok(application.id)
    }),
  )
}

export interface DecideApplicationInput {
  readonly id: string
  readonly approve: boolean
  readonly reason?: string | null
  readonly idempotencyKey?: string | null
}

/** Somebody who did not hand it in approves or refuses; what follows from it is for who hears the event. */
export async function decideApplication(
  ctx: IdentityContext,
  input: DecideApplicationInput,
): Promise<Answer> {
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'decideApplication', input), async () => {
      const reason = input.reason == null ? undefined : checkWords(input.reason)
      if (reason && !reason.ok) return reason
      const found = await lockApplication(tx, input.id)
      const decided = decide(found, await findNode(tx, found?.node), {
        reviewer: await reviewerOf(tx, ctx),
        approve: input.approve,
        reason: reason?.value,
      })
      if (!decided.ok) return decided
      const by = principalName(ctx.principal)
      const state = input.approve ? 'APPROVED' : 'REFUSED'
      await closeApplication(tx, decided.value, { state, by, reason: reason?.value }, ctx.now)
      const type = input.approve ? 'identity.ApplicationApproved' : 'identity.ApplicationRefused'
      await tell(tx, ctx, type, decided.value)
      return ok(decided.value.id)
    }),
  )
}

export interface WithdrawApplicationInput {
  readonly id: string
  readonly idempotencyKey?: string | null
}

/** The applicant thinks better of it. */
export async function withdrawApplication(
  ctx: IdentityContext,
  input: WithdrawApplicationInput,
): Promise<Answer> {
  const target = targetOf(ctx.principal, undefined)
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'withdrawApplication', input), async () => {
      const found = await lockApplication(tx, input.id)
      if (!found || !(await presentIds(tx, [found.memberId])).includes(target))
        return fail('APPLICATION_NOT_FOUND', { path: ['id'] })
      if (found.state !== 'SUBMITTED') {
        return fail('APPLICATION_DECIDED', { path: ['id'], details: { state: found.state } })
      }
      const by = principalName(ctx.principal)
      await closeApplication(tx, found, { state: 'WITHDRAWN', by, reason: undefined }, ctx.now)
      return ok(found.id)
    }),
  )
}

/** Applications that the caller reviews, oldest first. */
export const readApplications = (
  ctx: IdentityContext,
  page: { state: ApplicationState | undefined; after: string | undefined; limit: number },
): Promise<ApplicationRow[]> => findApplicationsWithin(ctx.db, { ...page, within: nodeOf(ctx.principal) })

/** What the applicant said; undefined where it said nothing, or is forgotten. */
export async function wordsOf(ctx: IdentityContext, row: ApplicationRow): Promise<string | undefined> {
  if (!row.sealedWords) return undefined
  const wrapped = await ctx.loaders.memberKey.load(row.memberId)
  if (!wrapped) return undefined
  const dataKey = openDataKey(ctx.services.keys, row.memberId, wrapped)
  return unseal(dataKey, places.application(row.memberId, row.id), row.sealedWords).toString()
}

async function sealWords(
  tx: Tx,
  ctx: IdentityContext,
  { id, memberId }: Application,
  words: string,
): Promise<Buffer> {
  const dataKey = (await ensureDataKeys(tx, ctx.services.keys, [memberId])).get(memberId)!
  return seal(dataKey, places.application(memberId, id), Buffer.from(words), newNonce())
}

const reviewerOf = async (tx: Tx, ctx: IdentityContext): Promise<Reviewer> => {
  const node = nodeOf(ctx.principal)
  // A node that is none reviews nothing, for nothing lies below it.
  const part = node === undefined ? undefined : ((await findNode(tx, node)) ?? { path: '//' })
  return { name: principalName(ctx.principal), part }
}

async function answerOf(
  ctx: IdentityContext,
  work: (tx: Tx) => Promise<Result<string, IdentityRefusalCode>>,
): Promise<Answer> {
  return ctx.db.transaction(async (tx) => {
    const answer = await work(tx)
    return answer.ok ? ok((await findApplication(tx, answer.value))!) : answer
  })
}

const tell = (
  tx: Tx,
  ctx: IdentityContext,
  type: 'identity.ApplicationSubmitted' | 'identity.ApplicationApproved' | 'identity.ApplicationRefused',
  { id, memberId, kind, program, tier }: Application,
): Promise<void> =>
  publish(tx, [
    {
      type,
      memberId,
      occurredAt: ctx.now,
      payload: { applicationId: id, kind, program, tier: tier ?? null, by: principalName(ctx.principal) },
    },
  ])
