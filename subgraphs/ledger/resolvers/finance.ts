import { BadInputError } from '../../../kernel/errors.ts'
import {
  addDays,
  DAY_MS,
  isLocalDate,
  type LocalDate,
  localDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'
import { formatDecimal } from '../../../kernel/values/money.ts'
import type { Ratio } from '../../../kernel/values/points.ts'
import type { LedgerContext } from '../context.ts'
import {
  boundOf,
  consumptionPoints,
  expectedPoints,
  type HealthIndicator,
  healthOf,
  sum,
  yearlyCost,
} from '../domain/forecast.ts'
import { yearlyPotential } from '../domain/potential.ts'
import type { Program } from '../domain/program.ts'
import { pointValue, worthOf } from '../domain/worth.ts'
import { type Flow, readFlow } from '../store/day-sums.ts'
import { countAccounts, readLotsOutstanding, readOutstanding } from '../store/liability.ts'
import { pickProgram } from '../store/programs.ts'
import { moneyIn } from './quote.ts'

/** What points are worth, as money; null where they do not pay. */
export function worthIn(program: Program, points: bigint) {
  const worth = worthOf(program, points)
  return worth === undefined ? null : moneyIn(program, worth)
}

export async function pointsLiability(
  _: unknown,
  { program: id, by }: { program?: string | null; by: 'MONTH' | 'DAY' },
  ctx: LedgerContext,
) {
  const program = pickProgram(await ctx.services.programs.current(), id)
  if (!program) return null
  const asOf = localDate(ctx.now, program.timeZone)
  const [lots, { held, pending, owed, members }] = await Promise.all([
    readLotsOutstanding(ctx.db.query, program.key, asOf, by),
    readOutstanding(ctx.db.query, program.key),
  ])
  const points = lots.reduce((sum, lot) => sum + lot.points, 0n) + held + pending
  return {
    asOf,
    points,
    money: worthIn(program, points),
    owed,
    held,
    pending,
    members,
    lots: lots.map(({ end, issuer, points }) => ({
      issuer,
      points,
      month: end?.slice(0, MONTH_LENGTH) ?? null,
      day: by === 'DAY' ? (end ?? null) : null,
      money: worthIn(program, points),
    })),
  }
}

const MONTH_LENGTH = '2026-01'.length

interface HealthArguments {
  readonly program?: string | null
  readonly from: string
  readonly to: string
  readonly phase?: string | null
}

export async function programHealth(_: unknown, args: HealthArguments, ctx: LedgerContext) {
  const { from, to, phase } = args
  if (!isLocalDate(from)) throw new BadInputError('from is not a day of the calendar.')
  if (!isLocalDate(to) || to < from) throw new BadInputError('to is not a day from `from` on.')
  const program = pickProgram(await ctx.services.programs.current(), args.program)
  if (!program) return null
  const { key, timeZone } = program
  const end = startOfDay(addDays(to, 1), timeZone)
  const [flow, members] = await Promise.all([
    readFlow(ctx.db.query, { programKey: key, timeZone }, from, to),
    countAccounts(ctx.db.query, key, end),
  ])
  const days = daysFrom(from, to)
  const indicators = indicatorsOf(program, flow, { members, days }).map(([indicator, value]) => {
    const bound = boundOf(program.health, indicator, phase ?? undefined)
    return {
      indicator,
      value: value ? decimalOf(value) : null,
      health: healthOf(program.health, indicator, value, phase ?? undefined).toUpperCase(),
      minimum: bound?.minimum ?? null,
      maximum: bound?.maximum ?? null,
    }
  })
  return { ...flow, cost: worthIn(program, flow.redeemed), indicators }
}

const YEAR = 365n

/** Of what members could have earned by activities in these days; of what was earned what was redeemed, or ran out. */
function indicatorsOf(
  program: Program,
  { activities, earned, redeemed, expired }: Flow,
  { members, days }: { readonly members: bigint; readonly days: bigint },
): readonly (readonly [HealthIndicator, Ratio | undefined])[] {
  const { total } = yearlyPotential(program)
  const accrual = total === undefined ? undefined : ratio(activities * YEAR, total * members * days)
  return [
    ['accrual-rate', accrual],
    ['redemption-rate', ratio(redeemed, earned)],
    ['breakage-rate', ratio(expired, earned)],
  ]
}

/** Before all that the books know. */
const LONG_AGO = '1970-01-01' as LocalDate

const ratio = (numerator: bigint, denominator: bigint): Ratio | undefined =>
  denominator > 0n ? { numerator, denominator } : undefined

const PLACES = 4

const decimalOf = ({ numerator, denominator }: Ratio): string =>
  formatDecimal((numerator * 10n ** BigInt(PLACES)) / denominator, PLACES)

const daysFrom = (from: LocalDate, to: LocalDate): bigint =>
  BigInt((Date.parse(to) - Date.parse(from)) / DAY_MS + 1)

interface ForecastInput {
  readonly program?: string | null
  readonly members: bigint
  readonly redemption?: string | null
  readonly pointValue?: string | null
  readonly participation?: readonly { readonly rule: string; readonly share: string }[] | null
  readonly basket?: string | null
  readonly frequency?: string | null
  readonly ratePoints?: bigint | null
  readonly ratePer?: string | null
}

export async function forecast(_: unknown, { input }: { input: ForecastInput }, ctx: LedgerContext) {
  const program = pickProgram(await ctx.services.programs.current(), input.program)
  if (!program) return null
  const value = input.pointValue ?? pointValue(program) ?? '0'
  const redemption = input.redemption ?? (await redemptionSoFar(ctx, program))
  const shares = new Map((input.participation ?? []).map(({ rule, share }) => [rule, share]))
  const { rules, total } = yearlyPotential(program)
  const activities = rules.map(({ rule, points }) => {
    const participation = shares.get(rule) ?? '1'
    const expected = points === undefined ? null : expectedPoints(points, participation)
    return { rule, possible: points ?? null, participation, expected }
  })
  const consumption = consumptionOf(input)
  return {
    possible: total ?? null,
    activities,
    expected: activities.some(({ expected }) => expected === null)
      ? null
      : sum(activities.map(({ expected }) => expected!)),
    redemption,
    pointValue: value,
    costPerMember: total === undefined ? null : yearlyCost({ points: total, redemption, pointValue: value }),
    consumptionPoints: consumption ?? null,
    consumptionCost:
      consumption === undefined ? null : yearlyCost({ points: consumption, redemption, pointValue: value }),
  }
}

function consumptionOf({
  members,
  basket,
  frequency,
  ratePoints,
  ratePer,
}: ForecastInput): bigint | undefined {
  if (!basket || !frequency || !ratePoints || !ratePer) return undefined
  return consumptionPoints({ members, basket, frequency, rate: { points: ratePoints, per: ratePer } })
}

/** Of all that was ever earned, the share that was redeemed. */
async function redemptionSoFar(ctx: LedgerContext, { key: programKey, timeZone }: Program): Promise<string> {
  const today = localDate(ctx.now, timeZone)
  const { earned, redeemed } = await readFlow(ctx.db.query, { programKey, timeZone }, LONG_AGO, today)
  return earned > 0n ? decimalOf({ numerator: redeemed, denominator: earned }) : '0'
}
