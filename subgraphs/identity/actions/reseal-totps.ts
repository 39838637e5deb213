import type { IdentityContext } from '../context.ts'
import { places, seal } from '../domain/sealing.ts'
import { findSealedTotps, resealTotp } from '../store/staff.ts'
import { newNonce } from './data-key.ts'
import { openTotp } from './staff-sign-in.ts'

/** Seals the secrets of the staff's one-time codes with the present master key, where one of before sealed them. */
export async function resealTotps(ctx: IdentityContext): Promise<void> {
  const { master, formerMasters } = ctx.services.keys
  if (formerMasters.length === 0) return
  for (const { id, sealed } of await findSealedTotps(ctx.db)) {
    const anew = seal(master, places.totp(id), openTotp(ctx, id, sealed), newNonce())
    await ctx.db.transaction((tx) => resealTotp(tx, id, sealed, anew))
  }
}
