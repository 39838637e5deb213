import { describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { instant, later } from '../../kernel/values/instant.ts'
import { declareTags, rankOf, type Taxonomy } from '../../subgraphs/identity/domain/tag-taxonomy.ts'
import { admin, channelService, clerk, operator, partner } from '../helpers/graph.ts'
import { asserted, openIdentity, type Refused } from './story.ts'

const DAY = 86_400_000
const now = instant('2026-01-01T00:00:00Z')
const name = { en: 'Tag', 'zh-CN': '标签' }
const tags = [
  {
    dimension: 'interest',
    id: 'coffee',
    name,
    value: 'choice',
    choices: ['weekly', 'daily'],
    sources: ['STORE', 'PARTNER', 'APP'],
    expiresAfterDays: 30,
  },
  { dimension: 'interest', id: 'film', name, value: 'none', sources: ['APP'] },
  { dimension: 'interest', id: 'cups', name, value: 'number', sources: ['APP'] },
  {
    dimension: 'value',
    id: 'spender',
    name,
    value: 'text',
    sources: ['RULE'],
    rule: { when: 'purchases.spent30 >= 1000', value: 'high' },
  },
] as const
const taxonomy: Taxonomy = tags.map((tag) => ({ ...tag, program: 'star' }))

describe('the taxonomy', () => {
  const said = (dimension: string, id: string, value = '') => [
    { dimension: dimension as 'INTEREST', name: id, value, confidence: 1, expiresAt: undefined },
  ]
  test.each([
    ['APP', 'INTEREST', 'coffee', 'weekly', 'ok'],
    ['PARTNER:cinema', 'INTEREST', 'coffee', 'daily', 'ok'],
    ['WECHAT', 'INTEREST', 'coffee', 'daily', 'TAG_SOURCE_NOT_ALLOWED'],
    ['WECHAT', 'INTEREST', 'coffee', 'often', 'TAG_SOURCE_NOT_ALLOWED'], // before its value
    ['APP', 'INTEREST', 'coffee', 'often', 'TAG_NOT_VALID'],
    ['APP', 'INTEREST', 'tea', '', 'TAG_NOT_DECLARED'],
    ['APP', 'INTEREST', 'film', '', 'ok'],
    ['APP', 'INTEREST', 'film', 'yes', 'TAG_NOT_VALID'],
    ['APP', 'INTEREST', 'cups', '-3', 'ok'],
    ['APP', 'INTEREST', 'cups', '3.5', 'TAG_NOT_VALID'],
    ['STAFF', 'VALUE', 'spender', 'high', 'TAG_SOURCE_NOT_ALLOWED'],
    ['WECHAT', 'REGION', 'anything', 'x', 'ok'], // Nothing is declared of this dimension.
  ])('%s says %s/%s = "%s": %s', (source, dimension, id, value, expected) => {
    const result = declareTags(taxonomy, said(dimension, id, value), source, now)
    expect(result.ok ? 'ok' : result.refusal.code).toBe(expected)
  })

  test('says when a tag goes by itself, unless its source does', () => {
    const result = declareTags(taxonomy, said('INTEREST', 'coffee', 'daily'), 'APP', now)
    expect(result.ok && result.value[0]!.expiresAt).toBe(later(now, 30 * DAY))
    const own = said('INTEREST', 'coffee', 'daily').map((tag) => ({ ...tag, expiresAt: later(now, 1) }))
    const kept = declareTags(taxonomy, own, 'APP', now)
    expect(kept.ok && kept.value[0]!.expiresAt).toBe(later(now, 1))
  })

  test('ranks sources as they are declared', () => {
    const ranks = ['STORE', 'PARTNER:x', 'APP', 'WEB'].map((of) => rankOf(taxonomy, 'INTEREST', 'coffee', of))
    expect(ranks).toEqual([0, 1, 2, 3])
    expect(rankOf(taxonomy, 'REGION', 'x', 'APP')).toBe(0)
  })
})

async function openStar() {
  const identity = await openIdentity()
  const program = {
    program: 'star',
    version: 1,
    name,
    timeZone: 'UTC',
    tiers: [],
    benefits: [],
    campaigns: [],
  }
  identity.emit('ledger', { type: 'ledger.ProgramPublished', payload: { ...program, tags } })
  const anna = await identity.registered('13800000001')
  await identity.drain()
  const set = async (principal: Principal, tag: Record<string, unknown>): Promise<string | undefined> => {
    const { refusal } = await identity.mutate<{ refusal: Refused | null }>(
      principal,
      'setTags',
      'SetTagsInput',
      { memberId: anna, tags: [tag] },
      '__typename',
    )
    return refusal?.code
  }
  const seen = async () =>
    (
      await identity.ask<{
        member: { tags: { name: string; value: string; source: string }[]; tagHistory: object[] }
      }>(
        operator,
        'query ($id: ID!) { member(id: $id) { tags { name value source } tagHistory { change name by } } }',
        { id: anna },
      )
    ).member
  const facts = async () => {
    await identity.drain()
    const [row] = await identity.sql<{ tags: object }>('select tags from identity.member_fact')
    return row!.tags
  }
  return { ...identity, anna, set, seen, facts }
}

test('of several sources the one that the taxonomy names first wins, in the set and in the facts', async () => {
  await using star = await openStar()
  await star.register(
    partner('cinema'),
    [asserted('PARTNER_CUSTOMER', 'c'), asserted('PHONE', '13800000001')],
    'PARTNER',
  )
  const coffee = (value: string, confidence: number) => ({
    dimension: 'INTEREST',
    name: 'coffee',
    value,
    confidence,
  })
  await star.set(channelService('APP'), coffee('daily', 1))
  await star.set(partner('cinema'), coffee('weekly', 0.5))
  expect((await star.seen()).tags).toEqual([{ name: 'coffee', value: 'weekly', source: 'PARTNER:cinema' }])
  await star.set(clerk(), coffee('daily', 0.1))
  expect((await star.seen()).tags).toEqual([{ name: 'coffee', value: 'daily', source: 'STORE' }])
  expect(await star.facts()).toEqual({ 'interest/coffee': 'daily' })
  expect(await star.set(clerk(), { dimension: 'INTEREST', name: 'tea' })).toBe('TAG_NOT_DECLARED')
  expect(await star.set(operator, coffee('daily', 1))).toBe('TAG_SOURCE_NOT_ALLOWED')

  star.clock.advance(31 * DAY)
  await star.runJob('refresh-due-facts')
  expect(await star.facts()).toEqual({})
})

test('a rule gives its tag when an event makes it so, and takes it when time does', async () => {
  await using star = await openStar()
  star.emit('ledger', {
    type: 'ledger.PurchasesRecorded',
    payload: {
      program: 'star',
      purchases: [{ memberId: star.anna, documentId: 'd', channel: 'APP', total: '1000', points: '0' }],
    },
  })
  expect(await star.facts()).toEqual({ 'value/spender': 'high' })
  star.clock.advance(31 * DAY)
  await star.runJob('refresh-rule-tags')
  expect(await star.facts()).toEqual({})
  await star.runJob('refresh-rule-tags')
  expect(await star.seen()).toEqual({
    tags: [],
    tagHistory: [
      { change: 'REMOVED', name: 'spender', by: 'rule:star' },
      { change: 'SET', name: 'spender', by: 'rule:star' },
    ],
  })
})

test('tags are imported for many members at once, all or none', async () => {
  await using star = await openStar()
  const bring = (lines: { memberId: string; name: string }[], idempotencyKey?: string) =>
    star.mutate<{ members: number | null; refusal: Refused | null }>(
      admin,
      'importTags',
      'ImportTagsInput',
      {
        members: lines.map(({ memberId, name }) => ({ memberId, tags: [{ dimension: 'REGION', name }] })),
        idempotencyKey,
      },
      'members',
    )
  const bob = await star.registered('13800000002')
  const nobody = '01900000-0000-7000-8000-000000000000'
  const good = { memberId: bob, name: 'north' }
  expect((await bring([good, { memberId: nobody, name: 'x' }])).refusal).toMatchObject({
    code: 'MEMBER_NOT_FOUND',
    path: ['members', '1', 'memberId'],
  })
  expect((await bring([good, { memberId: star.anna, name: ' ' }])).refusal).toMatchObject({
    code: 'TAG_NOT_VALID',
    path: ['members', '1', 'tags', '0', 'name'],
  })
  expect(await star.count('tag')).toBe(0)
  const all = [good, { memberId: star.anna, name: 'south' }, { memberId: bob, name: 'harbour' }]
  for (let time = 0; time < 2; time++) expect((await bring(all, 'k')).members).toBe(2)
  expect([await star.count('tag'), await star.count('tag_history')]).toEqual([3, 3])
  expect((await star.seen()).tags).toEqual([{ name: 'south', value: '', source: 'IMPORT' }])
})
