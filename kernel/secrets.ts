import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, ConfigError } from './config.ts'

/** The keys of a deployment. Losing `master` loses the personal data; losing `index` loses every look-up by phone. */
export interface Secrets {
  /** Wraps each member's own data key (AES-256). */
  readonly master: Buffer
  /** Master keys of before: they open what they wrapped until it is wrapped anew, and wrap nothing. */
  readonly formerMasters: readonly Buffer[]
  /** Keys the blind index over identifiers (HMAC-SHA-256). */
  readonly index: Buffer
  /** Signs requests between gateway and subgraphs (HMAC-SHA-256). */
  readonly link: Buffer
  /** ES256 private key, PKCS #8 PEM: signs access tokens. */
  readonly token: string
}

/** From the environment; in the sandbox what is missing is made once and kept in the data directory. */
export function openSecrets(config: Config): Secrets {
  const { formerMasters, otherLinks: _, ...keys } = config.keys
  const { master, index, link, token } = keys
  if (master && index && link && token) return secretsFrom({ master, index, link, token }, formerMasters)
  if (config.mode === 'production') throw new ConfigError('production takes its keys from the environment')
  return secretsFrom({ ...keptSecrets(config.dataDir), ...definedOnly(keys) }, formerMasters)
}

export type SecretTexts = Record<'master' | 'index' | 'link' | 'token', string>

export const secretsFrom = (texts: SecretTexts, formerMasters: readonly string[] = []): Secrets => ({
  master: Buffer.from(texts.master, 'base64'),
  formerMasters: formerMasters.map((key) => Buffer.from(key, 'base64')),
  index: Buffer.from(texts.index, 'base64'),
  link: Buffer.from(texts.link, 'base64'),
  token: texts.token.replaceAll('\\n', '\n'),
})

/** Fresh keys, e.g. for a test or for a sandbox's first start. */
export function newSecrets(): SecretTexts {
  const key = () => randomBytes(32).toString('base64')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const token = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { master: key(), index: key(), link: key(), token }
}

function keptSecrets(dataDir: string): SecretTexts {
  try {
    return readOrMake(dataDir)
  } catch (error) {
    throw new ConfigError(`HUITONG_DATA_DIR: keys cannot be kept in ${dataDir} (${(error as Error).message})`)
  }
}

function readOrMake(dataDir: string): SecretTexts {
  const file = join(dataDir, 'secrets.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SecretTexts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  mkdirSync(dataDir, { recursive: true })
  try {
    // `wx`: of two processes that start at once, one makes the keys and the other reads them.
    writeFileSync(file, JSON.stringify(newSecrets(), null, 2), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return JSON.parse(readFileSync(file, 'utf8')) as SecretTexts
}

const definedOnly = (texts: Record<string, string | undefined>): Partial<SecretTexts> =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))
