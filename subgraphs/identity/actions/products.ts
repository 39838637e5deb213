import { type Principal, principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { isUuid, type MemberId, newId } from '../../../kernel/values/ids.ts'
import { localDate } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { ProductOwnersChanged, ProductRegistered } from '../../../schema/events/identity.ts'
import type { IdentityContext } from '../context.ts'
import type { Channel } from '../domain/kinds.ts'
import { maskIdentity } from '../domain/masking.ts'
import { checkProductFacts, decideRegistration, type Holding, type ProductFacts } from '../domain/products.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, places, seal, unseal } from '../domain/sealing.ts'
import { identifierOf, readSerial, type Serial, type SerialText } from '../domain/serial.ts'
import { deleteChannelIdentity } from '../store/channel-identities.ts'
import { claimIdentifiers, handOverIdentifier } from '../store/identifiers.ts'
import { findAllIds, type LockedMember } from '../store/members.ts'
import {
  endOwnership,
  giveSerial,
  insertOwnedProduct,
  lockOwnedProduct,
  type OwnedProductRow,
  releaseSerial,
  takeSerial,
  verifyOwnedProduct,
} from '../store/products.ts'
import { channelOf, lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { ensureDataKeys, newNonce, openDataKeys } from './data-key.ts'
import { recordIdentities } from './resolve-member.ts'
import { noteSight, sightOf } from './sight.ts'

export interface RegisterProductInput {
  readonly memberId?: string | null
  readonly product: SerialText
  readonly model?: string | null
  readonly boughtOn?: string | null
  readonly dealer?: string | null
  readonly idempotencyKey?: string | null
}

type Answer = Result<{ memberId: MemberId; productId: string }, IdentityRefusalCode>

/** A product becomes a member's: by the word of a dealer or channel, or as the member's own claim. */
export async function registerProduct(ctx: IdentityContext, input: RegisterProductInput): Promise<Answer> {
  const target = targetOf(ctx.principal, input.memberId)
  const channel = channelOf(ctx.principal, undefined, 'WEB')
  const verified = ctx.principal.kind !== 'member'
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId; productId: string }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'registerProduct', input),
      async () => {
        const serial = readSerial(input.product)
        if (!serial.ok) return serial
        const facts = checkProductFacts(input, localDate(ctx.now, 'Pacific/Kiritimati'))
        if (!facts.ok) return facts
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        return register(tx, ctx, {
          memberId: member.holderId,
          personIds: await findAllIds(tx, member.id),
          serial: serial.value,
          facts: { ...facts.value, dealer: facts.value.dealer ?? storeOf(ctx.principal) },
          verified,
          channel,
        })
      },
    ),
  )
}

const storeOf = (principal: Principal): string | undefined =>
  principal.kind === 'staff' ? principal.store : undefined

async function register(
  tx: Tx,
  ctx: IdentityContext,
  given: {
    memberId: MemberId
    personIds: readonly MemberId[]
    serial: Serial
    facts: ProductFacts
    verified: boolean
    channel: Channel
  },
): Promise<Answer> {
  const { memberId, personIds, serial, facts, verified, channel } = given
  const hash = blindIndex(ctx.services.keys.index, identifierOf(serial))
  const productId = newId(ctx.now)
  const holder = await takeSerial(tx, hash, { memberId, productId, verified })
  const holding: Holding = holder
    ? { state: personIds.includes(holder.memberId) ? 'own' : 'other', verified: holder.verified }
    : { state: 'free' }
  const decided = decideRegistration(holding, verified)
  if (!decided.ok) return decided
  const ownerId = holding.state === 'own' ? holder!.memberId : memberId
  if (verified && !(await leadTo(tx, ctx, ownerId, serial, hash, channel, personIds))) {
    // The number was bound to somebody else before it was a product: who of the two has it is for people to find out.
    if (!holder) await releaseSerial(tx, hash)
    return fail('PRODUCT_OWNED_BY_ANOTHER', { path: ['product'] })
  }
  if (decided.value === 'verify') {
    const owned = { memberId: ownerId, productId: holder!.productId, verified: true }
    await giveSerial(tx, hash, owned)
    const stated = await verifyOwnedProduct(tx, {
      memberId: ownerId,
      id: owned.productId,
      ...facts,
      recordedBy: principalName(ctx.principal),
    })
    await publish(tx, [productRegistered(ctx, ownerId, serial, { ...stated, verified })])
    return ok({ memberId: ownerId, productId: owned.productId })
  }
  if (decided.value === 'overrule') {
    const claim = { memberId: holder!.memberId, id: holder!.productId }
    await endOwnership(tx, claim, { because: 'CLAIM_OVERRULED', nextOwner: memberId, at: ctx.now })
    await giveSerial(tx, hash, { memberId, productId, verified })
  }
  await insertOwnedProduct(tx, {
    ...(await sealedFor(tx, ctx, memberId, productId, serial, hash)),
    ...facts,
    verified,
    acquiredBy: 'REGISTERED',
    formerOwner: undefined,
  })
  await publish(tx, [
    ownersChanged(ctx, decided.value === 'overrule' ? [holder!.memberId, memberId] : [memberId]),
    productRegistered(ctx, memberId, serial, {
      model: facts.model ?? null,
      boughtOn: facts.boughtOn ?? null,
      dealer: facts.dealer ?? null,
      verified,
    }),
  ])
  return ok({ memberId, productId })
}

/** The serial leads to its verified owner from now on; false if it leads to somebody else. */
async function leadTo(
  tx: Tx,
  ctx: IdentityContext,
  memberId: MemberId,
  serial: Serial,
  hash: Buffer,
  channel: Channel,
  personIds: readonly MemberId[] = [memberId],
): Promise<boolean> {
  const identifier = identifierOf(serial)
  const { kind, scope } = identifier
  const owners = await claimIdentifiers(tx, [{ kind, scope, hash, memberId }])
  const owner = owners.get(hash.toString('hex'))!
  if (!personIds.includes(owner)) return false
  if (owner !== memberId) return true
  const source = principalName(ctx.principal)
  await recordIdentities(tx, ctx, [
    { memberId, identifier: { ...identifier, hash, strength: 'checked', source }, channel },
  ])
  return true
}

async function sealedFor(
  tx: Tx,
  ctx: IdentityContext,
  memberId: MemberId,
  productId: string,
  serial: Serial,
  hash: Buffer,
): Promise<
  Pick<
    OwnedProductRow,
    | 'memberId'
    | 'id'
    | 'kind'
    | 'make'
    | 'serialHash'
    | 'sealedSerial'
    | 'recordedBy'
    | 'ownedSince'
    | 'ownedUntil'
    | 'endedBecause'
    | 'nextOwner'
  >
> {
  const dataKey = (await ensureDataKeys(tx, ctx.services.keys, [memberId])).get(memberId)!
  const where = places.product(memberId, productId)
  return {
    memberId,
    id: productId,
    kind: serial.kind,
    make: serial.make,
    serialHash: hash,
    sealedSerial: seal(dataKey, where, Buffer.from(serial.number), newNonce()),
    recordedBy: principalName(ctx.principal),
    ownedSince: ctx.now,
    ownedUntil: undefined,
    endedBecause: undefined,
    nextOwner: undefined,
  }
}

const productRegistered = (
  ctx: IdentityContext,
  memberId: MemberId,
  { kind, make }: Serial,
  stated: Omit<ProductRegistered, 'kind' | 'make'>,
) => ({
  type: 'identity.ProductRegistered' as const,
  memberId,
  occurredAt: ctx.now,
  payload: { kind, make, ...stated } satisfies ProductRegistered,
})

const ownersChanged = (ctx: IdentityContext, memberIds: readonly MemberId[]) => ({
  type: 'identity.ProductOwnersChanged' as const,
  ...(memberIds.length === 1 ? { memberId: memberIds[0]! } : {}),
  occurredAt: ctx.now,
  payload: { memberIds } satisfies ProductOwnersChanged,
})

export interface TransferProductInput {
  readonly memberId: string
  readonly productId: string
  readonly toMemberId: string
  readonly dealer?: string | null
  readonly idempotencyKey?: string | null
}

/** A product changes its owner; both sides keep their record of it, and its serial leads to the new owner. */
export async function transferProduct(ctx: IdentityContext, input: TransferProductInput): Promise<Answer> {
  const channel = channelOf(ctx.principal, undefined, 'WEB')
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId; productId: string }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'transferProduct', input),
      async () => {
        const facts = checkProductFacts({ dealer: input.dealer }, '')
        if (!facts.ok) return facts
        const locked = new Map<string, LockedMember | undefined>()
        for (const id of [input.memberId, input.toMemberId].toSorted()) {
          locked.set(id, await lockReachable(tx, ctx.principal, id))
        }
        const [from, to] = [locked.get(input.memberId), locked.get(input.toMemberId)]
        if (!from) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        if (!to) return fail('MEMBER_NOT_FOUND', { path: ['toMemberId'] })
        const product = isUuid(input.productId)
          ? await lockOwnedProduct(tx, await findAllIds(tx, from.id), input.productId)
          : undefined
        if (!product) return fail('PRODUCT_NOT_FOUND', { path: ['productId'] })
        if (from.id === to.id) return fail('PRODUCT_ALREADY_REGISTERED', { path: ['toMemberId'] })
        const dealer = facts.value.dealer ?? storeOf(ctx.principal)
        return ok(await handOver(tx, ctx, product, to.holderId, { dealer, channel }))
      },
    ),
  )
}

async function handOver(
  tx: Tx,
  ctx: IdentityContext,
  product: OwnedProductRow,
  to: MemberId,
  { dealer, channel }: { dealer: string | undefined; channel: Channel },
): Promise<{ memberId: MemberId; productId: string }> {
  const from = product.memberId
  const keys = await ensureDataKeys(tx, ctx.services.keys, [from])
  const number = unseal(keys.get(from)!, places.product(from, product.id), product.sealedSerial).toString()
  const serial: Serial = { kind: product.kind, make: product.make, number }
  const hash = product.serialHash
  const productId = newId(ctx.now)

  await giveSerial(tx, hash, { memberId: to, productId, verified: true })
  await endOwnership(tx, product, { because: 'TRANSFERRED', nextOwner: to, at: ctx.now })
  await deleteChannelIdentity(tx, from, hash)
  await handOverIdentifier(tx, hash, from, to)
  const leads = await leadTo(tx, ctx, to, serial, hash, channel)
  assert(leads, 'a serial leads to the owner of its product')
  await insertOwnedProduct(tx, {
    ...(await sealedFor(tx, ctx, to, productId, serial, hash)),
    model: product.model,
    boughtOn: undefined,
    dealer,
    verified: true,
    acquiredBy: 'TRANSFERRED',
    formerOwner: from,
  })
  await publish(tx, [ownersChanged(ctx, [from, to])])
  return { memberId: to, productId }
}

export interface ProductView extends Omit<OwnedProductRow, 'serialHash' | 'sealedSerial'> {
  readonly serial: string
}

/** A member's products; serials in clear for their owner and for who may see personal data. */
export async function readProducts(
  ctx: IdentityContext,
  memberId: string,
  reader: Principal,
  options: { former: boolean },
): Promise<ProductView[]> {
  const all = await ctx.loaders.products.load(memberId)
  const rows = all.filter(({ ownedUntil }) => options.former || ownedUntil === undefined)
  if (rows.length === 0) return []
  const dataKeys = await openDataKeys(
    ctx,
    rows.map(({ memberId: holder }) => holder),
  )
  const sight = sightOf(reader, memberId)
  if (dataKeys.size > 0) await noteSight(ctx, reader, memberId, ['products.serial'])
  return rows.map(({ serialHash: _, sealedSerial, ...product }) => {
    const dataKey = dataKeys.get(product.memberId)
    const serial = dataKey
      ? unseal(dataKey, places.product(product.memberId, product.id), sealedSerial).toString()
      : ''
    return { ...product, serial: sight === 'clear' ? serial : maskIdentity('SERIAL', serial) }
  })
}
