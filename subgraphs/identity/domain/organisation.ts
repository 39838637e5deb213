import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { checkText } from './text.ts'

/** What a node of the organisation is, from the largest down. A store is where members are served; dealers are stores. */
export const NODE_KINDS = ['REGION', 'PROVINCE', 'CITY', 'STORE'] as const
export type NodeKind = (typeof NODE_KINDS)[number]

/** The path begins and ends with `/` and has the ids from the top down to the node's own: what begins with it lies below. */
export interface OrganisationNode {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  readonly parent: string | undefined
  readonly path: string
  readonly closed: boolean
}

const ID = /^[\w.-]{1,64}$/
const NAME_MAX = 64
const pathOf = (parent: OrganisationNode | undefined, id: string): string => `${parent?.path ?? '/'}${id}/`

export const liesWithin = (node: { readonly path: string }, part: { readonly path: string }): boolean =>
  node.path.startsWith(part.path)

/** How a node is to stand: new, renamed, or moved with all that is below it. */
export function placeNode(
  asked: { id: string; kind: NodeKind; name: string; parent: string | undefined },
  known: { node: OrganisationNode | undefined; parent: OrganisationNode | undefined },
): Result<OrganisationNode, 'NODE_NOT_VALID' | 'NODE_NOT_FOUND'> {
  const { id, kind, parent } = asked
  const notValid = (field: string) => fail('NODE_NOT_VALID', { path: [field], details: { field } })
  if (!ID.test(id)) return notValid('id')
  const name = checkText(asked.name, NAME_MAX)
  if (!name.ok) return notValid('name')
  // Purchases and members name a store by its id: what it was it stays.
  if (known.node && known.node.kind !== kind) return notValid('kind')
  if (parent !== undefined && (!known.parent || known.parent.closed)) {
    return fail('NODE_NOT_FOUND', { path: ['parent'] })
  }
  if (known.parent) {
    const above = NODE_KINDS.indexOf(known.parent.kind)
    if (above >= NODE_KINDS.indexOf(kind)) return notValid('parent')
    if (known.node && liesWithin(known.parent, known.node)) return notValid('parent')
  }
  return ok({ id, kind, name: name.value, parent, path: pathOf(known.parent, id), closed: false })
}
