import type { Condition } from '../../../kernel/conditions/conditions.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import { forManyMembers, type Population, populationSql } from './population.ts'

/** A tag that a condition gives. */
export interface RuleTag {
  readonly dimension: string
  readonly name: string
  readonly value: string
  readonly condition: Condition
  readonly by: string
  readonly expiresAt: Instant | undefined
}

/**
 * Gives the tag to those for whom its condition holds and takes it from those for whom it does not, among some members
 * or all; with a line of history for each. What is right already is not touched. Answers whose tags changed.
 */
export async function applyRuleTag(
  tx: Tx,
  tag: RuleTag,
  population: Population,
  memberIds: readonly string[] | undefined,
): Promise<string[]> {
  if (memberIds === undefined) await forManyMembers(tx)
  const { sql, values } = populationSql(tag.condition, population)
  const bind = (value: unknown) => `$${values.push(value)}`
  const dimension = `${bind(tag.dimension)}::text`
  const name = `${bind(tag.name)}::text`
  const value = `${bind(tag.value)}::text`
  const by = `${bind(tag.by)}::text`
  const expires = `${bind(tag.expiresAt === undefined ? null : toIso(tag.expiresAt))}::timestamptz`
  const among = memberIds === undefined ? undefined : `${bind(memberIds)}::uuid[]`
  const only = (column: string) => (among === undefined ? '' : `and ${column} = any(${among})`)
  const rows = await tx.query<{ member_id: string }>(
    `with chosen as materialized (select person.member_id ${sql} ${only('person.member_id')}),
     gone as (
       delete from tag where source = 'RULE' and dimension = ${dimension} and name = ${name} ${only('member_id')}
         and not exists (select from chosen where chosen.member_id = tag.member_id)
         and exists (select from member_fact where member_fact.member_id = tag.member_id)
       returning tag.*),
     given as (
       insert into tag (member_id, dimension, name, source, value, set_by, confidence, expires_at, set_at)
       select member_id, ${dimension}, ${name}, 'RULE', ${value}, ${by}, 1, ${expires}, $2::timestamptz
       from chosen order by member_id
       on conflict on constraint tag_key do update set
         value = excluded.value, set_by = excluded.set_by, expires_at = excluded.expires_at, set_at = excluded.set_at
       where tag.value <> excluded.value or tag.expires_at <= $2::timestamptz
       returning tag.*),
     changed as (select 'removed' as change, gone.* from gone union all select 'set', given.* from given),
     written as (
       insert into tag_history (member_id, id, change, dimension, name, source, value, changed_by, confidence,
         expires_at, changed_at)
       select member_id, gen_random_uuid(), change, dimension, name, source, value, ${by}, confidence, expires_at,
         $2::timestamptz
       from changed)
     select member_id from changed`,
    values,
  )
  return rows.map((row) => row.member_id)
}
