import type { Query } from '../../../kernel/db/statement.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { Program } from '../domain/program.ts'
import type { History, PastDocument } from '../domain/replay.ts'
import { type AccountKey, accountName } from './accounts.ts'
import { readDocumentsOf } from './documents.ts'
import { type ProgramShelf, readMultiplierHistory } from './programs.ts'

/**
 * All that accounts have seen, by the name of the account: three statements for any number of accounts. The work grows
 * with the documents of an account: some 25 microseconds each to read and as much to play again.
 */
export async function readHistories(
  query: Query,
  programs: ProgramShelf,
  keys: readonly (AccountKey & { readonly program: Program })[],
): Promise<Map<string, History>> {
  const [documents, published, multipliers] = await Promise.all([
    readDocumentsOf(query, keys),
    readVersions(query, [...new Set(keys.map(({ programKey }) => programKey))]),
    readMultiplierHistory(query),
  ])
  const byAccount = Map.groupBy(documents, accountName)
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
      }),
    )
    histories.set(accountName(key), { past, versions })
  }
  return histories
}

const readVersions = (query: Query, programKeys: readonly number[]) =>
  query<{ program_key: number; version: number; published_at: Instant }>(
    `/* programVersions */
     select program_key, version, published_at from program_version
     where program_key = any($1::smallint[]) order by program_key, version`,
    [programKeys],
  )
