import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { admin, clerk, member, operator } from '../../helpers/graph.ts'
import { autoBrand, perform } from '../activities.ts'
import { memberId, openLedger, superMember } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import {
  accountField,
  brokenPromises,
  grant,
  type OpenLedger,
  publish,
  purchase,
  record,
  setClock,
} from '../requests.ts'

const decide = async (
  ledger: OpenLedger,
  what: 'approveTierUpgrade' | 'refuseTierUpgrade',
  name: string,
  more: Record<string, unknown> = {},
  as: Principal = operator,
) => {
  const input = {
    memberId: memberId(name),
    tier: 'vip',
    reason: 'known to the house',
    idempotencyKey: what,
    ...more,
  }
  const answer = await ledger.ask<Record<string, { account: unknown; refusal: { code: string } | null }>>(
    as,
    `mutation Decide($input: TierDecisionInput!) {
      ${what}(input: $input) { account { tier { tier { id } validUntil } } refusal { code message } }
    }`,
    { input },
  )
  return answer[what]!
}

const waiting = async (ledger: OpenLedger) => {
  const { tierRequests } = await ledger.ask<{
    tierRequests: { edges: { node: { member: { id: string }; tier: { id: string }; askedAt: string } }[] }
  }>(operator, '{ tierRequests { edges { node { member { id } tier { id } askedAt } } } }')
  return tierRequests.edges.map(({ node }) => node)
}

interface TierAnswer {
  tier: {
    tier: { id: string }
    history: { from: { id: string }; to: { id: string }; reason: string; at: string }[]
    progress: {
      next: { id: string }
      missing: number
      by: string | null
      mode: string
      approval: boolean
      needs: { measure: string; needed: string; have: string; missing: string; by: string | null }[]
    } | null
  }
}

const tierOf = async (ledger: OpenLedger, name: string) =>
  (
    await accountField<TierAnswer>(
      ledger,
      name,
      `tier {
        tier { id } history { from { id } to { id } reason at }
        progress { next { id } missing by mode approval needs { measure needed have missing by } }
      }`,
    )
  ).tier

const story = async (ledger: OpenLedger, name: string) =>
  (await tierOf(ledger, name)).history.map(({ from, to, reason }) => `${from.id} > ${to.id} ${reason}`)

describe('a tier that needs approval', () => {
  test('is asked for when it is reached, listed, approved once, and told of', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 5_000, { idempotencyKey: 'start' })
    await ledger.buy('li', '100', '2026-01-10')
    expect((await tierOf(ledger, 'li')).tier.id).toBe('ordinary')
    expect(await waiting(ledger)).toEqual([
      { member: { id: memberId('li') }, tier: { id: 'vip' }, askedAt: '2026-01-10T04:00:00.000Z' },
    ])
    setClock(ledger, '2026-01-12T04:00:00Z')
    const approved = await decide(ledger, 'approveTierUpgrade', 'li')
    expect(approved).toEqual({
      account: { tier: { tier: { id: 'vip' }, validUntil: '2028-01-12' } },
      refusal: null,
    })
    expect(await decide(ledger, 'approveTierUpgrade', 'li')).toEqual(approved)
    expect(await waiting(ledger)).toEqual([])
    expect(await story(ledger, 'li')).toEqual(['ordinary > vip APPROVED'])
    expect(
      (await decide(ledger, 'approveTierUpgrade', 'li', { idempotencyKey: 'again' })).refusal!.code,
    ).toBe('TIER_NOT_REQUESTED')
    expect(await ledger.sql('select decided_by, approved, reason from ledger.tier_request')).toEqual([
      { decided_by: 'staff:operator-1', approved: true, reason: 'known to the house' },
    ])
    const events = await ledger.events()
    expect(events.filter(({ type }) => type === 'ledger.TierRequested')).toMatchObject([
      { memberId: memberId('li'), payload: { program: 'auto-brand', tier: 'vip' } },
    ])
    expect(events.filter(({ type }) => type === 'ledger.TierChanged')).toMatchObject([
      { payload: { from: 'ordinary', to: 'vip', direction: 'up', reason: 'approved' } },
    ])
    expect(await brokenPromises(ledger)).toEqual([])
  })

  test('may be refused, with a reason; nobody else decides', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 5_000, { idempotencyKey: 'start' })
    const refused = await decide(ledger, 'refuseTierUpgrade', 'li', {
      reason: 'points of a dealer, not of a member',
    })
    expect(refused.refusal).toBeNull()
    await ledger.buy('li', '100', '2026-01-10')
    expect([(await tierOf(ledger, 'li')).tier.id, await waiting(ledger)]).toEqual(['ordinary', []])
    expect((await decide(ledger, 'approveTierUpgrade', 'li', { tier: 'gold' })).refusal!.code).toBe(
      'TIER_NOT_KNOWN',
    )
    for (const as of [clerk(), member(memberId('li'))])
      await expect(decide(ledger, 'approveTierUpgrade', 'li', {}, as)).rejects.toMatchObject({
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      })
  })

  test('two who approve at once give it once', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 5_000, { idempotencyKey: 'start' })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        decide(ledger, 'approveTierUpgrade', 'li', { idempotencyKey: `key ${n}` }),
      ),
    )
    expect(answers.filter(({ refusal }) => refusal === null)).toHaveLength(1)
    expect(await story(ledger, 'li')).toEqual(['ordinary > vip APPROVED'])
    expect(await brokenPromises(ledger)).toEqual([])
  })
})

test('progress: 1,200 yuan more to advanced by 31 December', async () => {
  await using ledger = await openLedger({ program: autoBrand, now: '2026-09-01T04:00:00Z' })
  await ledger.buy('li', '2000', '2026-03-01')
  await ledger.buy('li', '1800', '2026-08-01')
  expect((await tierOf(ledger, 'li')).progress).toEqual({
    next: { id: 'advanced' },
    missing: 0,
    by: null,
    mode: 'ANY',
    approval: false,
    needs: [
      { measure: 'SPEND', needed: '3000.00', have: '2000.00', missing: '1000.00', by: null },
      { measure: 'SPEND', needed: '5000.00', have: '3800.00', missing: '1200.00', by: '2026-12-31' },
    ],
  })
})

test('progress by growth, as it stands when read', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '1800', '2026-01-10')
  const before = (await tierOf(ledger, 'li')).progress!
  expect(before).toMatchObject({ missing: 1_200, by: '2027-01-10', mode: 'ALL' })
  expect(before.needs).toEqual([
    { measure: 'GROWTH', needed: '3000', have: '1800', missing: '1200', by: '2027-01-10' },
  ])
  setClock(ledger, '2027-01-12T00:00:00Z')
  expect((await tierOf(ledger, 'li')).progress!.needs[0]).toMatchObject({ have: '0', missing: '3000' })
})

test('a whole life of tiers, with the reason of each step', async () => {
  await using ledger = await openLedger({ program: autoBrand })
  await perform(ledger, 'li', 'vehicle-handover', { document: 'car-1' })
  setClock(ledger, '2028-01-12T00:00:00Z')
  await ledger.runJob('settle-due')
  await ledger.buy('li', '3000', '2028-01-11')
  expect(await story(ledger, 'li')).toEqual([
    'ordinary > advanced REACHED',
    'advanced > ordinary REVIEW',
    'ordinary > advanced DIRECT',
  ])
  expect(await brokenPromises(ledger)).toEqual([])
})

describe('a tier put between two', () => {
  const inserted = documentWith(
    ['version: 1', 'version: 2'],
    [
      '  - id: advanced\n',
      '  - id: silver\n    name: { en: Silver, zh-CN: 银卡 }\n    growth: 1000\n    validMonths: 12\n  - id: advanced\n',
    ],
  )
  const PREVIEW = `query Preview($document: String, $reach: TierReach) {
    previewTiers(document: $document, reach: $reach) {
      members moves { from to members } faults { line } refusal { code }
    }
  }`
  const preview = async (ledger: OpenLedger, document?: string, reach = 'UP') =>
    (await ledger.ask<{ previewTiers: unknown }>(admin, PREVIEW, { document, reach })).previewTiers
  const apply = async (ledger: OpenLedger, key = 'apply') =>
    (
      await ledger.ask<{ applyTiers: { run: { id: string; version: number }; refusal: unknown } }>(
        admin,
        `mutation ($input: ApplyTiersInput!) {
          applyTiers(input: $input) { run { id version seen moved doneAt askedBy } refusal { code } }
        }`,
        { input: { reach: 'UP', reason: 'silver was put in', idempotencyKey: key } },
      )
    ).applyTiers

  test('is previewed, and given to all whom it is for, with the reason; once', async () => {
    await using ledger = await openLedger()
    await record(
      ledger,
      Array.from({ length: 600 }, (_, n) => purchase(`member ${n}`, n % 3 === 0 ? '1500' : '500')),
    )
    const before = {
      members: 600,
      moves: [{ from: 'ordinary', to: 'silver', members: 200 }],
      faults: [],
      refusal: null,
    }
    expect(await preview(ledger, inserted)).toEqual(before)
    expect(await preview(ledger)).toMatchObject({ members: 600, moves: [] })
    await publish(ledger, inserted)
    expect(await preview(ledger)).toEqual(before)
    const begun = await apply(ledger)
    expect(begun).toMatchObject({
      run: { version: 2, seen: 0, moved: 0, doneAt: null, askedBy: 'staff:admin-1' },
    })
    expect(await apply(ledger)).toEqual(begun)
    await ledger.runJob('apply-tiers')
    await ledger.runJob('apply-tiers')
    expect(
      await ledger.sql(
        'select seen, moved, reached_member is not null as whole, done_at is not null as done from ledger.tier_run',
      ),
    ).toEqual([{ seen: '600', moved: '200', whole: true, done: true }])
    expect(await story(ledger, 'member 3')).toEqual(['ordinary > silver RULES'])
    expect(await story(ledger, 'member 4')).toEqual([])
    expect(await preview(ledger)).toMatchObject({ members: 600, moves: [] })
    const told = (await ledger.events()).filter(({ type }) => type === 'ledger.TierChanged')
    expect(told).toHaveLength(200)
    expect(await brokenPromises(ledger)).toEqual([])
  })

  test('may ask for what was never counted: it is counted from what is on record', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '600', '2026-01-09')
    await ledger.buy('li', '600', '2026-01-10')
    await ledger.buy('wang', '1200', '2026-01-10')
    const byVisits = inserted.replace(
      '    growth: 1000\n',
      '    reach: { all: [{ visits: 2, in: calendar-year }] }\n',
    )
    expect(await preview(ledger, byVisits)).toMatchObject({
      moves: [{ from: 'ordinary', to: 'silver', members: 1 }],
    })
    await publish(ledger, byVisits)
    await apply(ledger)
    await ledger.runJob('apply-tiers')
    expect([await story(ledger, 'li'), await story(ledger, 'wang')]).toEqual([
      ['ordinary > silver RULES'],
      [],
    ])
    expect(await brokenPromises(ledger)).toEqual([])
  })

  test('with a document that has faults nothing is looked at', async () => {
    await using ledger = await openLedger()
    expect(await preview(ledger, superMember.replace('version: 1', 'version: 0'))).toMatchObject({
      members: 0,
      moves: [],
      faults: [{ line: 3 }],
    })
  })
})
