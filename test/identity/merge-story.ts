import { SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import { admin, member, type Stub } from '../helpers/graph.ts'
import { openIdentity } from './story.ts'

export interface CaseView {
  readonly id: string
  readonly state: string
  readonly carriedOutBy: string[]
  readonly refusal: string | null
}

interface MergeAnswer {
  readonly case: CaseView | null
  readonly refusal: { readonly code: string; readonly path: string[] } | null
}

const CASE = 'case { id state carriedOutBy refusal }'

/** Siblings that do what they are told, and remember it; a test may have one away, silent or unwilling. */
export function playSiblings(identity: Awaited<ReturnType<typeof openIdentity>>) {
  const merged = new Map<string, 'merged' | 'undone'>()
  const heard: string[] = []
  const troubles = new Map<string, 'away' | 'silent' | 'unwilling'>()
  const play =
    (name: SubgraphName): Stub =>
    ({ query, variables }) => {
      const input = variables!.input as { caseId?: string }
      const what = query.startsWith('query')
        ? 'preview'
        : query.includes('unmergeMember')
          ? 'unmerge'
          : 'merge'
      const trouble = troubles.get(`${name} ${what}`)
      const away = { errors: [{ message: 'away', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] }
      if (trouble === 'away') return away
      const key = `${name} ${input.caseId}`
      if (what === 'unmerge') {
        heard.push(`${name} ${what}`)
        merged.set(key, 'undone')
        return trouble === 'silent' ? away : { data: { unmergeMember: true } }
      }
      if (what === 'merge') heard.push(`${name} ${what}`)
      if (trouble === 'unwilling') return { data: { answer: JSON.stringify({ refusal: 'NOT_NOW' }) } }
      if (what === 'merge' && merged.get(key) === 'undone') return { data: { answer: 'null' } }
      if (what === 'merge') merged.set(key, 'merged')
      if (trouble === 'silent') return away
      return { data: { answer: JSON.stringify(ANSWERS[name]) } }
    }
  for (const name of SUBGRAPH_NAMES.filter((one) => one !== 'identity')) identity.stub(name, play(name))
  return { heard, troubles, merged }
}

const ANSWERS: Partial<Record<SubgraphName, unknown>> = {
  campaigns: { participations: 0, surplus: [], takenBack: false },
  benefits: { entitlements: 0, duplicates: [] },
  ledger: { programs: [], bonuses: [] },
}

/** Identity with its siblings played, and words for merging. */
export async function openMerging(env: Record<string, string> = {}) {
  const identity = await openIdentity(env)
  let keys = 0
  const merging = {
    ...identity,
    ...playSiblings(identity),
    merge: (from: string, into: string, more: Record<string, unknown> = {}): Promise<MergeAnswer> =>
      identity.mutate(
        admin,
        'mergeMembers',
        'MergeMembersInput',
        {
          fromMemberId: from,
          intoMemberId: into,
          reason: 'one person',
          idempotencyKey: `m-${++keys}`,
          ...more,
        },
        CASE,
      ),
    unmerge: (caseId: string, more: Record<string, unknown> = {}): Promise<MergeAnswer> =>
      identity.mutate(
        admin,
        'unmergeMembers',
        'UnmergeMembersInput',
        { caseId, reason: 'two persons', idempotencyKey: `u-${++keys}`, ...more },
        CASE,
      ),
    /** All that identity says of a member, as the member itself sees it. */
    async seen(id: string): Promise<Record<string, unknown>> {
      const { me } = await identity.ask<{ me: Record<string, unknown> }>(
        member(id),
        `{ me { id number status joinedAt profile { name gender birthday province phone }
          identities { kind scope maskedValue channel verifiedAt }
          tags { dimension name value source sources confidence } products { serial verified }
          consents { purpose channel given } quietHours { from to } } }`,
      )
      return me
    },
  }
  return merging
}

export type Merging = Awaited<ReturnType<typeof openMerging>>
