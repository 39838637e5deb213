import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { DateTimeISOResolver, JSONResolver, SafeIntResolver } from 'graphql-scalars'
import { type Instant, instant, isLocalDate, toIso } from '../values/instant.ts'

/** RFC 3339 in UTC on the wire, `Instant` inside. */
const DateTime = new GraphQLScalarType<Instant, string>({
  name: 'DateTime',
  serialize: (value) => toIso(value as Instant),
  parseValue: (value) => instant(DateTimeISOResolver.parseValue(value) as unknown as Date),
  parseLiteral: (node) =>
    instant(DateTimeISOResolver.parseLiteral(node as never, undefined) as unknown as Date),
})

/** `YYYY-MM-DD`; no day of the calendar (`infinity`) is null to the outside. */
const LocalDate = new GraphQLScalarType<string, string>({
  name: 'Date',
  serialize: (value) => String(value),
  parseValue: (value) => parseDate(value),
  parseLiteral: (node) => parseDate(node.kind === Kind.STRING ? node.value : undefined),
})

function parseDate(value: unknown): string {
  if (typeof value === 'string' && isLocalDate(value)) return value
  throw new GraphQLError('Date must be a day of the calendar as YYYY-MM-DD.')
}

/** Points and growth: `bigint` inside, a JSON number within ±(2^53 - 1) outside. */
const SafeInt = new GraphQLScalarType<bigint, number>({
  name: 'SafeInt',
  serialize: (value) => Number(SafeIntResolver.serialize(Number(value))),
  parseValue: (value) => BigInt(SafeIntResolver.parseValue(value) as number),
  parseLiteral: (node) => BigInt(SafeIntResolver.parseLiteral(node as never, undefined) as number),
})

const DECIMAL = /^-?\d{1,15}(\.\d{1,9})?$/

function parseDecimalText(value: unknown): string {
  if (typeof value === 'string' && DECIMAL.test(value)) return value
  throw new GraphQLError('Decimal must be a text such as "12.50", with at most 15 digits and 9 decimals.')
}

/** An exact decimal, as text on both sides. */
const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  serialize: (value) => String(value),
  parseValue: parseDecimalText,
  parseLiteral: (node) => parseDecimalText(node.kind === Kind.STRING ? node.value : undefined),
})

/** Any JSON value; only for what programmes declare themselves. */
const Json = new GraphQLScalarType({ ...JSONResolver.toConfig(), name: 'JSON' })

export const scalars = { DateTime, Date: LocalDate, SafeInt, Decimal, JSON: Json }
