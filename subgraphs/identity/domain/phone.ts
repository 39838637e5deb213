import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** A phone number in E.164, as `+8613800138000`. Without a country code it is read as one of mainland China. */
export function normalisePhone(text: string): Result<string, 'PHONE_NOT_VALID'> {
  const number = parsePhoneNumberFromString(text.normalize('NFKC'), 'CN')
  return number?.isValid() ? ok(number.number) : fail('PHONE_NOT_VALID')
}
