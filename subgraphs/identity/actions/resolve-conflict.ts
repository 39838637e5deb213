import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { type Connection, connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { maskIdentity } from '../domain/masking.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { identityText } from '../domain/sealing.ts'
import { confirmChannelIdentity, findChannelIdentities } from '../store/channel-identities.ts'
import {
  findConflict,
  type IdentityConflict,
  listConflicts,
  lockConflict,
  resolveConflictRow,
} from '../store/conflicts.ts'
import { handOverIdentifier, releaseIdentifiers } from '../store/identifiers.ts'
import { findAllIds, lockMember } from '../store/members.ts'
import { findAliasedPhones } from '../store/phone-aliases.ts'
import { commandOf } from './command.ts'
import { takeIdentifier } from './contest-identity.ts'
import { openDataKeys } from './data-key.ts'
import { checkReason, type MergeMembersInput, mergeMembers } from './merge-members.ts'
import { boundHashesOf, identityTextOf } from './phone-aliases.ts'
import { identityBound } from './register-member.ts'
import { recordIdentities } from './resolve-member.ts'
import { lastOne } from './unbind-identity.ts'

export interface ResolveConflictInput {
  readonly conflictId: string
  readonly resolution: 'MERGE' | 'KEEP_APART' | 'MOVE'
  readonly intoMemberId?: string | null
  readonly bonuses: MergeMembersInput['bonuses']
  readonly consents: MergeMembersInput['consents']
  readonly reason: string
  readonly idempotencyKey: string
}

type Answer = Result<{ conflictId: string }, IdentityRefusalCode>

/** People decide on a contested identifier: the two are one person, or it stays where it is, or it is the other's. */
export async function resolveConflict(ctx: IdentityContext, input: ResolveConflictInput): Promise<Answer> {
  return input.resolution === 'MERGE' ? merge(ctx, input) : decide(ctx, input)
}

async function merge(ctx: IdentityContext, input: ResolveConflictInput): Promise<Answer> {
  const conflict = await findConflict(ctx.db.query, input.conflictId)
  if (!conflict) return fail('CONFLICT_NOT_FOUND', { path: ['conflictId'] })
  const { holderId, claimantId } = conflict
  if (claimantId === undefined) return fail('CONFLICT_NOT_OF_TWO', { path: ['resolution'] })
  const into = input.intoMemberId ?? holderId
  const from = into === holderId ? claimantId : holderId
  if (into !== holderId && into !== claimantId) return fail('MEMBER_NOT_FOUND', { path: ['intoMemberId'] })
  // Each case is merged once, whoever asks for it and however often.
  const { bonuses, consents, reason } = input
  const merged = await mergeMembers(ctx, {
    fromMemberId: from,
    intoMemberId: into,
    bonuses,
    consents,
    reason,
    idempotencyKey: `conflict:${input.idempotencyKey}`,
  })
  if (!merged.ok) return merged
  return ctx.db.transaction(async (tx) => {
    const open = await lockConflict(tx, input.conflictId)
    if (open!.state === 'OPEN') {
      await resolveConflictRow(tx, open!.id, {
        resolution: 'MERGED',
        reason,
        by: principalName(ctx.principal),
        at: ctx.now,
        mergeCaseId: merged.value.caseId,
      })
    }
    return ok({ conflictId: input.conflictId })
  })
}

async function decide(ctx: IdentityContext, input: ResolveConflictInput): Promise<Answer> {
  return ctx.db.transaction((tx) =>
    once<{ conflictId: string }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'resolveConflict', input),
      async () => {
        const reason = checkReason(input.reason)
        if (!reason.ok) return reason
        const conflict = await lockConflict(tx, input.conflictId)
        if (!conflict) return fail('CONFLICT_NOT_FOUND', { path: ['conflictId'] })
        if (conflict.state !== 'OPEN') return fail('CONFLICT_ALREADY_RESOLVED', { path: ['conflictId'] })
        const done =
          input.resolution === 'MOVE' ? await move(tx, ctx, conflict) : await keep(tx, ctx, conflict)
        if (!done.ok) return done
        await resolveConflictRow(tx, conflict.id, {
          resolution: input.resolution === 'MOVE' ? 'MOVED' : 'KEPT_APART',
          reason: reason.value,
          by: principalName(ctx.principal),
          at: ctx.now,
        })
        return ok({ conflictId: conflict.id })
      },
    ),
  )
}

/** It stays: somebody has looked, so the member counts as seen. */
async function keep(
  tx: Tx,
  ctx: IdentityContext,
  { holderId, hash, kind }: IdentityConflict,
): Promise<Result<true, IdentityRefusalCode>> {
  const holder = await lockMember(tx, holderId)
  if (holder && kind === 'DORMANT')
    await confirmChannelIdentity(tx, await findAllIds(tx, holder.id), hash, ctx.now)
  return ok(true)
}

/** It goes to the claimant, or is free for who comes with it next; its member keeps the account with what is left. */
async function move(
  tx: Tx,
  ctx: IdentityContext,
  { holderId, claimantId, hash, strength, source }: IdentityConflict,
): Promise<Result<true, IdentityRefusalCode>> {
  for (const id of [holderId, claimantId].flatMap((one) => one ?? []).toSorted()) await lockMember(tx, id)
  const holder = await lockMember(tx, holderId)
  const claimant = claimantId === undefined ? undefined : await lockMember(tx, claimantId)
  if (!holder) return fail('MEMBER_NOT_FOUND')
  if (claimantId !== undefined && !claimant) return fail('MEMBER_NOT_FOUND')
  const held = await findChannelIdentities(tx, [holder.id])
  const row = held.find((one) => one.hash.equals(hash))
  if (!row) return fail('CONFLICT_ALREADY_RESOLVED', { path: ['conflictId'] })
  const hashes = await boundHashesOf(tx, ctx, row, held)
  if (lastOne(held, [row, ...hashes])) return fail('LAST_IDENTIFIER')
  const value = await identityTextOf(tx, ctx, row)
  await takeIdentifier(tx, ctx, holder.id, { row, hashes })
  // Who has the phone has its hashes without their being bound.
  if (!claimant || (await hasPhoneOf(tx, claimant.id, hash))) {
    await releaseIdentifiers(tx, [hash], [row.memberId])
    return ok(true)
  }
  await handOverIdentifier(tx, hash, row.memberId, claimant.holderId)
  const { kind, scope, channel } = row
  await recordIdentities(tx, ctx, [
    { memberId: claimant.holderId, identifier: { kind, scope, value, hash, strength, source }, channel },
  ])
  await publish(tx, [identityBound(ctx.now, channel, claimant.id, [row])])
  return ok(true)
}

/** Does a hash stand for a phone that this person has? */
async function hasPhoneOf(tx: Tx, personId: string, hash: Buffer): Promise<boolean> {
  const [phone] = (await findAliasedPhones(tx, [hash])).values()
  return phone !== undefined && (await findAllIds(tx, personId)).includes(phone.memberId)
}

export interface IdentityConflictsAsked extends PageArguments {
  readonly memberId?: string | null
  readonly state?: 'OPEN' | 'RESOLVED' | null
}

/** Contested identifiers, newest first. */
export async function readConflicts(
  ctx: IdentityContext,
  asked: IdentityConflictsAsked,
): Promise<Connection<IdentityConflict>> {
  const { limit, after } = pageOf(asked)
  if (after !== undefined && !isUuid(after)) throw new BadInputError('after: not a cursor of this list.')
  const member = asked.memberId == null ? undefined : await ctx.loaders.member.load(asked.memberId)
  if (asked.memberId != null && !member) return connection([], limit, () => '')
  const rows = await listConflicts(ctx.db.query, {
    memberIds: member && (await findAllIds(ctx.db, member.id)),
    state: asked.state ?? undefined,
    before: after,
    limit: limit + 1,
  })
  return connection(rows, limit, ({ id }) => id)
}

/** What can be shown of a contested identifier: its last characters, while somebody has it. */
export async function maskedConflict(ctx: IdentityContext, conflict: IdentityConflict): Promise<string> {
  for (const id of [conflict.holderId, conflict.claimantId]) {
    const member = id && (await ctx.loaders.member.load(id))
    const rows = member ? await ctx.loaders.identities.load(member.id) : []
    const row = rows.find(({ hash }) => hash.equals(conflict.hash))
    if (!row) continue
    const dataKey = (await openDataKeys(ctx, [row.memberId])).get(row.memberId)
    return maskIdentity(row.kind, identityText(dataKey, row) ?? '')
  }
  return ''
}
