import pg from 'pg'
import { systemClock, TestClock } from '../kernel/clock.ts'
import type { Instant } from '../kernel/values/instant.ts'

/** How far ahead the sandbox's clock is, kept in the database: restarted, it goes on where it was. */
export async function openKeptClock(databaseUrl: string): Promise<TestClock> {
  return withClient(databaseUrl, async (client) => {
    await client.query(`
      create schema if not exists sandbox;
      create table if not exists sandbox.clock (
        one boolean constraint clock_key primary key default true constraint clock_is_one check (one),
        ahead_ms bigint not null
      )`)
    const { rows } = await client.query<{ ahead_ms: string }>('select ahead_ms from sandbox.clock')
    return TestClock.runningAhead(Number(rows[0]?.ahead_ms ?? 0))
  })
}

export async function keepClock(databaseUrl: string, now: Instant): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into sandbox.clock (ahead_ms) values ($1)
       on conflict on constraint clock_key do update set ahead_ms = excluded.ahead_ms`,
      [now - systemClock.now()],
    ),
  )
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
