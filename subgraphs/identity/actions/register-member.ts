import { storeActedIn } from '../../../kernel/auth/stores.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import type { NewEvent } from '../../../kernel/events/event.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityBound, MembersRegistered } from '../../../schema/events/identity.ts'
import type { IdentityContext } from '../context.ts'
import { type Entry, statusOf } from '../domain/entry.ts'
import type { Channel, IdentityKind } from '../domain/kinds.ts'
import { memberNumber } from '../domain/member-number.ts'
import { checkProfile, fillProfile, type ProfileChange } from '../domain/profile.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex } from '../domain/sealing.ts'
import { insertIdentifiers } from '../store/identifiers.ts'
import { insertMembers, takeNumberSerials } from '../store/members.ts'
import { activateFound } from './activate-members.ts'
import { channelOf, isSelf, requireScope } from './callers.ts'
import { commandOf } from './command.ts'
import { openSession, type SessionTokens } from './open-session.ts'
import { recordIdentities, resolveMember } from './resolve-member.ts'
import {
  isPassing,
  type ProofInput,
  prepareProofs,
  type ReadProof,
  type VerifiedIdentifier,
  verifyProofs,
} from './verify-proofs.ts'
import { writeProfile } from './write-profile.ts'

export interface RegisterMemberInput {
  readonly channel: Channel
  readonly proofs: readonly ProofInput[]
  readonly profile?: ProfileChange | null
  readonly store?: string | null
  readonly entry?: Entry | null
  readonly idempotencyKey?: string | null
}

export interface Registered {
  readonly memberId: MemberId
  readonly created: boolean
  readonly session: SessionTokens | undefined
}

type Answer = Result<{ memberId: MemberId; created: boolean; answeredAt: Instant }, IdentityRefusalCode>

/** Tokens are not kept with an answer; a call that is repeated after a lost one gets new ones so long. */
export const SESSION_REPEAT_MS = 5 * 60_000

/** A person comes in by some channel: a new member, or the one that the identifiers already lead to. */
export async function registerMember(
  ctx: IdentityContext,
  input: RegisterMemberInput,
): Promise<Result<Registered, IdentityRefusalCode>> {
  const self = isSelf(ctx.principal)
  if (!self) requireScope(ctx.principal, 'members:register')
  const entry = input.entry ?? 'FULL'
  if (entry !== 'FULL' && self) throw new ForbiddenError('Persons register themselves in full.')
  channelOf(ctx.principal, input.channel, 'WEB')
  const command = commandOf(ctx, 'registerMember', input)

  const profile = checkProfile(input.profile ?? {}, ctx.now)
  const proofs = profile.ok ? await prepareProofs(ctx, command, input.proofs) : profile
  if (!proofs.ok && isPassing(proofs)) return proofs

  return ctx.db.transaction(async (tx) => {
    const answer: Answer = await once(tx, command, async () => {
      if (!profile.ok) return profile
      if (!proofs.ok) return proofs
      if (entry === 'COLLECTOR' && !isCardAlone(proofs.value)) {
        return fail('IDENTIFIER_NOT_VALID', { path: ['proofs'] })
      }
      const verified = await verifyProofs(tx, ctx, proofs.value, 'SIGN_IN')
      return verified.ok ? admit(tx, ctx, input, verified.value, profile.value) : verified
    })
    if (!answer.ok) return answer
    const { memberId, created, answeredAt } = answer.value
    const mayHaveSession = self && ctx.now - answeredAt <= SESSION_REPEAT_MS
    const session = mayHaveSession ? await openSession(tx, ctx, memberId, input.channel) : undefined
    return ok({ memberId, created, session })
  })
}

/** A collector card is the number on it, and nothing of a person. */
const isCardAlone = (proofs: readonly ReadProof[]): boolean =>
  proofs.length > 0 && proofs.every((proof) => proof.kind === 'asserted' && proof.identifier.kind === 'CARD')

async function admit(
  tx: Tx,
  ctx: IdentityContext,
  input: RegisterMemberInput,
  verified: readonly VerifiedIdentifier[],
  given: ProfileChange,
): Promise<Answer> {
  const { channel } = input
  const store = storeActedIn(ctx.principal, input.store)
  const resolved = await resolveMember(tx, ctx, verified, { mayBeNew: true })
  if (!resolved.ok) return resolved
  const { outcome, memberId, holderId, bind } = resolved.value
  const created = outcome === 'new'
  const entry = input.entry ?? 'FULL'
  if (created) {
    await beginMembers(tx, ctx, [{ id: memberId, joinedAt: ctx.now, channel, store, entry }])
  } else {
    await activateFound(tx, ctx, memberId, {
      person: isSelf(ctx.principal),
      bound: bind.map(({ kind }) => kind),
    })
  }
  await recordIdentities(
    tx,
    ctx,
    bind.map((identifier) => ({ memberId: holderId, identifier, channel })),
  )
  const phone = bind.find(({ kind }) => kind === 'PHONE')?.value
  const profile = phone === undefined ? given : { phone, ...given }
  // Who knows no more than a phone of somebody may not say who that is.
  const reached = verified.some((one) => one.strength !== 'reported' && !bind.includes(one))
  if ((created || reached) && Object.keys(profile).length > 0) {
    await writeProfile(tx, ctx, memberId, (known) => fillProfile(known, profile))
  }
  if (created) await publish(tx, [membersRegistered(ctx.now, channel, [memberId], entry)])
  else if (bind.length > 0) await publish(tx, [identityBound(ctx.now, channel, memberId, bind)])
  return ok({ memberId, created, answeredAt: ctx.now })
}

/** Makes members with numbers that lead to them. */
export async function beginMembers(
  tx: Tx,
  ctx: IdentityContext,
  members: readonly {
    id: MemberId
    joinedAt: Instant
    channel: Channel
    store: string | undefined
    entry?: Entry
  }[],
): Promise<void> {
  const serials = await takeNumberSerials(tx, members.length)
  const numbers = serials.map(memberNumber)
  const begun = insertMembers(
    tx,
    members.map(({ id, joinedAt, channel, store, entry }, index) => ({
      id,
      number: numbers[index]!,
      joinedAt,
      joinedChannel: channel,
      joinedStore: store,
      status: statusOf(entry ?? 'FULL'),
    })),
  )
  const found = insertIdentifiers(
    tx,
    members.map(({ id }, index) => {
      const number = { kind: 'MEMBER_NUMBER', scope: '', value: numbers[index]! } as const
      return { ...number, hash: blindIndex(ctx.services.keys.index, number), memberId: id }
    }),
  )
  await Promise.all([begun, found])
}

export const membersRegistered = (
  occurredAt: Instant,
  channel: Channel,
  memberIds: readonly string[],
  entry: Entry = 'FULL',
): NewEvent<'identity.MembersRegistered', MembersRegistered> => ({
  type: 'identity.MembersRegistered',
  ...(memberIds.length === 1 ? { memberId: memberIds[0]! } : {}),
  occurredAt,
  payload: { channel, memberIds, ...(entry === 'FULL' ? {} : { entry }) },
})

export const identityBound = (
  occurredAt: Instant,
  channel: string,
  memberId: string,
  bound: readonly { readonly kind: IdentityKind }[],
): NewEvent<'identity.IdentityBound', IdentityBound> => ({
  type: 'identity.IdentityBound',
  memberId,
  occurredAt,
  payload: { channel, kinds: [...new Set(bound.map(({ kind }) => kind))] },
})
