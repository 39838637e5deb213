import { ConditionError, type ConditionLanguage } from '../../../kernel/conditions/conditions.ts'
import { currencyScale, parseDecimal } from '../../../kernel/values/money.ts'

export type Path = readonly (string | number)[]

/** What is wrong at a place of a document. `ofName`: the name at the end of the path, not what stands under it. */
export type Fault = { readonly path: Path; readonly message: string; readonly ofName?: boolean }

/** Whether a text is an amount of a currency, and more than nothing where it must be. */
export function amountFaults(
  path: Path,
  text: string | undefined,
  currency: string,
  positive: boolean,
): Fault[] {
  if (text === undefined) return []
  const amount = parseDecimal(text, currencyScale(currency))
  if (amount === undefined) return [{ path, message: `is not an amount of ${currency}` }]
  return positive && amount <= 0n ? [{ path, message: 'must be more than 0' }] : []
}

export function conditionFault(path: Path, source: string | undefined, language: ConditionLanguage): Fault[] {
  if (source === undefined) return []
  try {
    language.compile(source)
    return []
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    return [{ path, message: `${error.message} (at character ${error.position + 1})` }]
  }
}

/** Ids that stand in a list more than once. */
export function repeatedIds(section: string, items: readonly { readonly id: string }[] = []): Fault[] {
  const seen = new Set<string>()
  return items.flatMap(({ id }, index) => {
    if (seen.has(id)) return [{ path: [section, index, 'id'], message: `${id} is there already` }]
    seen.add(id)
    return []
  })
}
