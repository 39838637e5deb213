import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'

/**
 * Every variable of the environment, once. `docs/CONFIGURATION.md` has the same table in words; nothing else in
 * the project reads the environment.
 */
const environment = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  HUITONG_DATA_DIR: z.string().default('.huitong'),
  HUITONG_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HUITONG_MASTER_KEY: secretKey().optional(),
  HUITONG_FORMER_MASTER_KEYS: secretKeys().default([]),
  HUITONG_INDEX_KEY: secretKey().optional(),
  HUITONG_LINK_KEY: secretKey().optional(),
  HUITONG_OTHER_LINK_KEYS: secretKeys().default([]),
  HUITONG_TOKEN_KEY: z.string().optional(),
  HUITONG_ERASED_RETURN: z.enum(['by-proof', 'never']).default('by-proof'),
  HUITONG_ACCESS_RECORD_DAYS: wholeNumber(180, 36_500).default(1_095),
  HUITONG_IDENTITY_CONFLICT: z.enum(['review', 'newest-proof']).default('review'),
  HUITONG_DORMANT_DAYS: wholeNumber(30, 3_650).optional(),
  HUITONG_PHONE_RECIPES: phoneRecipes().default([]),
  HUITONG_HOUSEHOLD_MEMBERS: wholeNumber(2, 50).default(6),
  HUITONG_STAFF_SESSION_HOURS: wholeNumber(1, 24).default(16),
  IDENTITY_URL: z.url().optional(),
  LEDGER_URL: z.url().optional(),
  BENEFITS_URL: z.url().optional(),
  CAMPAIGNS_URL: z.url().optional(),
  WECHAT_BASE_URL: z.url().default('https://api.weixin.qq.com'),
  WECHAT_APP_ID: z.string().default('sandbox'),
  WECHAT_APP_SECRET: z.string().default('sandbox'),
  CODE_WEBHOOK_URL: z.url().optional(),
  CODE_WEBHOOK_SECRET: z.string().min(32, 'must have 32 characters or more').optional(),
  STAFF_OPENID_ISSUER: z.url().optional(),
  STAFF_OPENID_CLIENT_ID: z.string().optional(),
  HUITONG_PROXIES: wholeNumber(0, 10).default(0),
  HUITONG_POOL_SIZE: wholeNumber(2, 200).default(10),
  HUITONG_EXECUTOR: z.enum(['compiled', 'stock']).default('compiled'),
  HUITONG_PLANNER: z.enum(['apollo', 'rust']).default('apollo'),
  HUITONG_SUPERGRAPH: z.string().optional(),
  HUITONG_DRAIN_SECONDS: wholeNumber(0, 300).optional(),
  HUITONG_DOCUMENTS_MEMBER: documentMode(),
  HUITONG_DOCUMENTS_PARTNER: documentMode(),
  HUITONG_DOCUMENTS_STAFF: documentMode(),
  HUITONG_DOCUMENTS_DIR: z.string().optional(),
  HUITONG_CORS_ORIGINS: origins(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional(),
  HUITONG_CACHE_MB: wholeNumber(0, 16_384).default(32),
  HUITONG_COST_MEMBER: wholeNumber(0, 1_000_000_000).optional(),
  HUITONG_COST_PARTNER: wholeNumber(0, 1_000_000_000).optional(),
  HUITONG_COST_STAFF: wholeNumber(0, 1_000_000_000).optional(),
  HUITONG_COST_SERVICE: wholeNumber(0, 1_000_000_000).optional(),
  HUITONG_COST_ADDRESS: wholeNumber(0, 1_000_000_000).optional(),
  HUITONG_METRICS_PORT: wholeNumber(0, 65_535).optional(),
  HUITONG_METRICS_TOKEN: z.string().min(16, 'must have 16 characters or more').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  HUITONG_TRACE_RATIO: z.coerce.number().min(0).max(1).default(1),
})

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

function documentMode() {
  return z.enum(['enforce', 'log', 'off']).optional()
}

/** Web pages that may ask from a browser: their origins, with commas between them. */
function origins() {
  return z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(
      z.array(
        z
          .string()
          .refine(
            (text) => URL.canParse(text) && new URL(text).origin === text,
            'must be origins such as https://www.example.com',
          ),
      ),
    )
    .optional()
}

/** 32 random bytes in base64. */
function secretKey() {
  return z.string().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
}

/** Such keys, with commas between them. */
function secretKeys() {
  return z
    .string()
    .transform((text) => text.split(',').map((key) => key.trim()))
    .pipe(z.array(secretKey()))
}

/** How a marketplace makes hashes of phones. */
function phoneRecipe() {
  const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  return z.strictObject({
    id: name,
    partner: name,
    brand: z.string().min(1).max(64).optional(),
    algorithm: z.enum(['md5', 'sha1', 'sha256', 'sha512', 'sm3']),
    phone: z.enum(['national', 'digits', 'e164']).default('national'),
    text: z
      .string()
      .refine((text) => text.includes('{phone}'), 'must contain {phone}')
      .default('{salt}{phone}'),
    salt: z.string().default(''),
    rounds: z.int().min(1).max(10).default(1),
  })
}

/** A partner that says nothing but the brand must mean one recipe by it. */
const twoOfOneBrand = (all: readonly PhoneRecipe[]): { first: string; second: string }[] =>
  all.flatMap(({ id, partner, brand }, at) => {
    const first = all.slice(0, at).find((one) => one.partner === partner && one.brand === brand)
    return first ? { first: first.id, second: id } : []
  })

type PhoneRecipe = Readonly<z.output<ReturnType<typeof phoneRecipe>>>

/** A list in JSON. */
function phoneRecipes() {
  return z
    .string()
    .transform((text, issues) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        issues.addIssue({ code: 'custom', message: 'must be a list in JSON' })
        return z.NEVER
      }
    })
    .pipe(
      z
        .array(phoneRecipe())
        .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'each id stands once')
        .superRefine((all, issues) => {
          for (const { first, second } of twoOfOneBrand(all)) {
            const message = `${second} is of the same partner and brand as ${first}: one of them has to go`
            issues.addIssue({ code: 'custom', message })
          }
        }),
    )
}

export type SubgraphName = 'identity' | 'ledger' | 'benefits' | 'campaigns'
export const SUBGRAPH_NAMES: readonly SubgraphName[] = ['identity', 'ledger', 'benefits', 'campaigns']

export interface Config {
  /** The sandbox has test clocks, visible one-time codes and ready tokens; production refuses all three. */
  readonly mode: 'sandbox' | 'production'
  readonly host: string
  readonly port: number
  /** Undefined: an embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  readonly logLevel: string
  readonly poolSize: number
  /** What carries out the gateway's plans: our compiled form, or `@apollo/gateway` as the reference. */
  readonly executor: 'compiled' | 'stock'
  /** What plans for the compiled form: Apollo's planner as the reference, or Hive's, in Rust. */
  readonly planner: 'apollo' | 'rust'
  /** A file; undefined: the one that `npm run schema` has composed. */
  readonly supergraph: string | undefined
  /** Told to stop, a server says so by its readiness and still answers for so long. */
  readonly drainSeconds: number
  /** Which documents are answered, by whose contract they are read: trusted ones only, others but logged, or any. */
  readonly documents: Readonly<Record<'member' | 'partner' | 'staff', 'enforce' | 'log' | 'off'>>
  /** Manifests of trusted documents; undefined: those that ship. */
  readonly documentsFolder: string | undefined
  /** Whose pages may ask from a browser; `localhost`: any of this machine. */
  readonly corsOrigins: readonly string[] | 'localhost'
  /** Shared by several gateways; undefined: each limits for itself. */
  readonly redisUrl: string | undefined
  /** What answers may take that are kept in memory; 0: none is kept. */
  readonly cacheBytes: number
  /** What each caller of a kind may cost in a minute, and all of an address together; 0: as much as it will. */
  readonly costPerMinute: Readonly<Record<'member' | 'partner' | 'staff' | 'service' | 'address', number>>
  /** Without a port of its own, `/metrics` is on `port`: in the sandbox, and in production for who bears the token. */
  readonly metrics: { readonly port: number | undefined; readonly token: string | undefined }
  /** Where traces go by OTLP over HTTP, if anywhere, and which part of them. */
  readonly traces: { readonly endpoint: string | undefined; readonly ratio: number }
  readonly keys: {
    readonly master: string | undefined
    readonly formerMasters: readonly string[]
    readonly index: string | undefined
    readonly link: string | undefined
    /** Believed besides `link`, while that is changed. */
    readonly otherLinks: readonly string[]
    readonly token: string | undefined
  }
  readonly privacy: {
    /** Who may become a member again with an identifier whose person was erased. */
    readonly erasedReturn: 'by-proof' | 'never'
    /** So long it is known who saw personal data. */
    readonly accessRecordDays: number
  }
  readonly oneId: {
    /** To whom a number leads that two members claim: people decide, or who proved last to have it. */
    readonly conflict: 'review' | 'newest-proof'
    /** A member who was not seen for so many days is not reached by a number alone; undefined: always is. */
    readonly dormantDays: number | undefined
  }
  /** How many share a household, with those who are invited. */
  readonly householdMembers: number
  /** So long after signing in somebody on the staff signs in anew. */
  readonly staffSessionHours: number
  /** How marketplaces make hashes of phones, by which they name their buyers. */
  readonly phoneRecipes: readonly PhoneRecipe[]
  readonly subgraphUrls: Readonly<Record<SubgraphName, string | undefined>>
  /** Who sends one-time codes, and the secret that signs what is handed to them. */
  readonly codes: { readonly url: string; readonly secret: string } | undefined
  /** The OpenID provider that signs staff in, and what it calls us. */
  readonly staffOpenId: { readonly issuer: string; readonly clientId: string } | undefined
  /** So many proxies of our own stand before the gateway and say in `X-Forwarded-For` who called them. */
  readonly proxies: number
  readonly wechat: { readonly baseUrl: string; readonly appId: string; readonly appSecret: string }
}

export class ConfigError extends Error {
  override name = 'ConfigError'
}

export const SECRET_VARIABLES = [
  'HUITONG_MASTER_KEY',
  'HUITONG_INDEX_KEY',
  'HUITONG_LINK_KEY',
  'HUITONG_TOKEN_KEY',
] as const

export type Variable = keyof z.infer<typeof environment>

/** The names of all variables, in the order of the table in the docs. */
export const VARIABLES = Object.keys(environment.shape) as readonly Variable[]

/** In production; load balancers ask every few seconds. In the sandbox nobody asks. */
const DRAIN_SECONDS = 5

const REQUIRED_IN_PRODUCTION: readonly Variable[] = [...SECRET_VARIABLES, 'DATABASE_URL']

/**
 * Reads and checks the environment. Throws a `ConfigError` of one line that names the variable. A process that can
 * do without some keys says by `required` which ones production must give it.
 */
export function readConfig(
  env: Record<string, string | undefined> = process.env,
  { required = REQUIRED_IN_PRODUCTION }: { required?: readonly Variable[] } = {},
): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new ConfigError(`${issue.path.join('.')}: ${issue.message}`)
  }
  const e = parsed.data
  const mode = e.NODE_ENV === 'production' ? 'production' : 'sandbox'
  if (mode === 'production') {
    const missing = required.find((name) => e[name] === undefined)
    if (missing) throw new ConfigError(`${missing}: must be set when NODE_ENV=production`)
  }
  if (mode === 'sandbox' && !isLoopback(e.HOST)) {
    throw new ConfigError(
      'HOST: the sandbox gives tokens to anyone, so it listens on loopback only; set NODE_ENV=production',
    )
  }
  return {
    mode,
    host: e.HOST,
    port: e.PORT,
    databaseUrl: e.DATABASE_URL,
    dataDir: isAbsolute(e.HUITONG_DATA_DIR) ? e.HUITONG_DATA_DIR : resolve(e.HUITONG_DATA_DIR),
    logLevel: e.HUITONG_LOG_LEVEL,
    poolSize: e.HUITONG_POOL_SIZE,
    executor: e.HUITONG_EXECUTOR,
    planner: e.HUITONG_PLANNER,
    supergraph: e.HUITONG_SUPERGRAPH,
    drainSeconds: e.HUITONG_DRAIN_SECONDS ?? (mode === 'production' ? DRAIN_SECONDS : 0),
    documents: {
      member: e.HUITONG_DOCUMENTS_MEMBER ?? (mode === 'production' ? 'enforce' : 'off'),
      partner: e.HUITONG_DOCUMENTS_PARTNER ?? (mode === 'production' ? 'enforce' : 'off'),
      staff: e.HUITONG_DOCUMENTS_STAFF ?? 'off',
    },
    documentsFolder: e.HUITONG_DOCUMENTS_DIR,
    corsOrigins: e.HUITONG_CORS_ORIGINS ?? (mode === 'production' ? [] : 'localhost'),
    redisUrl: e.REDIS_URL,
    cacheBytes: e.HUITONG_CACHE_MB * 1024 * 1024,
    costPerMinute: costsOf(e, mode),
    metrics: { port: e.HUITONG_METRICS_PORT, token: e.HUITONG_METRICS_TOKEN },
    traces: { endpoint: e.OTEL_EXPORTER_OTLP_ENDPOINT, ratio: e.HUITONG_TRACE_RATIO },
    keys: {
      master: e.HUITONG_MASTER_KEY,
      formerMasters: e.HUITONG_FORMER_MASTER_KEYS,
      index: e.HUITONG_INDEX_KEY,
      link: e.HUITONG_LINK_KEY,
      otherLinks: e.HUITONG_OTHER_LINK_KEYS,
      token: e.HUITONG_TOKEN_KEY,
    },
    privacy: { erasedReturn: e.HUITONG_ERASED_RETURN, accessRecordDays: e.HUITONG_ACCESS_RECORD_DAYS },
    oneId: { conflict: e.HUITONG_IDENTITY_CONFLICT, dormantDays: e.HUITONG_DORMANT_DAYS },
    householdMembers: e.HUITONG_HOUSEHOLD_MEMBERS,
    staffSessionHours: e.HUITONG_STAFF_SESSION_HOURS,
    phoneRecipes: e.HUITONG_PHONE_RECIPES,
    subgraphUrls: {
      identity: e.IDENTITY_URL,
      ledger: e.LEDGER_URL,
      benefits: e.BENEFITS_URL,
      campaigns: e.CAMPAIGNS_URL,
    },
    codes: codesOf(e),
    staffOpenId: openIdOf(e),
    proxies: e.HUITONG_PROXIES,
    wechat: { baseUrl: e.WECHAT_BASE_URL, appId: e.WECHAT_APP_ID, appSecret: e.WECHAT_APP_SECRET },
  }
}

/** In production. A member's home page costs some 50 and is looked at a few times a minute; many share an address. */
const COST_PER_MINUTE = { member: 10_000, partner: 100_000, staff: 50_000, service: 0, address: 200_000 }

/** In the sandbox nobody is limited unless told so. */
function costsOf(e: z.infer<typeof environment>, mode: Config['mode']): Config['costPerMinute'] {
  const limit = (given: number | undefined, standing: number) =>
    given ?? (mode === 'production' ? standing : 0)
  return {
    member: limit(e.HUITONG_COST_MEMBER, COST_PER_MINUTE.member),
    partner: limit(e.HUITONG_COST_PARTNER, COST_PER_MINUTE.partner),
    staff: limit(e.HUITONG_COST_STAFF, COST_PER_MINUTE.staff),
    service: limit(e.HUITONG_COST_SERVICE, COST_PER_MINUTE.service),
    address: limit(e.HUITONG_COST_ADDRESS, COST_PER_MINUTE.address),
  }
}

function codesOf(e: z.infer<typeof environment>): Config['codes'] {
  const { CODE_WEBHOOK_URL: url, CODE_WEBHOOK_SECRET: secret } = e
  if (url === undefined) return undefined
  if (secret === undefined) throw new ConfigError('CODE_WEBHOOK_SECRET: must be set with CODE_WEBHOOK_URL')
  return { url, secret }
}

function openIdOf(e: z.infer<typeof environment>): Config['staffOpenId'] {
  const { STAFF_OPENID_ISSUER: issuer, STAFF_OPENID_CLIENT_ID: clientId } = e
  if (issuer === undefined) return undefined
  if (clientId === undefined) {
    throw new ConfigError('STAFF_OPENID_CLIENT_ID: must be set with STAFF_OPENID_ISSUER')
  }
  const { protocol, hostname } = new URL(issuer)
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new ConfigError('STAFF_OPENID_ISSUER: must begin with https://')
  }
  return { issuer, clientId }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')
