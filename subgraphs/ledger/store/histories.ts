import type { Query } from '../../../kernel/db/statement.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { SourceDocument } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import type { History, PastDocument } from '../domain/replay.ts'
import { type AccountKey, accountName } from './accounts.ts'
import { readDocumentsOf } from './documents.ts'
import { type ProgramShelf, readMultiplierHistory } from './programs.ts'
import { readStandings, standingAt } from './standings.ts'

/**
 * All that accounts have seen, by the name of the account: three statements for any number of accounts. The work grows
 * with the documents of an account: of 2,200 documents each took 30 to 60 microseconds of CPU to play again where nothing or
 * little is counted, and 55 to 200 where tiers measure and much waits.
 */
export async function readHistories(
  query: Query,
  programs: ProgramShelf,
  keys: readonly (AccountKey & { readonly program: Program })[],
): Promise<Map<string, History>> {
  const [documents, decided, standings, published, multipliers] = await Promise.all([
    readDocumentsOf(query, keys),
    readTiersDecided(query, keys),
    readStandings(
      query,
      keys.map(({ memberId }) => memberId),
    ),
    readVersions(query, [...new Set(keys.map(({ programKey }) => programKey))]),
    readMultiplierHistory(query),
  ])
  const byAccount = Map.groupBy(documents, accountName)
  const changes = Map.groupBy(decided, ({ member_id: memberId, program_key: programKey }) =>
    accountName({ memberId, programKey }),
  )
  const histories = new Map<string, History>()
  for (const { program, ...key } of keys) {
    const versions: { from: Instant; program: Program }[] = []
    for (const { program_key, version, published_at } of published) {
      if (program_key !== key.programKey) continue
      versions.push({ from: published_at, program: await programs.version(query, program_key, version) })
    }
    const byVersion = new Map(versions.map(({ program: rules }) => [rules.version, rules]))
    const known = multipliers.get(program.id) ?? []
    const past = (byAccount.get(accountName(key)) ?? []).map(
      (document): PastDocument => ({
        document,
        rules: byVersion.get(document.ruleVersion)!,
        multipliers: known.filter(
          ({ knownFrom, knownUntil }) => knownFrom <= document.recordedAt && document.recordedAt < knownUntil,
        ),
        entry: document.entry,
        recordedAt: document.recordedAt,
      }),
    )
    const name = accountName(key)
    const tiers = (changes.get(name) ?? []).map((change) => decidedByRules(change, versions))
    const standing = standings.get(key.memberId)
    histories.set(name, {
      past: [...past, ...tiers],
      versions,
      ...(standing ? { standing: standingAt(standing, NEVER_ENDS, program.timeZone) } : {}),
    })
  }
  return histories
}

/** Tags of now decide nothing of before; only the activation is looked at. */
const NEVER_ENDS = Number.MAX_SAFE_INTEGER as Instant

interface TierDecided {
  readonly member_id: string
  readonly program_key: number
  readonly to_tier: string
  readonly at: Instant
}

/** Tiers that were decided anew by changed rules: no document tells of them. */
const readTiersDecided = (query: Query, keys: readonly AccountKey[]) =>
  query<TierDecided>(
    `/* readTiersDecided */
     select member_id, program_key, to_tier, at
     from tier_change
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)
     where reason = 'rules'`,
    [keys.map(({ memberId }) => memberId), keys.map(({ programKey }) => programKey)],
  )

/** As a replay takes it: a decision that moved nothing, behind all of its moment. */
function decidedByRules(
  { member_id: memberId, program_key: programKey, to_tier: subject, at }: TierDecided,
  versions: History['versions'],
): PastDocument {
  const rules = versions.findLast(({ from }) => from <= at)?.program ?? versions[0]!.program
  const document: SourceDocument = {
    memberId,
    id: '',
    programKey,
    ruleVersion: rules.version,
    kind: 'tier-decision',
    channel: 'rules',
    number: 'rules',
    store: undefined,
    operator: 'rules',
    subject,
    quantity: undefined,
    amount: undefined,
    lines: [],
    awards: [],
    counted: undefined,
    tierBefore: '',
    tierAfter: subject,
    effectiveAt: at,
    body: Buffer.alloc(0),
  }
  return {
    document,
    rules,
    multipliers: [],
    entry: { kind: 'grant', moves: [], seq: Number.MAX_SAFE_INTEGER },
  }
}

const readVersions = (query: Query, programKeys: readonly number[]) =>
  query<{ program_key: number; version: number; published_at: Instant }>(
    `/* programVersions */
     select program_key, version, published_at from program_version
     where program_key = any($1::smallint[]) order by program_key, version`,
    [programKeys],
  )
