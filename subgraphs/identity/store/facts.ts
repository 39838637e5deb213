import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'
import type { PersonFacts } from '../domain/facts.ts'

/** Facts of persons: built anew from `member`, `profile` and `tag` whenever one of these changes. */
export async function saveMemberFacts(
  tx: Tx,
  facts: readonly (PersonFacts & {
    memberId: string
    tags: Readonly<Record<string, string>>
    tagsUntil: Instant | undefined
  })[],
): Promise<void> {
  await tx.query(
    `/* saveMemberFacts */
     insert into member_fact (member_id, joined_at, joined_channel, joined_store, gender, birth_month, province,
       tags, tags_until)
     select member_id, joined_at, joined_channel, joined_store, gender, birth_month, province, tags, tags_until
     from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::jsonb[], $6::timestamptz[])
       as given(member_id, gender, birth_month, province, tags, tags_until)
     join member using (member_id)
     where member.merged_into is null and member.status <> 'ERASED'
     order by member_id
     on conflict on constraint member_fact_key do update set
       gender = excluded.gender, birth_month = excluded.birth_month, province = excluded.province,
       tags = excluded.tags, tags_until = excluded.tags_until`,
    [
      facts.map(({ memberId }) => memberId),
      facts.map(({ gender }) => gender ?? null),
      facts.map(({ birthMonth }) => birthMonth ?? null),
      facts.map(({ province }) => province ?? null),
      facts.map(({ tags }) => JSON.stringify(tags)),
      facts.map(({ tagsUntil }) => (tagsUntil === undefined ? null : toIso(tagsUntil))),
    ],
  )
}

/** Every member has a row in every programme, so that to know nothing of it is to have none of it. */
export async function beginAccountFacts(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* beginAccountFacts */
     insert into account_fact (member_id, program)
     select member_id, slug from unnest($1::uuid[]) as given(member_id) cross join program
     order by member_id, slug
     on conflict on constraint account_fact_key do nothing`,
    [memberIds],
  )
}

/** Rows for a programme that is new, for all members that are there. */
export async function beginProgramFacts(tx: Tx, program: string): Promise<void> {
  await tx.query(
    `/* beginProgramFacts */
     insert into account_fact (member_id, program) select member_id, $1 from member_fact order by member_id
     on conflict on constraint account_fact_key do nothing`,
    [program],
  )
}

/** Members who were merged are nobody by themselves. */
export async function forgetMergedFacts(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* forgetMergedFacts */
     delete from member_fact using member
     where member_fact.member_id = any($1::uuid[]) and member.member_id = member_fact.member_id
       and member.merged_into is not null`,
    [memberIds],
  )
}

/** What was bought and done under all ids of persons, summed up for their present ones. */
export async function gatherAccountFacts(tx: Tx, presentIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* gatherAccountFacts */
     insert into account_fact (member_id, program, campaigns, first_at, last_at, purchases, spent)
     select person.id, slug,
       array(select distinct campaign from campaign_fact as done
             where done.member_id = any(holder.ids) and done.program = slug order by campaign),
       bought.first_at, bought.last_at, coalesce(bought.purchases, 0), coalesce(bought.spent, 0)
     from unnest($1::uuid[]) as person (id)
     cross join program
     cross join lateral (
       select array(select person.id union all select member_id from member where merged_into = person.id) as ids
     ) as holder
     left join lateral (
       select min(first_at) as first_at, max(last_at) as last_at, sum(purchases) as purchases, sum(spent) as spent
       from purchase_day where member_id = any(holder.ids) and program = slug
     ) as bought on true
     order by person.id, slug
     on conflict on constraint account_fact_key do update set
       campaigns = excluded.campaigns, first_at = excluded.first_at, last_at = excluded.last_at,
       purchases = excluded.purchases, spent = excluded.spent`,
    [presentIds],
  )
}

/** Those of present ids into which others were merged. */
export async function joinedPersons(tx: Tx, presentIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `/* joinedPersons */ select distinct merged_into as id from member where merged_into = any($1::uuid[])`,
    [presentIds],
  )
  return rows.map((row) => row.id)
}

export interface AccountStanding {
  readonly memberId: string
  readonly tier: string
  readonly points: string
  readonly growth: string
}

export async function saveStandings(
  tx: Tx,
  program: string,
  accounts: readonly AccountStanding[],
): Promise<void> {
  await tx.query(
    `/* saveStandings */
     insert into account_fact (member_id, program, tier, points, growth)
     select member_id, $1, tier, points, growth
     from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[]) as given(member_id, tier, points, growth)
     order by member_id
     on conflict on constraint account_fact_key do update set
       tier = excluded.tier, points = excluded.points, growth = excluded.growth`,
    [
      program,
      accounts.map(({ memberId }) => memberId),
      accounts.map(({ tier }) => tier),
      accounts.map(({ points }) => points),
      accounts.map(({ growth }) => growth),
    ],
  )
}

export async function saveTier(
  tx: Tx,
  { memberId, program, tier, since }: { memberId: string; program: string; tier: string; since: Instant },
): Promise<void> {
  await tx.query(
    `/* saveTierFact */
     insert into account_fact (member_id, program, tier, tier_since) values ($1, $2, $3, $4)
     on conflict on constraint account_fact_key do update set tier = excluded.tier, tier_since = excluded.tier_since`,
    [memberId, program, tier, toIso(since)],
  )
}

export async function addCampaign(
  tx: Tx,
  { memberId, program, campaign }: { memberId: string; program: string; campaign: string },
): Promise<void> {
  await tx.query(
    `/* addCampaignDone */
     insert into campaign_fact (member_id, program, campaign) values ($1, $2, $3)
     on conflict on constraint campaign_fact_key do nothing`,
    [memberId, program, campaign],
  )
  await tx.query(
    `/* addCampaignFact */
     insert into account_fact (member_id, program, campaigns)
     values (coalesce((select merged_into from member where member_id = $1), $1), $2, array[$3::text])
     on conflict on constraint account_fact_key do update set campaigns = account_fact.campaigns || $3::text
     where not $3::text = any(account_fact.campaigns)`,
    [memberId, program, campaign],
  )
}

export interface PurchaseFact {
  readonly memberId: string
  readonly at: Instant
  readonly day: LocalDate
  /** Minor units. */
  readonly total: string
}

/** Adds purchases to their days and to what was ever bought. Each purchase comes once. */
export async function addPurchases(
  tx: Tx,
  program: string,
  purchases: readonly PurchaseFact[],
): Promise<void> {
  const values = [
    program,
    purchases.map(({ memberId }) => memberId),
    purchases.map(({ at }) => toIso(at)),
    purchases.map(({ day }) => day),
    purchases.map(({ total }) => total),
  ]
  await tx.query(
    `/* addPurchaseDays */
     insert into purchase_day (member_id, program, day, purchases, spent, first_at, last_at)
     select member_id, $1, day, count(*), sum(total), min(at), max(at)
     from unnest($2::uuid[], $3::timestamptz[], $4::date[], $5::bigint[]) as given(member_id, at, day, total)
     group by member_id, day order by member_id, day
     on conflict on constraint purchase_day_key do update set
       purchases = purchase_day.purchases + excluded.purchases, spent = purchase_day.spent + excluded.spent,
       first_at = least(purchase_day.first_at, excluded.first_at),
       last_at = greatest(purchase_day.last_at, excluded.last_at)`,
    values,
  )
  await tx.query(
    `/* addPurchaseFacts */
     insert into account_fact (member_id, program, first_at, last_at, purchases, spent)
     select member_id, $1, min(at), max(at), count(*), sum(total)
     from unnest($2::uuid[], $3::timestamptz[], $4::date[], $5::bigint[]) as given(member_id, at, day, total)
     group by member_id order by member_id
     on conflict on constraint account_fact_key do update set
       first_at = least(account_fact.first_at, excluded.first_at),
       last_at = greatest(account_fact.last_at, excluded.last_at),
       purchases = account_fact.purchases + excluded.purchases,
       spent = account_fact.spent + excluded.spent`,
    values,
  )
}

/** Counts the windows of 30, 90 and 365 days that end today anew, and notes the day when one of them moves on. */
export async function refreshWindows(
  tx: Tx,
  { program, memberIds, today }: { program: string; memberIds: readonly string[]; today: LocalDate },
): Promise<void> {
  await tx.query(
    `/* refreshWindows */
     update account_fact set
       purchases_30 = seen.purchases_30, spent_30 = seen.spent_30,
       purchases_90 = seen.purchases_90, spent_90 = seen.spent_90,
       purchases_365 = seen.purchases_365, spent_365 = seen.spent_365,
       windows_until = seen.until
     from (
       select wanted.member_id,
         coalesce(sum(bought.purchases) filter (where day > $3::date - 30), 0) as purchases_30,
         coalesce(sum(bought.spent) filter (where day > $3::date - 30), 0) as spent_30,
         coalesce(sum(bought.purchases) filter (where day > $3::date - 90), 0) as purchases_90,
         coalesce(sum(bought.spent) filter (where day > $3::date - 90), 0) as spent_90,
         coalesce(sum(bought.purchases), 0) as purchases_365,
         coalesce(sum(bought.spent), 0) as spent_365,
         min(day + case when day > $3::date - 30 then 30 when day > $3::date - 90 then 90 else 365 end) as until
       from unnest($2::uuid[]) as wanted(member_id)
       cross join lateral (
         select wanted.member_id as id union all select member_id from member where merged_into = wanted.member_id
       ) as holder
       left join purchase_day as bought
         on bought.member_id = holder.id and bought.program = $1 and bought.day > $3::date - 365
       group by wanted.member_id
     ) as seen
     where account_fact.member_id = seen.member_id and account_fact.program = $1`,
    [program, [...new Set(memberIds)], today],
  )
}

/** Members whose windows have moved on by themselves. */
export async function windowsDue(
  query: Query,
  program: string,
  today: LocalDate,
  limit: number,
): Promise<string[]> {
  const rows = await query<{ member_id: string }>(
    `/* windowsDue */
     select member_id from account_fact
     where program = $1 and windows_until <= $2::date order by windows_until limit $3
     for update skip locked`,
    [program, today, limit],
  )
  return rows.map((row) => row.member_id)
}

/** Members of whose tags one has expired. */
export async function tagsDue(query: Query, now: Instant, limit: number): Promise<string[]> {
  const rows = await query<{ member_id: string }>(
    `/* tagFactsDue */
     select member_id from member_fact where tags_until <= $1 order by tags_until limit $2 for update skip locked`,
    [toIso(now), limit],
  )
  return rows.map((row) => row.member_id)
}

/** Up to where a source's events have been taken in. */
export async function noteSource(tx: Tx, source: string, eventAt: Instant, now: Instant): Promise<void> {
  await tx.query(
    `/* noteFactSource */
     insert into fact_source (source, event_at, applied_at) values ($1, $2, $3)
     on conflict on constraint fact_source_key do update set event_at = excluded.event_at, applied_at = excluded.applied_at`,
    [source, toIso(eventAt), toIso(now)],
  )
}

export interface FactSource {
  readonly source: string
  readonly eventAt: Instant
  readonly appliedAt: Instant
  readonly parked: number
}

export async function readSources(query: Query): Promise<FactSource[]> {
  const rows = await query<{ source: string; event_at: Instant; applied_at: Instant; parked: number }>(
    `/* readFactSources */
     select fact_source.*,
       (select count(*)::integer from parked_event where parked_event.source = fact_source.source || '/facts') as parked
     from fact_source order by source`,
  )
  return rows.map((row) => ({
    source: row.source,
    eventAt: row.event_at,
    appliedAt: row.applied_at,
    parked: row.parked,
  }))
}

/** Forgets all facts and lets their listeners read every log from its start. */
export async function forgetFacts(tx: Tx): Promise<void> {
  await tx.query(`/* forgetPositions */
    update event_cursor set transaction = '0', position = 0 where source like '%/facts'`)
  await tx.query(`/* forgetMemberFacts */ delete from member_fact`)
  await tx.query(`/* forgetAccountFacts */ delete from account_fact`)
  await tx.query(`/* forgetCampaigns */ delete from campaign_fact`)
  await tx.query(`/* forgetPurchaseDays */ delete from purchase_day`)
  await tx.query(`/* forgetFactSources */ delete from fact_source`)
}
