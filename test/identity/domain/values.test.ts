import fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { type Asserter, strengthOfAssertion } from '../../../subgraphs/identity/domain/assertions.ts'
import { normaliseIdentifier } from '../../../subgraphs/identity/domain/identifier.ts'
import { maskIdentity, maskProfile } from '../../../subgraphs/identity/domain/masking.ts'
import { luhnDigit, memberNumber } from '../../../subgraphs/identity/domain/member-number.ts'
import { normalisePhone } from '../../../subgraphs/identity/domain/phone.ts'
import {
  changeProfile,
  checkProfile,
  fillProfile,
  type Profile,
} from '../../../subgraphs/identity/domain/profile.ts'

const now = instant('2026-01-01T00:00:00Z')
const codeOf = (result: { ok: true; value: unknown } | { ok: false; refusal: { code: string } }) =>
  result.ok ? result.value : result.refusal.code

describe('a phone number', () => {
  test.each([
    ['13812341234', '+8613812341234'],
    ['138 1234 1234', '+8613812341234'],
    ['138-1234-1234', '+8613812341234'],
    ['１３８１２３４１２３４', '+8613812341234'],
    ['+86 138 1234 1234', '+8613812341234'],
    ['0086 13812341234', '+8613812341234'],
    ['010-6552 9988', '+861065529988'],
    ['+886 912 345 678', '+886912345678'],
    ['+852 9123 4567', '+85291234567'],
    ['1381234123', 'PHONE_NOT_VALID'],
    ['138123412345', 'PHONE_NOT_VALID'],
    ['anna', 'PHONE_NOT_VALID'],
    ['', 'PHONE_NOT_VALID'],
  ])('%s is %s', (text, expected) => {
    expect(codeOf(normalisePhone(text))).toBe(expected)
  })
})

describe('a mobile number of the mainland is what the library says it is', () => {
  const byLibrary = (text: string) => {
    const number = parsePhoneNumberFromString(text, 'CN')
    return number?.isValid() ? number.number : 'PHONE_NOT_VALID'
  }

  test('behind whatever five digits', () => {
    for (let head = 13_000; head < 20_000; head++) {
      for (const tail of ['000000', '138001', '999999']) {
        expect(codeOf(normalisePhone(`${head}${tail}`))).toBe(byLibrary(`${head}${tail}`))
      }
    }
  })

  test('whatever the digits and however it is written', () => {
    const digits = fc.stringMatching(/^1\d{10}$/)
    const spelling = fc.constantFrom(
      (number: string) => number,
      (number: string) => `+86${number}`,
      (number: string) => `+${number}`,
      (number: string) => `86${number}`,
      (number: string) => `+86 ${number}`,
      (number: string) => `${number} `,
      (number: string) => `${number}0`,
    )
    fc.assert(
      fc.property(digits, spelling, (number, spelled) => {
        expect(codeOf(normalisePhone(spelled(number)))).toBe(byLibrary(spelled(number)))
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('an identifier in normal form', () => {
  test.each([
    [
      { kind: 'PHONE', scope: 'x', value: '13812341234' },
      { kind: 'PHONE', scope: '', value: '+8613812341234' },
    ],
    [
      { kind: 'CARD', value: ' ab12-34 56 ' },
      { kind: 'CARD', scope: '', value: 'AB123456' },
    ],
    [
      { kind: 'SERIAL', scope: 'car', value: 'lsv-1' },
      { kind: 'SERIAL', scope: 'car', value: 'LSV1' },
    ],
    [
      { kind: 'WECHAT_OPENID', scope: 'wx1', value: 'oAbC' },
      { kind: 'WECHAT_OPENID', scope: 'wx1', value: 'oAbC' },
    ],
    [
      { kind: 'PHONE_HASH', scope: 'tmall', value: ` ${'AB'.repeat(16)} ` },
      { kind: 'PHONE_HASH', scope: 'tmall', value: 'ab'.repeat(16) },
    ],
    [{ kind: 'PHONE_HASH', scope: 'tmall', value: '13812341234' }, 'IDENTIFIER_NOT_VALID'],
    [{ kind: 'PHONE_HASH', scope: 'tmall', value: 'a'.repeat(33) }, 'IDENTIFIER_NOT_VALID'],
    [{ kind: 'EXTERNAL', scope: 'crm', value: '  ' }, 'IDENTIFIER_NOT_VALID'],
    [{ kind: 'CARD', value: 'x'.repeat(129) }, 'IDENTIFIER_NOT_VALID'],
  ] as const)('%o', (given, expected) => {
    expect(codeOf(normaliseIdentifier(given))).toEqual(expected)
  })
})

describe('who is believed about what', () => {
  const nobody: Asserter = { kind: 'nobody' }
  const clerk: Asserter = { kind: 'staff' }
  const cinema: Asserter = { kind: 'partner', partnerId: 'cinema', recipes: ['cinema-phones'] }
  const app: Asserter = { kind: 'channel', channel: 'APP' }
  const wechat: Asserter = { kind: 'channel', channel: 'WECHAT' }
  const internal: Asserter = { kind: 'internal' }
  test.each([
    [nobody, 'PHONE', '', undefined],
    [clerk, 'PHONE', '', 'checked'],
    [clerk, 'CARD', '', 'checked'],
    [clerk, 'WECHAT_UNIONID', '', undefined],
    [clerk, 'PARTNER_CUSTOMER', 'cinema', undefined],
    [cinema, 'PARTNER_CUSTOMER', 'cinema', 'checked'],
    [cinema, 'PARTNER_CUSTOMER', 'bakery', undefined],
    [cinema, 'PHONE', '', 'reported'],
    [cinema, 'PHONE_HASH', 'cinema-phones', 'reported'],
    [cinema, 'PHONE_HASH', 'tmall', undefined],
    [cinema, 'PHONE_HASH', '', undefined],
    [app, 'PHONE_HASH', 'cinema-phones', undefined],
    [internal, 'PHONE_HASH', 'cinema-phones', undefined],
    [cinema, 'CARD', '', undefined],
    [app, 'APP_USER', '', 'checked'],
    [app, 'WECHAT_UNIONID', '', undefined],
    [wechat, 'WECHAT_UNIONID', '', 'checked'],
    [wechat, 'APP_USER', '', undefined],
    [internal, 'EXTERNAL', 'crm', 'checked'],
    [internal, 'MEMBER_NUMBER', '', undefined],
  ] as const)('%o on %s of %s: %s', (asserter, kind, scope, expected) => {
    expect(strengthOfAssertion(asserter, { kind, scope })).toBe(expected)
  })
})

describe('masking', () => {
  const anna: Profile = {
    name: '张小明',
    gender: 'FEMALE',
    phone: '+8613812341234',
    birthday: '1990-02-03',
    province: '上海',
    identityNumber: '11010519491231002X',
    interests: ['coffee'],
    incomeBand: '20-30',
  }

  test('shows everything to whom it may concern', () => {
    expect(maskProfile(anna, 'clear')).toEqual(anna)
  })

  test('shows others what serves them', () => {
    expect(maskProfile(anna, 'masked')).toEqual({
      name: '张**',
      gender: 'FEMALE',
      phone: '138****1234',
      province: '上海',
      identityNumber: '110***********002X',
      interests: ['coffee'],
    })
  })

  test.each([
    ['name', '张', '张*'],
    ['name', 'Anna Karenina', 'A******'],
    ['name', '𠮷野', '𠮷*'],
    ['phone', '+886912345678', '+8869****5678'],
    ['identityNumber', 'A12345', '******'],
    ['identityNumber', 'E1234567', 'E12*4567'],
  ])('%s %s is %s', (field, value, expected) => {
    expect(maskProfile({ [field]: value }, 'masked')).toEqual({ [field]: expected })
  })

  test.each([
    ['PHONE', '+8613812341234', '138****1234'],
    ['WECHAT_UNIONID', 'oabcdefghijkl', '****ijkl'],
    ['CARD', '12345678', '****'],
  ] as const)('identity %s %s is %s', (kind, value, expected) => {
    expect(maskIdentity(kind, value)).toBe(expected)
  })
})

describe('a profile', () => {
  test.each([
    [{ name: ' Anna ' }, { name: 'Anna' }],
    [{ name: '' }, 'PROFILE_NOT_VALID'],
    [{ name: 'x'.repeat(65) }, 'PROFILE_NOT_VALID'],
    [{ name: null }, { name: null }],
    [{ phone: '138 1234 1234' }, { phone: '+8613812341234' }],
    [{ phone: '123' }, 'PHONE_NOT_VALID'],
    [{ birthday: '2026-01-01' }, { birthday: '2026-01-01' }],
    [{ birthday: '2026-01-02' }, 'PROFILE_NOT_VALID'],
    [{ birthday: '1899-12-31' }, 'PROFILE_NOT_VALID'],
    [{ birthday: '2025-02-29' }, 'PROFILE_NOT_VALID'],
    [{ identityNumber: '11010519491231002x' }, { identityNumber: '11010519491231002X' }],
    [{ identityNumber: '110105194912310021' }, 'PROFILE_NOT_VALID'],
    [{ identityNumber: 'E1234567' }, { identityNumber: 'E1234567' }],
    [{ interests: [' coffee ', 'coffee', 'film'] }, { interests: ['coffee', 'film'] }],
    [{ interests: [' '] }, 'PROFILE_NOT_VALID'],
  ])('%o', (given, expected) => {
    expect(codeOf(checkProfile(given, now))).toEqual(expected)
  })

  test('is changed by its person and filled by a registration', () => {
    const known: Profile = { name: 'Anna', province: '上海' }
    const given = { name: 'Anne', province: null, gender: 'FEMALE' as const }
    expect(changeProfile(known, given)).toEqual({ name: 'Anne', gender: 'FEMALE' })
    expect(fillProfile(known, given)).toEqual({ name: 'Anna', province: '上海', gender: 'FEMALE' })
  })
})

describe("a member's number", () => {
  test('has ten digits, the last a check digit', () => {
    expect(luhnDigit('7992739871')).toBe(3) // The example of ISO/IEC 7812-1.
    expect(memberNumber(100_000_000n)).toBe('1000000008')
  })
})
