import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'
import { documentWith } from '../ledger/program-of.ts'

const REGISTER = `mutation Register($input: RegisterMemberInput!) {
  registerMember(input: $input) { created refusal { code } }
}`
const SYNC = `mutation Sync($input: SyncBalanceInput!) {
  syncBalance(input: $input) { synced { balance } points duplicate refusal { code details { name value } } }
}`
const PUBLISH = `mutation Publish($document: String!) {
  publishProgram(document: $document) { version faults { message } refusal { code } }
}`
const STATEMENT = `query Statement($identity: IdentityInput!) {
  memberBy(identity: $identity) { account {
    points { available } statement { edges { node { kind points document { channel number operator } } } }
  } }
}`

const WITH_SYNC = documentWith(
  ['version: 1', 'version: 2'],
  ['downgrade: to-fit', 'downgrade: to-fit\nbalanceSync: [{ channel: tmall, partner: tmall, figure: own }]'],
)

const PHONE = '13800138000'
const env = {
  HUITONG_PHONE_RECIPES: JSON.stringify([
    { id: 'tmall', partner: 'tmall', algorithm: 'sha256', salt: 'pepper' },
  ]),
}
const phoneHash = createHash('sha256').update(`pepper${PHONE}`).digest('hex')

test('a marketplace names its buyer, tells balances, and sees no more of the member', async () => {
  await using huitong = await openEverything({ now: '2026-12-01T02:00:00Z', env })
  const admin = await huitong.token({ kind: 'admin' })
  const tmall = await huitong.token({ kind: 'partner', partner: 'tmall' })
  await huitong.ask(admin, PUBLISH, { document: WITH_SYNC }, { prefer: 'wait=10' })

  const { registerMember } = await huitong.ask<{ registerMember: object }>(tmall, REGISTER, {
    input: {
      channel: 'PARTNER',
      proofs: [{ account: { marketplace: { brand: 'tea', buyerId: 'b-1', phoneHash } } }],
    },
  })
  expect(registerMember).toEqual({ created: true, refusal: null })
  const buyer = { identity: { kind: 'PARTNER_CUSTOMER', scope: 'tmall', value: 'tea:b-1' } }
  const sync = async (previous: number, balance: number, document: string) =>
    (
      await huitong.ask<{ syncBalance: object }>(tmall, SYNC, {
        input: { member: buyer, channel: 'tmall', previous, balance, at: '2026-12-01T01:00:00Z', document },
      })
    ).syncBalance
  const first = { synced: { balance: 120 }, points: 120, duplicate: false, refusal: null }
  expect(await sync(0, 120, 'tm-1')).toEqual(first)
  expect(await sync(0, 120, 'tm-1')).toEqual({ ...first, duplicate: true })
  expect(await sync(100, 90, 'tm-2')).toMatchObject({
    refusal: { code: 'BALANCE_DIVERGED', details: [{ name: 'agreed', value: '120' }] },
  })
  expect(await sync(120, 90, 'tm-3')).toMatchObject({ points: -30 })

  const { memberBy } = await huitong.ask<{ memberBy: { account: object } }>(admin, STATEMENT, buyer)
  const document = { channel: 'tmall', operator: 'partner:tmall' }
  expect(memberBy.account).toEqual({
    points: { available: 90 },
    statement: {
      edges: [
        { node: { kind: 'DEDUCT', points: -30, document: { ...document, number: 'tm-3' } } },
        { node: { kind: 'GRANT', points: 120, document: { ...document, number: 'tm-1' } } },
      ],
    },
  })

  const other = await huitong.token({ kind: 'partner', partner: 'jd' })
  const input = {
    member: buyer,
    channel: 'tmall',
    previous: 90,
    balance: 0,
    at: '2026-12-01T01:00:00Z',
    document: 'x',
  }
  expect((await huitong.tryAsk(other, SYNC, { input })).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  // What the marketplace may not read is not in its part of the graph.
  const peek = await huitong.tryAsk(
    tmall,
    SYNC.replace('points duplicate', 'account { points { available } }'),
    { input },
  )
  expect(peek.errors).toHaveLength(1)
  expect(JSON.stringify(peek.data ?? null)).not.toContain('available')

  // The person comes with the phone itself, and finds the points there.
  const { requestCode } = await huitong.ask<{ requestCode: { challenge: { code: string } } }>(
    undefined,
    'mutation ($input: RequestCodeInput!) { requestCode(input: $input) { challenge { code } } }',
    { input: { phone: PHONE } },
  )
  const { registerMember: own } = await huitong.ask<{
    registerMember: { created: boolean; session: { accessToken: string } }
  }>(
    undefined,
    `mutation Register($input: RegisterMemberInput!) {
      registerMember(input: $input) { created session { accessToken } refusal { code } }
    }`,
    {
      input: { channel: 'APP', proofs: [{ phoneCode: { phone: PHONE, code: requestCode.challenge.code } }] },
    },
  )
  expect(own.created).toBe(false)
  const { me } = await huitong.ask<{ me: object }>(
    own.session.accessToken,
    '{ me { identities { kind } account { points { available } } } }',
  )
  expect(me).toEqual({
    identities: [{ kind: 'PARTNER_CUSTOMER' }, { kind: 'PHONE' }],
    account: { points: { available: 90 } },
  })
})
