import { createHash } from 'node:crypto'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace'
import { type TOTP, URI } from 'otpauth'
import { expect, test } from 'vitest'
import { openLog } from '../../kernel/log.ts'
import { exportTracesTo } from '../../kernel/telemetry/export-traces.ts'
import { openApart } from '../helpers/apart.ts'

const PHONE = '13812345678'
const OTHER = '13987654321'
const PERSON = {
  name: 'Ouyang Qianru',
  birthday: '1949-12-31',
  identityNumber: '11010519491231002X',
  incomeBand: 'band-of-nine',
  province: 'Xinjiang',
}
const VIN = 'LSVAA49J132047371'
const BUYER = '13712349876'
const SALT = 'salt-of-the-marketplace'
const RECIPE = { id: 'tmall', partner: 'tmall', algorithm: 'sha256', salt: SALT }
const hashOf = (phone: string) => createHash('sha256').update(`${SALT}${phone}`).digest('hex')
const WORDS = 'because my aunt told me'

/** Every kind of call that carries personal data or secrets, those that fail included. */
async function livedDay(apart: Awaited<ReturnType<typeof openApart>>): Promise<string[]> {
  const secrets: string[] = []
  const admin = (await apart.token({ kind: 'admin' })).token
  const clerk = (await apart.token({ kind: 'clerk', store: 'store-1' })).token
  secrets.push(admin, clerk)
  const call = async (
    token: string | undefined,
    name: string,
    type: string,
    input: object,
    fields: string,
  ) => {
    const { data, errors } = await apart.ask(
      token,
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} refusal { code message } } }`,
      { input },
    )
    expect([name, errors?.map(({ message }) => message)]).toEqual([name, undefined])
    return (data as Record<string, Record<string, never>>)[name]!
  }
  const code = async (phone: string): Promise<string> => {
    apart.clock.advance(61_000)
    const { challenge } = await call(
      undefined,
      'requestCode',
      'RequestCodeInput',
      { phone },
      'challenge { code }',
    )
    const { code: sent } = challenge as unknown as { code: string }
    return sent
  }
  const session = 'session { accessToken refreshToken }'
  interface Tokens {
    accessToken: string
    refreshToken: string
  }

  const registered = await call(
    undefined,
    'registerMember',
    'RegisterMemberInput',
    { channel: 'APP', proofs: [{ phoneCode: { phone: PHONE, code: await code(PHONE) } }], profile: PERSON },
    `member { id number } ${session}`,
  )
  const { accessToken: me, refreshToken } = registered.session as unknown as Tokens
  const { id: memberId, number } = registered.member as unknown as { id: string; number: string }
  secrets.push(me, refreshToken)
  const wrong = { proof: { phoneCode: { phone: PHONE, code: '000000' } } }
  await call(undefined, 'signIn', 'SignInInput', wrong, session)
  const renewed = await call(undefined, 'refreshSession', 'RefreshSessionInput', { refreshToken }, session)
  secrets.push((renewed.session as unknown as Tokens).refreshToken)
  await call(
    me,
    'bindIdentity',
    'BindIdentityInput',
    { proofs: [{ wechatCode: { code: 'sandbox-qianru' } }] },
    'member { id }',
  )
  await call(
    clerk,
    'registerProduct',
    'RegisterProductInput',
    { memberId, product: { vin: VIN } },
    'productId',
  )
  await call(
    clerk,
    'registerProduct',
    'RegisterProductInput',
    { memberId, product: { vin: `${VIN}9` } },
    'productId',
  )
  await call(
    admin,
    'updateProfile',
    'UpdateProfileInput',
    { memberId, profile: { name: `${PERSON.name}\u0000` } },
    '__typename',
  )
  await call(
    admin,
    'importMembers',
    'ImportMembersInput',
    {
      source: 'crm',
      members: [
        { key: 'c-1', identities: [{ kind: 'PHONE', value: OTHER }], profile: { name: PERSON.name } },
        { key: 'c-2', identities: [{ kind: 'PHONE', value: `${OTHER}99` }] },
      ],
    },
    'members { outcome refusal { message } }',
  )
  const tmall = (await apart.token({ kind: 'partner', partner: 'tmall' })).token
  secrets.push(tmall, SALT)
  // Of a phone that is known, of one that comes by its hash alone, and of one that is none.
  for (const [buyerId, phoneHash, outcome] of [
    ['buyer-1', hashOf(PHONE), { created: false, refusal: null }],
    ['buyer-2', hashOf(BUYER), { created: true, refusal: null }],
    ['buyer-3', BUYER, { created: null, refusal: { code: 'IDENTIFIER_NOT_VALID' } }],
  ] as const) {
    const account = { marketplace: { brand: 'tea', buyerId, phoneHash } }
    const input = { channel: 'PARTNER', proofs: [{ account }] }
    expect(await call(tmall, 'registerMember', 'RegisterMemberInput', input, 'created')).toMatchObject(
      outcome,
    )
    secrets.push(phoneHash)
  }
  await apart.ask(
    tmall,
    `{ memberBy(identity: { kind: PHONE_HASH, scope: "tmall", value: "${hashOf(BUYER)}" }) { nothing } }`,
  )
  await call(me, 'createHousehold', 'CreateHouseholdInput', { name: 'Home' }, 'household { id }')
  await call(
    me,
    'submitApplication',
    'SubmitApplicationInput',
    { kind: 'MEMBERSHIP', reason: WORDS },
    'application { id }',
  )
  const made = await call(
    admin,
    'createStaff',
    'CreateStaffInput',
    { login: 'li.na', name: 'Li Na', role: 'OPERATOR' },
    'access { password totpUri }',
  )
  const access = made.access as unknown as { password: string; totpUri: string }
  const totp = URI.parse(access.totpUri) as TOTP
  secrets.push(access.password, totp.secret.base32)
  const staff = { login: 'li.na', password: access.password }
  await call(undefined, 'signInStaff', 'SignInStaffInput', { ...staff, totp: '000000' }, session)
  const shown = totp.generate({ timestamp: apart.clock.now() })
  const signedIn = await call(
    undefined,
    'signInStaff',
    'SignInStaffInput',
    { ...staff, totp: shown },
    session,
  )
  secrets.push((signedIn.session as unknown as Tokens).refreshToken)

  // What is no valid question carries data, too.
  await apart.ask(clerk, `{ memberBy(identity: { kind: PHONE, value: "${PHONE}" }) { nothing } }`)
  await apart.ask(clerk, 'query ($p: String!) { memberBy(identity: { kind: PHONE, value: $p }) { id } }', {
    p: { phone: PHONE },
  })
  await apart.ask(clerk, `{ memberBy(identity: { kind: PHONE, value: "${PHONE}" }) { profile { name } } }`)
  await apart.ask(`${me}x`, '{ me { id } }')
  await apart.ask(me, '{ me { profile { name phone birthday identityNumber } identities { maskedValue } } }')
  await call(me, 'exportMyData', 'ExportMyDataInput', {}, 'export { data }')
  await apart.stop('ledger')
  await apart.ask(
    clerk,
    `{ memberBy(identity: { kind: PHONE, value: "${PHONE}" }) { account { points { available } } } }`,
  )
  await apart.start('ledger')
  await call(me, 'eraseMember', 'EraseMemberInput', { number }, '__typename')
  return secrets
}

test('of a day with everything in it, logs and traces hold no personal data, no code and no token', async () => {
  const lines: string[] = []
  const printed: string[] = []
  const exporter = new InMemorySpanExporter()
  const { stdout, stderr } = process
  const writes = [stdout, stderr].map((stream) => stream.write.bind(stream))
  for (const [at, stream] of [stdout, stderr].entries()) {
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      printed.push(String(chunk))
      return writes[at]!(chunk, ...rest)
    }) as never
  }
  let secrets: string[]
  try {
    await using apart = await openApart({
      env: { HUITONG_PHONE_RECIPES: JSON.stringify([RECIPE]) },
      log: openLog({ level: 'trace', name: 'test' }, { write: (line) => void lines.push(line) }),
    })
    const tracing = await exportTracesTo(exporter, { service: 'test', ratio: 1, edge: true })
    secrets = await livedDay(apart)
    const spans = await new Promise<unknown[]>((resolve) => {
      // Shutting down sends what is left, and would empty the exporter; keep what it had.
      exporter.shutdown = async () => resolve([...exporter.getFinishedSpans()])
      void tracing[Symbol.asyncDispose]()
    })
    expect(spans.length).toBeGreaterThan(100)
    for (const span of spans as { name: string; attributes: object; events: object[]; status: object }[]) {
      lines.push(JSON.stringify([span.name, span.attributes, span.events, span.status]))
    }
  } finally {
    stdout.write = writes[0] as never
    stderr.write = writes[1] as never
  }
  expect(lines.length).toBeGreaterThan(200)
  const hidden = [
    ...secrets,
    ...Object.values(PERSON),
    PHONE.slice(1),
    BUYER.slice(1),
    OTHER.slice(1),
    VIN.slice(4),
    WORDS,
    'qianru',
    encodeURIComponent(PERSON.name),
  ]
  const leaks = [...lines, ...printed].flatMap((line) =>
    hidden.filter((one) => line.includes(one)).map((one) => `${one.slice(0, 12)} in ${line.slice(0, 200)}`),
  )
  expect(leaks).toEqual([])
})
