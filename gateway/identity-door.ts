import type { JWK } from 'jose'
import { BadInputError } from '../kernel/errors.ts'
import type { GraphClient } from '../kernel/graphql/context.ts'

/** What the gateway itself asks of identity, through fields that clients do not see. */
export interface IdentityDoor {
  /** The public keys of access tokens. */
  tokenKeys(): Promise<JWK[]>
  /** Sessions that ended before their access tokens did. */
  endedSessions(): Promise<string[]>
  /** A token for a back end that knows its secret; undefined for anyone else. */
  issueClientToken(client: {
    id: string
    secret: string
  }): Promise<{ token: string; expiresIn: number } | undefined>
  /** A token for another's in exchange, or why not. */
  exchangeToken(
    asked: TokenExchange,
  ): Promise<ExchangedToken | { readonly refused: string; readonly message: string }>
  /** A ready token for a caller of any kind; a member is made where none is named. Only the sandbox has this. */
  sandboxToken(caller: SandboxCaller): Promise<SandboxToken>
}

export interface TokenExchange {
  readonly client: { readonly id: string; readonly secret: string } | undefined
  readonly subjectToken: string
  readonly subjectTokenType: string
  readonly subjectScope: string | undefined
}

export interface ExchangedToken {
  readonly token: string
  readonly refreshToken: string
}

export interface SandboxCaller {
  readonly kind: 'member' | 'clerk' | 'manager' | 'operator' | 'admin' | 'partner'
  readonly memberId?: string
  readonly store?: string
  readonly node?: string
  readonly partner?: string
}

export interface SandboxToken {
  readonly token: string
  readonly expiresIn: number
  readonly memberId?: string
}

interface Issued {
  readonly accessToken: string | null
  readonly expiresIn: number | null
  readonly memberId?: string | null
  readonly refusal: { readonly message: string } | null
}

export function identityDoor(graph: GraphClient): IdentityDoor {
  return {
    async tokenKeys() {
      const { tokenKeys } = await graph.request<{ tokenKeys: string[] }>('identity', '{ tokenKeys }', {})
      return tokenKeys.map((key) => JSON.parse(key) as JWK)
    },
    async endedSessions() {
      const answer = await graph.request<{ endedSessions: string[] }>('identity', '{ endedSessions }', {})
      return answer.endedSessions
    },
    async issueClientToken({ id, secret }) {
      const { issueClientToken: issued } = await graph.request<{ issueClientToken: Issued }>(
        'identity',
        `mutation ($input: IssueClientTokenInput!) {
          issueClientToken(input: $input) { accessToken expiresIn refusal { message } }
        }`,
        { input: { clientId: id, clientSecret: secret } },
      )
      return issued.refusal ? undefined : { token: issued.accessToken!, expiresIn: issued.expiresIn! }
    },
    async exchangeToken({ client, ...asked }) {
      const { exchangeToken: issued } = await graph.request<{
        exchangeToken: {
          session: { accessToken: string; refreshToken: string } | null
          refusal: { code: string; message: string } | null
        }
      }>(
        'identity',
        `mutation ($input: ExchangeTokenInput!) {
          exchangeToken(input: $input) {
            session { accessToken refreshToken } refusal { code message }
          }
        }`,
        { input: { ...asked, clientId: client?.id, clientSecret: client?.secret } },
      )
      const { session, refusal } = issued
      if (!session) return { refused: refusal!.code, message: refusal!.message }
      return {
        token: session.accessToken,
        refreshToken: session.refreshToken,
      }
    },
    async sandboxToken({ kind, ...rest }) {
      const { sandboxToken: issued } = await graph.request<{ sandboxToken: Issued }>(
        'identity',
        `mutation ($input: SandboxTokenInput!) {
          sandboxToken(input: $input) { accessToken expiresIn memberId refusal { message } }
        }`,
        { input: { kind: kind.toUpperCase(), ...rest } },
      )
      if (issued.refusal) throw new BadInputError(issued.refusal.message)
      const { accessToken, expiresIn, memberId } = issued
      return { token: accessToken!, expiresIn: expiresIn!, ...(memberId ? { memberId } : {}) }
    },
  }
}
