/** What an import has come to so far. */
export interface Tally {
  /** Lines with content, without the header. */
  readonly lines: number
  readonly bad: number
  readonly membersNew: number
  /** Were registered before this run met them. */
  readonly membersFound: number
  readonly recorded: number
  /** Had been recorded before. */
  readonly duplicates: number
  /** Of all purchases, new or not, in the currency's minor units. */
  readonly amount: bigint
  /** That all purchases brought, new or not. */
  readonly points: bigint
}

export const NOTHING: Tally = {
  lines: 0,
  bad: 0,
  membersNew: 0,
  membersFound: 0,
  recorded: 0,
  duplicates: 0,
  amount: 0n,
  points: 0n,
}

export const sum = (a: Tally, b: Tally): Tally => ({
  lines: a.lines + b.lines,
  bad: a.bad + b.bad,
  membersNew: a.membersNew + b.membersNew,
  membersFound: a.membersFound + b.membersFound,
  recorded: a.recorded + b.recorded,
  duplicates: a.duplicates + b.duplicates,
  amount: a.amount + b.amount,
  points: a.points + b.points,
})

export const purchasesOf = (tally: Tally): number => tally.recorded + tally.duplicates
