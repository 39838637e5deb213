import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import type { AttributeDefinition } from '../../../schema/events/program.ts'
import {
  type AttributeChange,
  changeAttributes,
  checkAttributes,
} from '../../../subgraphs/identity/domain/attributes.ts'
import {
  type ConsentStatement,
  currentConsents,
  hasConsent,
  quietUntil,
} from '../../../subgraphs/identity/domain/consents.ts'
import { decideRegistration } from '../../../subgraphs/identity/domain/products.ts'
import { readSerial } from '../../../subgraphs/identity/domain/serial.ts'
import { checkText } from '../../../subgraphs/identity/domain/text.ts'

const codeOf = (result: { ok: boolean; refusal?: { code: string; details?: unknown } }) =>
  result.ok ? 'ok' : result.refusal!.code

test.each([
  ['a plain name', ' Anna ', 'Anna'],
  ['a family of emoji', '👩‍👩‍👧‍👦 Ann', '👩‍👩‍👧‍👦 Ann'],
  ['Arabic', 'محمد', 'محمد'],
  ['Hebrew with an accent in two parts', 'שָׁלוֹם', 'שָׁלוֹם'.normalize('NFC')],
  ['64 rare characters, each two code units', '𠮷'.repeat(64), '𠮷'.repeat(64)],
  ['nothing', '  ', 'EMPTY'],
  ['65 characters', '张'.repeat(65), 'TOO_LONG'],
  ['a megabyte', 'x'.repeat(1 << 20), 'TOO_LONG'],
  ['a bell', 'An\u0007na', 'CONTROL_CHARACTERS'],
  ['a line break', 'An\nna', 'CONTROL_CHARACTERS'],
  ['a text that runs backwards', 'gpj.\u202Eexe', 'CONTROL_CHARACTERS'],
  ['half of an emoji', 'An\ud83dna', 'CONTROL_CHARACTERS'],
])('%s', (_, given, expected) => {
  const text = checkText(given, 64)
  expect(text.ok ? text.value : text.refusal.code).toBe(expected)
})

test.each([
  ['a Chinese vehicle', { vin: 'LSVAA49J132047371' }, 'LSVAA49J132047371'],
  ['in full width, small, with dashes', { vin: 'ｌｓｖ-aa49j13 2047371' }, 'LSVAA49J132047371'],
  ['an American vehicle', { vin: '1M8GDM9AXKP042788' }, '1M8GDM9AXKP042788'],
  ['a German one, which has no check digit', { vin: 'WVWZZZ1JZ3W386752' }, 'WVWZZZ1JZ3W386752'],
  ['one digit of a Chinese one changed', { vin: 'LSVAA49J132047372' }, 'CHECK_DIGIT'],
  ['two digits swapped', { vin: '1M8GDM9AXKP042878' }, 'CHECK_DIGIT'],
  ['the letter O', { vin: 'LSVAA49J13204737O' }, 'CHARACTERS'],
  ['too short', { vin: 'LSVAA49J13204' }, 'LENGTH'],
  ['a serial', { serial: { make: 'Haier', number: 'sn-00 17/a.2' } }, 'SN0017/A.2'],
  ['a serial without its make', { serial: { make: ' ', number: 'SN0017' } }, 'LENGTH'],
  ['a serial with a quote', { serial: { make: 'Haier', number: `SN'--1` } }, 'CHARACTERS'],
])('%s', (_, given, expected) => {
  const serial = readSerial(given)
  expect(serial.ok ? serial.value.number : serial.refusal.details!.reason).toBe(expected)
})

test.each([
  ['free', false, false, 'ok'],
  ['free', false, true, 'ok'],
  ['own', false, false, 'PRODUCT_ALREADY_REGISTERED'],
  ['own', false, true, 'ok'],
  ['own', true, true, 'PRODUCT_ALREADY_REGISTERED'],
  ['other', false, false, 'PRODUCT_OWNED_BY_ANOTHER'],
  ['other', false, true, 'ok'],
  ['other', true, true, 'PRODUCT_OWNED_BY_ANOTHER'],
] as const)(
  'a serial that is %s (verified: %s), registered with verification %s: %s',
  (state, held, given, expected) => {
    expect(codeOf(decideRegistration(state === 'free' ? { state } : { state, verified: held }, given))).toBe(
      expected,
    )
  },
)

const name = { en: 'x', 'zh-CN': 'x' }
const declared: AttributeDefinition[] = [
  { id: 'size', name, type: 'enum', choices: ['S', 'M'], personal: false, setBy: ['MEMBER', 'STAFF'] },
  { id: 'children', name, type: 'integer', minimum: 0, maximum: 20, personal: true, setBy: ['MEMBER'] },
  { id: 'height', name, type: 'decimal', maximum: 2.5, personal: true, setBy: ['STAFF'] },
  { id: 'motto', name, type: 'string', maxLength: 5, personal: false, setBy: ['MEMBER'] },
  { id: 'wedding', name, type: 'date', personal: true, setBy: ['MEMBER'] },
  { id: 'vegan', name, type: 'boolean', personal: false, setBy: ['MEMBER'] },
  { id: 'brands', name, type: 'list', choices: ['a', 'b'], personal: false, setBy: ['MEMBER'] },
]

test.each([
  ['size', 'M', 'ok'],
  ['size', 'XL', 'NOT_A_CHOICE'],
  ['size', 1, 'TYPE'],
  ['children', 0, 'ok'],
  ['children', 21, 'TOO_LARGE'],
  ['children', -1, 'TOO_SMALL'],
  ['children', 1.5, 'TYPE'],
  ['children', '1', 'TYPE'],
  ['children', 2 ** 60, 'TYPE'],
  ['height', '1.80', 'ATTRIBUTE_NOT_ALLOWED'],
  ['motto', '你好', 'ok'],
  ['motto', '123456', 'TOO_LONG'],
  ['motto', { text: 'x' }, 'TYPE'],
  ['wedding', '2020-02-29', 'ok'],
  ['wedding', '2021-02-29', 'TYPE'],
  ['vegan', true, 'ok'],
  ['vegan', 'true', 'TYPE'],
  ['brands', ['a', 'a'], 'ok'],
  ['brands', ['c'], 'NOT_A_CHOICE'],
  ['brands', Array.from({ length: 51 }, () => 'a'), 'TOO_MANY'],
  ['__proto__', 'x', 'ATTRIBUTE_NOT_DECLARED'],
  ['size', null, 'ok'],
])('a member sets %s to %j: %s', (id, value, expected) => {
  const checked = checkAttributes(declared, [{ id, value }], 'MEMBER')
  expect(checked.ok ? 'ok' : (checked.refusal.details!.reason ?? checked.refusal.code)).toBe(expected)
})

test('an exact decimal stays exact, and null forgets', () => {
  const set = (changes: AttributeChange[]) => {
    const checked = checkAttributes(declared, changes, 'STAFF')
    if (!checked.ok) throw new Error(checked.refusal.code)
    return checked.value
  }
  const known = changeAttributes({ size: 'S' }, set([{ id: 'height', value: '1.80' }]))
  expect(known).toEqual({ height: '1.80', size: 'S' })
  expect(changeAttributes(known, set([{ id: 'size', value: null }]))).toEqual({ height: '1.80' })
})

const said = (purpose: 'MARKETING' | 'SURVEYS', channel: 'SMS' | 'EMAIL' | 'ANY', given: boolean) =>
  ({ purpose, channel, given }) as ConsentStatement

test('the last word on a channel counts, and a word on all replaces those before', () => {
  const statements = [
    said('MARKETING', 'SMS', true),
    said('MARKETING', 'ANY', false),
    said('MARKETING', 'EMAIL', true),
  ]
  expect(hasConsent(statements, 'MARKETING', 'EMAIL')).toBe(true)
  expect(hasConsent(statements, 'MARKETING', 'SMS')).toBe(false)
  expect(hasConsent(statements, 'SURVEYS', 'EMAIL')).toBe(false)
  expect(currentConsents(statements).map(({ channel, given }) => [channel, given])).toEqual([
    ['ANY', false],
    ['EMAIL', true],
  ])
})

test.each([
  ['2026-01-01T13:59:00Z', undefined],
  ['2026-01-01T14:00:00Z', '2026-01-02T00:00:00.000Z'],
  ['2026-01-01T23:59:00Z', '2026-01-02T00:00:00.000Z'],
  ['2026-01-02T00:00:00Z', undefined],
])('quiet from 22:00 to 08:00 in Shanghai: at %s until %s', (now, until) => {
  const end = quietUntil({ from: '22:00', to: '08:00', timeZone: 'Asia/Shanghai' }, instant(now))
  expect(end && new Date(end).toISOString()).toBe(until)
})
