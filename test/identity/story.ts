import type { Principal } from '../../kernel/auth/principal.ts'
import { anonymous, claimsOf, openGraph, type TestGraph } from '../helpers/graph.ts'

export type Proof = Record<string, unknown>

export interface Refused {
  readonly code: string
  readonly message: string
  readonly path: string[]
  readonly details: { name: string; value: string }[]
}

export interface Registration {
  readonly member: { id: string; number: string } | null
  readonly created: boolean | null
  readonly session: { accessToken: string; refreshToken: string } | null
  readonly refusal: Refused | null
}

const REFUSAL = 'refusal { code message path details { name value } }'

/** What people and back ends do with `identity`, in their own words. */
export async function openIdentity(env: Record<string, string> = {}) {
  const graph = await openGraph({ subgraphs: ['identity'], now: '2026-01-01T00:00:00Z', env })

  const mutate = async <Payload>(
    principal: Principal,
    name: string,
    type: string,
    input: Record<string, unknown>,
    fields: string,
  ): Promise<Payload> => {
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${REFUSAL} } }`
    return (await graph.ask<Record<string, Payload>>(principal, query, { input }))[name]!
  }

  /** A code for a phone, a minute after the last one. */
  const code = async (phone: string, purpose = 'SIGN_IN'): Promise<string> => {
    graph.clock.advance(60_000)
    const { challenge, refusal } = await requestCode(phone, purpose)
    if (!challenge) throw new Error(refusal?.code)
    return challenge.code!
  }
  const requestCode = (phone: string, purpose = 'SIGN_IN', more: Record<string, unknown> = {}) =>
    mutate<{ challenge: { expiresAt: string; code: string | null } | null; refusal: Refused | null }>(
      anonymous,
      'requestCode',
      'RequestCodeInput',
      { phone, purpose, ...more },
      'challenge { expiresAt code }',
    )
  /** The same call from a network address. */
  const from = async <Payload>(
    address: string,
    name: string,
    type: string,
    input: Record<string, unknown>,
    fields: string,
  ): Promise<Payload> => {
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${REFUSAL} } }`
    const { data } = await graph.mounted
      .get('identity')!
      .execute({ query, variables: { input } }, { ...claimsOf(anonymous), address })
    return (data as Record<string, Payload>)[name]!
  }
  const register = (
    principal: Principal,
    proofs: Proof[],
    channel: string,
    more: Record<string, unknown> = {},
  ): Promise<Registration> =>
    mutate(
      principal,
      'registerMember',
      'RegisterMemberInput',
      { channel, proofs, ...more },
      'member { id number } created session { accessToken refreshToken }',
    )

  return {
    ...graph,
    mutate,
    code,
    requestCode,
    from,
    register,
    phoneProof: async (phone: string, purpose?: string): Promise<Proof> => ({
      phoneCode: { phone, code: await code(phone, purpose) },
    }),
    /** One who registered by phone in the app. */
    async registered(phone: string, profile?: Record<string, unknown>): Promise<string> {
      const proofs = [{ phoneCode: { phone, code: await code(phone) } }]
      const { member, refusal } = await register(anonymous, proofs, 'APP', { profile })
      if (!member) throw new Error(refusal?.code)
      return member.id
    },
    signIn: (principal: Principal, proof: Proof, more: Record<string, unknown> = {}) =>
      mutate<Registration>(
        principal,
        'signIn',
        'SignInInput',
        { proof, ...more },
        'member { id number } session { accessToken refreshToken }',
      ),
    refresh: (refreshToken: string, idempotencyKey?: string) =>
      mutate<Pick<Registration, 'session' | 'refusal'>>(
        anonymous,
        'refreshSession',
        'RefreshSessionInput',
        { refreshToken, idempotencyKey },
        'session { accessToken refreshToken }',
      ),
    bind: (principal: Principal, proofs: Proof[], more: Record<string, unknown> = {}) =>
      mutate<Pick<Registration, 'member' | 'refusal'>>(
        principal,
        'bindIdentity',
        'BindIdentityInput',
        { proofs, ...more },
        'member { id number }',
      ),
    async count(table: string): Promise<number> {
      const [row] = await graph.sql<{ count: string }>(`select count(*) from identity.${table}`)
      return Number(row!.count)
    },
  } satisfies TestGraph & Record<string, unknown>
}

export type IdentityStory = Awaited<ReturnType<typeof openIdentity>>

export const asserted = (kind: string, value: string, scope = ''): Proof => ({
  asserted: { kind, scope, value },
})
export const wechat = (code: string, appId?: string): Proof => ({ wechatCode: { code, appId } })
