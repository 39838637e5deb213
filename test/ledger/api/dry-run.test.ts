import { expect, test } from 'vitest'
import { admin } from '../../helpers/graph.ts'
import { openLedger, superMember } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { type OpenLedger, redeem } from '../requests.ts'

const OUTCOME = `events refused pointsGiven pointsRedeemed pointsNotThere pointsExpired outstanding
  cost { amount } liability { amount } tiers { tier members }`
const DRY_RUN = `mutation DryRun($document: String!, $from: Date) {
  publishProgram(document: $document, dryRun: true, from: $from) {
    program { id } version faults { line }
    dryRun { from members current { ${OUTCOME} } draft { ${OUTCOME} } moves { from to members } }
    refusal { code }
  }
}`

const dryRun = async (ledger: OpenLedger, document: string, from?: string) =>
  (await ledger.ask<{ publishProgram: Record<string, unknown> }>(admin, DRY_RUN, { document, from }))
    .publishProgram

const draft = documentWith(
  ['version: 1', 'version: 2'],
  ['award: { points: 1, per: "1.00" }', 'award: { points: 2, per: "1.00" }'],
  ['growth: 3000', 'growth: 1000'],
)

test('a draft is tried on what is on record, beside the current version, and nothing is published', async () => {
  await using ledger = await openLedger({ now: '2026-06-30T04:00:00Z' })
  await ledger.buy('li', '1000', '2026-01-10')
  await ledger.buy('wang', '200', '2026-02-10')
  await redeem(ledger, 'li', 600, { idempotencyKey: 'burn' })
  const journal = 'select count(*) as entries, max(hash::text) as last from ledger.entry'
  const before = await ledger.sql(journal)
  const answer = await dryRun(ledger, draft)
  expect(answer).toEqual({
    program: null,
    version: 2,
    faults: [],
    refusal: null,
    dryRun: {
      from: '2025-06-30',
      members: 2,
      current: {
        events: 3,
        refused: 0,
        pointsGiven: 1_200,
        pointsRedeemed: 600,
        pointsNotThere: 0,
        pointsExpired: 0,
        outstanding: 600,
        cost: { amount: '6.00' },
        liability: { amount: '6.00' },
        tiers: [
          { tier: 'ordinary', members: 2 },
          { tier: 'advanced', members: 0 },
          { tier: 'vip', members: 0 },
        ],
      },
      draft: {
        events: 3,
        refused: 0,
        pointsGiven: 2_400,
        pointsRedeemed: 600,
        pointsNotThere: 0,
        pointsExpired: 0,
        outstanding: 1_800,
        cost: { amount: '6.00' },
        liability: { amount: '18.00' },
        tiers: [
          { tier: 'ordinary', members: 1 },
          { tier: 'advanced', members: 1 },
          { tier: 'vip', members: 0 },
        ],
      },
      moves: [{ from: 'ordinary', to: 'advanced', members: 1 }],
    },
  })
  expect(await ledger.sql(journal)).toEqual(before)
  expect(await dryRun(ledger, draft, '2026-02-01')).toMatchObject({
    dryRun: { from: '2026-02-01', members: 2, draft: { events: 2, pointsNotThere: 600 } },
  })
})

test('a document with faults is not tried, and a first version has nothing to be compared with', async () => {
  await using ledger = await openLedger()
  expect(await dryRun(ledger, 'program: 7')).toMatchObject({
    dryRun: null,
    refusal: { code: 'DOCUMENT_NOT_VALID' },
  })
  const other = superMember.replace('program: super-member', 'program: other')
  expect(await dryRun(ledger, other)).toMatchObject({
    dryRun: { members: 0, current: null, draft: { events: 0, outstanding: 0 }, moves: [] },
  })
})

test('what is on record agrees with what a dry run of the very same rules makes of it', async () => {
  await using ledger = await openLedger({ now: '2026-12-30T04:00:00Z' })
  for (const [n, amount] of ['3000', '120', '4000', '77.5', '1999.99'].entries())
    await ledger.buy(n % 2 ? 'li' : 'wang', amount, `2026-0${n + 1}-10`)
  const same = superMember.replace('version: 1', 'version: 2')
  const { dryRun: run } = (await dryRun(ledger, same)) as {
    dryRun: { draft: { pointsGiven: number; outstanding: number } }
  }
  const [books] = await ledger.sql<{ given: string; left: string }>(
    'select sum(points_earned) as given, sum(points_available) as left from ledger.account',
  )
  expect([run.draft.pointsGiven, run.draft.outstanding]).toEqual([Number(books!.given), Number(books!.left)])
})
