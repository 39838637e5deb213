import type { KeyObject } from 'node:crypto'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import {
  type AttributeChange,
  type Attributes,
  type AttributeView,
  type AttributeWriter,
  changeAttributes,
  checkAttributes,
  viewAttributes,
} from '../domain/attributes.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { places, seal, unseal } from '../domain/sealing.ts'
import {
  findAttributeDefinitions,
  findAttributes,
  type SealedAttributes,
  saveAttributes,
} from '../store/attributes.ts'
import { lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { ensureDataKeys, newNonce, openDataKey } from './data-key.ts'
import { noteSight, sightOf } from './sight.ts'

export interface SetAttributesInput {
  readonly memberId?: string | null
  readonly program?: string | null
  readonly attributes: readonly AttributeChange[]
  readonly idempotencyKey?: string | null
}

/** Sets what a programme declares beyond the profile; null forgets one. */
export async function setAttributes(
  ctx: IdentityContext,
  input: SetAttributesInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const target = targetOf(ctx.principal, input.memberId)
  const writer = writerOf(ctx.principal)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'setAttributes', input),
      async () => {
        const program = await programFor(tx.query, input.program)
        if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
        const definitions = await findAttributeDefinitions(tx, program.slug)
        const changes = checkAttributes(definitions, input.attributes, writer)
        if (!changes.ok) return changes
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        await writeAttributes(tx, ctx, { memberId: member.id, program: program.slug }, (known) =>
          changeAttributes(known, changes.value),
        )
        return ok({ memberId: member.id })
      },
    ),
  )
}

/** Replaces a member's attributes in a programme by what `change` makes of them. The member must be locked. */
export async function writeAttributes(
  tx: Tx,
  ctx: IdentityContext,
  { memberId, program }: { memberId: string; program: string },
  change: (known: Attributes) => Attributes,
): Promise<void> {
  const dataKey = (await ensureDataKeys(tx, ctx.services.keys, [memberId])).get(memberId)!
  const found = (await findAttributes(tx, [memberId])).find((one) => one.program === program)
  const known = found ? opened(dataKey, found) : {}
  const text = JSON.stringify(change(known))
  if (text === JSON.stringify(known)) return
  const sealed = seal(dataKey, places.attributes(memberId, program), Buffer.from(text), newNonce())
  await saveAttributes(tx, { memberId, program, sealed, version: (found?.version ?? 0) + 1 }, ctx.now)
}

function writerOf(principal: Principal): AttributeWriter {
  switch (principal.kind) {
    case 'member':
      return 'MEMBER'
    case 'staff':
      return 'STAFF'
    case 'service':
      return 'CHANNEL'
    case 'anonymous':
    case 'partner':
      throw new ForbiddenError()
  }
}

/** A member's custom attributes in a programme as `reader` may see them. */
export async function readAttributes(
  ctx: IdentityContext,
  memberId: string,
  programSlug: string | null | undefined,
  reader: Principal,
): Promise<AttributeView[]> {
  const program = await programFor(ctx.db.query, programSlug)
  if (!program) return []
  const [definitions, all, wrapped] = await Promise.all([
    findAttributeDefinitions(ctx.db, program.slug),
    ctx.loaders.attributes.load(memberId),
    ctx.loaders.memberKey.load(memberId),
  ])
  const found = all.find(({ program: slug }) => slug === program.slug)
  if (!found || !wrapped) return []
  const sight = sightOf(reader, memberId)
  const known = opened(openDataKey(ctx.services.keys, memberId, wrapped), found)
  const views = viewAttributes(definitions, known, sight)
  const personal = views.filter(({ definition }) => definition.personal)
  await noteSight(
    ctx,
    reader,
    memberId,
    personal.map(({ definition }) => `attributes.${definition.id}`),
  )
  return views
}

export const opened = (dataKey: KeyObject, { memberId, program, sealed }: SealedAttributes): Attributes =>
  JSON.parse(unseal(dataKey, places.attributes(memberId, program), sealed).toString()) as Attributes
