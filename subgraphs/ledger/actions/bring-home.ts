import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { holdMember } from '../../../kernel/members/merged-members.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook } from '../domain/account-book.ts'
import { arriveHome, takeBackHome } from '../domain/arriving.ts'
import { HOMEWARD } from '../domain/homeward.ts'
import type { SourceDocument } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import type { Lots } from '../domain/waiting-part.ts'
import { accountName, lockAccounts } from '../store/accounts.ts'
import { readDocuments } from '../store/documents.ts'
import { findHomeward, type OnTheWay, takeHomeward } from '../store/homeward.ts'
import { type OriginKeys, originOf } from '../store/origins.ts'
import { writePostings } from '../store/postings.ts'
import { balanceEvents } from './balance-events.ts'
import { tierEvents } from './tier-events.ts'

const CHUNK = 200

/**
 * What has left an account for a member that came out of a merge comes into the account that this member has by now. Done by a
 * job, of any account; what fails for one member does not touch another's, and is tried again.
 */
export async function bringHome(ctx: LedgerContext, memberId?: string): Promise<void> {
  const leaving = await findHomeward(ctx.db.query, { memberId, limit: CHUNK })
  if (leaving.length === 0) return
  const known = await knownOf(ctx, leaving)
  for (const one of leaving) {
    try {
      await ctx.db.transaction(async (tx) => {
        const present = await holdMember(tx, one.originId)
        const taken = await takeHomeward(tx, one)
        if (taken) await bring(tx, ctx, taken, { ...known, present })
      })
    } catch (error) {
      ctx.log.error({ error, document: one.documentId }, 'what has left an account could not be brought home')
    }
  }
}

/** The same at once, for what somebody waits for. What was posted stands, whatever becomes of it: else the job brings it. */
export async function bringHomeAtOnce(ctx: LedgerContext, memberId: string): Promise<void> {
  try {
    await bringHome(ctx, memberId)
  } catch (error) {
    ctx.log.error({ error, memberId }, 'what has left an account could not be brought home at once')
  }
}

/** What is asked before a transaction, which holds a connection of its own. */
interface Known {
  readonly programs: readonly Program[]
  /** The documents by which something has left. */
  readonly causes: ReadonlyMap<string, SourceDocument>
  readonly origins: OriginKeys
}

async function knownOf(
  ctx: LedgerContext,
  leaving: readonly { readonly documentId: string }[],
): Promise<Known> {
  const [programs, causes] = await Promise.all([
    ctx.services.programs.current(),
    readDocuments(
      ctx.db.query,
      leaving.map(({ documentId }) => documentId),
    ),
  ])
  return { programs, causes, origins: await ctx.services.origins.keysOf([...causes.values()].map(originOf)) }
}

async function bring(
  tx: Tx,
  ctx: LedgerContext,
  taken: OnTheWay,
  { programs, causes, origins, present }: Known & { readonly present: string },
): Promise<void> {
  const program = programs.find(({ key }) => key === taken.programKey)
  assert(program, 'what has left an account is of a programme')
  const key = { memberId: present, programKey: program.key, baseTier: program.tiers[0]!.id }
  const [states] = await lockAccounts(tx, [key], ctx.now, async () => undefined)
  const book = new AccountBook(program, states.get(accountName(key))!)
  const cause = causes.get(taken.documentId)
  assert(cause, 'what has left an account has a document')
  book.catchUp(ctx.now)
  const documents: SourceDocument[] = []
  const begin = (what: string, lots: Lots): string => {
    const id = derivedId('home', taken.documentId, what)
    documents.push({
      ...(taken.kind === 'lots' ? arrivalOf(cause) : returnOf(cause, lots)),
      memberId: present,
      id,
      programKey: program.key,
      ruleVersion: program.version,
      tierBefore: book.tier,
      tierAfter: book.tier,
      effectiveAt: ctx.now,
      body: bodyDigest({ id }).subarray(0, 16),
    })
    return id
  }
  const lots = lotsOf(taken)
  if (taken.kind === 'lots') arriveHome(book, lots, ctx.now, begin)
  else takeBackHome(book, lots, ctx.now, begin)
  const books = [[key, book] as const]
  const ended = documents.map((document) => ({ ...document, tierAfter: book.tier }))
  writePostings(tx, books, ended, origins, ctx.now)
  await publish(tx, [
    ...tierEvents([{ program }], new Map([[accountName(key), books[0]!]])),
    ...balanceEvents([{ program }], books, ctx.now),
  ])
}

type Said = Pick<
  SourceDocument,
  | 'kind'
  | 'channel'
  | 'number'
  | 'store'
  | 'operator'
  | 'subject'
  | 'quantity'
  | 'amount'
  | 'lines'
  | 'awards'
  | 'counted'
>

const NOTHING_SAID = { quantity: undefined, amount: undefined, lines: [], awards: [], counted: undefined }

/** Its number is the document by which it left. */
const arrivalOf = ({ id }: SourceDocument): Said => ({
  ...NOTHING_SAID,
  ...HOMEWARD,
  kind: 'merge-in',
  number: id,
  subject: undefined,
})

/** The same return, in the account from which it takes. Its lines stand in the account of the purchase. */
const returnOf = (
  { channel, number, store, operator, subject, awards }: SourceDocument,
  all: Lots,
): Said => ({
  ...NOTHING_SAID,
  ...{ kind: 'return', channel, number, store, operator, subject },
  awards: all.flatMap(({ asset, lots }) =>
    asset === 'points' || asset === 'growth'
      ? [{ rule: awards[0]!.rule, line: -1, asset, amount: lots.reduce((sum, lot) => sum + lot.amount, 0n) }]
      : [],
  ),
})

const lotsOf = ({ lots }: OnTheWay): Lots =>
  [...Map.groupBy(lots, ({ asset }) => asset)].map(([asset, of]) => ({
    asset,
    lots: of.map(({ asset: _, ...lot }) => lot),
  }))
