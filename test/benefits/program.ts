import type { ProgramPublished } from '../../schema/events/ledger.ts'
import type { Stub, TestGraph } from '../helpers/graph.ts'

export const LIN = '01900000-0000-7000-8000-000000000001'
export const WANG = '01900000-0000-7000-8000-000000000002'
export const NOBODY = '01900000-0000-7000-8000-00000000000f'

/** Identity, as far as this subgraph asks it. */
export const knowsLinAndWang: Stub = ({ variables }) => {
  const ids = variables!.ids as string[]
  return { data: { knownMembers: ids.map((id) => (id === NOBODY ? null : id)) } }
}

const text = (en: string) => ({ en, 'zh-CN': `${en}（中文）` })

/** A programme as the ledger tells of it. */
export const superMember: ProgramPublished = {
  program: 'super-member',
  version: 1,
  name: text('Super Member'),
  timeZone: 'Asia/Shanghai',
  tiers: [
    { id: 'ordinary', name: text('Ordinary') },
    { id: 'vip', name: text('VIP') },
  ],
  benefits: [
    {
      id: 'cake',
      name: text('Cake'),
      type: 'goods',
      class: 'basic',
      usesByTier: { ordinary: 0, vip: 1 },
      validMonths: 12,
    },
    {
      id: 'ticket',
      name: text('Ticket'),
      description: text('One seat'),
      type: 'alliance',
      class: 'value-added',
      partner: 'cinema',
      usesByTier: { vip: 2 },
      validMonths: 6,
    },
    {
      id: 'wash',
      name: text('Car wash'),
      type: 'service',
      class: 'growth',
      usesByTier: {},
      validMonths: 1,
      stores: ['store-1', 'store-2'],
    },
  ],
  campaigns: [],
}

export async function publishProgram(graph: TestGraph, change: Partial<ProgramPublished> = {}) {
  graph.emit('ledger', { type: 'ledger.ProgramPublished', payload: { ...superMember, ...change } })
  await graph.drain()
}

export function changeTier(
  graph: TestGraph,
  memberId: string,
  change: { sequence: number; to?: string; direction?: 'up' | 'down' },
) {
  const payload = { program: 'super-member', from: 'ordinary', to: 'vip', direction: 'up', ...change }
  graph.emit('ledger', { type: 'ledger.TierChanged', memberId, payload })
}

/**
 * What was published so far. From the table: a reader of the feed waits for every transaction that is open on the
 * server, those of other tests' databases too.
 */
export const published = (
  graph: TestGraph,
): Promise<{ type: string; memberId: string; payload: unknown }[]> =>
  graph.sql('select type, member_id as "memberId", payload from benefits.event order by position')
