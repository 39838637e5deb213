import type { IdentityKind } from './kinds.ts'
import type { Profile } from './profile.ts'

/** `clear` for the member itself and for who may read personal data; `masked` for everybody else. */
export type Sight = 'clear' | 'masked'

type Mask = 'initial' | 'ends' | 'hidden' | 'shown'

/** What each field of a profile looks like to those who may see the member but not the person. */
const MASKS: Readonly<Record<keyof Profile, Mask>> = {
  name: 'initial',
  gender: 'shown',
  phone: 'ends',
  birthday: 'hidden',
  province: 'shown',
  identityNumber: 'ends',
  interests: 'shown',
  incomeBand: 'hidden',
}

/** The fields that are known and that not everybody sees in clear. */
export const personalFields = (profile: Profile): string[] =>
  Object.keys(profile).filter((field) => MASKS[field as keyof Profile] !== 'shown')

export function maskProfile(profile: Profile, sight: Sight): Profile {
  if (sight === 'clear') return profile
  return Object.fromEntries(
    Object.entries(profile).flatMap(([field, value]) => {
      const masked = maskField(MASKS[field as keyof Profile], field, value)
      return masked === undefined ? [] : [[field, masked]]
    }),
  ) as Profile
}

function maskField(mask: Mask, field: string, value: unknown): unknown {
  switch (mask) {
    case 'shown':
      return value
    case 'hidden':
      return undefined
    case 'initial':
      return maskName(String(value))
    case 'ends':
      return field === 'phone' ? maskPhone(String(value)) : maskMiddle(String(value), 3, 4)
  }
}

/** `张小明` is `张**`. */
export const maskName = (name: string): string => {
  const letters = Array.from(name)
  return `${letters[0] ?? ''}${'*'.repeat(Math.max(1, Math.min(letters.length - 1, 6)))}`
}

/** `+8613812341234` is `138****1234`; other countries keep their code: `+88691****5678`. */
export function maskPhone(phone: string): string {
  const national = phone.startsWith('+86') ? phone.slice(3) : phone
  return national.length >= 9
    ? `${national.slice(0, -8)}****${national.slice(-4)}`
    : maskMiddle(national, 0, 2)
}

/** Every value of an identifier keeps at most its last four characters. */
export const maskIdentity = (kind: IdentityKind, value: string): string =>
  kind === 'PHONE' && value !== '' ? maskPhone(value) : `****${value.length > 8 ? value.slice(-4) : ''}`

const maskMiddle = (text: string, head: number, tail: number): string =>
  text.length <= head + tail
    ? '*'.repeat(text.length)
    : `${text.slice(0, head)}${'*'.repeat(text.length - head - tail)}${text.slice(text.length - tail)}`
