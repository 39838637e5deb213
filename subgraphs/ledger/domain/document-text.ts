import type { EarnedAsset } from './asset.ts'
import type { Award, PurchaseLine } from './earn.ts'
import type { Counters } from './earn-counters.ts'

/**
 * What a document says in lists, as the text that the books and the hash hold: for there is one for each purchase, and
 * equal contents have equal texts. Words are parted by spaces, items by `;`.
 */

/** `12050 1 shoes sku-7;300`: amount, quantity, category, sku; a tail that says nothing is left out. */
export const linesText = (lines: readonly PurchaseLine[]): string =>
  lines
    .map(({ amount, quantity, category = '', sku = '' }) => lineText(amount, quantity, category, sku))
    .join(';')

function lineText(amount: bigint, quantity: number, category: string, sku: string): string {
  if (sku !== '') return `${amount} ${quantity} ${word(category)} ${word(sku)}`
  if (category !== '') return `${amount} ${quantity} ${word(category)}`
  return quantity === 1 ? `${amount}` : `${amount} ${quantity}`
}

export const linesFrom = (text: string): PurchaseLine[] =>
  items(text).map((item) => {
    const [amount = '', quantity = '1', category = '', sku = ''] = item.split(' ')
    return {
      amount: BigInt(amount),
      quantity: Number(quantity),
      ...(category === '' ? {} : { category: wordFrom(category) }),
      ...(sku === '' ? {} : { sku: wordFrom(sku) }),
    }
  })

/** `spend 0 p120;growth 0 g120`: rule, line, asset and amount. */
export const awardsText = (awards: readonly Award[]): string =>
  awards.map(({ rule, line, asset, amount }) => `${word(rule)} ${line} ${letters[asset]}${amount}`).join(';')

export const awardsFrom = (text: string): Award[] =>
  items(text).map((item) => {
    const [rule = '', line = '', amount = ''] = item.split(' ')
    const asset = amount[0] === 'g' ? 'growth' : 'points'
    return { rule: wordFrom(rule), line: Number(line), asset, amount: BigInt(amount.slice(1)) }
  })

const letters: Readonly<Record<EarnedAsset, string>> = { points: 'p', growth: 'g' }

/** JSON with counts as texts, for JSON's numbers end at 2^53. */
export function countersText(counters: Counters): string {
  let text = ''
  for (const key in counters) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:"${counters[key]}"`
  return `{${text}}`
}

export const countersFrom = (text: string): Counters =>
  text === '{}'
    ? {}
    : Object.fromEntries(
        Object.entries(JSON.parse(text) as Record<string, string>).map(([key, count]) => [
          key,
          BigInt(count),
        ]),
      )

const items = (text: string): string[] => (text === '' ? [] : text.split(';'))

/** Others than these stand for themselves. */
const MARKS = /[%; ]/g
const MARKED = /%(25|3B|20)/g

const word = (text: string): string =>
  text.replace(MARKS, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

const wordFrom = (text: string): string =>
  text.replace(MARKED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
