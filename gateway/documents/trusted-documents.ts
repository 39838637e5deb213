import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../kernel/config.ts'
import { sha256 } from '../../kernel/values/canonical.ts'
import { AUDIENCES, type Audience } from '../../schema/contract.ts'

/** A document that somebody has looked at: the gateway plans it before anyone asks. */
export interface TrustedDocument {
  /** SHA-256 of the text, in hexadecimal. */
  readonly id: string
  readonly name: string
  readonly text: string
}

export interface TrustedDocuments {
  /** The text of a document that is trusted for this audience. */
  find(audience: Audience, id: string): string | undefined
  has(audience: Audience, text: string): boolean
  /** All that were written for an audience. */
  of(audience: Audience): readonly TrustedDocument[]
}

/** As `@apollo/generate-persisted-query-manifest` writes it. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), name: z.string(), body: z.string() })),
})

/** As the Relay compiler writes it: texts by their ids. */
const relayManifest = z.record(z.string(), z.string())

/**
 * Reads a folder of manifests, one JSON file for each client. The first word of a file's name says whose contract the
 * client speaks: `member-app.json`, `member-web.json`, `partner.json`, `staff-console.json`.
 */
export function readTrustedDocuments(folder: string): TrustedDocuments {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return trustedDocuments(
    files.flatMap((file) => {
      const audience = audienceOfClient(file)
      if (!audience) {
        throw new ConfigError(`${join(folder, file)}: its name must begin with member, partner or staff`)
      }
      return readManifest(join(folder, file)).map((document) => ({ ...document, audience }))
    }),
  )
}

export const audienceOfClient = (name: string): Audience | undefined =>
  AUDIENCES.find((one) => one === /^[a-z]+/.exec(name)?.[0])

export function trustedDocuments(
  documents: readonly (TrustedDocument & { audience: Audience })[],
): TrustedDocuments {
  const byId = (audiences: readonly Audience[]) =>
    new Map(documents.filter(({ audience }) => audiences.includes(audience)).map((one) => [one.id, one.text]))
  // Staff may name all that members and partners may.
  const known = { member: byId(['member']), partner: byId(['partner']), staff: byId(AUDIENCES) }
  const texts = {
    member: new Set(known.member.values()),
    partner: new Set(known.partner.values()),
    staff: new Set(known.staff.values()),
  }
  return {
    find: (audience, id) => known[audience].get(id),
    has: (audience, text) => texts[audience].has(text),
    of: (audience) => documents.filter((one) => one.audience === audience),
  }
}

export function readManifest(file: string): TrustedDocument[] {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const apollo = apolloManifest.safeParse(content)
  const relay = relayManifest.safeParse(content)
  const documents = apollo.success
    ? apollo.data.operations.map(({ id, name, body }) => ({ id, name, text: body }))
    : relay.success
      ? Object.entries(relay.data).map(([id, text]) => ({ id, name: nameIn(text), text }))
      : undefined
  if (!documents) throw new ConfigError(`${file}: is no manifest of persisted queries`)
  for (const { text, name, id } of documents) {
    if (idOf(text) !== id) throw new ConfigError(`${file}: the id of ${name} is not the SHA-256 of its text`)
  }
  return documents
}

export const idOf = (text: string): string => sha256(text).toString('hex')

const nameIn = (text: string): string =>
  /\b(?:query|mutation|subscription)\s+(\w+)/.exec(text)?.[1] ?? 'unnamed'
