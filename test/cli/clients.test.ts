import pg from 'pg'
import { expect, test } from 'vitest'
import { loadSubgraph, openTestDatabase } from '../helpers/database.ts'
import { huitongWith } from './run-huitong.ts'

async function scene() {
  const database = await openTestDatabase([await loadSubgraph.identity()])
  const { run, spawn } = await huitongWith({ DATABASE_URL: database.url })
  return {
    run,
    spawn,
    async liveSecrets(): Promise<number> {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      const { rows } = await client.query('select 1 from identity.client_secret where revoked_at is null')
      await client.end()
      return rows.length
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

test('a channel gets a client, a second secret, and is rid of the first', async () => {
  await using huitong = await scene()
  const created = await huitong.spawn('client', 'create', 'mini-program', '--channel', 'WECHAT')
  expect(created).toMatchObject({ code: 0, err: '' })
  expect(created.out).toMatch(/^client {5}mini-program\nsecret {5}[\w-]{43}\nsecret id {2}[0-9a-f-]{36}\n/)
  const secretId = /^secret id {2}(\S+)$/m.exec(created.out)![1]!

  expect(await huitong.run('client', 'add-secret', 'mini-program')).toMatchObject({ code: 0, err: '' })
  expect(await huitong.liveSecrets()).toBe(2)
  expect(await huitong.run('client', 'revoke-secret', 'mini-program', secretId)).toMatchObject({
    code: 0,
    out: `mini-program: secret ${secretId} has ended\n`,
  })
  expect(await huitong.liveSecrets()).toBe(1)
})

test('what cannot be done is one line', async () => {
  await using huitong = await scene()
  await huitong.run('client', 'create', 'cinema', '--partner', 'starlight-cinema')
  for (const [args, line] of [
    [['create', 'cinema', '--partner', 'starlight-cinema'], /^huitong: There is a client of this id\.\n$/],
    [['create', 'till'], /^huitong: say whose client it is: either --channel or --partner\n$/],
    [['create', 'a b', '--channel', 'APP'], /^huitong: clientId: 1 to 64 letters.*\n$/],
    [['create', 'till', '--channel', 'FAX'], /^error: .*Allowed choices are APP, WECHAT, STORE, WEB\.\n/],
    [['add-secret', 'nobody'], /^huitong: The client id or secret is not right\.\n$/],
  ] as const) {
    const { code, out, err } = await huitong.run('client', ...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(line)
  }
})
