import { expect, test } from 'vitest'
import { memberId, openLedger } from './open-ledger.ts'
import { type OpenLedger, purchase, type RecordedItem, type Redemption, record, redeem } from './requests.ts'

const MEMBERS = 5
const WORKERS = 16
const OPERATIONS_EACH = 15

/** What a caller was told of one operation, once for each time that it was sent. */
interface Told {
  readonly name: string
  readonly points: number
  readonly answers: readonly (RecordedItem | Redemption)[]
}

/** Small numbers from a seed: the same race every time, as far as races go. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

async function work(ledger: OpenLedger, worker: number): Promise<Told[]> {
  const roll = dice(worker + 1)
  const told: Told[] = []
  for (let index = 0; index < OPERATIONS_EACH; index++) {
    const key = `${worker}-${index}`
    const name = `member ${roll(MEMBERS)}`
    const points = 1 + roll(60)
    const buys = roll(2) === 0
    const send = (): Promise<RecordedItem | Redemption> =>
      buys
        ? record(ledger, [purchase(name, String(points), { document: key })]).then(([item]) => item!)
        : redeem(ledger, name, points, { idempotencyKey: key })
    const answers = await Promise.all(Array.from({ length: 1 + roll(3) }, send))
    told.push({ name, points: buys ? points : -points, answers })
  }
  return told
}

/** Looks again and again, each time in one snapshot; answers how often, and what did not fit. */
async function watch(ledger: OpenLedger, until: Promise<unknown>): Promise<{ reads: number; bad: object[] }> {
  let over = false
  const end = () => {
    over = true
  }
  until.then(end, end)
  const bad: object[] = []
  let reads = 0
  for (; !over; reads++) {
    bad.push(
      ...(await ledger.sql<object>(
        `with booked as (
           select member_id, asset, sum(amount) as balance from ledger.leg where account = 'member' group by 1, 2
         ), counted as (
           select member_id, count(*) as entries from ledger.entry group by 1
         ), kept as (
           select member_id, asset, sum(remaining) as remaining from ledger.lot group by 1, 2
         )
         select * from ledger.wallet
         join ledger.account using (member_id, program_key)
         full join booked using (member_id, asset)
         full join counted using (member_id)
         full join kept using (member_id, asset)
         where (available, seq::bigint, available) is distinct from
               (coalesce(balance, 0), coalesce(entries, 0), coalesce(remaining, 0))`,
      )),
    )
  }
  return { reads, bad }
}

test('five members, sixteen tills, everything sent up to three times at once: each is done once, and every look fits', async () => {
  await using ledger = await openLedger()
  await record(
    ledger,
    Array.from({ length: MEMBERS }, (_, index) => purchase(`member ${index}`, '100')),
  )
  const working = Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(ledger, worker)))
  const [told, { reads, bad }] = await Promise.all([working, watch(ledger, working)])
  expect(bad).toEqual([])
  expect(reads).toBeGreaterThan(10)

  const balances = new Map(Array.from({ length: MEMBERS }, (_, index) => [`member ${index}`, 100]))
  const refused: Told[] = []
  let repeated = 0
  for (const operation of told.flat()) {
    const { name, points, answers } = operation
    repeated += answers.length - 1
    for (const answer of answers) {
      const code = answer.refusal?.code
      expect([undefined, 'INSUFFICIENT_POINTS']).toContain(code)
      // All that was told of one operation is the same but for who came first.
      expect({ ...answer, duplicate: false }).toEqual({ ...answers[0]!, duplicate: false })
    }
    if (points > 0) {
      const fresh = answers.filter((answer) => 'duplicate' in answer && !answer.duplicate)
      expect(fresh).toHaveLength(1)
    }
    if (answers[0]!.refusal) refused.push(operation)
    else balances.set(name, balances.get(name)! + points)
  }
  expect(repeated).toBeGreaterThan(100)
  expect(refused.length).toBeGreaterThan(0) // Else nobody fought over anything.

  for (const [name, balance] of balances) {
    expect([name, (await ledger.account(name)).points.available]).toEqual([name, balance])
  }
  const acknowledged = MEMBERS + told.flat().length - refused.length
  const [written] = await ledger.sql<{ documents: string; entries: string }>(
    `select count(document_kind) as documents, count(points) as entries from ledger.entry`,
  )
  expect(written).toEqual({ documents: String(acknowledged), entries: String(acknowledged) })
  expect((await ledger.check()).violations).toEqual([])
})

test('a member who never had an account is opened once by thirty first purchases at once', async () => {
  await using ledger = await openLedger()
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      record(ledger, [
        purchase('newcomer', '1', { document: `bill-${index}` }),
        purchase(`other ${index % 3}`, '1', { document: `other bill-${index}` }),
      ]),
    ),
  )
  for (const { refusal } of answers.flat()) expect(refusal).toBeNull()
  expect((await ledger.account('newcomer')).points.available).toBe(30)
  const accounts = await ledger.sql('select from ledger.account where member_id = $1', [memberId('newcomer')])
  expect(accounts).toHaveLength(1)
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 60 })
})

test('tier changes under a race are numbered without a gap and told once each', async () => {
  await using ledger = await openLedger()
  await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      record(ledger, [purchase('li', '250', { document: `bill-${index}` })]),
    ),
  )
  const events = await ledger.sql<{ change: string }>(
    `select payload ->> 'sequence' || ' ' || (payload ->> 'to') as change from ledger.event
     where type = 'ledger.TierChanged' order by position`,
  )
  expect(events.map(({ change }) => change)).toEqual(['1 advanced', '2 vip'])
  // 20 bills to reach VIP, each of the last four twice.
  expect((await ledger.account('li')).points.available).toBe(20 * 250 + 4 * 500)
})
