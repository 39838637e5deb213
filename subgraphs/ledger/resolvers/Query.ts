import { BadInputError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { allIds } from '../../../kernel/members/merged-members.ts'
import { derivedId, isUuid } from '../../../kernel/values/ids.ts'
import { readMonth } from '../actions/clear-month.ts'
import { previewMerge } from '../actions/merge-member.ts'
import type { Posted } from '../actions/post-batch.ts'
import type { LedgerContext } from '../context.ts'
import type { AdjustmentState } from '../domain/adjustment-rules.ts'
import { listAdjustments } from '../store/adjustments.ts'
import { checkLedger } from '../store/check.ts'
import { type FlagState, listFlags } from '../store/flags.ts'
import { pickProgram } from '../store/programs.ts'
import { listTerminals } from '../store/terminals.ts'
import { readTransit } from '../store/transit.ts'
import type { ClearingSource } from './Clearing.ts'

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/

/** The key of a programme that was named; nothing of one that is not there. */
async function programKeyOf(ctx: LedgerContext, id: string | null | undefined): Promise<number | undefined> {
  if (!id) return undefined
  return pickProgram(await ctx.services.programs.current(), id)?.key ?? NO_PROGRAM
}

const NO_PROGRAM = -1

/** All ids of a member, also those of before a merge; none of what is no id. */
const idsOf = async (ctx: LedgerContext, id: string): Promise<readonly string[]> =>
  isUuid(id) ? allIds(ctx.db.query, id) : []

export const Query = {
  previewMergeInLedger: async (
    _: unknown,
    { input }: { input: Parameters<typeof previewMerge>[1] },
    ctx: LedgerContext,
  ) => JSON.stringify(await previewMerge(ctx, input)),

  program: async (_: unknown, { id }: { id?: string | null }, ctx: LedgerContext) =>
    pickProgram(await ctx.services.programs.current(), id) ?? null,

  programs: (_: unknown, __: unknown, ctx: LedgerContext) => ctx.services.programs.current(),

  async ledgerCheck(_: unknown, __: unknown, ctx: LedgerContext) {
    const result = await checkLedger(ctx.db)
    return { ...result, clean: result.violations.length === 0, inTransit: await readTransit(ctx.db.query) }
  },

  async purchase(
    _: unknown,
    {
      program: id,
      channel,
      document: number,
    }: { program?: string | null; channel: string; document: string },
    ctx: LedgerContext,
  ): Promise<Posted | null> {
    const program = pickProgram(await ctx.services.programs.current(), id)
    if (!program) return null
    const document = await ctx.loaders.document.load(derivedId('purchase', program.id, channel, number))
    if (!document) return null
    const rules = await ctx.services.programs.version(ctx.db.query, program.key, document.ruleVersion)
    return { program, rules, document, duplicate: false }
  },

  async adjustments(
    _: unknown,
    args: PageArguments & { program?: string | null; member?: string | null; state?: string | null },
    ctx: LedgerContext,
  ) {
    const { limit, after } = pageOf(args)
    const found = await listAdjustments(ctx.db.query, {
      programKey: await programKeyOf(ctx, args.program),
      memberIds: args.member ? await idsOf(ctx, args.member) : undefined,
      state: args.state ? (args.state.toLowerCase() as AdjustmentState) : undefined,
      after,
      limit: limit + 1,
    })
    const programs = new Map((await ctx.services.programs.current()).map((one) => [one.key, one]))
    return connection(
      found.map((adjustment) => ({ program: programs.get(adjustment.programKey)!, adjustment })),
      limit,
      ({ adjustment }) => `${adjustment.requestedAt}/${adjustment.id}`,
    )
  },

  async clearing(
    _: unknown,
    { program: id, month }: { program?: string | null; month: string },
    ctx: LedgerContext,
  ): Promise<ClearingSource | null> {
    if (!MONTH.test(month)) throw new BadInputError('month must be a month such as 2026-11.')
    const program = pickProgram(await ctx.services.programs.current(), id)
    if (!program?.coalition) return null
    return { program, month, read: await readMonth(ctx, program, month) }
  },

  async ledgerFlags(
    _: unknown,
    args: PageArguments & { program?: string | null; state?: string | null },
    ctx: LedgerContext,
  ) {
    const { limit, after } = pageOf(args)
    const found = await listFlags(ctx.db.query, {
      programKey: await programKeyOf(ctx, args.program),
      state: args.state ? (args.state.toLowerCase() as FlagState) : undefined,
      after,
      limit: limit + 1,
    })
    return connection(found, limit, ({ raisedAt, id: flag }) => `${raisedAt}/${flag}`)
  },

  terminals: (_: unknown, __: unknown, ctx: LedgerContext) => listTerminals(ctx.db.query),
}
