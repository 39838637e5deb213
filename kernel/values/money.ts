/** An amount of money in the currency's minor unit (fen, cents). Never a float. */
export type MinorUnits = bigint

/** ISO 4217 code, e.g. `CNY`. */
export type CurrencyCode = string

const scales = new Map<CurrencyCode, number>()

/** How many decimals a currency has, from the platform's ISO 4217 tables: 2 for CNY, 0 for JPY. */
export function currencyScale(currency: CurrencyCode): number {
  let scale = scales.get(currency)
  if (scale === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    scale = format.resolvedOptions().maximumFractionDigits ?? 2
    scales.set(currency, scale)
  }
  return scale
}

const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,9}))?$/

/**
 * A decimal text as an integer of `scale` decimals: `'11.77'` with scale 2 is `1177n`.
 * `undefined` where it is no decimal, or has more decimals than the scale holds.
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = DECIMAL.exec(text)
  if (!match) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > scale) return undefined
  const digits = BigInt(match[2]! + fraction.padEnd(scale, '0'))
  return match[1] ? -digits : digits
}

export function formatDecimal(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : ''
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
