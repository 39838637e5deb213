import { expect, it } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import {
  admin,
  anonymous,
  channelService,
  clerk,
  member,
  openGraph,
  operator,
  partner,
  service,
} from '../helpers/graph.ts'
import { LIN, playLedger, publishProgram, WANG } from './program.ts'

const callers: Record<string, Principal> = {
  anonymous,
  member: member(LIN),
  clerk: clerk(),
  operator,
  admin,
  partner: partner('cinema'),
  channel: channelService('APP'),
  service: service(),
}

it('tasks are completed by the member itself, channels and staff', async () => {
  await using graph = await openGraph({ subgraphs: ['campaigns'] })
  playLedger(graph)
  await publishProgram(graph)
  const entered: string[] = []
  for (const [name, principal] of Object.entries(callers)) {
    const { errors } = await graph.tryAsk(
      principal,
      'mutation ($input: CompleteTaskInput!) { completeTask(input: $input) { refusal { code } } }',
      { input: { memberId: LIN, campaign: 'share', idempotencyKey: name } },
    )
    if (!errors) entered.push(name)
    else expect(errors[0]!.extensions?.code).toBe(name === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN')
  }
  expect(entered).toEqual(['member', 'clerk', 'operator', 'admin', 'channel', 'service'])
})

it("a member's tasks are for the member itself and who may read members", async () => {
  await using graph = await openGraph({ subgraphs: ['campaigns'] })
  await publishProgram(graph)
  const entered: string[] = []
  for (const [name, principal] of Object.entries({ ...callers, stranger: member(WANG) })) {
    const { data } = await graph.tryAsk(
      principal,
      `query ($id: ID!) {
        _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member { tasks { available } } }
      }`,
      { id: LIN },
    )
    const found = data?._entities as Record<string, unknown>[] | undefined
    if (found?.[0]?.tasks) entered.push(name)
  }
  expect(entered).toEqual(['member', 'clerk', 'operator', 'admin', 'channel', 'service'])
})
