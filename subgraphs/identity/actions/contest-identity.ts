import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { DAY_MS, later } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import type { Conflict } from '../domain/one-id.ts'
import { type ChannelIdentityRow, deleteChannelIdentity } from '../store/channel-identities.ts'
import { noteConflicts, resolveConflictRow, type Seen } from '../store/conflicts.ts'
import { handOverIdentifier, releaseIdentifiers } from '../store/identifiers.ts'
import { lastSeen } from '../store/last-seen.ts'
import { findAllIds } from '../store/members.ts'
import { deleteAliases } from '../store/phone-aliases.ts'
import { revokeSessionsOf } from '../store/sessions.ts'
import { boundHashesOf } from './phone-aliases.ts'
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
    /** What their members have. */
    held: readonly ChannelIdentityRow[]
    to: MemberId
  },
): Promise<void> {
  for (const conflict of moved) {
    const identifier = identifierOf(conflict, given.identifiers)
    const [caseId] = await noteConflicts(tx, casesOf([conflict], [identifier]), ctx.now)
    const row = given.held.find(({ hash }) => hash.equals(identifier.hash))!
    const hashes = await boundHashesOf(tx, ctx, row, given.held)
    await takeIdentifier(tx, ctx, conflict.holderId, { row, hashes })
    await handOverIdentifier(tx, row.hash, row.memberId, given.to)
    await resolveConflictRow(tx, caseId!, {
      resolution: 'MOVED',
      reason: 'newest proof',
      by: 'policy',
      at: ctx.now,
    })
  }
}

/** An identity that its person loses: with a phone, the hashes of it by which the person is known, too. */
interface Going {
  readonly row: ChannelIdentityRow
  readonly hashes: readonly ChannelIdentityRow[]
}

/** An identifier is somebody else's: who was signed in by it is signed out. */
export async function takeIdentifier(
  tx: Tx,
  ctx: IdentityContext,
  personId: MemberId,
  going: Going,
): Promise<void> {
  await dropIdentifier(tx, ctx, personId, going)
  await revokeSessionsOf(tx, await findAllIds(tx, personId), 'identity-taken', ctx.now)
}

/** The identifier's own row is still there, to be handed on or released; its hashes lead to nobody. */
export async function dropIdentifier(
  tx: Tx,
  ctx: IdentityContext,
  personId: MemberId,
  { row, hashes }: Going,
): Promise<void> {
  for (const { memberId, hash } of [row, ...hashes]) await deleteChannelIdentity(tx, memberId, hash)
  for (const { memberId, hash } of hashes) await releaseIdentifiers(tx, [hash], [memberId])
  // Where it is a phone: who has it next is named by its hashes again.
  await deleteAliases(tx, [row.hash])
  await publish(tx, [
    { type: 'identity.IdentityUnbound', memberId: personId, occurredAt: ctx.now, payload: {} },
  ])
}
