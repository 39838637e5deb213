import { setImmediate as nextTurn } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { migrate } from '../../../kernel/db/migrate.ts'
import { defineJob, type Job } from '../../../kernel/jobs/define-job.ts'
import { startJobs } from '../../../kernel/jobs/runner.ts'
import { silentLog } from '../../../kernel/log.ts'
import { openTestDatabase } from '../../helpers/database.ts'

test("a runner goes on after a sibling's job schema was migrated in the same database", async () => {
  await using database = await openTestDatabase()
  await migrate({ url: database.url, schema: 'ledger', migrations: [] })
  const pool = new pg.Pool({ connectionString: database.url, max: 4, options: '-c role=huitong_ledger' })
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  const greeted: string[] = []
  const greet = defineJob({
    name: 'greet',
    payload: z.object({ name: z.string() }),
    run: async (_: object, { name }) => void greeted.push(name),
  })
  const runner = await startJobs({
    jobs: [greet as Job<object>],
    context: () => ({}),
    pool,
    schema: 'ledger_jobs',
    log: silentLog,
  })
  const add = (name: string) =>
    pool.query(`select ledger_jobs.add_job('greet', payload := $1::json)`, [JSON.stringify({ name })])
  const greetedWith = async (name: string) => {
    while (!greeted.includes(name)) await nextTurn()
  }
  try {
    await add('before')
    await greetedWith('before')
    await migrate({ url: database.url, schema: 'benefits', migrations: [] })
    await add('after')
    await greetedWith('after')
    expect(greeted).toEqual(['before', 'after'])
  } finally {
    await runner.stop()
    await pool.end()
  }
})
