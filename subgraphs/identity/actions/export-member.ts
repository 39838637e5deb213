import { principalName } from '../../../kernel/auth/principal.ts'
import type { SubgraphName } from '../../../kernel/config.ts'
import { memberRecords, memberTables } from '../../../kernel/db/member-records.ts'
import { AppError } from '../../../kernel/errors.ts'
import { toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { identityText, places, unseal } from '../domain/sealing.ts'
import { findApplicationsOf } from '../store/applications.ts'
import { findAttributes } from '../store/attributes.ts'
import { findChannelIdentities } from '../store/channel-identities.ts'
import { findMemberKeys } from '../store/member-keys.ts'
import { findAllIds } from '../store/members.ts'
import { findOwnedProducts } from '../store/products.ts'
import { findProfiles } from '../store/profiles.ts'
import { distribution } from '../store/tables.ts'
import { opened } from './attributes.ts'
import { targetOf } from './callers.ts'
import { openDataKey } from './data-key.ts'
import { openProfile } from './write-profile.ts'

export interface ExportMyDataInput {
  readonly memberId?: string | null
}

export interface MemberExport {
  readonly memberId: string
  readonly generatedAt: number
  readonly data: string
}

/** Their rows are sealed: the export has what is in them, opened, and the keys are nobody's business. */
export const SEALED_TABLES: readonly string[] = [
  'member_key',
  'profile',
  'member_attribute',
  'owned_product',
  'channel_identity',
  'application',
]

/**
 * All that is known of a person, here and by the siblings, as JSON. Complete or not at all: where one part does not answer,
 * there is no export.
 */
export async function exportMember(
  ctx: IdentityContext,
  input: ExportMyDataInput,
): Promise<Result<MemberExport, IdentityRefusalCode>> {
  const member = await ctx.loaders.member.load(targetOf(ctx.principal, input.memberId))
  if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const ids = await findAllIds(ctx.db, member.id)
  const [identity, ledger, benefits, campaigns] = await Promise.all([
    knownHere(ctx, ids),
    ...SIBLINGS.map((sibling) => knownThere(ctx, sibling, ids)),
  ])
  const generatedAt = ctx.now
  const data = { format: 'huitong-member-export/1', memberId: member.id, generatedAt: toIso(generatedAt) }
  await ctx.services.accessLog.note({
    memberId: member.id,
    reader: principalName(ctx.principal),
    seen: ['export'],
    requestId: ctx.requestId,
    readAt: ctx.now,
  })
  return ok({
    memberId: member.id,
    generatedAt,
    data: JSON.stringify({ ...data, identity, ledger, benefits, campaigns }),
  })
}

const SIBLINGS = ['ledger', 'benefits', 'campaigns'] as const satisfies readonly SubgraphName[]

async function knownThere(
  ctx: IdentityContext,
  sibling: (typeof SIBLINGS)[number],
  ids: readonly string[],
): Promise<unknown> {
  const field = `${sibling}Records`
  const { _entities } = await ctx.graph.request<{ _entities: Record<string, string>[] }>(
    sibling,
    `query RecordsOf($refs: [_Any!]!) { _entities(representations: $refs) { ... on Member { ${field} } } }`,
    { refs: ids.map((id) => ({ __typename: 'Member', id })) },
  )
  return _entities.map((entity, index) => {
    const text = entity[field]
    if (text === undefined)
      throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service did not answer.')
    return { memberId: ids[index], ...(JSON.parse(text) as Record<string, unknown>) }
  })
}

async function knownHere(ctx: IdentityContext, ids: readonly string[]): Promise<unknown> {
  const { keys } = ctx.services
  const plain = memberTables(distribution).filter((table) => !SEALED_TABLES.includes(table))
  const [records, wrapped, profiles, attributes, products, identities, applications] = await Promise.all([
    memberRecords(ctx.db.query, plain, ids),
    findMemberKeys(ctx.db, ids),
    findProfiles(ctx.db, ids),
    findAttributes(ctx.db, ids),
    findOwnedProducts(ctx.db, ids),
    findChannelIdentities(ctx.db, ids),
    findApplicationsOf(ctx.db, ids),
  ])
  const dataKeys = new Map([...wrapped].map(([id, key]) => [id, openDataKey(keys, id, key)]))
  const textOf = (memberId: string, where: string, sealed: Buffer | undefined): string | null => {
    const dataKey = dataKeys.get(memberId)
    return dataKey && sealed && sealed.length > 0 ? unseal(dataKey, where, sealed).toString() : null
  }
  return {
    ...records,
    profile: [...profiles.values()].flatMap((profile) => {
      const key = wrapped.get(profile.memberId)
      return key ? { memberId: profile.memberId, ...openProfile(keys, profile, key) } : []
    }),
    member_attribute: attributes.flatMap((sealed) => {
      const dataKey = dataKeys.get(sealed.memberId)
      return dataKey
        ? { memberId: sealed.memberId, program: sealed.program, attributes: opened(dataKey, sealed) }
        : []
    }),
    owned_product: products.map(({ personId: _, serialHash: __, sealedSerial, ...product }) => ({
      ...product,
      serial: textOf(product.memberId, places.product(product.memberId, product.id), sealedSerial),
      ownedSince: toIso(product.ownedSince),
      ownedUntil: product.ownedUntil === undefined ? null : toIso(product.ownedUntil),
    })),
    application: applications.map(({ sealedWords, submittedAt, decidedAt, ...application }) => ({
      ...application,
      reason: textOf(
        application.memberId,
        places.application(application.memberId, application.id),
        sealedWords,
      ),
      submittedAt: toIso(submittedAt),
      decidedAt: decidedAt === undefined ? null : toIso(decidedAt),
    })),
    channel_identity: identities.map((row) => {
      const { personId: _, hash: __, sealedValue: ___, ...identity } = row
      return {
        ...identity,
        value: identityText(dataKeys.get(row.memberId), row) ?? null,
        verifiedAt: toIso(row.verifiedAt),
      }
    }),
  }
}
