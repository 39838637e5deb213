import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

/** A back end that gets tokens with a secret of its own. */
export type Client =
  | { readonly id: string; readonly kind: 'PARTNER'; readonly partnerId: string }
  | { readonly id: string; readonly kind: 'CHANNEL'; readonly channel: string }

/** False where the id is taken. */
export async function insertClient(tx: Tx, client: Client, createdBy: string, at: Instant): Promise<boolean> {
  const rows = await tx.query(
    `/* insertClient */
     insert into oauth_client (id, kind, partner_id, channel, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict on constraint oauth_client_key do nothing
     returning id`,
    [
      client.id,
      client.kind,
      client.kind === 'PARTNER' ? client.partnerId : null,
      client.kind === 'CHANNEL' ? client.channel : null,
      createdBy,
      toIso(at),
    ],
  )
  return rows.length === 1
}

export async function findClient(db: { query: Query }, id: string): Promise<Client | undefined> {
  const [row] = await db.query<{ kind: Client['kind']; partner_id: string; channel: string }>(
    `/* findClient */ select kind, partner_id, channel from oauth_client where id = $1`,
    [id],
  )
  if (!row) return undefined
  return row.kind === 'PARTNER'
    ? { id, kind: 'PARTNER', partnerId: row.partner_id }
    : { id, kind: 'CHANNEL', channel: row.channel }
}

export async function insertSecret(
  tx: Tx,
  secret: { clientId: string; id: string; hash: Buffer },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* insertSecret */ insert into client_secret (client_id, id, hash, created_at) values ($1, $2, $3, $4)`,
    [secret.clientId, secret.id, secret.hash, toIso(at)],
  )
}

/** The client whose live secret this is. */
export async function findClientBySecret(
  db: { query: Query },
  clientId: string,
  hash: Buffer,
): Promise<Client | undefined> {
  const rows = await db.query(
    `/* findLiveSecret */
     select id from client_secret where client_id = $1 and hash = $2 and revoked_at is null`,
    [clientId, hash],
  )
  return rows.length > 0 ? findClient(db, clientId) : undefined
}

/** False where there is no such live secret. */
export async function revokeSecret(tx: Tx, clientId: string, id: string, at: Instant): Promise<boolean> {
  const rows = await tx.query(
    `/* revokeSecret */
     update client_secret set revoked_at = $3 where client_id = $1 and id = $2 and revoked_at is null
     returning id`,
    [clientId, id, toIso(at)],
  )
  return rows.length === 1
}
