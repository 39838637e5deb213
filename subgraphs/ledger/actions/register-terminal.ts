import { principalName } from '../../../kernel/auth/principal.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import type { LedgerContext } from '../context.ts'
import { publicKeyFrom } from '../domain/offline-batch.ts'
import { readTerminal, revokeTerminal as revoke, saveTerminal, type Terminal } from '../store/terminals.ts'

export interface RegisterInput {
  readonly deviceId: string
  readonly store: string
  readonly channel: string
  readonly publicKey?: string | null
}

/** Lets a terminal hand in batches. Without a public key the answer has the secret that it signs with. */
export async function registerTerminal(
  ctx: LedgerContext,
  { deviceId, store, channel, publicKey }: RegisterInput,
): Promise<{ terminal: Terminal; secret: string | undefined }> {
  for (const [name, value] of Object.entries({ deviceId, store, channel })) {
    if (value.trim() === '' || value.length > NAME_LENGTH_MAX) {
      throw new BadInputError(`${name} must have 1 to ${NAME_LENGTH_MAX} characters.`)
    }
  }
  if (publicKey && !publicKeyFrom(publicKey)) {
    throw new BadInputError('publicKey must be the public half of a P-256 key, as PEM.')
  }
  const terminal: Terminal = {
    deviceId,
    store,
    channel,
    publicKey: publicKey ?? undefined,
    registeredAt: ctx.now,
    revokedAt: undefined,
  }
  await saveTerminal(ctx.db.query, terminal, principalName(ctx.principal))
  const secret = publicKey ? undefined : ctx.services.secretOf(terminal).toString('base64url')
  return { terminal, secret }
}

export async function revokeTerminal(ctx: LedgerContext, deviceId: string): Promise<Terminal | undefined> {
  await revoke(ctx.db.query, deviceId, ctx.now)
  return readTerminal(ctx.db.query, deviceId)
}

const NAME_LENGTH_MAX = 128
