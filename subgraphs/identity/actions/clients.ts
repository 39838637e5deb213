import { randomBytes } from 'node:crypto'
import { ACCESS_TOKEN_SECONDS } from '../../../kernel/auth/access-token.ts'
import { type Principal, principalName } from '../../../kernel/auth/principal.ts'
import { SUBGRAPH_NAMES } from '../../../kernel/config.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { Channel } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import {
  type Client,
  findClient,
  findClientBySecret,
  insertClient,
  insertSecret,
  revokeSecret,
} from '../store/clients.ts'
import { secretDigest } from './open-session.ts'

/** Back ends of channels and partners, and their secrets: several at a time, so that they change without a pause. */

export interface NewSecret {
  readonly clientId: string
  readonly secretId: string
  /** Shown this once; only its digest is kept. */
  readonly clientSecret: string
}

type Answer<T> = Result<T, IdentityRefusalCode>

export interface CreateClientInput {
  readonly clientId: string
  readonly kind: Client['kind']
  readonly partner?: string | null
  readonly channel?: Channel | null
}

export async function createClient(
  ctx: IdentityContext,
  input: CreateClientInput,
): Promise<Answer<NewSecret>> {
  const client = readClient(input)
  return ctx.db.transaction(async (tx) => {
    const inserted = await insertClient(tx, client, principalName(ctx.principal), ctx.now)
    return inserted ? ok(await newSecret(tx, ctx, client.id)) : fail('CLIENT_EXISTS', { path: ['clientId'] })
  })
}

/** What calls on its own behalf is named in audit columns like a client. */
const OWN_NAMES: ReadonlySet<string> = new Set([...SUBGRAPH_NAMES, 'gateway', 'feed'])

function readClient({ clientId: id, kind, partner, channel }: CreateClientInput): Client {
  if (!/^[\w.-]{1,64}$/.test(id)) throw new BadInputError('clientId: 1 to 64 letters, digits, ".", "-", "_".')
  if (OWN_NAMES.has(id)) throw new BadInputError('clientId: this name is one of Huitong itself.')
  if (kind === 'PARTNER' && partner && !channel) return { id, kind, partnerId: partner }
  if (kind === 'CHANNEL' && channel && !partner) return { id, kind, channel }
  throw new BadInputError('Say whose client it is: partner for kind PARTNER, channel for kind CHANNEL.')
}

export async function addClientSecret(ctx: IdentityContext, clientId: string): Promise<Answer<NewSecret>> {
  return ctx.db.transaction(async (tx) => {
    const client = await findClient(tx, clientId)
    return client ? ok(await newSecret(tx, ctx, clientId)) : fail('CLIENT_NOT_VALID', { path: ['clientId'] })
  })
}

export async function revokeClientSecret(
  ctx: IdentityContext,
  clientId: string,
  secretId: string,
): Promise<Answer<true>> {
  return ctx.db.transaction(async (tx) =>
    (await revokeSecret(tx, clientId, secretId, ctx.now))
      ? ok(true)
      : fail('CLIENT_NOT_VALID', { path: ['secretId'] }),
  )
}

async function newSecret(tx: Tx, ctx: IdentityContext, clientId: string): Promise<NewSecret> {
  const clientSecret = randomBytes(32).toString('base64url')
  const secretId = newId(ctx.now)
  await insertSecret(tx, { clientId, id: secretId, hash: secretDigest(clientSecret) }, ctx.now)
  return { clientId, secretId, clientSecret }
}

/** OAuth 2.0 client credentials: a short token for who knows a live secret of the client. */
export async function issueClientToken(
  ctx: IdentityContext,
  given: { clientId: string; clientSecret: string },
): Promise<Answer<{ accessToken: string; expiresIn: number }>> {
  const client = await findClientBySecret(ctx.db, given.clientId, secretDigest(given.clientSecret))
  if (!client) return fail('CLIENT_NOT_VALID')
  const accessToken = await ctx.services.tokens.sign(principalOf(client), { now: ctx.now })
  return ok({ accessToken, expiresIn: ACCESS_TOKEN_SECONDS })
}

const principalOf = (client: Client): Principal =>
  client.kind === 'PARTNER'
    ? { kind: 'partner', partnerId: client.partnerId }
    : { kind: 'service', name: client.id, channel: client.channel }
