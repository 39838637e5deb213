import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import { type Channel, KINDS } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex } from '../domain/sealing.ts'
import { claimIdentifiers, handOverClaims, releaseIdentifiers } from '../store/identifiers.ts'
import { findMembers, lockPersons } from '../store/members.ts'
import { commandOf } from './command.ts'
import { holdHashes, phoneHashesOf } from './phone-aliases.ts'
import { beginMembers, identityBound, membersRegistered } from './register-member.ts'
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
    if (!identifier.ok || !KINDS[identity.kind].fromFiles) {
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
  const claimed = [...candidates].flatMap(([key, candidate]) =>
    owners.get(key) === candidate.id ? { ...candidate, identifier: identifiers[candidate.line]! } : [],
  )
  const phoneHashes = phoneHashesOf(
    ctx,
    claimed.map(({ identifier, ...candidate }) => ({ ...identifier, candidate })),
  )
  const asked = [
    ...claimed.map(({ identifier, line }) => ({ ...identifier, line })),
    ...phoneHashes.map((one) => ({ ...one, line: one.phone.candidate.line })),
  ]
  const begun = await holdHashes(tx, ctx, phoneHashes)
  const returning = await admitReturning(tx, ctx, asked)
  if (!returning.ok) {
    // A refusal is an answer and is kept, so what was claimed for it is given back.
    await releaseIdentifiers(
      tx,
      claimed.map(({ identifier }) => identifier.hash),
      claimed.map(({ id }) => id),
    )
    const { line } = asked[Number(returning.refusal.details?.index)]!
    return fail('IDENTITY_ERASED', { path: ['members', String(line), 'identity'] })
  }
  const persons = await lockPersons(tx, [...begun.values()])
  for (const [key, holder] of ownersOfPhones(phoneHashes, begun, persons)) owners.set(key, holder)
  const bound = claimed.map((one) => ({ ...one, to: owners.get(one.identifier.hash.toString('hex'))! }))
  const found = bound.filter(({ id, to }) => to !== id)
  const fresh = bound.filter(({ id, to }) => to === id)
  const handed = found.map(({ identifier, id, to }) => ({ hash: identifier.hash, from: id, to }))
  if (handed.length > 0) await handOverClaims(tx, handed)
  const channelOf = (line: number): Channel => members[line]!.channel ?? 'IMPORT'
  if (fresh.length > 0) {
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
  }
  if (bound.length > 0) {
    await recordIdentities(
      tx,
      ctx,
      bound.map(({ to, identifier, line }) => ({ memberId: to, identifier, channel: channelOf(line) })),
    )
  }
  const begunIds = fresh.map(({ id }) => id)
  await publish(tx, [
    ...(fresh.length > 0 ? [membersRegistered(ctx.now, 'IMPORT', begunIds)] : []),
    ...found.map(({ to, identifier }) => identityBound(ctx.now, 'IMPORT', persons.get(to)!, [identifier])),
  ])
  const freshLines = new Set(fresh.map(({ line }) => line))
  const known = fresh.length === owners.size ? new Map() : await findMembers(tx, [...owners.values()])
  return ok(
    identifiers.map(({ hash }, line) => {
      const holder = owners.get(hash.toString('hex'))!
      return { memberId: known.get(holder)?.id ?? holder, created: freshLines.has(line) }
    }),
  )
}

/** A phone that leads to nobody is whose a hash of it has begun; by the hex text of the phone's own hash. */
const ownersOfPhones = (
  phoneHashes: readonly { hash: Buffer; phone: { hash: Buffer } }[],
  begun: ReadonlyMap<string, MemberId>,
  persons: ReadonlyMap<string, MemberId>,
): [phone: string, holder: MemberId][] =>
  phoneHashes.flatMap(({ hash, phone }) => {
    const holder = begun.get(hash.toString('hex'))
    return holder !== undefined && persons.has(holder) ? [[phone.hash.toString('hex'), holder]] : []
  })
