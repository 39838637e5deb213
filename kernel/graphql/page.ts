import { BadInputError } from '../errors.ts'

/** Lists that can grow are Relay connections: https://relay.dev/graphql/connections.htm */
export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

export interface PageArguments {
  readonly first?: number | null
  readonly after?: string | null
}

export const PAGE_SIZE_MAX = 100
const PAGE_SIZE = 20

/** How many to show, and the key behind which they begin. Ask the store for one more than `limit`. */
export function pageOf({ first, after }: PageArguments): { limit: number; after: string | undefined } {
  const limit = first ?? PAGE_SIZE
  if (limit < 1 || limit > PAGE_SIZE_MAX) throw new BadInputError(`first must be from 1 to ${PAGE_SIZE_MAX}.`)
  return { limit, after: after ? decodeCursor(after) : undefined }
}

/** Packs rows of which one more than `limit` was asked for. */
export function connection<Node>(
  rows: readonly Node[],
  limit: number,
  keyOf: (node: Node) => string,
): Connection<Node> {
  const edges = rows.slice(0, limit).map((node) => new Edge(node, keyOf))
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > limit,
      hasPreviousPage: false,
      get startCursor() {
        return edges[0]?.cursor ?? null
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null
      },
    },
  }
}

/** Most who look at a page want the cursor of its end, and no other. */
class Edge<Node> {
  readonly node: Node
  readonly #keyOf: (node: Node) => string

  constructor(node: Node, keyOf: (node: Node) => string) {
    this.node = node
    this.#keyOf = keyOf
  }

  get cursor(): string {
    return encodeCursor(this.#keyOf(this.node))
  }
}

export const encodeCursor = (key: string): string => Buffer.from(key).toString('base64url')

export const decodeCursor = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()
