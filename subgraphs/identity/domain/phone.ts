import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** A phone number in E.164, as `+8613800138000`. Without a country code it is read as one of mainland China. */
export function normalisePhone(text: string): Result<string, 'PHONE_NOT_VALID'> {
  const stated = text.normalize('NFKC')
  const [, national, head] = MOBILE.exec(stated) ?? []
  if (!national || !head) return parsed(stated)
  let valid = heads.get(head)
  if (valid === undefined) {
    valid = parsed(stated).ok
    heads.set(head, valid)
  }
  return valid ? ok(`+86${national}`) : fail('PHONE_NOT_VALID')
}

function parsed(text: string): Result<string, 'PHONE_NOT_VALID'> {
  const number = parsePhoneNumberFromString(text, 'CN')
  return number?.isValid() ? ok(number.number) : fail('PHONE_NOT_VALID')
}

/**
 * A mobile number of the mainland as nearly all are written. Of these the library looks at five digits only, and what it
 * says of them is remembered: it takes 15 µs for a number. Behind 179 it looks for another number.
 */
const MOBILE = /^(?:\+86)?((1(?:[3-689]\d|7[0-8])\d\d)\d{6})$/
const heads = new Map<string, boolean>()
