import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { DAY_MS, later } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import type { Conflict } from '../domain/one-id.ts'
import { deleteChannelIdentity } from '../store/channel-identities.ts'
import { noteConflicts as openCases, resolveConflictRow, type Seen } from '../store/conflicts.ts'
import { handOverIdentifier } from '../store/identifiers.ts'
import { lastSeen } from '../store/last-seen.ts'
import { findAllIds } from '../store/members.ts'
import { deleteAliases } from '../store/phone-aliases.ts'
import { revokeSessionsOf } from '../store/sessions.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

/** Persons who were not seen for so long that a number alone does not lead to them. */
export async function findDormant(
  tx: Tx,
  ctx: IdentityContext,
  presentIds: readonly MemberId[],
): Promise<ReadonlySet<MemberId>> {
  const { dormantDays } = ctx.services.oneId
  if (dormantDays === undefined || presentIds.length === 0) return new Set()
  const since = later(ctx.now, -dormantDays * DAY_MS)
  const seen = await lastSeen(tx, presentIds)
  return new Set(presentIds.filter((id) => (seen.get(id) ?? 0) < since))
}

/** Opens cases for people to decide; answers their ids. */
export async function noteConflicts(
  tx: Tx,
  ctx: IdentityContext,
  conflicts: readonly Conflict[],
  identifiers: readonly VerifiedIdentifier[],
): Promise<string[]> {
  return openCases(tx, casesOf(conflicts, identifiers), ctx.now)
}

/** What people have to decide. A second account of one's own kind is not: nobody else holds it. */
export const casesOf = (conflicts: readonly Conflict[], identifiers: readonly VerifiedIdentifier[]): Seen[] =>
  conflicts
    .filter(({ holderId, claimantId }) => holderId !== claimantId)
    .map((conflict) => {
      const { hash, kind: identifierKind, scope, strength, source } = identifierOf(conflict, identifiers)
      const { kind, holderId, claimantId } = conflict
      return { kind, hash, identifierKind, identifierScope: scope, strength, source, holderId, claimantId }
    })

const identifierOf = ({ hash }: Conflict, identifiers: readonly VerifiedIdentifier[]): VerifiedIdentifier =>
  identifiers.find((one) => one.hash.toString('hex') === hash)!

/** By the policy a number goes to who proves to have it now. Its member keeps the account, and is signed out everywhere. */
export async function moveToNewest(
  tx: Tx,
  ctx: IdentityContext,
  moved: readonly Conflict[],
  given: {
    identifiers: readonly VerifiedIdentifier[]
    holders: ReadonlyMap<string, MemberId>
    to: MemberId
  },
): Promise<void> {
  for (const conflict of moved) {
    const identifier = identifierOf(conflict, given.identifiers)
    const [caseId] = await openCases(tx, casesOf([conflict], [identifier]), ctx.now)
    const holder = given.holders.get(conflict.hash)!
    await takeIdentifier(tx, ctx, { hash: identifier.hash, holder, personId: conflict.holderId })
    await handOverIdentifier(tx, identifier.hash, holder, given.to)
    await resolveConflictRow(tx, caseId!, {
      resolution: 'MOVED',
      reason: 'newest proof',
      by: 'policy',
      at: ctx.now,
    })
  }
}

/** An identifier is somebody else's: who was signed in by it is signed out. Its row is still there, to be handed on. */
export async function takeIdentifier(
  tx: Tx,
  ctx: IdentityContext,
  taken: { hash: Buffer; holder: MemberId; personId: MemberId },
): Promise<void> {
  await dropIdentifier(tx, ctx, taken)
  await revokeSessionsOf(tx, await findAllIds(tx, taken.personId), 'identity-taken', ctx.now)
}

export async function dropIdentifier(
  tx: Tx,
  ctx: IdentityContext,
  taken: { hash: Buffer; holder: MemberId; personId: MemberId },
): Promise<void> {
  await deleteChannelIdentity(tx, taken.holder, taken.hash)
  // Where it is a phone: who has it next is named by its hashes again.
  await deleteAliases(tx, [taken.hash])
  await publish(tx, [
    { type: 'identity.IdentityUnbound', memberId: taken.personId, occurredAt: ctx.now, payload: {} },
  ])
}
