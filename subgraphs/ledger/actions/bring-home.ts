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
import type { Lots } from '../domain/waiting-part.ts'
import { accountName, lockAccounts } from '../store/accounts.ts'
import { readDocuments } from '../store/documents.ts'
import { findHomeward, type OnTheWay, takeHomeward } from '../store/homeward.ts'
import { writePostings } from '../store/postings.ts'
import { balanceEvents } from './balance-events.ts'
import { tierEvents } from './post-batch.ts'

const CHUNK = 200

/**
 * What has left an account for a member that came out of a merge comes into the account that this member has by now. Done at
 * once for what somebody waits for (of one account), and by a job for the rest and for what a crash left.
 */
export async function bringHome(ctx: LedgerContext, memberId?: string): Promise<void> {
  for (const one of await findHomeward(ctx.db.query, { memberId, limit: CHUNK })) {
    await ctx.db.transaction(async (tx) => {
      const present = await holdMember(tx, one.originId)
      const taken = await takeHomeward(tx, one)
      if (taken) await bring(tx, ctx, taken, present)
    })
  }
}

async function bring(tx: Tx, ctx: LedgerContext, taken: OnTheWay, present: string): Promise<void> {
  const program = (await ctx.services.programs.current()).find(({ key }) => key === taken.programKey)
  assert(program, 'what has left an account is of a programme')
  const key = { memberId: present, programKey: program.key, baseTier: program.tiers[0]!.id }
  const [states] = await lockAccounts(tx, [key], ctx.now, async () => undefined)
  const book = new AccountBook(program, states.get(accountName(key))!)
  const cause = (await readDocuments(tx.query, [taken.documentId])).get(taken.documentId)
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
  const origins = await ctx.services.origins.keysOf(ended)
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
