import { type Condition, conditionLanguage, type FactType } from './conditions.ts'
import { registerMemberFunctions } from './functions.ts'
import { conditionSql } from './sql.ts'

/** A fact of a member as people who write conditions see it. */
export interface MemberFact {
  readonly type: FactType
  readonly meaning: string
}

/**
 * What conditions over members may speak of; `identity` keeps these facts. Facts of tier, balances, purchases and
 * participation are those of one programme. Money is in minor units.
 */
export const memberFacts = {
  member: {
    joinedAt: { type: 'google.protobuf.Timestamp', meaning: 'when the membership began' },
    joinedChannel: { type: 'string', meaning: 'the channel by which the person came first, e.g. "WECHAT"' },
    joinedStore: { type: 'string', meaning: 'the store in which that was' },
    gender: { type: 'string', meaning: '"FEMALE", "MALE" or "OTHER", as the person states it' },
    age: { type: 'int', meaning: 'in whole years; goes up on the first day of the month of birth' },
    birthMonth: { type: 'int', meaning: 'the month of birth, 1 to 12' },
    province: { type: 'string', meaning: 'province or region of residence' },
    tags: {
      type: 'map<string, string>',
      meaning: 'the tags by dimension and name: member.tags["interest/coffee"] == "weekly"',
    },
    tier: { type: 'string', meaning: "the tier's id in the programme" },
    tierSince: { type: 'google.protobuf.Timestamp', meaning: 'since when, after the first change of tier' },
    points: { type: 'int', meaning: 'points that can be spent' },
    growth: { type: 'int', meaning: 'growth that counts for the tier' },
    campaigns: { type: 'list<string>', meaning: 'the campaigns that the member took part in, by id' },
  },
  purchases: {
    firstAt: { type: 'google.protobuf.Timestamp', meaning: 'the first purchase' },
    lastAt: { type: 'google.protobuf.Timestamp', meaning: 'the last purchase' },
    count: { type: 'int', meaning: 'purchases ever' },
    spent: { type: 'int', meaning: 'money spent ever' },
    count30: { type: 'int', meaning: 'purchases in the last 30 days, today included' },
    spent30: { type: 'int', meaning: 'money spent in the last 30 days' },
    count90: { type: 'int', meaning: 'purchases in the last 90 days' },
    spent90: { type: 'int', meaning: 'money spent in the last 90 days' },
    count365: { type: 'int', meaning: 'purchases in the last 365 days' },
    spent365: { type: 'int', meaning: 'money spent in the last 365 days' },
  },
} as const satisfies Record<string, Record<string, MemberFact>>

type Declared = {
  readonly [Subject in keyof typeof memberFacts]: {
    readonly [Fact in keyof (typeof memberFacts)[Subject]]: FactType
  }
}

export const memberDeclarations = Object.fromEntries(
  Object.entries(memberFacts).map(([subject, facts]) => [
    subject,
    Object.fromEntries(Object.entries(facts).map(([name, { type }]) => [name, type])),
  ]),
) as unknown as Declared

const language = conditionLanguage(memberDeclarations, (environment) => {
  environment.registerVariable('now', 'google.protobuf.Timestamp')
  registerMemberFunctions(environment)
})

/**
 * Compiles a condition over members: for who eligible is, in memory, and for how many are, in SQL. Throws a
 * `ConditionError` with the place of the fault; what this accepts runs in both. `inSegment` stays for the caller to
 * expand.
 */
export function compileMemberCondition(source: string): Condition {
  const condition = language.compile(source)
  conditionSql(condition, {
    declarations: memberDeclarations,
    column: () => 'fact',
    now: 'now',
    bind: () => '$1',
  })
  return condition
}
