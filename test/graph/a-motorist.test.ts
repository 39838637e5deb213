import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'

const autoBrand = readFileSync(new URL('../../programs/auto-brand.yaml', import.meta.url), 'utf8')
const withTag = autoBrand.replace(
  'caps:\n',
  `  - id: gold
    on: purchase
    asset: points
    multiplier: "2"
    when: '"value/gold" in member.tags'

caps:
`,
)

const NOW = { prefer: 'wait=10' }
const mutation = (name: string, type: string, fields: string) =>
  `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} refusal { code path } } }`

test('registered beforehand, active, tagged, advanced, and told what its points pay: one motorist through the gateway', async () => {
  await using huitong = await openEverything({ now: '2026-03-01T02:00:00Z' })
  const admin = await huitong.token({ kind: 'admin' })
  await huitong.ask(
    admin,
    'mutation ($document: String!) { publishProgram(document: $document) { version refusal { message } } }',
    { document: withTag },
    NOW,
  )
  const { registerMember } = await huitong.ask<{ registerMember: { member: { id: string } } }>(
    admin,
    mutation('registerMember', 'RegisterMemberInput', 'member { id }'),
    {
      input: {
        channel: 'STORE',
        proofs: [{ asserted: { kind: 'CARD', scope: 'dealer', value: '10001' } }],
        entry: 'PRE_REGISTERED',
      },
    },
    NOW,
  )
  const { id } = registerMember.member
  const buy = (document: string, amount: string, occurredAt: string) =>
    huitong.ask<{ recordPurchase: { purchase: { points: number } | null; refusal: unknown } }>(
      admin,
      mutation('recordPurchase', 'RecordPurchaseInput', 'purchase { points }'),
      {
        input: {
          program: 'auto-brand',
          member: { id },
          channel: 'dealer',
          document,
          occurredAt,
          lines: [{ category: 'parts', amount }],
        },
      },
      NOW,
    )
  const account = async () =>
    (
      await huitong.ask<{ member: { account: Record<string, unknown> } }>(
        admin,
        `query ($id: ID!) { member(id: $id) { account(program: "auto-brand") {
          points { available } lots { edges { node { expiresOn remaining } } }
          tier { tier { id } history { to { id } reason } progress { needs { measure missing by } } }
        } } }`,
        { id },
      )
    ).member.account

  // Points accrue at once, and do not run out before the member is active.
  expect((await buy('bill 1', '2000.00', '2026-03-01T01:00:00Z')).recordPurchase.purchase!.points).toBe(20)
  expect(await account()).toMatchObject({ lots: { edges: [{ node: { expiresOn: null, remaining: 20 } }] } })
  huitong.clock.advance(40 * 86_400_000)
  await huitong.ask(
    admin,
    mutation('activateMembers', 'ActivateMembersInput', '__typename'),
    { input: { memberIds: [id], idempotencyKey: 'activate' } },
    NOW,
  )
  // Taken up within three months: 100 points more, which run from the same day.
  expect(await account()).toMatchObject({
    lots: { edges: [{ node: { expiresOn: '2028-04-30', remaining: 120 } }] },
    tier: {
      tier: { id: 'ordinary' },
      progress: { needs: [{}, { measure: 'SPEND', missing: '3000.00', by: '2026-12-31' }] },
    },
  })

  // A tag of identity counts for a rule here; the year's 5,000 yuan lead to the next tier.
  await huitong.ask(
    admin,
    mutation('setTags', 'SetTagsInput', 'member { id }'),
    { input: { memberId: id, tags: [{ dimension: 'VALUE', name: 'gold' }] } },
    NOW,
  )
  expect((await buy('bill 2', '2900.00', '2026-04-10T01:00:00Z')).recordPurchase.purchase!.points).toBe(58)
  expect((await buy('bill 3', '100.00', '2026-04-10T01:30:00Z')).recordPurchase.purchase!.points).toBe(2)
  expect(await account()).toMatchObject({
    points: { available: 180 },
    tier: { tier: { id: 'advanced' }, history: [{ to: { id: 'advanced' }, reason: 'REACHED' }] },
  })

  // The approved application leads on to the tier above.
  const clerk = await huitong.token({ kind: 'clerk', store: 'store-1' })
  const { submitApplication } = await huitong.ask<{ submitApplication: { application: { id: string } } }>(
    clerk,
    mutation('submitApplication', 'SubmitApplicationInput', 'application { id }'),
    { input: { memberId: id, kind: 'TIER', program: 'auto-brand', tier: 'vip' } },
    NOW,
  )
  await huitong.ask(
    admin,
    mutation('decideApplication', 'DecideApplicationInput', 'application { state }'),
    { input: { id: submitApplication.application.id, approve: true } },
    NOW,
  )
  expect(await account()).toMatchObject({ tier: { tier: { id: 'vip' } } })

  const me = await huitong.token({ kind: 'member', memberId: id })
  const { quote } = await huitong.ask<{ quote: unknown }>(
    me,
    `query ($input: QuoteInput!) { quote(input: $input) {
      points offset { amount } payable { amount } limits { limit binds } refusal { code }
    } }`,
    {
      input: {
        program: 'auto-brand',
        wish: { asManyAsPossible: true },
        channel: 'dealer',
        lines: [
          { category: 'labour', amount: '7.50' },
          { category: 'vehicle', amount: '100.00' },
        ],
      },
    },
  )
  expect(quote).toEqual({
    points: 70,
    offset: { amount: '7.00' },
    payable: { amount: '100.50' },
    limits: [
      { limit: 'AVAILABLE', binds: false },
      { limit: 'ELIGIBLE_LINES', binds: true },
      { limit: 'SHARE_OF_BILL', binds: false },
    ],
    refusal: null,
  })
  expect(await huitong.ask(admin, '{ ledgerCheck { violations { check detail } } }')).toEqual({
    ledgerCheck: { violations: [] },
  })
})

test('the car that a dealer sold leads to its tier through the gateway; what a buyer claims does so once it is found right', async () => {
  await using huitong = await openEverything({ now: '2026-03-01T02:00:00Z' })
  const admin = await huitong.token({ kind: 'admin' })
  const clerk = await huitong.token({ kind: 'clerk', store: 'dealer-1' })
  await huitong.ask(
    admin,
    'mutation ($document: String!) { publishProgram(document: $document) { version refusal { message } } }',
    { document: autoBrand },
    NOW,
  )
  const register = async (card: string) =>
    (
      await huitong.ask<{ registerMember: { member: { id: string } } }>(
        clerk,
        mutation('registerMember', 'RegisterMemberInput', 'member { id }'),
        {
          input: { channel: 'STORE', proofs: [{ asserted: { kind: 'CARD', scope: 'dealer', value: card } }] },
        },
        NOW,
      )
    ).registerMember.member.id
  const bought = async (as: string, vin: string, model: string, memberId?: string) =>
    (
      await huitong.ask<{ registerProduct: { refusal: unknown } }>(
        as,
        mutation('registerProduct', 'RegisterProductInput', 'productId'),
        { input: { product: { vin }, model, boughtOn: '2026-02-27', memberId } },
        NOW,
      )
    ).registerProduct
  const tier = async (id: string) =>
    (
      await huitong.ask<{ member: { account: { tier: object } | null } }>(
        admin,
        `query ($id: ID!) { member(id: $id) { account(program: "auto-brand") {
          tier { tier { id } history { to { id } reason } } } } }`,
        { id },
      )
    ).member.account?.tier
  const [buyer, claimant] = [await register('20001'), await register('20002')]
  const direct = { tier: { id: 'advanced' }, history: [{ to: { id: 'advanced' }, reason: 'DIRECT' }] }

  expect(await bought(clerk, 'LSVAA4186E2184849', 'Estate', buyer)).toMatchObject({ refusal: null })
  expect(await tier(buyer)).toMatchObject({ tier: { id: 'ordinary' }, history: [] })
  expect(await bought(clerk, 'LSVAA4182E2184847', 'Grand Tourer', buyer)).toMatchObject({ refusal: null })
  expect(await tier(buyer)).toEqual(direct)

  const owner = await huitong.token({ kind: 'member', memberId: claimant })
  expect(await bought(owner, '1HGCM82633A004352', '旗舰')).toMatchObject({ refusal: null })
  expect(await tier(claimant)).toMatchObject({ tier: { id: 'ordinary' }, history: [] })
  expect(await bought(clerk, '1HGCM82633A004352', '旗舰', claimant)).toMatchObject({ refusal: null })
  expect(await tier(claimant)).toEqual(direct)
})
