import type { ProgramPublished } from '../../schema/events/ledger.ts'
import type { Stub, TestGraph } from '../helpers/graph.ts'

export const LIN = '01900000-0000-7000-8000-000000000001'
export const WANG = '01900000-0000-7000-8000-000000000002'

const text = (en: string) => ({ en, 'zh-CN': `${en}（中文）` })

/** A programme as the ledger tells of it. */
export const superMember: ProgramPublished = {
  program: 'super-member',
  version: 1,
  name: text('Super Member'),
  timeZone: 'Asia/Shanghai',
  tiers: [{ id: 'ordinary', name: text('Ordinary') }],
  benefits: [],
  campaigns: [
    { id: 'daily-sign-in', kind: 'task', name: text('Daily sign-in'), points: 1, perDay: 1, perYear: 365 },
    { id: 'share', kind: 'task', name: text('Share'), points: 2, perDay: 4, perYear: 6 },
    { id: 'survey', kind: 'task', name: text('Survey'), points: 0, perDay: 1, perYear: 1 },
    {
      id: 'double-day',
      kind: 'points-multiplier',
      name: text('Double-points day'),
      from: '2026-12-12',
      to: '2026-12-12',
      factor: '2',
    },
  ],
}

export async function publishProgram(graph: TestGraph, change: Partial<ProgramPublished> = {}) {
  graph.emit('ledger', { type: 'ledger.ProgramPublished', payload: { ...superMember, ...change } })
  await graph.drain()
}

export interface GrantInput {
  memberId: string
  points: number
  idempotencyKey: string
}

/** A ledger that gives points once per idempotency key, or does what the test says. */
export function playLedger(graph: TestGraph) {
  const grants = new Map<string, GrantInput>()
  const ledger = {
    grants,
    calls: 0,
    /** Before it does anything: the call never arrives. */
    unreachable: false,
    /** After it has given the points: the answer is lost. */
    silent: false,
    refusal: undefined as string | undefined,
  }
  const answer: Stub = ({ variables }) => {
    ledger.calls++
    if (ledger.unreachable)
      return { errors: [{ message: 'away', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] }
    if (ledger.refusal) return { data: { grantPoints: { entry: null, refusal: { code: ledger.refusal } } } }
    const input = variables!.input as GrantInput
    grants.set(input.idempotencyKey, input)
    if (ledger.silent) throw new Error('the connection broke')
    return { data: { grantPoints: { entry: { id: 'entry' }, refusal: null } } }
  }
  graph.stub('ledger', answer)
  return ledger
}

/**
 * What was published so far. From the table: a reader of the feed waits for every transaction that is open on the
 * server, those of other tests' databases too.
 */
export const published = (
  graph: TestGraph,
): Promise<{ type: string; memberId: string; payload: unknown }[]> =>
  graph.sql('select type, member_id as "memberId", payload from campaigns.event order by position')
