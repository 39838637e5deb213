import type { Config } from '../../kernel/config.ts'
import { AppError, BadInputError, ForbiddenError } from '../../kernel/errors.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Audience } from '../../schema/contract.ts'
import type { LearnedDocuments } from './learned-documents.ts'
import { idOf, type TrustedDocuments } from './trusted-documents.ts'

/** How a request says which document it means: by its text, its id, or Apollo's extension. */
export interface Named {
  readonly query?: unknown
  readonly documentId?: unknown
  readonly extensions?: unknown
}

export interface Resolved {
  /** The document's text; undefined where none was named, which is for the pipeline to refuse. */
  readonly text: string | undefined
  readonly trusted: boolean
}

export type ResolveDocument = (audience: Audience, named: Named) => Resolved | Promise<Resolved>

/** Apollo's clients go by this text, and send the whole document then. */
export const NOT_FOUND_TEXT = 'PersistedQueryNotFound'

const SHA256 = /^[0-9a-f]{64}$/
/** Ids of documents that are not trusted are logged once, as many as this. */
const LOGGED_MAX = 10_000

/**
 * Finds the document that a request names. `enforce`: only trusted documents are answered. `log`: others, too, and each
 * is logged once. `off`: any. Ids are those of the GraphQL over HTTP specification, appendix A (`sha256:<hex>`); Apollo's
 * `persistedQuery` is taken as well, and where any document is answered the text that comes with it is remembered.
 */
export function documentResolver(options: {
  modes: Config['documents']
  trusted: TrustedDocuments
  learned: LearnedDocuments
  log: Logger
}): ResolveDocument {
  const { modes, trusted, learned, log } = options
  const logged = new Set<string>()

  const byText = (audience: Audience, text: string): Resolved => {
    const mode = modes[audience]
    if (mode === 'off') return { text, trusted: false }
    if (trusted.has(audience, text)) return { text, trusted: true }
    if (mode === 'enforce') {
      throw new ForbiddenError('Only trusted documents are answered here: send the documentId of one.')
    }
    const id = idOf(text)
    if (logged.size < LOGGED_MAX && !logged.has(id)) {
      logged.add(id)
      log.warn({ documentId: `sha256:${id}`, audience }, 'a document is not trusted')
    }
    return { text, trusted: false }
  }

  const byId = (audience: Audience, id: string, missing: () => AppError): Resolved | Promise<Resolved> => {
    const known = trusted.find(audience, id)
    if (known !== undefined) return { text: known, trusted: true }
    if (modes[audience] === 'enforce') throw missing()
    const answered = (text: string | undefined): Resolved => {
      if (text === undefined) throw missing()
      return byText(audience, text)
    }
    const found = learned.get(id)
    return found instanceof Promise ? found.then(answered) : answered(found)
  }

  return (audience, { query, documentId, extensions }) => {
    const text = typeof query === 'string' && query !== '' ? query : undefined
    if (documentId !== undefined && documentId !== null) {
      if (text !== undefined) throw new BadInputError('Send query or documentId, not both.')
      const missing = () => new AppError('NOT_FOUND', 'There is no such document for this kind of caller.')
      return byId(audience, hashOf(documentId), missing)
    }
    const hash = persistedHash(extensions)
    if (hash === undefined) return text === undefined ? { text, trusted: false } : byText(audience, text)
    if (text === undefined) return byId(audience, hash, () => new AppError('NOT_FOUND', NOT_FOUND_TEXT))
    // Whoever could store a text under another's hash could have others ask what they do not mean.
    if (idOf(text) !== hash) {
      throw new BadInputError('extensions.persistedQuery.sha256Hash is not that of the query.')
    }
    const resolved = byText(audience, text)
    if (!resolved.trusted) learned.put(hash, text)
    return resolved
  }
}

function hashOf(documentId: unknown): string {
  const [, hash] =
    (typeof documentId === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(documentId) : undefined) ?? []
  if (hash === undefined) throw new BadInputError('documentId must be sha256: and 64 hexadecimal digits.')
  return hash
}

function persistedHash(extensions: unknown): string | undefined {
  if (!isPersisted(extensions)) return undefined
  const { version, sha256Hash } = (extensions.persistedQuery ?? {}) as Record<string, unknown>
  if (version !== 1 || typeof sha256Hash !== 'string' || !SHA256.test(sha256Hash)) {
    throw new BadInputError('extensions.persistedQuery must have version 1 and a sha256Hash.')
  }
  return sha256Hash
}

export const isPersisted = (extensions: unknown): extensions is { persistedQuery: unknown } =>
  typeof extensions === 'object' && extensions !== null && Object.hasOwn(extensions, 'persistedQuery')
