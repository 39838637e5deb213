import type { GraphClient } from '../../../kernel/graphql/context.ts'
import type { MergeCase, Sibling } from '../domain/merge-case.ts'

/** The parts of Huitong that merge members with us. Each command may be sent again and again. */

const NAMES = { campaigns: 'Campaigns', benefits: 'Benefits', ledger: 'Ledger' } as const satisfies Record<
  Sibling,
  string
>

type Asked = Pick<MergeCase, 'fromId' | 'intoId' | 'bonuses'>
type Answers = MergeCase['answers']

/** What the ledger takes back of what others gave comes with its order. */
const order = (sibling: Sibling, asked: Asked, answers: Answers): Record<string, unknown> => {
  const { fromId, intoId, bonuses } = asked
  return { fromId, intoId, bonuses, ...(sibling === 'ledger' ? { takeBack: takeBackOf(answers) } : {}) }
}

interface CampaignsAnswer {
  readonly takenBack: boolean
  readonly surplus: readonly { readonly program: string; readonly memberId: string; readonly id: string }[]
}

const takeBackOf = ({ campaigns }: Answers): unknown[] => {
  const { takenBack, surplus } = campaigns as CampaignsAnswer
  return takenBack ? surplus.map(({ program, memberId, id }) => ({ program, memberId, document: id })) : []
}

export async function askPreview(
  graph: GraphClient,
  sibling: Sibling,
  asked: Asked,
  answers: Answers,
): Promise<unknown> {
  const name = NAMES[sibling]
  const data = await graph.request<Record<string, string>>(
    sibling,
    `query Preview($input: ${name}MergePreviewInput!) { answer: previewMergeIn${name}(input: $input) }`,
    { input: order(sibling, asked, answers) },
  )
  return JSON.parse(data.answer!)
}

/** Has a sibling carry out its part; null once the case was undone there. */
export async function askMerge(graph: GraphClient, sibling: Sibling, merge: MergeCase): Promise<unknown> {
  const name = NAMES[sibling]
  const data = await graph.request<Record<string, string>>(
    sibling,
    `mutation Merge($input: ${name}MergeInput!) { answer: mergeMemberIn${name}(input: $input) }`,
    { input: { caseId: merge.id, ...order(sibling, merge, merge.answers) } },
  )
  return JSON.parse(data.answer!)
}

/** Has a sibling take its part back. */
export async function askUnmerge(graph: GraphClient, sibling: Sibling, merge: MergeCase): Promise<void> {
  const name = NAMES[sibling]
  const { id: caseId, fromId, intoId, outOfId, withIds } = merge
  await graph.request(
    sibling,
    `mutation Unmerge($input: ${name}UnmergeInput!) { unmergeMemberIn${name}(input: $input) }`,
    { input: { caseId, fromId, intoId: outOfId ?? intoId, withIds } },
  )
}
