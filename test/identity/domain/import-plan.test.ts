import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type ImportLine, planImport } from '../../../subgraphs/identity/domain/import-plan.ts'
import type { HeldIdentifier } from '../../../subgraphs/identity/domain/one-id.ts'

const id = (name: string) => name as MemberId
const line = (candidate: string, ...hashes: string[]): ImportLine => ({
  candidate: id(candidate),
  identifiers: hashes.map((hash) => ({
    hash,
    kind: hash.startsWith('u') ? 'WECHAT_UNIONID' : 'PHONE',
    scope: '',
  })),
  erased: false,
})
/** Each identifier is claimed for the first line that has it, unless somebody has it already. */
const claimed = (lines: readonly ImportLine[], standing: Record<string, string> = {}) => {
  const owners = new Map(Object.entries(standing).map(([hash, owner]) => [hash, id(owner)]))
  for (const { candidate, identifiers } of lines) {
    for (const { hash } of identifiers) if (!owners.has(hash)) owners.set(hash, candidate)
  }
  return owners
}
const plan = (
  lines: readonly ImportLine[],
  standing: Record<string, string> = {},
  held: readonly HeldIdentifier[] = [],
) =>
  planImport(lines, claimed(lines, standing), held).map((decision) =>
    decision.outcome === 'REFUSED' ? decision.code : `${decision.outcome} ${decision.memberId}`,
  )

test.for<[string, ImportLine[], Record<string, string>, string[]]>([
  ['a stranger begins', [line('a', 'k1', 'p1')], {}, ['CREATED a']],
  ['who is known is found', [line('a', 'k1', 'p1')], { p1: 'M' }, ['KNOWN M']],
  [
    'one person in two lines is one',
    [line('a', 'k1', 'p1'), line('b', 'k2', 'p1')],
    {},
    ['CREATED a', 'KNOWN a'],
  ],
  [
    'a line that leads to two members is refused',
    [line('a', 'p1', 'p2')],
    { p1: 'M', p2: 'N' },
    ['IDENTITY_CONFLICT'],
  ],
  [
    'what a refused line had leads to nobody',
    [line('a', 'k1', 'p1', 'p2'), line('b', 'k1', 'k3')],
    { p1: 'M', p2: 'N' },
    ['IDENTITY_CONFLICT', 'IDENTITY_CONFLICT'],
  ],
  [
    'two lines lead to one who is there',
    [line('a', 'k1', 'p1'), line('b', 'k1', 'k2')],
    { p1: 'M' },
    ['KNOWN M', 'KNOWN M'],
  ],
  ['who was erased stays away', [{ ...line('a', 'p1'), erased: true }], {}, ['IDENTITY_ERASED']],
])('%s', ([, lines, standing, expected]) => {
  expect(plan(lines, standing)).toEqual(expected)
})

test('a member who has another WeChat account is not this person', () => {
  const held = [{ kind: 'WECHAT_UNIONID' as const, scope: '', hash: 'u9', memberId: id('M') }]
  expect(plan([line('a', 'p1', 'u1')], { p1: 'M' }, held)).toEqual(['IDENTITY_CONFLICT'])
})

test('whatever the lines, nobody becomes two and no two become one', () => {
  const hash = fc.constantFrom('k1', 'k2', 'k3', 'p1', 'p2', 'p3', 'p4')
  const lines = fc.array(fc.uniqueArray(hash, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
  const standing = fc.dictionary(hash, fc.constantFrom('M', 'N'), { noNullPrototype: true })
  fc.assert(
    fc.property(lines, standing, (given, known) => {
      const all = given.map((hashes, at) => line(`line-${at}`, ...hashes))
      const owners = claimed(all, known)
      const leadsTo = new Map<string, string>(Object.entries(known))
      for (const [at, decision] of planImport(all, owners, []).entries()) {
        if (decision.outcome === 'REFUSED') continue
        for (const { hash: one } of all[at]!.identifiers) {
          const before = leadsTo.get(one)
          if (before !== undefined) expect(before).toBe(decision.memberId)
          leadsTo.set(one, decision.memberId)
        }
      }
    }),
    { numRuns: 1_000 },
  )
})
