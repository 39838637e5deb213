import { once } from '../../../kernel/commands/once.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { type ChannelIdentityRow, findChannelIdentities } from '../store/channel-identities.ts'
import { releaseIdentifiers } from '../store/identifiers.ts'
import { findActiveSessions, revokeSessions } from '../store/sessions.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { dropIdentifier } from './contest-identity.ts'
import { boundHashesOf } from './phone-aliases.ts'

export interface UnbindIdentityInput {
  readonly memberId?: string | null
  readonly identityId: string
  readonly idempotencyKey?: string | null
}

/**
 * An identifier leads to its member no more. The last one stays: nobody would find the member by anything. A product's serial
 * goes with the product. Who unbinds its own is signed out everywhere else, since somebody else may have that phone.
 */
export async function unbindIdentity(
  ctx: IdentityContext,
  input: UnbindIdentityInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const target = targetOf(ctx.principal, input.memberId)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'unbindIdentity', input),
      async () => {
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        const held = await findChannelIdentities(tx, [member.id])
        const row = held.find(({ id }) => id === input.identityId)
        if (!row) return fail('IDENTITY_NOT_FOUND', { path: ['identityId'] })
        if (row.kind === 'SERIAL') return fail('IDENTITY_OF_PRODUCT', { path: ['identityId'] })
        const hashes = await boundHashesOf(tx, ctx, row, held)
        if (lastOne(held, [row, ...hashes])) return fail('LAST_IDENTIFIER', { path: ['identityId'] })
        await dropIdentifier(tx, ctx, member.id, { row, hashes })
        await releaseIdentifiers(tx, [row.hash], [row.memberId])
        const own = ctx.principal.kind === 'member' ? ctx.principal.sessionId : undefined
        const sessions = (await findActiveSessions(tx, member.id, ctx.now)).filter(({ id }) => id !== own)
        await revokeSessions(
          tx,
          member.id,
          sessions.map(({ id }) => id),
          'identity-taken',
          ctx.now,
        )
        return ok({ memberId: member.id })
      },
    ),
  )
}

/** Are they all that leads to their member, besides serials of products? */
export const lastOne = (held: readonly ChannelIdentityRow[], going: readonly ChannelIdentityRow[]): boolean =>
  !held.some((row) => row.kind !== 'SERIAL' && !going.includes(row))
