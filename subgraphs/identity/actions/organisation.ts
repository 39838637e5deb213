import { principalName } from '../../../kernel/auth/principal.ts'
import { nodeOf } from '../../../kernel/auth/stores.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { liesWithin, type NodeKind, type OrganisationNode, placeNode } from '../domain/organisation.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import {
  closeNodeRow,
  findNode,
  findNodesWithin,
  isNodeInUse,
  lockOrganisation,
  saveNodeRow,
} from '../store/organisation.ts'
import { commandOf } from './command.ts'

export interface SaveNodeInput {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  readonly parent?: string | null
  readonly idempotencyKey?: string | null
}

type Answer = Result<OrganisationNode, IdentityRefusalCode>

/** A node begins, gets another name, moves with all that is below it, or opens again. */
export async function saveNode(ctx: IdentityContext, input: SaveNodeInput): Promise<Answer> {
  return ctx.db.transaction((tx) =>
    once<OrganisationNode, IdentityRefusalCode>(tx, commandOf(ctx, 'saveNode', input), async () => {
      await lockOrganisation(tx)
      const parent = input.parent ?? undefined
      const known = { node: await findNode(tx, input.id), parent: await findNode(tx, parent) }
      const placed = placeNode({ ...input, parent }, known)
      if (!placed.ok) return placed
      await saveNodeRow(tx, placed.value, known.node, principalName(ctx.principal), ctx.now)
      const moved = known.node !== undefined && known.node.path !== placed.value.path
      await changed(tx, ctx, moved ? await findNodesWithin(tx, input.id) : [placed.value])
      return placed
    }),
  )
}

export interface CloseNodeInput {
  readonly id: string
  readonly idempotencyKey?: string | null
}

/** A node that has nothing open below it and nobody placed at it is given up; its members stay where they joined. */
export async function closeNode(ctx: IdentityContext, input: CloseNodeInput): Promise<Answer> {
  return ctx.db.transaction((tx) =>
    once<OrganisationNode, IdentityRefusalCode>(tx, commandOf(ctx, 'closeNode', input), async () => {
      await lockOrganisation(tx)
      const node = await findNode(tx, input.id)
      if (!node) return fail('NODE_NOT_FOUND', { path: ['id'] })
      if (node.closed) return ok(node)
      if (await isNodeInUse(tx, node)) return fail('NODE_IN_USE', { path: ['id'] })
      await closeNodeRow(tx, node.id, ctx.now)
      const closed = { ...node, closed: true }
      await changed(tx, ctx, [closed])
      return ok(closed)
    }),
  )
}

const changed = (tx: Tx, ctx: IdentityContext, nodes: readonly OrganisationNode[]): Promise<void> =>
  publish(tx, [
    {
      type: 'identity.OrganisationChanged',
      occurredAt: ctx.now,
      payload: {
        nodes: nodes.map(({ parent, ...node }) => ({ ...node, parent: parent ?? null })),
      },
    },
  ])

/** The caller's part of the organisation, or what of it lies within a node; from the top down. */
export async function readOrganisation(
  ctx: IdentityContext,
  within: string | null | undefined,
): Promise<readonly OrganisationNode[]> {
  const own = nodeOf(ctx.principal)
  const asked = within ?? own
  if (own === undefined || asked === own) return findNodesWithin(ctx.db, asked)
  const [part, node] = [await findNode(ctx.db, own), await findNode(ctx.db, asked)]
  return part && node && liesWithin(node, part) ? findNodesWithin(ctx.db, asked) : []
}
