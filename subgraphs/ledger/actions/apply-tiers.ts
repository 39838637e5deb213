import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import type { Reach } from '../domain/reevaluation.ts'
import { tierOf } from '../domain/tiers.ts'
import { type AccountKey, accountName, lockAccounts } from '../store/accounts.ts'
import { readMembersAfter } from '../store/past-events.ts'
import { writeSettled } from '../store/postings.ts'
import { pickProgram } from '../store/programs.ts'
import { insertTierRun, lockTierRun, readTierRun, saveTierRun, type TierRun } from '../store/tier-runs.ts'
import { balanceEvents } from './balance-events.ts'
import { booksAnew, reevaluatedTier } from './preview-tiers.ts'
import { tierEvents } from './tier-events.ts'

export interface ApplyTiersInput {
  readonly program?: string | null
  readonly reach: 'UP' | 'BOTH'
  readonly reason: string
  readonly idempotencyKey: string
}

/** Asks that the tiers of all members be decided anew by the version that is current now; a job carries it out. */
export async function applyTiers(
  ctx: LedgerContext,
  input: ApplyTiersInput,
): Promise<Result<TierRun, 'PROGRAM_NOT_FOUND' | 'IDEMPOTENCY_KEY_REUSED'>> {
  const program = pickProgram(await ctx.services.programs.current(), input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const askedBy = principalName(ctx.principal)
  const begun = await ctx.db.transaction((tx) =>
    once(
      tx,
      {
        owner: askedBy,
        key: input.idempotencyKey,
        action: 'applyTiers',
        body: { program: program.id, reach: input.reach, reason: input.reason },
        at: ctx.now,
      },
      async (): Promise<Result<string, never>> => {
        const id = newId(ctx.now)
        const reach: Reach = input.reach === 'UP' ? 'up' : 'both'
        const { key: programKey, version } = program
        await insertTierRun(tx, {
          id,
          programKey,
          version,
          reach,
          reason: input.reason,
          askedAt: ctx.now,
          askedBy,
        })
        return ok(id)
      },
    ),
  )
  return begun.ok ? ok((await readTierRun(ctx.db.query, begun.value))!) : begun
}

const CHUNK = 500

/** Goes on with what was asked for, chunk by chunk; what a crash cut off goes on where it was. */
export async function carryOutTierRuns(ctx: LedgerContext): Promise<void> {
  while (await ctx.db.transaction((tx) => nextChunk(tx, ctx))) {}
}

/** Whether there was anything to do. */
async function nextChunk(tx: Tx, ctx: LedgerContext): Promise<boolean> {
  const run = await lockTierRun(tx)
  if (!run) return false
  const program = await ctx.services.programs.version(tx.query, run.programKey, run.version)
  const members = await readMembersAfter(tx.query, run.programKey, run.reachedMember, CHUNK)
  const moved = await decideAnew(tx, ctx, program, run.reach, members)
  await saveTierRun(tx, {
    ...run,
    reachedMember: members.at(-1) ?? run.reachedMember,
    seen: run.seen + BigInt(members.length),
    moved: run.moved + BigInt(moved),
    doneAt: members.length < CHUNK ? ctx.now : undefined,
  })
  return true
}

async function decideAnew(
  tx: Tx,
  ctx: LedgerContext,
  program: Program,
  reach: Reach,
  memberIds: readonly string[],
): Promise<number> {
  if (memberIds.length === 0) return 0
  const keys = memberIds.map((memberId) => ({
    memberId,
    programKey: program.key,
    baseTier: program.tiers[0]!.id,
  }))
  const [states] = await lockAccounts(tx, keys, ctx.now, async () => undefined)
  const anew = await booksAnew(tx.query, program, [...states.values()], ctx.now)
  let moved = 0
  for (const { book } of anew) {
    const to = reevaluatedTier(program, book, ctx.now, reach)
    if (to === undefined) continue
    book.changeTier(tierOf(program, to), 'rules', { at: ctx.now, documentId: undefined })
    moved += 1
  }
  const books = anew.map(({ book }): readonly [AccountKey, AccountBook] => [
    { memberId: book.memberId, programKey: program.key },
    book,
  ])
  writeSettled(tx, books, ctx.now)
  await publish(tx, [
    ...tierEvents([{ program }], new Map(books.map((entry) => [accountName(entry[0]), entry]))),
    ...balanceEvents([{ program }], books, ctx.now),
  ])
  return moved
}
