import { Agent, request } from 'undici'
import { z } from 'zod'
import type { Logger } from '../../../kernel/log.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** What WeChat says of the person behind a login code; `unionid` where the app belongs to an open platform account. */
export interface WechatAccount {
  readonly appId: string
  readonly openid: string
  readonly unionid: string | undefined
}

export interface WechatClient {
  /** Exchanges the code of `wx.login()`; each code once. */
  exchange(
    code: string,
    appId: string | undefined,
  ): Promise<Result<WechatAccount, 'WECHAT_CODE_NOT_VALID' | 'WECHAT_UNAVAILABLE'>>
}

interface WechatOptions {
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  readonly sandbox: boolean
  readonly log: Logger
  readonly timeoutMs?: number
}

const PUBLIC_URL = 'https://api.weixin.qq.com'
const TIMEOUT_MS = 3_000

/** https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html */
export function wechatClient(options: WechatOptions): WechatClient {
  const sandboxed = options.sandbox && options.baseUrl === PUBLIC_URL && options.appId === 'sandbox'
  const exchange = sandboxed ? exchangeInSandbox : code2Session(options)
  return {
    exchange: async (code, appId = options.appId) =>
      // We hold the secret of one app; a code of another cannot be exchanged.
      appId === options.appId ? exchange(code, appId) : fail('WECHAT_CODE_NOT_VALID'),
  }
}

type Exchange = (code: string, appId: string) => ReturnType<WechatClient['exchange']>

const answer = z.object({
  errcode: z.number().optional(),
  errmsg: z.string().optional(),
  openid: z.string().min(1).optional(),
  unionid: z.string().min(1).optional(),
})

/** The code is wrong, was used, is of another app, or its user is blocked: asking again does not help. */
const CODE_NOT_VALID = new Set([40029, 40163, 41008, 40226])

function code2Session({ baseUrl, appSecret, log, timeoutMs = TIMEOUT_MS }: WechatOptions): Exchange {
  const agent = new Agent({ connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  return async (code, appId) => {
    const url = new URL('/sns/jscode2session', baseUrl)
    url.search = new URLSearchParams({
      appid: appId,
      secret: appSecret,
      js_code: code,
      grant_type: 'authorization_code',
    }).toString()
    try {
      const response = await request(url, { dispatcher: agent })
      // WeChat sends JSON as text/plain, and errors with status 200.
      const { errcode = 0, errmsg, openid, unionid } = answer.parse(JSON.parse(await response.body.text()))
      if (errcode === 0 && openid !== undefined) return ok({ appId, openid, unionid })
      if (CODE_NOT_VALID.has(errcode)) return fail('WECHAT_CODE_NOT_VALID')
      log.warn({ errcode, errmsg }, 'WeChat refused code2session')
      return fail('WECHAT_UNAVAILABLE')
    } catch (error) {
      // The message only: an error of the client may carry the address, which holds the secret.
      log.warn({ reason: (error as Error).name }, 'WeChat cannot be reached')
      return fail('WECHAT_UNAVAILABLE')
    }
  }
}

const SANDBOX_CODE = /^sandbox-([\w.-]{1,64})$/

/** Without an account at WeChat a newcomer can try it: `sandbox-anna` is always the same person. */
const exchangeInSandbox: Exchange = async (code, appId) => {
  const name = SANDBOX_CODE.exec(code)?.[1]
  return name === undefined
    ? fail('WECHAT_CODE_NOT_VALID')
    : ok({ appId, openid: `openid-${name}`, unionid: `unionid-${name}` })
}
