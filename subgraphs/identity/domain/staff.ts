import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { liesWithin, type OrganisationNode } from './organisation.ts'
import { checkText } from './text.ts'

/** The roles of `kernel/auth`. */
export type Role = 'clerk' | 'manager' | 'operator' | 'admin'
export type StaffRole = Uppercase<Role>

export interface StaffAccount {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** Where it is placed; undefined: head office. */
  readonly node: string | undefined
  readonly login: string | undefined
  readonly openId: string | undefined
  readonly closed: boolean
}

export interface StaffDetails {
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly node: string | undefined
  readonly openId: string | undefined
}

/** Who manages accounts: head office all, others those of their own part of the tree below their own rank. */
export interface Superior {
  readonly role: Role
  readonly part: OrganisationNode | undefined
}

/** Clerks and managers work somewhere; operators and administrators see the whole and belong to head office. */
export const isPlaced = (role: Role): boolean => role === 'clerk' || role === 'manager'

const LOGIN = /^[a-z0-9][a-z0-9._@-]{1,63}$/
const NAME_MAX = 64
const OPEN_ID_MAX = 255

export const normalLogin = (login: string): string => login.normalize('NFKC').trim().toLowerCase()

/** May this account stand as it is given? */
export function checkStaff(
  given: StaffDetails,
  node: OrganisationNode | undefined,
  superior: Superior,
): Result<StaffDetails, 'STAFF_NOT_VALID' | 'NODE_NOT_FOUND' | 'STAFF_NOT_FOUND'> {
  const notValid = (field: string) => fail('STAFF_NOT_VALID', { path: [field], details: { field } })
  const login = normalLogin(given.login)
  if (!LOGIN.test(login)) return notValid('login')
  const name = checkText(given.name, NAME_MAX)
  if (!name.ok) return notValid('name')
  const openId = given.openId?.trim() || undefined
  if (openId !== undefined && openId.length > OPEN_ID_MAX) return notValid('openId')
  if (isPlaced(given.role) !== (given.node !== undefined)) return notValid('node')
  if (given.node !== undefined && (!node || node.closed)) return fail('NODE_NOT_FOUND', { path: ['node'] })
  if (given.role === 'clerk' && node?.kind !== 'STORE') return notValid('node')
  if (!mayManage(superior, { role: given.role, node })) return fail('STAFF_NOT_FOUND', { path: ['node'] })
  return ok({ ...given, login, name: name.value, openId })
}

/** A manager looks after clerks in its part, and after managers strictly below its own node. */
export function mayManage(
  superior: Superior,
  account: { readonly role: Role; readonly node: OrganisationNode | undefined },
): boolean {
  if (!superior.part) return superior.role === 'admin'
  if (!account.node || !liesWithin(account.node, superior.part)) return false
  return account.role === 'clerk' || (account.role === 'manager' && account.node.id !== superior.part.id)
}

const PASSWORD_MIN = 12
const PASSWORD_MAX = 128

/** Length is what makes a password hard to guess (NIST SP 800-63B); its letters are the person's own affair. */
export function checkPassword(password: string, login: string): Result<string, 'PASSWORD_NOT_VALID'> {
  const text = password.normalize('NFKC')
  const length = Array.from(text.slice(0, 2 * PASSWORD_MAX + 1)).length
  const tooPlain = new Set(text).size < 5 || text.toLowerCase().includes(login)
  return length < PASSWORD_MIN || length > PASSWORD_MAX || tooPlain
    ? fail('PASSWORD_NOT_VALID', { path: ['password'] })
    : ok(text)
}
