import { principalName } from '../../../kernel/auth/principal.ts'
import type { Command } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { InvariantError } from '../../../kernel/values/assert.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { strengthOfAssertion } from '../domain/assertions.ts'
import { type ChannelAccount, identitiesOf } from '../domain/dialects.ts'
import { type Identifier, type IdentifierText, normaliseIdentifier } from '../domain/identifier.ts'
import type { Strength } from '../domain/one-id.ts'
import { type CodePurpose, checkCode } from '../domain/one-time-code.ts'
import { recipeFor } from '../domain/phone-recipe.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, codeOf, equalSecrets } from '../domain/sealing.ts'
import type { WechatAccount } from '../services/wechat-client.ts'
import { wasAnswered } from '../store/commands.ts'
import { countWrongTry, lockLatestCode, markCodeUsed } from '../store/one-time-codes.ts'
import { asserterOf } from './callers.ts'
import { checkAttempts, countAddressAttempt } from './limit-attempts.ts'

/** `ProofInput`: exactly one of them. */
export interface ProofInput {
  readonly phoneCode?: { readonly phone: string; readonly code: string } | null
  readonly wechatCode?: { readonly code: string; readonly appId?: string | null } | null
  readonly asserted?: IdentifierText | null
  readonly account?: ChannelAccount | null
}

export interface VerifiedIdentifier extends Identifier {
  readonly hash: Buffer
  readonly strength: Strength
  readonly source: string
}

/** Nobody comes with more at once; each may cost a call to WeChat. */
const PROOFS_MAX = 10

type Verdict<T> = Result<T, IdentityRefusalCode>

/** A proof that is in good form and that this caller may bring; nothing outside has been asked yet. */
export type ReadProof =
  | { readonly kind: 'phoneCode'; readonly phone: Identifier; readonly code: string }
  | { readonly kind: 'wechatCode'; readonly code: string; readonly appId: string | undefined }
  | { readonly kind: 'wechatAccount'; readonly account: WechatAccount }
  | { readonly kind: 'asserted'; readonly identifier: Identifier; readonly strength: Strength }

/**
 * Reads proofs and has outsiders asked, before any transaction. A command that has been answered asks nobody again:
 * WeChat takes each code once.
 */
export async function prepareProofs(
  ctx: IdentityContext,
  command: Command,
  given: readonly ProofInput[],
): Promise<Verdict<readonly ReadProof[]>> {
  const proofs = readProofs(ctx, given)
  if (!proofs.ok || (await wasAnswered(ctx.db, command.owner, command.key))) return proofs
  return exchangeWechatCodes(ctx, proofs.value)
}

/** Not an answer to keep: the same call may succeed a moment later. */
export const isPassing = (verdict: Verdict<unknown>): boolean =>
  !verdict.ok && verdict.refusal.code === 'WECHAT_UNAVAILABLE'

function readProofs(ctx: IdentityContext, given: readonly ProofInput[]): Verdict<readonly ReadProof[]> {
  const { phoneRecipes } = ctx.services
  const asserter = asserterOf(ctx.principal, phoneRecipes)
  const recipeOf = (brand: string): string =>
    asserter.kind === 'partner' ? (recipeFor(phoneRecipes, asserter.partnerId, brand)?.id ?? '') : ''
  const proofs: ReadProof[] = []
  if (given.length > PROOFS_MAX) return fail('IDENTIFIER_NOT_VALID', { path: ['proofs'] })
  for (const [index, { phoneCode, wechatCode, asserted, account }] of given.entries()) {
    const path = ['proofs', String(index)]
    if (wechatCode) {
      proofs.push({ kind: 'wechatCode', code: wechatCode.code, appId: wechatCode.appId ?? undefined })
    }
    if (phoneCode) {
      const phone = normaliseIdentifier({ kind: 'PHONE', value: phoneCode.phone })
      if (!phone.ok) return fail(phone.refusal.code, { path: [...path, 'phoneCode', 'phone'] })
      proofs.push({ kind: 'phoneCode', phone: phone.value, code: phoneCode.code })
    }
    const word = account ? 'account' : 'asserted'
    for (const identity of account ? identitiesOf(account, recipeOf) : asserted ? [asserted] : []) {
      const own = asserter.kind === 'partner' && identity.kind === 'PARTNER_CUSTOMER'
      const identifier = normaliseIdentifier(
        own ? { ...identity, scope: identity.scope || asserter.partnerId } : identity,
      )
      if (!identifier.ok) return fail(identifier.refusal.code, { path: [...path, word, 'value'] })
      const strength = strengthOfAssertion(asserter, identifier.value)
      if (!strength) {
        return fail('ASSERTION_NOT_ALLOWED', {
          path: [...path, word, 'kind'],
          details: { kind: identity.kind },
        })
      }
      proofs.push({ kind: 'asserted', identifier: identifier.value, strength })
    }
  }
  return ok(proofs)
}

async function exchangeWechatCodes(
  ctx: IdentityContext,
  proofs: readonly ReadProof[],
): Promise<Verdict<readonly ReadProof[]>> {
  const exchanged: ReadProof[] = []
  for (const proof of proofs) {
    if (proof.kind !== 'wechatCode') {
      exchanged.push(proof)
      continue
    }
    const account = await ctx.services.wechat.exchange(proof.code, proof.appId)
    if (!account.ok) return account
    exchanged.push({ kind: 'wechatAccount', account: account.value })
  }
  return ok(exchanged)
}

/** What the proofs prove. Uses up the one-time codes that are right, and counts the tries of those that are not. */
export async function verifyProofs(
  tx: Tx,
  ctx: IdentityContext,
  proofs: readonly ReadProof[],
  purpose: CodePurpose,
): Promise<Verdict<readonly VerifiedIdentifier[]>> {
  const verified: VerifiedIdentifier[] = []
  const add = (identifier: Identifier, strength: Strength, source: string) => {
    const hash = blindIndex(ctx.services.keys.index, identifier)
    if (!verified.some((other) => other.hash.equals(hash))) {
      verified.push({ ...identifier, hash, strength, source })
    }
  }
  for (const proof of proofs) {
    switch (proof.kind) {
      case 'asserted':
        add(proof.identifier, proof.strength, principalName(ctx.principal))
        break
      case 'wechatAccount': {
        const { appId, openid, unionid } = proof.account
        add({ kind: 'WECHAT_OPENID', scope: appId, value: openid }, 'proved', 'wechat')
        if (unionid) add({ kind: 'WECHAT_UNIONID', scope: '', value: unionid }, 'proved', 'wechat')
        break
      }
      case 'phoneCode': {
        const right = await useCode(tx, ctx, proof.phone, proof.code, purpose)
        if (!right.ok) return right
        add(proof.phone, 'proved', 'one-time code')
        break
      }
      case 'wechatCode':
        throw new InvariantError('WeChat codes are exchanged before the transaction')
    }
  }
  return ok(verified)
}

async function useCode(
  tx: Tx,
  ctx: IdentityContext,
  phone: Identifier,
  typed: string,
  purpose: CodePurpose,
): Promise<Verdict<true>> {
  const mayGuess = await checkAttempts(tx, ctx, 'wrong-code')
  if (!mayGuess.ok) return mayGuess
  const { index } = ctx.services.keys
  const phoneHash = blindIndex(index, phone)
  const latest = await lockLatestCode(tx, phoneHash, purpose)
  const matches = latest !== undefined && equalSecrets(codeOf(index, latest.id), typed.trim())
  const verdict = checkCode(latest, matches, ctx.now)
  if (verdict.ok) await markCodeUsed(tx, phoneHash, latest!.id, ctx.now)
  else if (!matches) {
    if (latest) await countWrongTry(tx, phoneHash, latest.id)
    await countAddressAttempt(tx, ctx, 'wrong-code')
  }
  return verdict
}
