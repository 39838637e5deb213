import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'
import { faultLine, readDocument } from '../read-document.ts'

const OUTCOME = `
  events refused pointsGiven growthGiven pointsRedeemed pointsNotThere pointsExpired outstanding
  cost { amount currency } liability { amount currency } tiers { tier members }`

const DRY_RUN = `
  mutation DryRun($document: String!, $from: Date) {
    publishProgram(document: $document, dryRun: true, from: $from) {
      version
      faults { line column path message }
      dryRun { from members current { ${OUTCOME} } draft { ${OUTCOME} } moves { from to members } }
      refusal { message }
    }
  }`

const PREVIEW = `
  query Preview($document: String!) {
    previewTiers(document: $document, reach: BOTH) { members moves { from to members } }
  }`

interface Money {
  readonly amount: string
  readonly currency: string
}

interface Outcome {
  readonly events: number
  readonly refused: number
  readonly pointsGiven: number
  readonly growthGiven: number
  readonly pointsRedeemed: number
  readonly pointsNotThere: number
  readonly pointsExpired: number
  readonly outstanding: number
  readonly cost: Money | null
  readonly liability: Money | null
  readonly tiers: readonly { readonly tier: string; readonly members: number }[]
}

interface Move {
  readonly from: string
  readonly to: string
  readonly members: number
}

interface DryRun {
  readonly publishProgram: {
    readonly version: number | null
    readonly faults: readonly { line: number; column: number; path: string; message: string }[]
    readonly dryRun: {
      readonly from: string
      readonly members: number
      readonly current: Outcome | null
      readonly draft: Outcome
      readonly moves: readonly Move[]
    } | null
    readonly refusal: { readonly message: string } | null
  }
}

/** What a document makes of the events that are on record, beside what the current version makes of them. */
export async function dryRunProgram(file: string, { from }: { from?: string }): Promise<number> {
  const document = await readDocument(file)
  const deployment = await openDeployment(['ledger'])
  try {
    const { publishProgram: answer } = await deployment.request<DryRun>('ledger', DRY_RUN, { document, from })
    for (const fault of answer.faults) console.error(faultLine(file, fault))
    if (answer.faults.length > 0) return 1
    if (!answer.dryRun) throw new CommandError(`${file}: ${answer.refusal!.message}`)
    const { dryRun } = answer
    console.log(
      `${file}: version ${answer.version}, events of ${dryRun.members} members from ${dryRun.from} on`,
    )
    for (const line of tableOf(dryRun.current, dryRun.draft)) console.log(line)
    tell('would stand in another tier by these events', dryRun.moves)
    if (dryRun.current) {
      const { previewTiers } = await deployment.request<{ previewTiers: { moves: readonly Move[] } }>(
        'ledger',
        PREVIEW,
        { document },
      )
      tell('would move if all tiers were decided anew now', previewTiers.moves)
    }
    console.log('nothing was published')
    return 0
  } finally {
    await deployment.close()
  }
}

function tell(what: string, moves: readonly Move[]): void {
  const members = moves.reduce((sum, move) => sum + move.members, 0)
  console.log(`${members} members ${what}`)
  for (const move of moves) console.log(`  ${move.from} -> ${move.to}: ${move.members}`)
}

const WIDTH = 18

function tableOf(current: Outcome | null, draft: Outcome): string[] {
  const money = (of: Money | null | undefined): string => (of ? `${of.amount} ${of.currency}` : '-')
  const rows: (readonly [string, (of: Outcome) => string])[] = [
    ['events', ({ events }) => String(events)],
    ['refused', ({ refused }) => String(refused)],
    ['points given', ({ pointsGiven }) => String(pointsGiven)],
    ['growth given', ({ growthGiven }) => String(growthGiven)],
    ['points redeemed', ({ pointsRedeemed }) => String(pointsRedeemed)],
    ['points not there', ({ pointsNotThere }) => String(pointsNotThere)],
    ['points expired', ({ pointsExpired }) => String(pointsExpired)],
    ['points left', ({ outstanding }) => String(outstanding)],
    ['cost', ({ cost }) => money(cost)],
    ['liability', ({ liability }) => money(liability)],
    ...[...new Set([...(current?.tiers ?? []), ...draft.tiers].map(({ tier }) => tier))].map(
      (tier) =>
        [
          `tier ${tier}`,
          ({ tiers }: Outcome) => String(tiers.find((of) => of.tier === tier)?.members ?? '-'),
        ] as const,
    ),
  ]
  const line = (name: string, a: string, b: string) =>
    name.padEnd(WIDTH) + a.padStart(WIDTH) + b.padStart(WIDTH)
  return [
    line('', 'current', 'draft'),
    ...rows.map(([name, of]) => line(name, current ? of(current) : '-', of(draft))),
  ]
}
