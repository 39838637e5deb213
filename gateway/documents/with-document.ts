import { BadInputError } from '../../kernel/errors.ts'
import type { HttpRequest } from '../warm-path.ts'
import { isPersisted, type Named, type Resolved } from './resolve-document.ts'

/** What a request names: in its body or, with GET, in its address. */
export function namedIn({ method, url, body }: HttpRequest): Named {
  if (method === 'GET') {
    const search = new URL(url, 'http://gateway').searchParams
    const extensions = search.get('extensions')
    return {
      query: search.get('query') ?? undefined,
      documentId: search.get('documentId') ?? undefined,
      extensions: extensions === null ? undefined : parsed(extensions),
    }
  }
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadInputError('extensions: is not JSON.')
  }
}

/** The same request with the text of its document, so that all that follows need not know how it was named. */
export function withDocument(request: HttpRequest, named: Named, { text }: Resolved): HttpRequest {
  const { documentId, extensions } = named
  const byText = (documentId === undefined || documentId === null) && !isPersisted(extensions)
  if (byText || text === undefined) return request
  if (request.method === 'GET') {
    const url = new URL(request.url, 'http://gateway')
    url.searchParams.delete('documentId')
    url.searchParams.delete('extensions')
    url.searchParams.set('query', text)
    return { ...request, url: `${url.pathname}${url.search}` }
  }
  const { documentId: _, extensions: __, ...rest } = request.body as Record<string, unknown>
  return { ...request, body: { ...rest, query: text } }
}
