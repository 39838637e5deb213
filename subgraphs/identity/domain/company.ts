import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { checkText } from './text.ts'

/** The alphabet and the weights of unified social credit codes (GB 32100-2015): 31 characters, no I, O, S, V, Z. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
const NAME_MAX = 128

/** A company's code in its one form, if its check character is right. */
export function companyCode(given: string): string | undefined {
  const code = given.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code)) return undefined
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * ALPHABET.indexOf(code[place]!), 0)
  return ALPHABET[(31 - (sum % 31)) % 31] === code[17] ? code : undefined
}

export function checkCompany(given: {
  code: string
  name: string
}): Result<{ code: string; name: string }, 'COMPANY_NOT_VALID'> {
  const code = companyCode(given.code)
  if (code === undefined) return fail('COMPANY_NOT_VALID', { path: ['code'], details: { field: 'code' } })
  const name = checkText(given.name, NAME_MAX)
  if (!name.ok) return fail('COMPANY_NOT_VALID', { path: ['name'], details: { field: 'name' } })
  return ok({ code, name: name.value })
}
