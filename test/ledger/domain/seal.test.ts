import { expect, test } from 'vitest'
import { sha256 } from '../../../kernel/values/canonical.ts'
import { instant } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import { GENESIS } from '../../../subgraphs/ledger/domain/entry.ts'
import type { SourceDocument } from '../../../subgraphs/ledger/domain/posting.ts'
import { seal } from '../../../subgraphs/ledger/domain/seal.ts'
import { programWith } from '../program-of.ts'

const MEMBER = '00000000-0000-8000-8000-000000000001'
const now = instant('2026-01-10T04:00:00Z')

const document: SourceDocument = {
  memberId: MEMBER,
  id: 'bill-1',
  programKey: 1,
  ruleVersion: 3,
  kind: 'purchase',
  channel: 'store',
  number: 'B|1',
  store: undefined,
  operator: 'staff:li',
  subject: undefined,
  quantity: undefined,
  amount: 1_050n,
  lines: [{ amount: 1_050n, quantity: 1, category: 'shoes' }],
  awards: [{ rule: 'spend', line: 0, asset: 'points', amount: 10n }],
  counted: undefined,
  tierBefore: 'ordinary',
  tierAfter: 'ordinary',
  effectiveAt: now,
  body: Buffer.from('abcd', 'hex'),
}

function twoEntries() {
  const program = programWith()
  const book = new AccountBook(program, newAccount(MEMBER, program))
  book.credit('earn', { points: 10n, growth: 10n }, { at: now, documentId: 'bill-1' })
  book.take('redeem', 'points', 4n, { at: now, documentId: 'bill-1' })
  return book.entries
}

const sealed = (changed: Partial<SourceDocument> = {}, recordedAt = now) =>
  seal(GENESIS, twoEntries(), new Map([['bill-1', { ...document, ...changed }]]), recordedAt)

test('each hash holds the one before; the first entry of a document holds what it says', () => {
  const [first, second] = sealed()
  expect(first!.document!.source).toEqual(document)
  expect(second!.document).toBeUndefined()
  const own = `${MEMBER}|${twoEntries()[0]!.programKey}|1|bill-1|earn|10|10|10|10|||||p2027-01-10+10;g2027-01-10+10|${now}|${now}`
  const said = 'purchase|3|"store"||"staff:li"|"B|1"|||1050|"1050 1 shoes"|"spend 0 p10"||"ordinary"||abcd'
  expect(first!.hash).toBe(sha256(`${own}|${said}`).toString('hex'))
  const next = `${MEMBER}|${twoEntries()[0]!.programKey}|2|bill-1|redeem|4|6|||||||p2027-01-10-4|${now}|${now}`
  const chained = Buffer.concat([Buffer.from(first!.hash, 'hex'), Buffer.from(next)])
  expect(second!.hash).toBe(sha256(chained).toString('hex'))
})

// biome-ignore format: aligned rows
test.each<[string, Partial<SourceDocument>]>([
  ['the amount',        { amount: 1_051n }                                                          ],
  ['the store',         { store: 'north' }                                                          ],
  ['the channel',       { channel: 'app' }                                                          ],
  ['the operator',      { operator: 'staff:wang' }                                                  ],
  ['the number',        { number: 'B|2' }                                                           ],
  ['the rules',         { ruleVersion: 4 }                                                          ],
  ['the kind',          { kind: 'activity' }                                                        ],
  ['what was done',     { subject: 'sign-in' }                                                      ],
  ['how often',         { quantity: 2 }                                                             ],
  ['a line',            { lines: [{ amount: 1_050n, quantity: 2, category: 'shoes' }] }             ],
  ['an award',          { awards: [{ rule: 'spend', line: 0, asset: 'growth', amount: 10n }] }      ],
  ['what was counted',  { counted: { 'c:day@2026-01-10': 5n } }                                     ],
  ['the tier before',   { tierBefore: 'vip' }                                                       ],
  ['the tier after',    { tierAfter: 'vip' }                                                        ],
  ['the request',       { body: Buffer.from('abce', 'hex') }                                        ],
])('%s of the document changes the hash', (_, changed) => {
  expect(sealed(changed)[0]!.hash).not.toEqual(sealed()[0]!.hash)
})

test('the moment of recording changes the hash', () => {
  expect(sealed({}, instant(now + 1))[0]!.hash).not.toEqual(sealed()[0]!.hash)
})

test('no text passes for two fields', () => {
  const one = sealed({ number: 'a', subject: 'b' })
  const two = sealed({ number: 'a"|"b', subject: undefined })
  expect(one[0]!.hash).not.toEqual(two[0]!.hash)
})
