import { randomBytes } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { Keys } from '../context.ts'
import { DATA_KEY_BYTES, NONCE_BYTES, places, seal, unseal } from '../domain/sealing.ts'
import { ensureMemberKeys } from '../store/member-keys.ts'

export const newNonce = (): Buffer => randomBytes(NONCE_BYTES)

/** The members' data keys; made for those who have none yet, which is before their first personal data. */
export async function ensureDataKeys(
  tx: Tx,
  keys: Keys,
  memberIds: readonly string[],
): Promise<Map<string, Buffer>> {
  if (memberIds.length === 0) return new Map()
  const fresh = memberIds.map((memberId) => ({
    memberId,
    wrapped: seal(keys.master, places.dataKey(memberId), randomBytes(DATA_KEY_BYTES), newNonce()),
  }))
  const wrapped = await ensureMemberKeys(tx, fresh)
  return new Map([...wrapped].map(([memberId, key]) => [memberId, openDataKey(keys, memberId, key)]))
}

export const openDataKey = (keys: Keys, memberId: string, wrapped: Buffer): Buffer =>
  unseal(keys.master, places.dataKey(memberId), wrapped)
