import { expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'

test('an access token is refused once its session has ended, and those of others are not', async () => {
  await using huitong = await openEverything()
  const me = '{ me { sessions { id current } } }'
  const [anna, bob] = [await huitong.token({ kind: 'member' }), await huitong.token({ kind: 'member' })]
  expect((await huitong.ask<{ me: { sessions: unknown[] } }>(anna, me)).me.sessions).toHaveLength(1)
  await huitong.ask(anna, 'mutation { signOut { signedOut } }')

  // The gateway asks identity beside the requests that it answers, every two seconds.
  await expect
    .poll(async () => (await huitong.tryAsk(anna, me)).errors?.[0]?.extensions.code, { timeout: 8_000 })
    .toBe('UNAUTHENTICATED')
  expect((await huitong.tryAsk(bob, me)).errors).toBeUndefined()
}, 20_000)
