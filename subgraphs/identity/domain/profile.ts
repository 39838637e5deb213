import { type Instant, isLocalDate, localDate, toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { normalisePhone } from './phone.ts'
import { checkText, type TextFault } from './text.ts'

export type Gender = 'FEMALE' | 'MALE' | 'OTHER'

/** What is known of the person. An absent field is not known. */
export interface Profile {
  readonly name?: string
  readonly gender?: Gender
  /** Where the person wishes to be called, E.164. Proves nothing and leads to no member. */
  readonly phone?: string
  readonly birthday?: string
  readonly province?: string
  readonly identityNumber?: string
  readonly interests?: readonly string[]
  readonly incomeBand?: string
}

/** Absent: leave as it is. Null: forget it. */
export type ProfileChange = { readonly [Field in keyof Profile]?: Profile[Field] | null }

type Refusal = 'PHONE_NOT_VALID' | 'PROFILE_NOT_VALID'

const LENGTH_MAX = 64
const INTERESTS_MAX = 50
const TEXTS = ['name', 'province', 'incomeBand'] as const

/** Checks a change and brings its values into normal form. */
export function checkProfile(given: ProfileChange, now: Instant): Result<ProfileChange, Refusal> {
  const change: Record<string, unknown> = { ...given }
  for (const field of TEXTS) {
    const stated = given[field]
    if (stated == null) continue
    const text = checkText(stated, LENGTH_MAX)
    if (!text.ok) return notValid(field, text.refusal.code)
    change[field] = text.value
  }
  if (given.phone != null) {
    const phone = normalisePhone(given.phone)
    if (!phone.ok) return fail('PHONE_NOT_VALID', { path: ['profile', 'phone'] })
    change.phone = phone.value
  }
  if (given.birthday != null && !isBirthday(given.birthday, now)) return notValid('birthday', 'FORMAT')
  if (given.identityNumber != null) {
    const number = given.identityNumber.trim().toUpperCase()
    if (!isIdentityNumber(number)) return notValid('identityNumber', 'FORMAT')
    change.identityNumber = number
  }
  if (given.interests != null) {
    if (given.interests.length > INTERESTS_MAX) return notValid('interests', 'TOO_MANY')
    const interests = new Set<string>()
    for (const stated of given.interests) {
      const interest = checkText(stated, LENGTH_MAX)
      if (!interest.ok) return notValid('interests', interest.refusal.code)
      interests.add(interest.value)
    }
    change.interests = [...interests]
  }
  return ok(change)
}

const notValid = (field: string, reason: TextFault | 'TOO_MANY' | 'FORMAT') =>
  fail('PROFILE_NOT_VALID', { path: ['profile', field], details: { field, reason } })

/** Born, and not before 1900; the day may have begun in the east already. */
const isBirthday = (date: string, now: Instant): boolean =>
  isLocalDate(date) &&
  date >= '1900-01-01' &&
  (date < toIso(now) || date <= localDate(now, 'Pacific/Kiritimati'))

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** A citizen's number of mainland China with its check character (GB 11643-1999), or another document's number. */
export function isIdentityNumber(number: string): boolean {
  if (!/^\d{17}[\dX]$/.test(number)) return /^(?!\d{15,})[0-9A-Z()-]{5,20}$/.test(number)
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0)
  return '10X98765432'[sum % 11] === number[17]
}

/** The person changes what is known of them. */
export const changeProfile = (known: Profile, change: ProfileChange): Profile =>
  Object.fromEntries(Object.entries({ ...known, ...change }).filter(([, value]) => value != null))

/** What comes along with a registration fills what is empty; it never replaces what is known. */
export const fillProfile = (known: Profile, given: ProfileChange): Profile =>
  changeProfile(changeProfile({}, given), known)
