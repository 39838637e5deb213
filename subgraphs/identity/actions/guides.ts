import { randomBytes } from 'node:crypto'
import { principalName } from '../../../kernel/auth/principal.ts'
import { nodeOf } from '../../../kernel/auth/stores.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { liesWithin } from '../domain/organisation.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { isPlaced, type StaffAccount } from '../domain/staff.ts'
import {
  type BindingEnded,
  type BoundBecause,
  endGuideBindings,
  findGuideBindings,
  findGuideByCode,
  insertGuideBindings,
  lockGuidedMembers,
  saveGuideCode,
} from '../store/guides.ts'
import { findNode } from '../store/organisation.ts'
import { lockStaff } from '../store/staff.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'

type Answer<T> = Result<T, IdentityRefusalCode>
type OfMember = { memberId: MemberId }

/** A code for the caller to show to members, as a QR code; one of before leads to nobody any more. */
export async function issueGuideCode(ctx: IdentityContext): Promise<Answer<{ code: string }>> {
  const { principal } = ctx
  if (principal.kind !== 'staff') throw new ForbiddenError()
  return ctx.db.transaction(async (tx) => {
    const staff = await lockStaff(tx, principal.staffId)
    if (!staff || !isGuide(staff)) return fail('GUIDE_NOT_FOUND')
    const code = randomBytes(9).toString('base64url')
    await saveGuideCode(tx, staff.id, code)
    return ok({ code })
  })
}

/** Who works in stores looks after members. */
const isGuide = (staff: StaffAccount): boolean =>
  !staff.closed && isPlaced(staff.role) && staff.node !== undefined

export interface BindGuideInput {
  readonly code: string
  readonly idempotencyKey?: string | null
}

/** A member scans the code that a guide shows. */
export async function bindGuide(ctx: IdentityContext, input: BindGuideInput): Promise<Answer<OfMember>> {
  const target = targetOf(ctx.principal, undefined)
  return ctx.db.transaction((tx) =>
    once<OfMember, IdentityRefusalCode>(tx, commandOf(ctx, 'bindGuide', input), async () => {
      const id = await findGuideByCode(tx, input.code.trim())
      const guide = id === undefined ? undefined : await lockStaff(tx, id)
      if (!guide || !isGuide(guide)) return fail('GUIDE_NOT_FOUND', { path: ['code'] })
      const member = await lockReachable(tx, ctx.principal, target)
      if (!member) return fail('MEMBER_NOT_FOUND')
      await bindAll(tx, ctx, [member.id], guide.id, 'SCANNED', 'SCANNED_ANOTHER')
      return ok({ memberId: member.id })
    }),
  )
}

export interface AssignGuideInput {
  readonly memberId: string
  readonly guide: string
  readonly idempotencyKey?: string | null
}

/** A manager gives a member of its part a guide of its part. */
export async function assignGuide(ctx: IdentityContext, input: AssignGuideInput): Promise<Answer<OfMember>> {
  return ctx.db.transaction((tx) =>
    once<OfMember, IdentityRefusalCode>(tx, commandOf(ctx, 'assignGuide', input), async () => {
      const guide = await lockGuide(tx, ctx, input.guide)
      if (!guide) return fail('GUIDE_NOT_FOUND', { path: ['guide'] })
      const member = await lockReachable(tx, ctx.principal, input.memberId)
      if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
      await bindAll(tx, ctx, [member.id], guide.id, 'ASSIGNED', 'ASSIGNED_ANOTHER')
      return ok({ memberId: member.id })
    }),
  )
}

export interface TransferGuidedInput {
  readonly from: string
  readonly to: string
  readonly idempotencyKey?: string | null
}

/** All of a guide's members go over to another, as when the guide leaves. */
export async function transferGuided(
  ctx: IdentityContext,
  input: TransferGuidedInput,
): Promise<Answer<{ members: number }>> {
  return ctx.db.transaction((tx) =>
    once<{ members: number }, IdentityRefusalCode>(tx, commandOf(ctx, 'transferGuided', input), async () => {
      // In the order of their ids: two transfers the other way about do not wait for each other.
      const ids = [input.from, input.to].toSorted()
      const locked = new Map<string, StaffAccount | undefined>()
      for (const id of ids) locked.set(id, await lockOfPart(tx, ctx, id))
      const to = locked.get(input.to)
      if (!locked.get(input.from)) return fail('GUIDE_NOT_FOUND', { path: ['from'] })
      if (!to || !isGuide(to) || input.from === input.to) return fail('GUIDE_NOT_FOUND', { path: ['to'] })
      return ok({ members: await handOver(tx, ctx, input.from, input.to) })
    }),
  )
}

const CHUNK = 5_000

/** Members of a guide go to another, or to nobody; answers how many. */
export async function handOver(
  tx: Tx,
  ctx: IdentityContext,
  from: string,
  to: string | undefined,
): Promise<number> {
  for (let moved = 0; ; ) {
    const memberIds = await lockGuidedMembers(tx, from, CHUNK)
    if (memberIds.length === 0) return moved
    if (to === undefined) await unbind(tx, ctx, memberIds, 'GUIDE_LEFT')
    else await bindAll(tx, ctx, memberIds, to, 'TRANSFERRED', 'TRANSFERRED')
    moved += memberIds.length
  }
}

/** Members get a guide in place of the one they have; who has this one already keeps it. */
async function bindAll(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
  guide: string,
  because: BoundBecause,
  ended: BindingEnded,
): Promise<void> {
  const current = (await findGuideBindings(tx, memberIds)).filter(({ endedAt }) => endedAt === undefined)
  const already = new Set(current.flatMap((one) => (one.guide === guide ? one.memberId : [])))
  const changing = memberIds.filter((id) => !already.has(id))
  if (changing.length === 0) return
  const by = principalName(ctx.principal)
  await endGuideBindings(tx, changing, { because: ended, by }, ctx.now)
  const bindings = changing.map((memberId) => ({ memberId, id: newId(ctx.now) }))
  await insertGuideBindings(tx, bindings, { guide, because, by }, ctx.now)
  await tell(tx, ctx, changing, guide)
}

/** Members have no guide any more. */
export async function unbind(
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
  because: BindingEnded,
): Promise<void> {
  const ended = await endGuideBindings(tx, memberIds, { because, by: principalName(ctx.principal) }, ctx.now)
  if (ended.length > 0) await tell(tx, ctx, ended, undefined)
}

const tell = (
  tx: Tx,
  ctx: IdentityContext,
  memberIds: readonly string[],
  guide: string | undefined,
): Promise<void> =>
  publish(tx, [
    { type: 'identity.GuidesChanged', occurredAt: ctx.now, payload: { memberIds, guide: guide ?? null } },
  ])

/** Holds somebody of the caller's part of the organisation, also who has left. */
async function lockOfPart(tx: Tx, ctx: IdentityContext, id: string): Promise<StaffAccount | undefined> {
  const staff = await lockStaff(tx, id)
  const own = nodeOf(ctx.principal)
  if (!staff || own === undefined) return staff
  const [part, node] = [await findNode(tx, own), await findNode(tx, staff.node)]
  return part && node && liesWithin(node, part) ? staff : undefined
}

/** Holds somebody of the caller's part who looks after members. */
export async function lockGuide(tx: Tx, ctx: IdentityContext, id: string): Promise<StaffAccount | undefined> {
  const staff = await lockOfPart(tx, ctx, id)
  return staff && isGuide(staff) ? staff : undefined
}
