import { BadInputError, NotFoundError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { allIds } from '../../../kernel/members/merged-members.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import {
  addMonths,
  type Instant,
  instant,
  isLocalDate,
  type LocalDate,
  localDate,
  NEVER,
} from '../../../kernel/values/instant.ts'
import { formatDecimal } from '../../../kernel/values/money.ts'
import { explainEntry } from '../actions/explain-entry.ts'
import { caughtUp, lookBack } from '../actions/look-back.ts'
import type { LedgerContext } from '../context.ts'
import { pointsSources } from '../domain/points-source.ts'
import type { Program } from '../domain/program.ts'
import { type Missing, nextTier, progress, tierOf } from '../domain/tiers.ts'
import { type HoldView, readHolds } from '../store/holds.ts'
import {
  type AccountView,
  type LotView,
  readJoinedStatement,
  readLots,
  readPointsBySource,
  readTierHistory,
  SEQUENCE_MAX,
  type StatementAsset,
  type TierChangeView,
} from '../store/reads.ts'
import { moneyIn } from './quote.ts'
import { storedValueBalance } from './stored-value-balance.ts'

/** One member in one programme; the fields read what they need. */
export interface AccountSource {
  readonly memberId: string
  readonly program: Program
  /** Where it was read with the account itself. */
  readonly view?: AccountView
  /** Other ids lead to it; undefined: it was not looked. */
  readonly joined?: boolean
}

/** The fields of one account share what was read of it. */
const views = new WeakMap<AccountSource, Promise<AccountView>>()

function viewOf(account: AccountSource, ctx: LedgerContext): AccountView | Promise<AccountView> {
  if (account.view) return account.view
  let view = views.get(account)
  if (!view) {
    const { memberId, program } = account
    view = ctx.services.reads.account({ memberId, programKey: program.key, today: today(program, ctx) })
    views.set(account, view)
  }
  return view
}

const today = (program: Program, ctx: LedgerContext) => localDate(ctx.now, program.timeZone)

const keyOf = ({ memberId, program }: AccountSource) => ({ memberId, programKey: program.key })

/** `expiringSoon` looks so far ahead (L3: reminders one to two months before). */
const SOON_MONTHS = 2

export const Account = {
  async __resolveReference({ id }: { id: string }, ctx: LedgerContext): Promise<AccountSource> {
    const [memberId = '', programId = ''] = Buffer.from(id, 'base64url').toString().split(':')
    const programs = await ctx.services.programs.current()
    const program = programs.find((candidate) => candidate.id === programId)
    if (!program || !isUuid(memberId)) throw new NotFoundError('account', id)
    return { memberId, program }
  },

  id: ({ memberId, program }: AccountSource) =>
    Buffer.from(`${memberId}:${program.id}`).toString('base64url'),

  async points(account: AccountSource, _: unknown, ctx: LedgerContext) {
    const view = await viewOf(account, ctx)
    const points = view.unsettled ? (await caughtUp(account, ctx)).wallet('points') : view.points
    return {
      ...balance(account.program, points),
      lifetimeEarned: points.earned,
      expiringSoon: () => expiringSoon(account, ctx),
    }
  },

  async growth(account: AccountSource, _: unknown, ctx: LedgerContext) {
    const view = await viewOf(account, ctx)
    return view.unsettled ? (await caughtUp(account, ctx)).available('growth') : view.growth
  },

  storedValue: async (account: AccountSource, _: unknown, ctx: LedgerContext) =>
    storedValueBalance(account.program, await caughtUp(account, ctx), ctx),

  async tier(account: AccountSource, _: unknown, ctx: LedgerContext) {
    const { program } = account
    const view = await viewOf(account, ctx)
    const overdue = view.tierUntil !== undefined && view.tierUntil < today(program, ctx)
    const standing = overdue || view.unsettled ? await caughtUp(account, ctx) : { ...view, tierChanges: [] }
    const tier = tierOf(program, standing.tier ?? '')
    const next = nextTier(program, tier)
    const changeOf = ({ from, to, at, reason }: TierChangeView) => ({
      from: tierOf(program, from),
      to: tierOf(program, to),
      reason: reason.toUpperCase(),
      at,
    })
    return {
      tier,
      since: standing.tierSince ?? null,
      validUntil: standing.tierUntil ?? null,
      progress: next && {
        next,
        missing: next.threshold > view.growth ? next.threshold - view.growth : 0n,
        by: (next.threshold > 0n ? view.growthUntil : undefined) ?? null,
        mode: next.reach.mode.toUpperCase(),
        approval: next.approval,
        needs: () => needs(account, view.growthUntil, ctx),
      },
      history: async () => [
        ...standing.tierChanges.map(changeOf).reverse(),
        ...(await readTierHistory(ctx.db.query, keyOf(account))).map(changeOf),
      ],
    }
  },

  async lots(account: AccountSource, args: PageArguments, ctx: LedgerContext) {
    const { limit, after } = pageOf(args)
    const [expiresOn = ''] = after?.split('/') ?? []
    if (after !== undefined && expiresOn !== NEVER && !isLocalDate(expiresOn))
      throw new BadInputError('after is not a cursor of this list.')
    const lots = await openLots(account, { after, limit: limit + 1 }, ctx)
    return connection(lots, limit, (lot) => `${lot.expiresOn}/${lot.lotClass}`)
  },

  async statement(account: AccountSource, args: StatementArguments, ctx: LedgerContext) {
    const { limit, after } = pageOf(args)
    const memberIds = account.joined === false ? [] : await allIds(ctx.db.query, account.memberId)
    if (memberIds.length > 1) return joinedStatement(memberIds, account, args, ctx)
    const before = after === undefined ? undefined : Number(after)
    if (before !== undefined && !(Number.isInteger(before) && before > 0 && before <= SEQUENCE_MAX))
      throw new BadInputError('after is not a cursor of this list.')
    const entries = await ctx.services.reads.statement({
      ...keyOf(account),
      asset: assetOf(args),
      from: args.from,
      to: args.to,
      before,
      limit: limit + 1,
    })
    return connection(entries, limit, (entry) => String(entry.seq))
  },

  async balanceAt(account: AccountSource, { time }: { time: Instant }, ctx: LedgerContext) {
    const { standing, held, pending, earned } = await lookBack(account, time, ctx)
    const parts = {
      available: standing.points > 0n ? standing.points : 0n,
      owed: standing.points < 0n ? -standing.points : 0n,
      held,
      pending: pending.points,
    }
    return { ...balance(account.program, parts), lifetimeEarned: earned, expiringSoon: [] }
  },

  async pointsBySource(account: AccountSource, _: unknown, ctx: LedgerContext) {
    const memberIds = await allIds(ctx.db.query, account.memberId)
    const sums = await readPointsBySource(ctx.db.query, { memberIds, programKey: account.program.key })
    return pointsSources.map((source) => ({ source, points: sums.get(source) ?? 0n }))
  },

  async growthAt(account: AccountSource, { time }: { time: Instant }, ctx: LedgerContext) {
    return (await lookBack(account, time, ctx)).standing.growth
  },

  async storedValueAt(account: AccountSource, { time }: { time: Instant }, ctx: LedgerContext) {
    const { standing, pending } = await lookBack(account, time, ctx)
    const money = (amount: bigint) => moneyIn(account.program, amount)
    return {
      principal: money(standing.principal),
      bonus: money(standing.bonus),
      available: money(standing.principal + standing.bonus),
      pending: money(pending.principal + pending.bonus),
    }
  },

  async waiting(account: AccountSource, _: unknown, ctx: LedgerContext) {
    const view = await viewOf(account, ctx)
    if (!view.unsettled) return []
    return (await caughtUp(account, ctx)).wallet('points').waiting.map((lot) => ({
      points: lot.remaining,
      availableFrom: isLocalDate(lot.releaseOn) ? lot.releaseOn : null,
      availableBy: isLocalDate(lot.releaseOn) ? null : lot.releaseOn,
      expiresOn: lot.expiresOn === NEVER ? null : lot.expiresOn,
    }))
  },

  async holds(account: AccountSource, _: unknown, ctx: LedgerContext): Promise<HoldView[]> {
    const view = await viewOf(account, ctx)
    if (!view.unsettled) return []
    return (await caughtUp(account, ctx)).holds.map((hold) => ({ ...keyOf(account), ...hold }))
  },

  async hold(account: AccountSource, { id }: { id: string }, ctx: LedgerContext): Promise<HoldView | null> {
    if (!isUuid(id)) return null
    const memberIds = await allIds(ctx.db.query, account.memberId)
    const found = await readHolds(
      ctx.db.query,
      memberIds.map((memberId) => ({ memberId, id })),
    )
    const hold = found.get(id)
    return hold?.programKey === account.program.key ? hold : null
  },

  async explain(account: AccountSource, { entry }: { entry: string }, ctx: LedgerContext) {
    const [memberId, programKey, seq] = Buffer.from(entry, 'base64url').toString().split(':')
    const { program } = account
    const right = Number(programKey) === program.key && /^[1-9]\d{0,8}$/.test(seq ?? '')
    // Entries of before a merge lie under the id of then, and are the person's own.
    const ids: readonly string[] = right ? await allIds(ctx.db.query, account.memberId) : []
    if (memberId === undefined || !ids.includes(memberId)) throw new NotFoundError('entry', entry)
    return explainEntry(ctx, { ...keyOf(account), memberId, program }, Number(seq))
  },
}

/** Some programmes show what is owed as a balance below nothing, others as a debt. */
const balance = (
  { returns }: Program,
  { available, owed, held, pending }: Record<'available' | 'owed' | 'held' | 'pending', bigint>,
) =>
  returns.spent === 'negative'
    ? { available: available - owed, debt: 0n, held, pending }
    : { available, debt: owed, held, pending }

async function openLots(
  account: AccountSource,
  { after, limit }: { after: string | undefined; limit: number },
  ctx: LedgerContext,
): Promise<LotView[]> {
  const options = { today: today(account.program, ctx), after, limit }
  if (!(await viewOf(account, ctx)).unsettled) return readLots(ctx.db.query, keyOf(account), options)
  const lots = (await caughtUp(account, ctx)).wallet('points').lots
  return lots
    .filter(({ expiresOn, lotClass }) => after === undefined || `${expiresOn}/${lotClass}` > after)
    .slice(0, limit)
    .map((lot) => ({ ...keyOf(account), ...lot }))
}

interface StatementArguments extends PageArguments {
  readonly of: 'POINTS' | 'GROWTH'
  readonly from?: Instant | null
  readonly to?: Instant | null
}

const assetOf = ({ of }: StatementArguments): StatementAsset => (of === 'GROWTH' ? 'growth' : 'points')

const PLACE = /^(\d{1,14})\.(\d{1,10})\.([0-9a-f-]{36})$/

/** Of a person with several ids. */
async function joinedStatement(
  memberIds: readonly string[],
  { program }: AccountSource,
  args: StatementArguments,
  ctx: LedgerContext,
) {
  const { limit, after } = pageOf(args)
  const place = after === undefined ? undefined : PLACE.exec(after)
  if (place === null) throw new BadInputError('after is not a cursor of this list.')
  const before = place && {
    recordedAt: instant(Number(place[1])),
    seq: Number(place[2]),
    memberId: place[3]!,
  }
  const entries = await readJoinedStatement(
    ctx.db.query,
    { memberIds, programKey: program.key },
    { asset: assetOf(args), from: args.from, to: args.to, before, limit: limit + 1 },
  )
  return connection(entries, limit, ({ recordedAt, seq, memberId }) => `${recordedAt}.${seq}.${memberId}`)
}

async function expiringSoon(account: AccountSource, ctx: LedgerContext) {
  const from = today(account.program, ctx)
  const until = addMonths(from, SOON_MONTHS)
  const lots = await openLots(account, { after: undefined, limit: 100 }, ctx)
  return lots
    .filter((lot) => lot.expiresOn !== NEVER && lot.expiresOn <= until)
    .map((lot) => ({ expiresOn: lot.expiresOn, points: lot.remaining }))
}

/** What leads to the next tier, as the account stands now. */
async function needs(account: AccountSource, growthUntil: LocalDate | undefined, ctx: LedgerContext) {
  const { program } = account
  const book = await caughtUp(account, ctx)
  const day = today(program, ctx)
  const standing = { tier: tierOf(program, book.tier), measures: book.measures(day), today: day }
  const leads = progress(program, { ...standing, tierUntil: book.tierUntil, growthUntil })
  return (leads?.missing ?? []).map((missing) => needOf(program, missing))
}

function needOf({ scale }: Program, { measure, needed, have, missing, by }: Missing) {
  const { kind, activity } = measure
  const text = (amount: bigint): string => (kind === 'spend' ? formatDecimal(amount, scale) : String(amount))
  return {
    measure: kind.toUpperCase(),
    activity: activity ?? null,
    needed: text(needed),
    have: text(have),
    missing: text(missing),
    by: by ?? null,
  }
}
