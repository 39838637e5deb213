import pg from 'pg'

/** The programme that generated members belong to. */
export const PROGRAM = 'bench'

/** The id of the nth member, from 1. */
export const memberIdAt = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

/** A number from 0 to `below - 1` that follows from the member's place alone: the same in every run. */
const draw = (seed: number, below: number): string => `(abs(hashint8extended(i, ${seed})) % ${below})`
const memberId = `('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid`
/** No key is needed for identifiers that nobody looks for; they are as many and as long as real ones. */
const hash = (kind: string): string => `sha256(convert_to('${kind}' || i, 'UTF8'))`
const oneOf = (seed: number, texts: readonly string[]): string =>
  `(array[${texts.map((text) => `'${text}'`)}])[1 + ${draw(seed, texts.length)}]`

const TAGS = [
  ['INTEREST', 'coffee', ['daily', 'weekly', 'never'], 3],
  ['CONSUMPTION', 'shoes', ['sport', 'street'], 5],
  ['LIFECYCLE', 'state', ['new', 'active', 'sleeping', 'lost'], 2],
] as const
const has = (seed: number, of: number): string => `${draw(seed, of)} = 0`
const tagsJson = TAGS.map(
  ([dimension, name, values, of], at) =>
    `case when ${has(20 + at, of)}
       then jsonb_build_object('${dimension.toLowerCase()}/${name}', ${oneOf(30 + at, values)}) else '{}' end`,
).join(' || ')

/**
 * Fills identity's tables with members, two identifiers each, tags, and the facts that conditions speak of, by SQL in
 * the database: a million take about a minute. The schema must have been migrated, and have no members yet.
 */
export async function generateMembers(databaseUrl: string, members = 1_000_000): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const each = `from generate_series(1::bigint, ${members}) as i`
  const moment = (seed: number, days: number) =>
    `timestamptz '2026-11-01T00:00:00Z' - interval '1 minute' * ${draw(seed, days * 1440)}`
  try {
    await client.query(`set search_path = identity; set synchronous_commit = off; set timezone = 'UTC'`)
    await client.query(
      `insert into program (slug, version, time_zone) values ('${PROGRAM}', 1, 'Asia/Shanghai')`,
    )
    await client.query(
      `insert into member (member_id, number, status, joined_at, joined_channel)
       select ${memberId}, (8000000000 + i)::text, 'ACTIVE', ${moment(1, 2000)},
         ${oneOf(2, ['APP', 'WECHAT', 'STORE', 'WEB'])} ${each}`,
    )
    for (const kind of ['EXTERNAL', 'APP_USER']) {
      await client.query(
        `insert into identifier (hash, kind, scope, member_id) select ${hash(kind)}, '${kind}', 'bench', ${memberId} ${each}`,
      )
      await client.query(
        `insert into channel_identity
           (member_id, id, kind, scope, hash, value, channel, source, strength, verified_at)
         select ${memberId}, md5('${kind}' || i)::uuid, '${kind}', 'bench', ${hash(kind)}, i::text, 'APP', 'bench',
           'checked', ${moment(3, 2000)} ${each}`,
      )
    }
    for (const [at, [dimension, name, values, of]] of TAGS.entries()) {
      await client.query(
        `insert into tag (member_id, dimension, name, source, value, set_by, confidence, set_at)
         select ${memberId}, '${dimension}', '${name}', 'STAFF', ${oneOf(30 + at, values)}, 'bench', 1, ${moment(4, 300)}
         ${each} where ${has(20 + at, of)}`,
      )
    }
    // An index is built faster than it grows.
    await client.query(`drop index member_fact_by_tag`)
    await client.query(
      `insert into member_fact (member_id, joined_at, joined_channel, gender, birth_month, province, tags)
       select ${memberId}, ${moment(1, 2000)}, ${oneOf(2, ['APP', 'WECHAT', 'STORE', 'WEB'])},
         ${oneOf(5, ['FEMALE', 'MALE'])}, 1950 * 12 + ${draw(6, 660)},
         ${oneOf(7, ['上海', '北京', '广东', '浙江', '江苏', '四川'])}, ${tagsJson} ${each}`,
    )
    await client.query(`create index member_fact_by_tag on member_fact using gin (tags)`)
    await client.query(
      `insert into account_fact (member_id, program, tier, points, growth, campaigns, first_at, last_at, purchases,
         spent, purchases_30, spent_30, purchases_90, spent_90, purchases_365, spent_365)
       select ${memberId}, '${PROGRAM}', ${oneOf(8, ['ordinary', 'ordinary', 'ordinary', 'ordinary', 'advanced', 'vip'])},
         ${draw(9, 20_000)}, ${draw(10, 8_000)}, case when ${has(11, 4)} then '{daily-sign-in}'::text[] else '{}' end,
         ${moment(1, 2000)}, ${moment(12, 900)}, ${draw(13, 60)}, ${draw(14, 2_000_000)}, ${draw(15, 3)},
         ${draw(16, 50_000)}, ${draw(17, 8)}, ${draw(18, 200_000)}, ${draw(19, 30)}, ${draw(14, 1_000_000)} ${each}`,
    )
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
