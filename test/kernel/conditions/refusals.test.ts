import { describe, expect, test } from 'vitest'
import { ConditionError } from '../../../kernel/conditions/conditions.ts'
import { compileMemberCondition } from '../../../kernel/conditions/member-conditions.ts'

const refusalOf = (source: string): ConditionError => {
  try {
    compileMemberCondition(source)
  } catch (error) {
    if (error instanceof ConditionError) return error
    throw error
  }
  throw new Error(`${source} was accepted`)
}

describe('conditions over members are refused with their place', () => {
  test.each([
    ['', 'Unexpected token: EOF', 1],
    ['member.age >', 'Unexpected token: EOF', 13],
    ['member.agee > 3', 'No such key: agee', 8],
    ['person.age > 3', 'Unknown variable: person', 1],
    ['member.age', 'a condition must be true or false, this one is of type int', 1],
    ['member.age == "3"', 'no such overload: int == string', 1],
    ['member.age < 2.5', 'int and double cannot be compared', 1],
    ['member.age == dyn(3)', 'int and dyn cannot be compared', 1],
    ['member.province < "b"', 'texts have no order; compare them by == or in', 1],
    ['member.campaigns == ["a"]', "values of type list<string> cannot be compared by '=='", 1],
    ['member.province.matches("a.*")', 'conditions over members cannot call .matches()', 1],
    ['member.joinedAt.getMonth() == 1', 'conditions over members cannot call .getMonth()', 1],
    ['true && member.joinedAt.month("Shanghai") == 1', 'name a time zone', 31],
    ['member.age > 99999999999999999999', 'this number is too large', 14],
    ['member.age in [1, member.birthMonth]', 'lists in a condition hold texts or numbers', 19],
    ['member.campaigns[0] == "a"', 'write the key as a text', 18],
    ['"a\\u0000" == member.tier', 'a character that cannot be stored', 1],
    ['double(member.age) / double(member.birthMonth) > 1.0', 'decimal numbers are divided by a number', 22],
    ['member.joinedAt > now.minusDays(99999)', 'at most a hundred years', 33],
    ['member.joinedAt > now - duration("x")', 'Invalid duration', 25],
    ['type(member.age) == int', 'values of type type cannot be compared', 1],
    ['member.campaigns.exists(a, member.campaigns.all(b, a == b))', 'does not stand within another', 28],
    ['[1, 2].exists(i, i == member.age)', 'goes over a fact that is a list', 1],
  ])('%s', (source, message, column) => {
    const refusal = refusalOf(source)
    expect({ message: refusal.message, line: refusal.line, column: refusal.column }).toMatchObject({
      message: expect.stringContaining(message),
      line: 1,
      column,
    })
  })

  test('with line, column and a caret below the line', () => {
    const refusal = refusalOf('member.tier == "vip" &&\n\tmember.tags["咖啡"] == member.agee')
    expect(refusal).toMatchObject({ line: 2, column: 30 })
    expect(refusal.excerpt).toBe(`\tmember.tags["咖啡"] == member.agee\n\t${' '.repeat(28)}^`)
  })

  test('also where they are nested beyond reading', () => {
    expect(refusalOf(`${'('.repeat(200)}true${')'.repeat(200)}`).message).toMatch(/depth/i)
    expect(refusalOf(Array(2_000).fill('true').join(' && ')).message).toMatch(/node/i)
  })
})
