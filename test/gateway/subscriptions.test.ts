import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { openEverything } from '../helpers/everything.ts'

let everything: Awaited<ReturnType<typeof openEverything>>
let url: string
let clerk: string
let member: { token: string; memberId: string }
let other: { token: string; memberId: string }
let bills = 0

beforeAll(async () => {
  everything = await openEverything()
  await everything.all.startBackground()
  url = await everything.all.server.listen({ host: '127.0.0.1', port: 0 })
  clerk = await everything.token({ kind: 'clerk', store: 'store-1' })
  const newMember = async (): Promise<typeof member> =>
    (
      await everything.all.server.inject({
        method: 'POST',
        url: '/sandbox/token',
        payload: { kind: 'member' },
      })
    ).json()
  member = await newMember()
  other = await newMember()
})
afterAll(() => everything?.[Symbol.asyncDispose]())

const buy = (memberId: string, amount: string) =>
  everything.ask(
    clerk,
    `mutation ($memberId: ID!, $document: String!, $amount: Decimal!) {
      recordPurchase(input: { channel: "store", document: $document, member: { id: $memberId }, lines: [{ amount: $amount }] }) { refusal { code } }
    }`,
    { memberId, document: `bill-${++bills}`, amount },
  )

const FOLLOW = `subscription Follow($of: [MemberAspect!], $now: Boolean) {
  changed: memberChanged(of: $of, startWithPresent: $now) { what: aspects ...Rest }
}
fragment Rest on MemberChange { member { id account { points { available } tier { tier { id } } } ...More } }
fragment More on Member { entitlements { edges { node { benefit { id } } } } }`

interface Changed {
  readonly what: readonly string[]
  readonly member: { readonly account: { readonly points: { readonly available: number } } }
}

/** The stream of an SSE answer as its messages come. */
async function follow(token: string | undefined, body: object, headers: Record<string, string> = {}) {
  const leaving = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    signal: leaving.signal,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  })
  const messages: {
    event: string
    id?: string
    data: { data: { changed: Changed }; errors?: unknown } | undefined
  }[] = []
  let text = ''
  let ended = false
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts) {
        const lines = Object.fromEntries(
          part.split('\n').map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trim()]),
        )
        if (lines.event)
          messages.push({
            event: lines.event,
            id: lines.id,
            data: lines.data ? JSON.parse(lines.data) : undefined,
          })
      }
    }
    ended = true
  })().catch(() => {})
  return {
    response,
    messages,
    changes: () => messages.flatMap(({ data }) => (data?.data?.changed ? [data.data.changed] : [])),
    over: () => ended,
    text: () => text,
    async [Symbol.asyncDispose]() {
      leaving.abort()
      await reading
    },
  }
}

const held = async () => {
  const { body } = await everything.all.server.inject('/metrics')
  return Number(/^huitong_subscriptions (\d+)$/m.exec(body)?.[1])
}

test('a member who pays sees the points appear, then the tier and what it brings; nobody else does', async () => {
  await using mine = await follow(member.token, { query: FOLLOW })
  await using theirs = await follow(other.token, { query: FOLLOW })
  expect(mine.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  await vi.waitFor(async () => expect(await held()).toBe(2), 5_000)

  await buy(member.memberId, '100')
  await vi.waitFor(() => expect(mine.changes().at(-1)?.member.account.points.available).toBe(100), 5_000)
  expect(mine.changes().flatMap(({ what }) => what)).toEqual(expect.arrayContaining(['POINTS', 'PURCHASES']))

  await buy(member.memberId, '3200')
  await vi.waitFor(() => {
    expect(mine.changes().flatMap(({ what }) => what)).toEqual(
      expect.arrayContaining(['TIER', 'ENTITLEMENTS']),
    )
    expect(mine.changes().at(-1)?.member).toMatchObject({
      id: member.memberId,
      account: { points: { available: 3300 } },
      entitlements: { edges: expect.arrayContaining([expect.anything()]) },
    })
  }, 10_000)
  expect(mine.messages.every(({ data }) => data?.errors === undefined)).toBe(true)
  expect(theirs.messages).toEqual([])
})

test('only what was asked for is told; a resumed stream begins with the present', async () => {
  await using resumed = await follow(
    member.token,
    { query: FOLLOW, variables: { of: ['ENTITLEMENTS'] } },
    { 'last-event-id': 'anything' },
  )
  await vi.waitFor(() => expect(resumed.changes()).toHaveLength(1), 5_000)
  expect(resumed.changes()[0]).toMatchObject({ what: [], member: { id: member.memberId } })
  await using all = await follow(member.token, { query: FOLLOW })
  await vi.waitFor(async () => expect(await held()).toBe(2), 5_000)
  await buy(member.memberId, '1')
  await vi.waitFor(() => expect(all.changes().length).toBeGreaterThan(0), 5_000)
  expect(resumed.changes()).toHaveLength(1)
})

test('who has gone is forgotten, though nothing changes', async () => {
  {
    await using _ = await follow(member.token, { query: FOLLOW })
    await vi.waitFor(async () => expect(await held()).toBeGreaterThan(0), 5_000)
  }
  await vi.waitFor(async () => expect(await held()).toBe(0), 5_000)
})

const refusals: readonly [string, () => string | undefined, () => string | undefined, number, string][] = [
  ['nobody in particular', () => undefined, () => undefined, 401, 'UNAUTHENTICATED'],
  ['a member who names another', () => member.token, () => other.memberId, 403, 'FORBIDDEN'],
  ['a clerk who names nobody', () => clerk, () => undefined, 400, 'BAD_USER_INPUT'],
]

test.for(refusals)('%s may not follow', async ([, token, named, status, code]) => {
  const memberId = named()
  await using refused = await follow(token(), {
    query: 'subscription ($memberId: ID) { memberChanged(memberId: $memberId) { aspects } }',
    variables: { memberId },
  })
  expect(refused.response.status).toBe(status)
  await vi.waitFor(() =>
    expect(JSON.parse(refused.text())).toMatchObject({ errors: [{ extensions: { code } }] }),
  )
})

test('a subscription that is no valid one is refused before it begins', async () => {
  const query = 'subscription { memberChanged { aspects member { nothing } } }'
  await using refused = await follow(member.token, { query })
  expect(refused.response.status).toBe(400)
  await vi.waitFor(() => expect(refused.text()).toContain('nothing'))
})

test('one caller holds ten streams at most', async () => {
  await using stack = new AsyncDisposableStack()
  for (let i = 0; i < 10; i++) {
    expect(stack.use(await follow(other.token, { query: FOLLOW })).response.status).toBe(200)
  }
  expect(stack.use(await follow(other.token, { query: FOLLOW })).response.status).toBe(429)
  expect(stack.use(await follow(member.token, { query: FOLLOW })).response.status).toBe(200)
})

test('a query may be asked the same way, and is one answer', async () => {
  await using once = await follow(member.token, { query: '{ me { id } }' })
  await vi.waitFor(() => expect(once.over()).toBe(true), 5_000)
  expect(once.messages.map(({ event, data }) => [event, data?.data])).toEqual([
    ['next', { me: { id: member.memberId } }],
    ['complete', undefined],
  ])
})

test('a clerk follows a member at the till over WebSocket', async () => {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${clerk}` },
    retryAttempts: 0,
  })
  const stream = client.iterate<{ memberChanged: { aspects: string[]; member: { number: string } } }>({
    query:
      'subscription ($id: ID) { memberChanged(memberId: $id, startWithPresent: true) { __typename aspects member { id } } }',
    variables: { id: other.memberId },
  })
  expect((await stream.next()).value).toEqual({
    data: { memberChanged: { __typename: 'MemberChange', aspects: [], member: { id: other.memberId } } },
  })
  await buy(other.memberId, '5')
  const told = (await stream.next()).value!
  expect(told.data!.memberChanged.aspects.length).toBeGreaterThan(0)
  await stream.return!()
  await vi.waitFor(async () => expect(await held()).toBe(0), 5_000)
  await client.dispose()
})

test('a socket whose token is none is closed', async () => {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer nonsense' },
    retryAttempts: 0,
  })
  const stream = client.iterate({ query: 'subscription { memberChanged { aspects } }' })
  await expect(stream.next()).rejects.toMatchObject({ code: 4403 })
})
