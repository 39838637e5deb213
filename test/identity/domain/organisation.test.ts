import { describe, expect, test } from 'vitest'
import type { Role } from '../../../kernel/auth/roles.ts'
import {
  type NodeKind,
  type OrganisationNode,
  placeNode,
} from '../../../subgraphs/identity/domain/organisation.ts'
import {
  checkPassword,
  checkStaff,
  mayManage,
  type Superior,
} from '../../../subgraphs/identity/domain/staff.ts'

const node = (path: string, kind: NodeKind, closed = false): OrganisationNode => {
  const ids = path.split('/').filter((id) => id !== '')
  return { id: ids.at(-1)!, kind, name: ids.at(-1)!, parent: ids.at(-2), path, closed }
}
const east = node('/east/', 'REGION')
const shanghai = node('/east/shanghai/', 'CITY')
const store = node('/east/shanghai/s-1/', 'STORE')
const other = node('/west/s-2/', 'STORE')

describe('a node', () => {
  type Known = { node: OrganisationNode | undefined; parent: OrganisationNode | undefined }
  const nothing: Known = { node: undefined, parent: undefined }
  const city = { id: 'shanghai', kind: 'CITY', name: ' Shanghai ', parent: undefined } as const
  test.for([
    ['at the top', city, nothing, '/shanghai/'],
    ['below a larger kind', { ...city, parent: 'east' }, { ...nothing, parent: east }, '/east/shanghai/'],
    ['with letters that are none', { ...city, id: 'a/b' }, nothing, 'NODE_NOT_VALID'],
    ['without a name', { ...city, name: ' ' }, nothing, 'NODE_NOT_VALID'],
    ['below nobody', { ...city, parent: 'nobody' }, nothing, 'NODE_NOT_FOUND'],
    [
      'below a closed one',
      { ...city, parent: 'east' },
      { ...nothing, parent: { ...east, closed: true } },
      'NODE_NOT_FOUND',
    ],
    [
      'below its own kind',
      { ...city, id: 'x', parent: 'shanghai' },
      { ...nothing, parent: shanghai },
      'NODE_NOT_VALID',
    ],
    [
      'that becomes another kind',
      { ...city, kind: 'STORE' },
      { ...nothing, node: shanghai },
      'NODE_NOT_VALID',
    ],
  ] as const)('%s', ([, asked, known, expected]) => {
    const placed = placeNode(asked, known)
    expect(placed.ok ? placed.value.path : placed.refusal.code).toBe(expected)
  })
})

describe('an account', () => {
  const head: Superior = { role: 'admin', part: undefined }
  const ofShanghai: Superior = { role: 'manager', part: shanghai }
  const given = { login: 'Li.Na', name: 'Li Na', openId: undefined }
  test.for<[string, Role, OrganisationNode | undefined, Superior, string]>([
    ['head office makes a clerk in a store', 'clerk', store, head, 'li.na'],
    ['a clerk at a city', 'clerk', shanghai, head, 'STAFF_NOT_VALID'],
    ['a clerk nowhere', 'clerk', undefined, head, 'STAFF_NOT_VALID'],
    ['an operator somewhere', 'operator', store, head, 'STAFF_NOT_VALID'],
    ['an operator of head office', 'operator', undefined, head, 'li.na'],
    ['a manager of a city', 'manager', shanghai, head, 'li.na'],
    ['a manager makes a clerk in its part', 'clerk', store, ofShanghai, 'li.na'],
    ['a manager makes a manager below', 'manager', store, ofShanghai, 'li.na'],
    ['a manager makes its equal', 'manager', shanghai, ofShanghai, 'STAFF_NOT_FOUND'],
    ['a manager makes a clerk elsewhere', 'clerk', other, ofShanghai, 'STAFF_NOT_FOUND'],
    ['a manager makes an administrator', 'admin', undefined, ofShanghai, 'STAFF_NOT_FOUND'],
    ['in a closed store', 'clerk', { ...store, closed: true }, head, 'NODE_NOT_FOUND'],
  ])('%s', ([, role, place, superior, expected]) => {
    const checked = checkStaff({ ...given, role, node: place?.id }, place, superior)
    expect(checked.ok ? checked.value.login : checked.refusal.code).toBe(expected)
  })

  test('an operator manages nobody', () => {
    expect(mayManage({ role: 'operator', part: undefined }, { role: 'clerk', node: store })).toBe(false)
  })

  test.for([
    ['correct horse battery', true],
    ['short', false],
    ['aaaaaaaaaaaaaaaa', false],
    ['my li.na password', false],
    ['会员通会员通密码很长呀不短', true],
    ['x'.repeat(200), false],
  ] as const)('the password %s', ([password, expected]) => {
    expect(checkPassword(password, 'li.na').ok).toBe(expected)
  })
})
