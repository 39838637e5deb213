import type { Tx } from '../../../kernel/db/transaction.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { mayReturn } from '../domain/erasure.ts'
import { tombstoneOf } from '../domain/sealing.ts'
import { findTombstones, liftTombstones } from '../store/erasure.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

/**
 * Identifiers of persons who were erased are refused, unless the person itself comes back. Asked after the identifiers
 * are claimed: an erasure that holds them is over then, and its tombstones are seen.
 */
export async function admitReturning(
  tx: Tx,
  ctx: IdentityContext,
  identifiers: readonly Pick<VerifiedIdentifier, 'hash' | 'strength'>[],
): Promise<Result<true, 'IDENTITY_ERASED'>> {
  const stones = new Map(
    identifiers.map((identifier) => [tombstoneOf(ctx.services.keys.index, identifier.hash), identifier]),
  )
  const found = await findTombstones(tx, [...stones.keys()])
  if (found.size === 0) return ok(true)
  const erased = [...stones].filter(([stone]) => found.has(stone.toString('hex')))
  const refused = erased.find(([, { strength }]) => !mayReturn(ctx.services.erasedReturn, strength))
  if (refused) {
    const index = identifiers.findIndex(({ hash }) => hash.equals(refused[1].hash))
    return fail('IDENTITY_ERASED', { details: { index: String(index) } })
  }
  await liftTombstones(
    tx,
    erased.map(([stone]) => stone),
  )
  return ok(true)
}
