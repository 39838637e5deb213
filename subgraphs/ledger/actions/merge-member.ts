import { principalName } from '../../../kernel/auth/principal.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import {
  type MergeOrder,
  mergeOnce,
  type UnmergeOrder,
  unmergeOnce,
} from '../../../kernel/members/merge-step.ts'
import { allIds, holdMember } from '../../../kernel/members/merged-members.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook, newAccount } from '../domain/account-book.ts'
import { assets } from '../domain/asset.ts'
import type { Counters } from '../domain/earn-counters.ts'
import { lotsText } from '../domain/entry.ts'
import {
  handBack,
  joinAccounts,
  moveOver,
  type PairId,
  type Parting,
  partAccounts,
  payDebt,
  type Settlement,
  standingText,
} from '../domain/merge-accounts.ts'
import {
  asideFrom,
  type JoinedText,
  joinedFrom,
  joinedText,
  type LotText,
  settledText,
} from '../domain/merge-record.ts'
import type { MergeDocumentKind, SourceDocument } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { giveBack, setAside } from '../domain/set-aside.ts'
import { tierOf } from '../domain/tiers.ts'
import { type AccountKey, accountName, lockAccounts, readAccountStates } from '../store/accounts.ts'
import { countDocuments, findLeftBehind, findSteps, rewriteStep } from '../store/merges.ts'
import type { OriginKeys } from '../store/origins.ts'
import { writePostings } from '../store/postings.ts'
import { balanceEvents } from './balance-events.ts'
import { type Bonus, type BonusOrder, findBonuses } from './find-bonuses.ts'

export interface LedgerMergeOrder extends MergeOrder, BonusOrder {}

interface Sum {
  readonly from: string
  readonly into: string
  readonly together: string
}

export interface LedgerMerge {
  readonly programs: readonly {
    readonly program: string
    readonly points: Sum
    readonly growth: Sum
    readonly tier: Sum
    readonly documents: number
    readonly joined: JoinedText
    readonly aside: readonly {
      readonly memberId: string
      readonly documentId: string
      /** As the books have lots; former versions wrote a list, of points. */
      readonly lots: string | readonly LotText[]
    }[]
  }[]
  readonly bonuses: readonly Pick<Bonus, 'program' | 'subject' | 'takenBack'>[]
}

interface Pair {
  readonly program: Program
  readonly from: AccountBook
  readonly into: AccountBook
  /** Of members between the two, which are merged into the latter, too. */
  readonly between: readonly AccountBook[]
}

/** What a merge would do here, tried on copies of the accounts. */
export async function previewMerge(
  ctx: LedgerContext,
  asked: Omit<LedgerMergeOrder, 'caseId'>,
): Promise<LedgerMerge> {
  const programs = await ctx.services.programs.current()
  const keys = keysOf(programs, [asked.fromId, asked.intoId])
  const states = await readAccountStates(ctx.db.query, keys)
  const bookOf = (program: Program, memberId: string) =>
    new AccountBook(
      program,
      states.get(accountName({ memberId, programKey: program.key })) ?? newAccount(memberId, program),
    )
  const pairs = programs.map((program) => ({
    program,
    from: bookOf(program, asked.fromId),
    into: bookOf(program, asked.intoId),
    between: [],
  }))
  const order = { ...asked, caseId: '00000000-0000-0000-0000-000000000000' }
  const bonuses = await findBonuses(ctx, ctx.db.query, order, programs)
  const joining = await allIds(ctx.db.query, asked.fromId)
  const counts = await countDocuments(ctx.db.query, joining)
  return joinAll(ctx, pairs, order, { bonuses, counts, joining }, new Documents(ctx, order.caseId))
}

/** Accounts of two members become one: what the one has goes over by entries into the account of the other. */
export async function mergeMember(
  ctx: LedgerContext,
  order: LedgerMergeOrder,
): Promise<LedgerMerge | undefined> {
  const programs = await ctx.services.programs.current()
  const origins = await originsFor(ctx)
  return ctx.db.transaction((tx) =>
    mergeOnce(tx, order, ctx.now, async () => {
      const pairs = await lockPairs(tx, ctx, programs, order.fromId, order.intoId)
      const bonuses = await findBonuses(ctx, tx.query, order, programs)
      const documents = new Documents(ctx, order.caseId)
      const joining = await allIds(tx.query, order.fromId)
      const counts = await countDocuments(tx.query, joining)
      const merge = joinAll(ctx, pairs, order, { bonuses, counts, joining }, documents)
      await write(tx, ctx, pairs, documents, origins, 'merge')
      return merge
    }),
  )
}

interface Known {
  readonly bonuses: readonly Bonus[]
  /** Documents by programme. */
  readonly counts: ReadonlyMap<number, number>
  /** The ids of the one that goes into the other. */
  readonly joining: readonly string[]
}

function joinAll(
  ctx: LedgerContext,
  pairs: readonly Pair[],
  order: LedgerMergeOrder,
  { bonuses, counts, joining }: Known,
  documents: Documents,
): LedgerMerge {
  return {
    programs: pairs.map(({ program, from, into }) => {
      for (const book of [from, into]) book.catchUp(ctx.now)
      const before = { from: standing(from), into: standing(into) }
      const aside = bonuses
        .filter((bonus) => bonus.takenBack && bonus.programKey === program.key)
        .flatMap((bonus) => {
          const book = joining.includes(bonus.memberId) ? from : into
          const begin = (what: string) =>
            documents.begin(program, book, 'set-aside', `aside:${bonus.documentId}:${what}`, order.caseId)
          return setAside(book, bonus.lots, ctx.now, begin).map(({ documentId, lots }) => ({
            memberId: book.memberId,
            documentId,
            lots: lotsText(lots.map((part) => ({ ...part, amount: 0n, after: 0n }))),
          }))
        })
      const joined = joinAccounts(program, from, into, {
        at: ctx.now,
        pairId: documents.pairs(program, from, into, {
          of: into,
          counters: from.counters,
          parting: { parts: false, memberIds: joining },
        }),
      })
      const together = standing(into)
      const sum = (of: 'points' | 'growth' | 'tier'): Sum => ({
        from: before.from[of],
        into: before.into[of],
        together: together[of],
      })
      return {
        program: program.id,
        points: sum('points'),
        growth: sum('growth'),
        tier: sum('tier'),
        documents: counts.get(program.key) ?? 0,
        joined: joinedText(joined),
        aside,
      }
    }),
    bonuses: bonuses.map(({ program, subject, takenBack }) => ({ program, subject, takenBack })),
  }
}

const standing = (book: AccountBook) => ({
  points: String(book.available('points') - book.wallet('points').owed),
  growth: String(book.available('growth')),
  tier: book.tier,
})

/** A member takes its lots out of the account of the one that it was merged into. */
export async function unmergeMember(ctx: LedgerContext, order: UnmergeOrder): Promise<void> {
  const programs = await ctx.services.programs.current()
  const origins = await originsFor(ctx)
  await ctx.db.transaction((tx) =>
    unmergeOnce(tx, order, ctx.now, async (answer) => {
      const [step] = await findSteps(tx.query, { fromId: order.fromId })
      const intoId = step?.intoId ?? order.intoId
      const between = await idsBetween(tx, intoId, order.intoId)
      const pairs = await lockPairs(tx, ctx, programs, order.fromId, order.intoId, between)
      const leaving = new Set([order.fromId, ...order.withIds])
      const partingOf = (book: AccountBook): Parting => ({
        parts: true,
        memberIds: [...leaving],
        held: book.part(leaving),
      })
      const documents = new Documents(ctx, `${order.caseId}:undone`)
      const siblings = (await findSteps(tx.query, { intoId })).filter(({ caseId }) => caseId !== order.caseId)
      const { programs: merged } = answer as LedgerMerge
      for (const { program, from, into: out, between: others } of pairs) {
        const record = merged.find((one) => one.program === program.id)
        if (!record) continue
        for (const book of [out, from, ...others]) book.catchUp(ctx.now)
        for (const book of others) {
          const pairId = documents.pairs(program, book, from)
          handBack(book, from, { at: ctx.now, pairId, origins: leaving })
          const parting = partingOf(book)
          const id = documents.begin(program, book, 'merge-out', 'parted', order.fromId, { parting })
          book.note('send', { at: ctx.now, documentId: id })
        }
        const joined = joinedFrom(record.joined)
        const tiers = siblings.flatMap((other) => {
          const same = (other.answer as LedgerMerge).programs.find((one) => one.program === program.id)
          return same ? [same.joined.tierFrom.tier] : []
        })
        const counters = joined.countersFrom
        const parting = partingOf(out)
        const pairId = documents.pairs(program, from, out, { of: out, counters, parting })
        // Before the lots: with these all that is still here is this account's own.
        handBack(out, from, { at: ctx.now, pairId, origins: leaving })
        partAccounts(program, out, from, {
          at: ctx.now,
          pairId,
          origins: leaving,
          intoId,
          joined,
          others: tiers,
        })
        for (const aside of record.aside) {
          const book = aside.memberId === order.fromId ? from : out
          const id = documents.begin(program, book, 'merge-in', `back:${aside.documentId}`, aside.documentId)
          const origin = book === out && out.memberId !== aside.memberId ? aside.memberId : undefined
          giveBack(book, asideFrom(aside.lots), origin, { at: ctx.now, documentId: id })
        }
      }
      await write(tx, ctx, pairs, documents, origins, 'unmerge')
      await forgetEffects(tx, order, intoId, answer as LedgerMerge)
    }),
  )
}

/** Members between the one that a member was merged into and the one that is left: each was merged into the next. */
async function idsBetween(tx: Tx, intoId: string, survivorId: string): Promise<string[]> {
  const ids: string[] = []
  for (let id: string | undefined = intoId; id !== undefined && id !== survivorId; ) {
    ids.push(id)
    const [next]: { intoId: string }[] = await findSteps(tx.query, { fromId: id })
    id = next?.intoId
  }
  return ids
}

/**
 * Merges that came later remember how the member stood with what leaves now: that is taken out of what they remember, so that
 * their undoing does not bring it back.
 */
async function forgetEffects(tx: Tx, order: UnmergeOrder, intoId: string, gone: LedgerMerge): Promise<void> {
  const later = [
    ...(await findSteps(tx.query, { fromId: intoId })),
    ...(await findSteps(tx.query, { intoId })),
  ].filter(({ caseId }) => caseId !== order.caseId)
  for (const { caseId, fromId, answer } of later) {
    const merge = answer as LedgerMerge
    const side = fromId === intoId ? 'tierFrom' : 'tierInto'
    const programs = merge.programs.map((one) => {
      const left = gone.programs.find(({ program }) => program === one.program)?.joined
      const known = one.joined[side]
      if (!left || known.tier !== left.tierFrom.tier || left.tierInto.tier === known.tier) return one
      return { ...one, joined: { ...one.joined, [side]: left.tierInto } }
    })
    await rewriteStep(tx.query, caseId, { ...merge, programs })
  }
}

const CHUNK = 200

/**
 * What has come to light in accounts of merged members goes over, too: a hold was released, something matured. What fails for
 * one does not touch another's, and is tried again.
 */
export async function forwardLeftBehind(ctx: LedgerContext): Promise<void> {
  const programs = await ctx.services.programs.current()
  const origins = await originsFor(ctx)
  for (const { memberId, programKey } of await findLeftBehind(ctx.db.query, CHUNK)) {
    const program = programs.find(({ key }) => key === programKey)
    if (!program) continue
    try {
      await ctx.db.transaction((tx) => forward(tx, ctx, { memberId, program, origins }))
    } catch (error) {
      ctx.log.error({ error, memberId }, 'what was left behind in an account could not follow')
    }
  }
}

async function forward(
  tx: Tx,
  ctx: LedgerContext,
  {
    memberId,
    program,
    origins,
  }: { readonly memberId: string; readonly program: Program; readonly origins: OriginKeys },
): Promise<void> {
  await holdMember(tx, memberId)
  const [, survivorId] = await allIdsOf(tx, memberId)
  if (survivorId === undefined) return
  const pairs = await lockPairs(tx, ctx, [program], memberId, survivorId)
  const { from, into } = pairs[0]!
  for (const book of [from, into]) book.catchUp(ctx.now)
  const documents = new Documents(ctx, `${memberId}:left:${from.seq}`)
  const occasion = { at: ctx.now, pairId: documents.pairs(program, from, into) }
  into.tiersRest = program.onPromotion === 'reset'
  const settled = [
    ...moveOver(from, into, occasion, ''),
    ...assets.flatMap((asset) => payDebt(from, into, asset, occasion)),
  ]
  await write(tx, ctx, pairs, documents, origins, undefined)
  await noteSettled(tx, memberId, survivorId, program, settled)
}

/** What one side paid for the other since is paid back by an unmerge like what was paid at the merge. */
async function noteSettled(
  tx: Tx,
  fromId: string,
  survivorId: string,
  program: Program,
  settled: readonly Settlement[],
): Promise<void> {
  const [step] = await findSteps(tx.query, { fromId })
  if (settled.length === 0 || step?.intoId !== survivorId) return
  const merge = step.answer as LedgerMerge
  const programs = merge.programs.map((one) =>
    one.program === program.id
      ? { ...one, joined: { ...one.joined, settled: [...one.joined.settled, ...settledText(settled)] } }
      : one,
  )
  await rewriteStep(tx.query, step.caseId, { ...merge, programs })
}

async function allIdsOf(tx: Tx, memberId: string): Promise<(string | undefined)[]> {
  const [row] = await tx.query<{ survivor_id: string }>(
    `/* survivorForForwarding */ select survivor_id from merged_member where member_id = $1 for share`,
    [memberId],
  )
  return [memberId, row?.survivor_id]
}

const keysOf = (
  programs: readonly Program[],
  memberIds: readonly string[],
): (AccountKey & { baseTier: string })[] =>
  programs.flatMap((program) =>
    memberIds.map((memberId) => ({ memberId, programKey: program.key, baseTier: program.tiers[0]!.id })),
  )

/**
 * Holds the accounts of both in every programme. Those that are not there are opened: a posting that opens one at the same
 * moment is waited for, and one that comes later finds out under its lock where the member leads now.
 */
async function lockPairs(
  tx: Tx,
  ctx: LedgerContext,
  programs: readonly Program[],
  fromId: string,
  intoId: string,
  between: readonly string[] = [],
): Promise<Pair[]> {
  const keys = keysOf(programs, [fromId, intoId, ...between])
  const [states] = await lockAccounts(tx, keys, ctx.now, async () => undefined)
  return programs.map((program) => {
    const book = (memberId: string) => {
      const state = states.get(accountName({ memberId, programKey: program.key }))
      assert(state, 'an account is there when it is locked')
      return new AccountBook(program, state)
    }
    return { program, from: book(fromId), into: book(intoId), between: between.map(book) }
  })
}

const ORIGIN = { channel: 'merge', store: undefined }

const originsFor = (ctx: LedgerContext): Promise<OriginKeys> =>
  ctx.services.origins.keysOf([{ ...ORIGIN, operator: principalName(ctx.principal) }])

/** The documents of a merge: their ids follow from the case, so that nothing is entered twice. */
class Documents {
  readonly all: (() => SourceDocument)[] = []
  readonly #ctx: LedgerContext
  readonly #name: string

  constructor(ctx: LedgerContext, name: string) {
    this.#ctx = ctx
    this.#name = name
  }

  /** Begins a document that is written down as its book stands in the end. */
  begin(
    program: Program,
    book: AccountBook,
    kind: MergeDocumentKind,
    what: string,
    number: string,
    said: { readonly counted?: Counters; readonly parting?: Parting } = {},
  ): string {
    const id = derivedId(kind, this.#name, program.id, book.memberId, what)
    const tierBefore = book.tier
    this.all.push(() => ({
      memberId: book.memberId,
      id,
      programKey: program.key,
      ruleVersion: program.version,
      kind,
      channel: ORIGIN.channel,
      number,
      store: undefined,
      operator: principalName(this.#ctx.principal),
      subject: standingText(book, said.parting),
      quantity: undefined,
      amount: undefined,
      lines: [],
      awards: [],
      counted: said.counted,
      tierBefore,
      tierAfter: book.tier,
      effectiveAt: this.#ctx.now,
      body: bodyDigest({ id }).subarray(0, 16),
    }))
    return id
  }

  /** What goes out of one of two accounts and into the other; which way is told by what is asked for. */
  pairs(
    program: Program,
    a: AccountBook,
    b: AccountBook,
    /** What the first pair brings into one of the accounts, or takes out of it, besides lots: counters, and members. */
    joint?: { readonly of: AccountBook; readonly counters: Counters; readonly parting: Parting },
  ): PairId {
    return (what, payer) => {
      const payee = payer === a ? b : a
      const saidOf = (book: AccountBook) =>
        what === 'lots' && joint?.of === book ? { counted: joint.counters, parting: joint.parting } : {}
      const out = this.begin(program, payer, 'merge-out', what, this.#name, saidOf(payer))
      return { out, into: this.begin(program, payee, 'merge-in', what, out, saidOf(payee)) }
    }
  }
}

async function write(
  tx: Tx,
  ctx: LedgerContext,
  pairs: readonly Pair[],
  documents: Documents,
  origins: OriginKeys,
  because: 'merge' | 'unmerge' | undefined,
): Promise<void> {
  const books = pairs.flatMap(({ program, from, into, between }) =>
    [from, into, ...between].map((book): readonly [AccountKey, AccountBook] => [
      { memberId: book.memberId, programKey: program.key },
      book,
    ]),
  )
  const begun = documents.all.map((document) => document())
  writePostings(tx, books, begun, origins, ctx.now)
  await publish(tx, [
    ...pairs.flatMap((pair) => tierChanges(pair, because)),
    ...balanceEvents(pairs, books, ctx.now),
  ])
}

/** A tier that both or one of them had is no rise of anybody; one that their growth reaches together is. */
function tierChanges({ program, from, into }: Pair, because: 'merge' | 'unmerge' | undefined) {
  const rank = (tier: string) => tierOf(program, tier).rank
  return [from, into].flatMap((book) =>
    book.tierChanges.map(({ sequence, from: before, to, at }) => {
      const had = because === 'merge' && rank(to) > Math.max(rank(from.tier), rank(before))
      return {
        type: 'ledger.TierChanged' as const,
        memberId: book.memberId,
        occurredAt: at,
        payload: {
          program: program.id,
          sequence,
          from: before,
          to,
          direction: rank(to) > rank(before) ? ('up' as const) : ('down' as const),
          ...(because && !had ? { because } : {}),
        },
      }
    }),
  )
}
