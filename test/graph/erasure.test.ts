import { expect, test } from 'vitest'
import { SEALED_TABLES } from '../../subgraphs/identity/actions/export-member.ts'
import { openEverything } from '../helpers/everything.ts'

type Everything = Awaited<ReturnType<typeof openEverything>>

const PHONE = '+8613800138000'
const VIN = 'LSVAA49J132047371'

const mutation = (name: string, type: string, fields: string) =>
  `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} refusal { code path } } }`
const REGISTER = mutation(
  'registerMember',
  'RegisterMemberInput',
  'created member { id number } session { accessToken }',
)
const ERASE = mutation('eraseMember', 'EraseMemberInput', 'memberId')
const EXPORT = 'mutation { exportMyData { export { memberId data } refusal { code } } }'
const BUY = mutation('recordPurchase', 'RecordPurchaseInput', 'purchase { points }')
const CHECK = '{ ledgerCheck { clean } }'

async function codeFor(huitong: Everything, phone: string): Promise<string> {
  huitong.clock.advance(61_000)
  const { requestCode } = await huitong.ask<{ requestCode: { challenge: { code: string } } }>(
    undefined,
    mutation('requestCode', 'RequestCodeInput', 'challenge { code }'),
    { input: { phone } },
  )
  return requestCode.challenge.code
}

interface Registered {
  registerMember: {
    created: boolean
    member: { id: string; number: string } | null
    session: { accessToken: string }
    refusal: { code: string } | null
  }
}

const register = async (huitong: Everything) =>
  (
    await huitong.ask<Registered>(undefined, REGISTER, {
      input: {
        channel: 'APP',
        proofs: [{ phoneCode: { phone: PHONE, code: await codeFor(huitong, PHONE) } }],
        profile: { name: 'Zhang Xiaoming', birthday: '1990-02-03' },
      },
    })
  ).registerMember

/** A member with something in every part of the service. */
async function livedMember(huitong: Everything) {
  const admin = await huitong.token({ kind: 'admin' })
  const clerk = await huitong.token({ kind: 'clerk', store: 'store-1' })
  const { member, session } = await register(huitong)
  const { id: memberId, number } = member!
  const steps: [string, string, string, Record<string, unknown>][] = [
    [
      clerk,
      'recordPurchase',
      BUY,
      {
        channel: 'store',
        store: 'store-1',
        document: 'T-1',
        member: { id: memberId },
        lines: [{ sku: 'dress', category: 'clothes', amount: '4000.00' }],
      },
    ],
    [
      clerk,
      'setTags',
      mutation('setTags', 'SetTagsInput', '__typename'),
      {
        memberId,
        tags: [{ dimension: 'INTEREST', name: 'coffee' }],
      },
    ],
    [
      clerk,
      'registerProduct',
      mutation('registerProduct', 'RegisterProductInput', 'productId'),
      { memberId, product: { vin: VIN } },
    ],
    [
      session.accessToken,
      'giveConsent',
      mutation('giveConsent', 'ConsentInput', '__typename'),
      {
        purpose: 'MARKETING',
        policyVersion: '2026-01',
      },
    ],
    [
      session.accessToken,
      'completeTask',
      mutation('completeTask', 'CompleteTaskInput', '__typename'),
      {
        campaign: 'daily-sign-in',
        idempotencyKey: 'sign-in-1',
      },
    ],
  ]
  for (const [token, name, document, input] of steps) {
    const answer = await huitong.ask<Record<string, { refusal: unknown }>>(
      token,
      document,
      { input },
      { prefer: 'wait=10' },
    )
    expect({ name, refusal: answer[name]!.refusal }).toEqual({ name, refusal: null })
  }
  return { admin, clerk, memberId, number, token: session.accessToken }
}

type Part = Record<string, Record<string, unknown>[]>
interface Exported {
  memberId: string
  identity: Part
  ledger: Part[]
  benefits: Part[]
  campaigns: Part[]
}

const exported = async (huitong: Everything, token: string): Promise<Exported> => {
  const { exportMyData } = await huitong.ask<{ exportMyData: { export: { data: string } } }>(token, EXPORT)
  return JSON.parse(exportMyData.export.data) as Exported
}

test('an export has every table of every part that holds anything of a member, opened', async () => {
  await using huitong = await openEverything()
  const { memberId, token, admin } = await livedMember(huitong)
  const all = await exported(huitong, token)
  expect(all.memberId).toBe(memberId)

  for (const part of ['identity', 'ledger', 'benefits', 'campaigns'] as const) {
    const { distribution } = (await import(`../../subgraphs/${part}/store/tables.ts`)) as {
      distribution: Record<string, string>
    }
    const found = (part === 'identity' ? all.identity : all[part][0]) as Part
    for (const table of Object.keys(distribution).filter((name) => distribution[name] === 'member')) {
      if (table === 'member_key') continue
      const [row] = await huitong.sql<{ count: string }>(
        `select count(*) from ${part}."${table}" where member_id = $1`,
        [memberId],
      )
      // The export itself is on record, a moment after it is made.
      if (table !== 'access_record')
        expect([table, found[table]?.length]).toEqual([table, Number(row!.count)])
    }
  }
  expect(Object.keys(all.identity)).toEqual(
    expect.arrayContaining(SEALED_TABLES.filter((table) => table !== 'member_key')),
  )
  expect(all.identity.profile).toMatchObject([{ name: 'Zhang Xiaoming', birthday: '1990-02-03' }])
  expect(all.identity.channel_identity).toEqual(
    expect.arrayContaining([expect.objectContaining({ kind: 'PHONE', value: PHONE })]),
  )
  expect(all.identity.owned_product).toMatchObject([{ serial: VIN }])
  expect(all.ledger[0]!.entry!.length).toBeGreaterThan(0)
  expect(all.benefits[0]!.entitlement!.length).toBeGreaterThan(0)
  expect(all.campaigns[0]!.participation!.length).toBe(1)

  const { accessRecords } = await huitong.ask<{ accessRecords: { edges: { node: { seen: string[] } }[] } }>(
    admin,
    `{ accessRecords(memberId: "${memberId}") { edges { node { seen } } } }`,
  )
  expect(accessRecords.edges.map(({ node }) => node.seen)).toEqual([['export']])
  const clerk = await huitong.token({ kind: 'clerk' })
  expect((await huitong.tryAsk(clerk, EXPORT)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('an erased person is unreadable, its identities lead nowhere, and the books still hold', async () => {
  await using huitong = await openEverything()
  const { admin, clerk, memberId, number, token } = await livedMember(huitong)
  const books = () =>
    huitong.sql(
      'select count(*)::int as entries, sum(points)::text as sum from ledger.entry where member_id = $1',
      [memberId],
    )
  const before = await books()

  const wrong = await huitong.ask<{ eraseMember: { refusal: { code: string } } }>(token, ERASE, {
    input: { number: '1' },
  })
  expect(wrong.eraseMember.refusal.code).toBe('ERASURE_NOT_CONFIRMED')
  const erasure = [token, ERASE, { input: { number, idempotencyKey: 'e-1' } }, { prefer: 'wait=10' }] as const
  expect((await huitong.ask<{ eraseMember: unknown }>(...erasure)).eraseMember).toEqual({
    memberId,
    refusal: null,
  })

  const seen = await huitong.ask<{ member: Record<string, unknown> }>(
    admin,
    `{ member(id: "${memberId}") {
      status profile { name } identities { kind } tags { name } products(former: true) { serial endedBecause } attributes { id }
      account { points { available } } } }`,
  )
  expect(seen.member).toMatchObject({
    status: 'ERASED',
    profile: null,
    identities: [],
    tags: [],
    products: [{ serial: '', endedBecause: 'GIVEN_UP' }],
    attributes: [],
    account: { points: { available: expect.any(Number) } },
  })

  // Nowhere, in no part, is there a trace of what told who it was.
  const rows = await huitong.sql<{ table: string }>(
    `select format('%I.%I', schemaname, tablename) as table from pg_tables
     where schemaname in ('identity', 'ledger', 'benefits', 'campaigns') and tablename <> 'migration'`,
  )
  for (const { table } of rows) {
    const [text] = await huitong.sql<{ all: string | null }>(
      `select string_agg(t::text, ' ') as all from ${table} t`,
    )
    expect([table, /13800138000|Xiaoming|1990-02|LSVAA49J/.exec(text!.all ?? '')?.[0]]).toEqual([
      table,
      undefined,
    ])
  }
  const [keys] = await huitong.sql<{ count: number }>(
    'select count(*)::int as count from identity.member_key where member_id = $1',
    [memberId],
  )
  expect(keys!.count).toBe(0)

  expect(await books()).toEqual(before)
  expect((await huitong.ask<{ ledgerCheck: { clean: boolean } }>(admin, CHECK)).ledgerCheck.clean).toBe(true)

  // The facts of conditions stay away, also when they are built anew.
  await huitong.ask(admin, 'mutation { rebuildFacts { started } }', {}, { prefer: 'wait=10' })
  expect(await huitong.sql('select 1 from identity.member_fact where member_id = $1', [memberId])).toEqual([])

  // The word of others brings nobody back; who proves the phone begins anew, as a stranger.
  const staff = await huitong.ask<Registered>(clerk, REGISTER, {
    input: { channel: 'STORE', proofs: [{ asserted: { kind: 'PHONE', value: PHONE } }] },
  })
  expect(staff.registerMember.refusal?.code).toBe('IDENTITY_ERASED')
  const back = await register(huitong)
  expect(back).toMatchObject({ created: true, refusal: null })
  expect(back.member!.id).not.toBe(memberId)

  // Sent again, the erasure is the one of before and spares the newcomer; its session may be told as ended by now.
  const again = await huitong.tryAsk<{ eraseMember: unknown }>(...erasure)
  if (again.errors) expect(again.errors[0]!.extensions.code).toBe('UNAUTHENTICATED')
  else expect(again.data.eraseMember).toEqual({ memberId, refusal: null })
  const newcomer = await huitong.ask<{ member: { status: string } }>(
    admin,
    `{ member(id: "${back.member!.id}") { status } }`,
  )
  expect(newcomer.member.status).not.toBe('ERASED')

  // The vehicle goes on without its owner.
  const sold = await huitong.ask<{ registerProduct: { refusal: unknown } }>(
    clerk,
    mutation('registerProduct', 'RegisterProductInput', 'productId'),
    { input: { memberId: back.member!.id, product: { vin: VIN } } },
  )
  expect(sold.registerProduct.refusal).toBeNull()
  const update = await huitong.ask<{ updateProfile: { refusal: { code: string } } }>(
    admin,
    mutation('updateProfile', 'UpdateProfileInput', '__typename'),
    { input: { memberId, profile: { name: 'Somebody' } } },
  )
  expect(update.updateProfile.refusal.code).toBe('MEMBER_NOT_FOUND')
})
