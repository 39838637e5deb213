import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { randomBytes } from '../../../kernel/values/random.ts'
import type { IdentityContext, Keys } from '../context.ts'
import { DATA_KEY_BYTES, keyName, NONCE_BYTES, places, seal, unseal } from '../domain/sealing.ts'
import {
  ensureMemberKeys,
  insertMemberKeys,
  lockKeysWrappedOtherwise,
  replaceMemberKeys,
} from '../store/member-keys.ts'

export const newNonce = (): Buffer => randomBytes(NONCE_BYTES)

/** The members' data keys; made for those who have none yet, which is before their first personal data. */
export async function ensureDataKeys(
  tx: Tx,
  keys: Keys,
  memberIds: readonly string[],
): Promise<Map<string, KeyObject>> {
  if (memberIds.length === 0) return new Map()
  const fresh = memberIds.map((memberId) => ({
    memberId,
    wrapped: wrap(keys, memberId, randomBytes(DATA_KEY_BYTES)),
  }))
  const wrapped = await ensureMemberKeys(tx, fresh, keyName(keys.master))
  return new Map([...wrapped].map(([memberId, key]) => [memberId, openDataKey(keys, memberId, key)]))
}

/** Data keys for members who begin in this transaction, and so have none; to be used while they are being `kept`. */
export function beginDataKeys(
  tx: Tx,
  keys: Keys,
  memberIds: readonly string[],
): { dataKeys: ReadonlyMap<string, KeyObject>; kept: Promise<void> } {
  const fresh = memberIds.map((memberId) => ({ memberId, dataKey: randomBytes(DATA_KEY_BYTES) }))
  const wrapped = fresh.map(({ memberId, dataKey }) => ({ memberId, wrapped: wrap(keys, memberId, dataKey) }))
  return {
    dataKeys: new Map(fresh.map(({ memberId, dataKey }) => [memberId, createSecretKey(dataKey)])),
    kept: fresh.length === 0 ? Promise.resolve() : insertMemberKeys(tx, wrapped, keyName(keys.master)),
  }
}

const wrap = (keys: Keys, memberId: string, dataKey: Buffer): Buffer =>
  seal(keys.master, places.dataKey(memberId), dataKey, newNonce())

export const openDataKey = (keys: Keys, memberId: string, wrapped: Buffer): KeyObject =>
  createSecretKey(unwrap(keys, memberId, wrapped))

/** By the master key, or by the one of before that wrapped it: a wrong key does not open, it fails. */
function unwrap(keys: Keys, memberId: string, wrapped: Buffer): Buffer {
  for (const master of [keys.master, ...keys.formerMasters]) {
    try {
      return unseal(master, places.dataKey(memberId), wrapped)
    } catch {
      // The next key of the ring, if there is one.
    }
  }
  assert(false, 'a key of the ring opens each data key')
}

/** The data keys of several ids; those that are forgotten are left out. */
export async function openDataKeys(
  ctx: IdentityContext,
  memberIds: readonly string[],
): Promise<Map<string, KeyObject>> {
  const ids = [...new Set(memberIds)]
  const wrapped = await Promise.all(ids.map((id) => ctx.loaders.memberKey.load(id)))
  return new Map(
    ids.flatMap((id, index) => {
      const key = wrapped[index]
      return key ? [[id, openDataKey(ctx.services.keys, id, key)] as const] : []
    }),
  )
}

const CHUNK = 500

/** Wraps with the master key what former ones wrapped, so that those can go. Sealed data stays as it is. */
export async function rewrapDataKeys(ctx: IdentityContext): Promise<void> {
  const { keys } = ctx.services
  const name = keyName(keys.master)
  const rewrapSome = (tx: Tx): Promise<number> =>
    lockKeysWrappedOtherwise(tx, name, CHUNK).then(async (found) => {
      const anew = found.map(({ memberId, wrapped }) => ({
        memberId,
        wrapped: wrap(keys, memberId, unwrap(keys, memberId, wrapped)),
      }))
      if (anew.length > 0) await replaceMemberKeys(tx, anew, name)
      return anew.length
    })
  while ((await ctx.db.transaction(rewrapSome)) === CHUNK);
}
