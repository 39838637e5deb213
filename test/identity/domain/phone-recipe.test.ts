import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { readConfig } from '../../../kernel/config.ts'
import { type PhoneRecipe, phoneHashOf, recipeFor } from '../../../subgraphs/identity/domain/phone-recipe.ts'

const plain: PhoneRecipe = {
  id: 'jd',
  partner: 'jd',
  algorithm: 'sha256',
  phone: 'national',
  text: '{salt}{phone}',
  salt: 'pepper',
  rounds: 1,
}
const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex')

// biome-ignore format: aligned rows
test.each<[string, Partial<PhoneRecipe>, string, string | undefined]>([
  ['salt before the number',     {},                                      '+8613800138000', hash('sha256', 'pepper13800138000')                    ],
  ['salt behind it',             { text: '{phone}{salt}' },               '+8613800138000', hash('sha256', '13800138000pepper')                    ],
  ['no salt at all',             { text: '{phone}', algorithm: 'md5' },   '+8613800138000', hash('md5', '13800138000')                             ],
  ['a name before, twice',       { text: 'tmall{phone}{salt}', algorithm: 'md5', rounds: 2 }, '+8613800138000', hash('md5', hash('md5', 'tmall13800138000pepper'))],
  ['with the country',           { phone: 'digits' },                     '+8613800138000', hash('sha256', 'pepper8613800138000')                  ],
  ['with a plus',                { phone: 'e164' },                       '+85251234567',   hash('sha256', 'pepper+85251234567')                   ],
  ['sm3',                        { algorithm: 'sm3' },                    '+8613800138000', hash('sm3', 'pepper13800138000')                       ],
  ['a salt that looks like one', { salt: '{phone}$&' },                   '+8613800138000', hash('sha256', '{phone}$&13800138000')                 ],
  ['a number of another country', {},                                     '+85251234567',   undefined                                              ],
])('%s', (_, more, phone, expected) => {
  expect(phoneHashOf({ ...plain, ...more }, phone)).toBe(expected)
})

// biome-ignore format: aligned rows
test.each([
  // partner  brand     recipe
  ['tmall',   'tea',    'tmall-tea'],
  ['tmall',   'coffee', 'tmall-all'],
  ['jd',      'tea',    'jd'       ],
  ['douyin',  'tea',    undefined  ],
] as const)('%s makes hashes for %s by %s', (partner, brand, expected) => {
  const all = { ...plain, id: 'tmall-all', partner: 'tmall' }
  const recipes = [plain, all, { ...all, id: 'tmall-tea', brand: 'tea' }]
  expect(recipeFor(recipes, partner, brand)?.id).toBe(expected)
  expect(recipeFor([{ ...all, brand: 'tea' }], 'tmall', 'coffee')).toBeUndefined()
})

test('recipes come from the environment, with what is usual left out', () => {
  const read = (recipes: unknown) =>
    readConfig({ HUITONG_PHONE_RECIPES: JSON.stringify(recipes) }).phoneRecipes
  expect(read([{ id: 'jd', partner: 'jd', algorithm: 'sha256', salt: 'pepper' }])).toEqual([plain])
  expect(readConfig({}).phoneRecipes).toEqual([])
})

const two = { id: 'jd', partner: 'jd', algorithm: 'md5' }
test.each([
  ['no list', '{', /^HUITONG_PHONE_RECIPES: must be a list in JSON/],
  ['one id twice', JSON.stringify([two, two]), /^HUITONG_PHONE_RECIPES: each id stands once/],
  [
    'two of a partner for one brand',
    JSON.stringify([
      { ...two, brand: 'tea' },
      { ...two, id: 'jd-all' },
      { ...two, id: 'jd-2', brand: 'tea' },
    ]),
    /^HUITONG_PHONE_RECIPES: jd-2 is of the same partner and brand as jd: one of them has to go$/,
  ],
  [
    'two of a partner for all brands',
    JSON.stringify([two, { ...two, id: 'jd-2' }]),
    /^HUITONG_PHONE_RECIPES: jd-2 is of the same partner and brand as jd: one of them has to go$/,
  ],
  [
    'no number in it',
    JSON.stringify([{ ...two, text: '{salt}' }]),
    /^HUITONG_PHONE_RECIPES.*must contain \{phone\}/,
  ],
  ['a word that is none', JSON.stringify([{ ...two, pepper: 'x' }]), /^HUITONG_PHONE_RECIPES/],
])('%s is one line that names the variable', (_, text, line) => {
  expect(() => readConfig({ HUITONG_PHONE_RECIPES: text })).toThrow(line)
})
