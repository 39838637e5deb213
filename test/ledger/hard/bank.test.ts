import { expect, test } from 'vitest'
import { ledger } from '../../../subgraphs/ledger/index.ts'
import { openTestDatabase } from '../../helpers/database.ts'
import { openOwner, strikeBackend, unequalWallets } from './books-in-sql.ts'
import { dice } from './dice.ts'
import { type Ask, askOver, ledgerCheck, openInstance, publishTo } from './instance.ts'
import { LONG, tell, times } from './length.ts'
import { type Answer, audit, insist, NOTHING_WRONG, type Order, send } from './orders.ts'
import { plainClub } from './plain-club.ts'

const OPERATIONS_EACH = times(12, 60)

interface Told {
  readonly order: Order
  readonly answers: readonly Answer[]
  /** What was known in the end. */
  readonly last: Answer
}

/** Two ledgers over one database, one of them asked over HTTP, so that callers can go away. */
async function openBank(url: string) {
  const near = await openInstance({ url })
  const behind = await openInstance({ url })
  const far = askOver(await behind.listen())
  return {
    near: near.ask,
    far: far.ask,
    async [Symbol.asyncDispose]() {
      await far.hangUp()
      await Promise.all([near.close(), behind.close()])
    },
  }
}

async function work(bank: { near: Ask; far: Ask }, worker: number, members: number): Promise<Told[]> {
  const roll = dice(worker * 7_919 + members)
  const either = (): Ask => (roll(2) === 0 ? bank.near : bank.far)
  const told: Told[] = []
  for (let index = 0; index < OPERATIONS_EACH; index++) {
    const order: Order = {
      kind: (['purchase', 'redemption', 'redemption', 'grant'] as const)[roll(4)]!,
      key: `${worker}-${index}`,
      member: `member ${roll(members)}`,
      points: 1 + roll(60),
    }
    const answers = await Promise.all(
      Array.from({ length: 1 + roll(3) }, () => {
        // One in eight goes away while the ledger is at work.
        const signal = roll(8) === 0 ? AbortSignal.timeout(1 + roll(15)) : undefined
        return send(signal ? bank.far : either(), order, signal)
      }),
    )
    const known = answers.find((answer) => answer.told !== 'unknown')
    told.push({ order, answers, last: known ?? (await insist(either, order)).answer })
  }
  return told
}

const cases = LONG
  ? [1, 5, 50].flatMap((members) => [16, 64].map((workers) => [members, workers] as const))
  : ([[5, 16]] as const)

test.each(cases)(
  'the bank: %i members, %i tills, everything sent up to three times, callers who go away, statements cut',
  async (members, workers) => {
    await using database = await openTestDatabase([ledger])
    await using bank = await openBank(database.url)
    await using owner = await openOwner(database.url)
    await using saboteur = await openOwner(database.url)
    await publishTo(bank.near, plainClub)
    const opening: Order[] = Array.from({ length: members }, (_, index) => ({
      kind: 'grant',
      key: `opening ${index}`,
      member: `member ${index}`,
      points: 100,
    }))
    for (const order of opening) expect(await send(bank.near, order)).toMatchObject({ told: 'done' })

    let over = false
    const working = Promise.all(
      Array.from({ length: workers }, (_, worker) => work(bank, worker, members)),
    ).finally(() => {
      over = true
    })
    const watching = (async () => {
      const bad: object[] = []
      let reads = 0
      for (; !over; reads++) bad.push(...(await unequalWallets(owner)))
      return { bad, reads }
    })()
    const striking = (async () => {
      let struck = 0
      for (let turn = 0; !over; turn++) {
        struck += await strikeBackend(saboteur, turn % 4 === 3 ? 'terminate' : 'cancel')
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
      return struck
    })()
    const told = (await working).flat()
    const { bad, reads } = await watching
    const struck = await striking

    expect(bad).toEqual([])
    expect(reads).toBeGreaterThan(5)
    const done = told.filter(({ last }) => last.told === 'done').map(({ order }) => order)
    const refused = told.filter(({ last }) => last.told === 'refused')
    const unknown = told.flatMap(({ answers }) => answers).filter((answer) => answer.told === 'unknown')
    // Else nobody fought over anything, nobody went away and nothing was cut.
    expect(refused.length).toBeGreaterThan(0)
    expect(unknown.length).toBeGreaterThan(0)
    expect(struck).toBeGreaterThan(0)
    for (const { answers, last } of told) {
      const known = [...answers, last].filter((answer) => answer.told !== 'unknown')
      expect(known).not.toEqual([])
      // Whoever was told something was told the same, and at most one was told that it was new.
      const contents = known.map((answer) => (answer.told === 'done' ? answer.content : answer.code))
      expect(new Set(contents).size, contents.join(' ')).toBe(1)
      if (last.told === 'refused') expect(last.code).toBe('INSUFFICIENT_POINTS')
    }
    const fresh = told.filter(
      ({ order, answers }) =>
        order.kind === 'purchase' &&
        answers.filter((answer) => answer.told === 'done' && !answer.duplicate).length > 1,
    )
    expect(fresh).toEqual([])
    const names = opening.map(({ member }) => member)
    expect(await audit(bank.near, names, [...opening, ...done])).toEqual(NOTHING_WRONG)
    expect((await ledgerCheck(bank.near)).violations).toEqual([])
    tell({
      [`${members} members, ${workers} tills`]: {
        orders: told.length,
        done: done.length,
        refused: refused.length,
        'unknown at first': unknown.length,
        'backends struck': struck,
        reads,
        'bad reads': bad.length,
      },
    })
  },
)
