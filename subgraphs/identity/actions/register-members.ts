import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import type { Channel } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex } from '../domain/sealing.ts'
import { claimIdentifiers, releaseIdentifiers } from '../store/identifiers.ts'
import { findMembers } from '../store/members.ts'
import { commandOf } from './command.ts'
import { beginMembers, membersRegistered } from './register-member.ts'
import { recordIdentities } from './resolve-member.ts'
import { admitReturning } from './return-of-erased.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

export interface RegisterMembersInput {
  readonly source: string
  readonly members: readonly {
    readonly identity: IdentifierText
    readonly joinedAt?: Instant | null
    readonly channel?: Channel | null
  }[]
  readonly idempotencyKey?: string | null
}

export interface RegisteredItem {
  readonly memberId: MemberId
  readonly created: boolean
}

const MEMBERS_MAX = 1_000

/**
 * History comes in, many members at once: one statement per table, however many they are. An identity that is known
 * leads to its member, so the same file may be imported twice. 1,000 take some 85 ms on two busy
 * cores, PostgreSQL included; 30 ms when all are known.
 */
export async function registerMembers(
  ctx: IdentityContext,
  input: RegisterMembersInput,
): Promise<Result<readonly RegisteredItem[], IdentityRefusalCode>> {
  return ctx.db.transaction((tx) =>
    once(tx, commandOf(ctx, 'registerMembers', input), async () => {
      const identifiers = readIdentifiers(ctx, input)
      return identifiers.ok ? admitAll(tx, ctx, input, identifiers.value) : identifiers
    }),
  )
}

function readIdentifiers(
  ctx: IdentityContext,
  { members, source }: RegisterMembersInput,
): Result<VerifiedIdentifier[], IdentityRefusalCode> {
  if (members.length === 0 || members.length > MEMBERS_MAX) {
    return fail('IDENTIFIER_NOT_VALID', { path: ['members'] })
  }
  const identifiers: VerifiedIdentifier[] = []
  for (const [index, { identity }] of members.entries()) {
    const scope = identity.scope || (identity.kind === 'EXTERNAL' ? source : '')
    const identifier = normaliseIdentifier({ ...identity, scope })
    if (
      !identifier.ok ||
      identity.kind === 'MEMBER_NUMBER' ||
      identity.kind === 'COMPANY' ||
      identity.kind === 'PHONE_HASH'
    ) {
      const code = identifier.ok ? 'IDENTIFIER_NOT_VALID' : identifier.refusal.code
      return fail(code, { path: ['members', String(index), 'identity'] })
    }
    identifiers.push({
      ...identifier.value,
      hash: blindIndex(ctx.services.keys.index, identifier.value),
      strength: 'checked',
      source: principalName(ctx.principal),
    })
  }
  return ok(identifiers)
}

async function admitAll(
  tx: Tx,
  ctx: IdentityContext,
  { members }: RegisterMembersInput,
  identifiers: readonly VerifiedIdentifier[],
): Promise<Result<RegisteredItem[], 'IDENTITY_ERASED'>> {
  // Lines of one import may name one person twice; the first line is the one that counts.
  const candidates = new Map<string, { id: MemberId; line: number }>()
  for (const [line, { hash }] of identifiers.entries()) {
    const key = hash.toString('hex')
    if (!candidates.has(key)) candidates.set(key, { id: newId<MemberId>(ctx.now), line })
  }
  const owners = await claimIdentifiers(
    tx,
    [...candidates.values()].map(({ id, line }) => {
      const { kind, scope, hash } = identifiers[line]!
      return { kind, scope, hash, memberId: id }
    }),
  )
  const fresh = [...candidates].flatMap(([key, candidate]) =>
    owners.get(key) === candidate.id ? candidate : [],
  )
  const returning = await admitReturning(
    tx,
    ctx,
    fresh.map(({ line }) => identifiers[line]!),
  )
  if (!returning.ok) {
    // A refusal is an answer and is kept, so what was claimed for it is given back.
    await releaseIdentifiers(
      tx,
      fresh.map(({ line }) => identifiers[line]!.hash),
      fresh.map(({ id }) => id),
    )
    const { line } = fresh[Number(returning.refusal.details?.index)]!
    return fail('IDENTITY_ERASED', { path: ['members', String(line), 'identity'] })
  }
  if (fresh.length > 0) {
    const channelOf = (line: number): Channel => members[line]!.channel ?? 'IMPORT'
    await beginMembers(
      tx,
      ctx,
      fresh.map(({ id, line }) => ({
        id,
        joinedAt: members[line]!.joinedAt ?? ctx.now,
        channel: channelOf(line),
        store: undefined,
      })),
    )
    await recordIdentities(
      tx,
      ctx,
      fresh.map(({ id, line }) => ({
        memberId: id,
        identifier: identifiers[line]!,
        channel: channelOf(line),
      })),
    )
    await publish(tx, [
      membersRegistered(
        ctx.now,
        'IMPORT',
        fresh.map(({ id }) => id),
      ),
    ])
  }
  const freshLines = new Set(fresh.map(({ line }) => line))
  const known = fresh.length === owners.size ? new Map() : await findMembers(tx, [...owners.values()])
  return ok(
    identifiers.map(({ hash }, line) => {
      const holder = owners.get(hash.toString('hex'))!
      return { memberId: known.get(holder)?.id ?? holder, created: freshLines.has(line) }
    }),
  )
}
