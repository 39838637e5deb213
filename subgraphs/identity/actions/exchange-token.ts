import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type IdentityKind, KINDS } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { findClientBySecret } from '../store/clients.ts'
import { type SessionTokens, secretDigest } from './open-session.ts'
import { signIn } from './sign-in.ts'
import { signInStaffByOpenId } from './staff-sign-in.ts'

export interface ExchangeTokenInput {
  readonly clientId?: string | null
  readonly clientSecret?: string | null
  readonly subjectToken: string
  readonly subjectTokenType: string
  readonly subjectScope?: string | null
}

/** https://www.rfc-editor.org/rfc/rfc8693#section-3 */
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
/** Of our own: a user of the channel whose back end asks, as `urn:huitong:identity:app_user`. */
const IDENTITY = /^urn:huitong:identity:([a-z_]+)$/

/**
 * A token for another's in exchange (RFC 8693): a member's for a user whom the back end of its channel has signed in by
 * itself, and one of the staff for an ID token. The back end is believed as far as its channel is, no further.
 */
export async function exchangeToken(
  ctx: IdentityContext,
  input: ExchangeTokenInput,
): Promise<Result<SessionTokens, IdentityRefusalCode>> {
  if (input.subjectTokenType === ID_TOKEN) {
    const signedIn = await signInStaffByOpenId(ctx, { idToken: input.subjectToken })
    return signedIn.ok ? ok(signedIn.value.session) : signedIn
  }
  const kind = IDENTITY.exec(input.subjectTokenType)?.[1]?.toUpperCase()
  if (kind === undefined || !(kind in KINDS)) {
    return fail('IDENTIFIER_NOT_VALID', { path: ['subjectTokenType'] })
  }
  const { clientId, clientSecret } = input
  const client =
    clientId && clientSecret
      ? await findClientBySecret(ctx.db, clientId, secretDigest(clientSecret))
      : undefined
  if (client?.kind !== 'CHANNEL') return fail('CLIENT_NOT_VALID')
  const asChannel: IdentityContext = {
    ...ctx,
    principal: { kind: 'service', name: client.id, channel: client.channel },
  }
  const asserted = { kind: kind as IdentityKind, scope: input.subjectScope ?? '', value: input.subjectToken }
  const signedIn = await signIn(asChannel, { proof: { asserted } })
  if (!signedIn.ok) return signedIn
  return signedIn.value.session ? ok(signedIn.value.session) : fail('MEMBER_NOT_FOUND')
}
