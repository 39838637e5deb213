import { createSecretKey, type KeyObject } from 'node:crypto'
import type { TokenSigner } from '../../kernel/auth/access-token.ts'
import { tokenSigner } from '../../kernel/auth/access-token.ts'
import type { Context, ServiceDependencies } from '../../kernel/graphql/context.ts'
import type { ErasedReturn } from './domain/erasure.ts'
import type { ConflictPolicy } from './domain/one-id.ts'
import type { PhoneRecipe } from './domain/phone-recipe.ts'
import { type AccessLog, accessLog } from './services/access-log.ts'
import { type CodeDelivery, codeDelivery } from './services/code-delivery.ts'
import { type OpenIdProvider, openIdProvider } from './services/open-id.ts'
import { type WechatClient, wechatClient } from './services/wechat-client.ts'
import type { Loaders } from './store/loaders.ts'

export interface Services {
  readonly wechat: WechatClient
  readonly tokens: TokenSigner
  readonly keys: Keys
  /** Sends one-time codes; undefined where no way to do so is set up. */
  readonly delivery: CodeDelivery | undefined
  /** Signs staff in, where the brand has one. */
  readonly openId: OpenIdProvider | undefined
  readonly sandbox: boolean
  readonly accessLog: AccessLog
  readonly erasedReturn: ErasedReturn
  readonly accessRecordDays: number
  readonly oneId: OneIdRules
  readonly householdMembers: number
  readonly staffSessionHours: number
  /** By which marketplaces make hashes of phones. */
  readonly phoneRecipes: readonly PhoneRecipe[]
}

/** To whom identifiers lead when that is not plain. */
export interface OneIdRules {
  readonly conflict: ConflictPolicy
  readonly dormantDays: number | undefined
}

/** `master` wraps the members' data keys, `formerMasters` did; `index` keys every look-up. */
export interface Keys {
  readonly master: KeyObject
  readonly formerMasters: readonly KeyObject[]
  readonly index: KeyObject
}

export type IdentityContext = Context<Services, Loaders>

export const openServices = ({ db, config, secrets, clock, log }: ServiceDependencies): Services => ({
  wechat: wechatClient({ ...config.wechat, sandbox: config.mode === 'sandbox', log }),
  tokens: tokenSigner(secrets.token),
  keys: {
    master: createSecretKey(secrets.master),
    formerMasters: secrets.formerMasters.map((key) => createSecretKey(key)),
    index: createSecretKey(secrets.index),
  },
  delivery: config.codes && codeDelivery({ ...config.codes, now: () => clock.now(), log }),
  openId: config.staffOpenId && openIdProvider({ ...config.staffOpenId, log }),
  sandbox: config.mode === 'sandbox',
  accessLog: accessLog(db, log),
  ...config.privacy,
  oneId: {
    conflict: config.oneId.conflict === 'review' ? 'REVIEW' : 'NEWEST_PROOF',
    dormantDays: config.oneId.dormantDays,
  },
  householdMembers: config.householdMembers,
  staffSessionHours: config.staffSessionHours,
  phoneRecipes: config.phoneRecipes,
})
