import type { GraphClient } from '../kernel/graphql/context.ts'
import { type Instant, toIso } from '../kernel/values/instant.ts'
import type { IdentityDoor, SandboxCaller } from './identity-door.ts'

const CALLERS: readonly SandboxCaller[] = [
  { kind: 'member' },
  { kind: 'clerk', store: 'store-1' },
  { kind: 'operator' },
  { kind: 'admin' },
  { kind: 'partner', partner: 'starlight-cinema' },
]

/** What the sandbox shows when it is ready: where it is, who one can be, and something to try. */
export async function firstScreen(options: {
  url: string
  /** Where the database is, for people to read. */
  data: string
  now: Instant
  graph: GraphClient
  identity: IdentityDoor
}): Promise<string> {
  const { url, data, now, graph, identity } = options
  const memberId = await firstMember(graph)
  const tokens: string[] = []
  for (const caller of CALLERS) {
    const named = caller.kind === 'member' ? { ...caller, memberId } : caller
    const { token } = await identity.sandboxToken(named)
    tokens.push(`  ${caller.kind.padEnd(9)} ${token}`)
  }
  const clerk = tokens[1]!.trim().split(/\s+/)[1]!
  return `
Huitong's sandbox is ready.

  GraphQL   ${url}/graphql   (in a browser: GraphiQL)
  Health    ${url}/health/ready
  Keys      ${url}/.well-known/jwks.json
  Data      ${data}
  Time      ${toIso(now)}   POST ${url}/sandbox/clock {"advance":"P30D"} moves it on
  Guide     docs/guides/first-steps.md

An access token for each kind of caller; POST ${url}/sandbox/token {"kind":"clerk","store":"store-2"} makes more.

${tokens.join('\n')}

Try it: member ${memberId} as the clerk sees it.

  curl -s ${url}/graphql -H 'content-type: application/json' \\
    -H 'authorization: Bearer ${clerk}' \\
    -d '{"query":"{ member(id: \\"${memberId}\\") { number account { points { available } tier { tier { name } } } } }"}'

`
}

/** The member of the first screen is the same at every start. */
async function firstMember(graph: GraphClient): Promise<string> {
  const { registerMember } = await graph.request<{
    registerMember: { member: { id: string } | null; refusal: { message: string } | null }
  }>(
    'identity',
    `mutation ($input: RegisterMemberInput!) {
      registerMember(input: $input) { member { id } refusal { message } }
    }`,
    { input: { channel: 'APP', proofs: [{ asserted: { kind: 'APP_USER', value: 'first-screen' } }] } },
  )
  const { member, refusal } = registerMember
  if (!member) throw new Error(`the sandbox's first member: ${refusal?.message}`)
  return member.id
}
