import { isLocalDate } from '../../../kernel/values/instant.ts'
import { currencyScale, parseDecimal } from '../../../kernel/values/money.ts'
import type { ProgramDocument } from './program.ts'
import { amountFaults, type Fault, type Path } from './program-fault.ts'

/** What a JSON Schema cannot say of prepaid money. */
export function storedValueFaults({ storedValue, currency }: ProgramDocument): Fault[] {
  if (!storedValue) return []
  const { topUp, plans = [], validity } = storedValue
  const money = (text: string): bigint => parseDecimal(text, currencyScale(currency)) ?? 0n
  const faults: Fault[] = []
  const amount = (path: Path, text: string | undefined) =>
    faults.push(...amountFaults(['storedValue', ...path], text, currency, true))

  amount(['topUp', 'minimum'], topUp?.minimum)
  amount(['topUp', 'maximum'], topUp?.maximum)
  if (topUp?.minimum && topUp.maximum && money(topUp.minimum) > money(topUp.maximum)) {
    faults.push({ path: ['storedValue', 'topUp', 'maximum'], message: 'is less than the minimum' })
  }
  for (const [index, step] of (topUp?.bonus ?? []).entries()) {
    const path = ['topUp', 'bonus', index] as const
    amount([...path, 'from'], step.from)
    amount([...path, 'bonus'], step.bonus)
    const before = topUp!.bonus![index - 1]
    if (before && money(step.from) <= money(before.from)) {
      faults.push({
        path: ['storedValue', ...path, 'from'],
        message: `must be more than the ${before.from} before it`,
      })
    }
  }
  for (const asset of ['principal', 'bonus'] as const) {
    const of = validity?.[asset]
    if (of?.kind === 'period' && !isLocalDate(of.endsOn)) {
      faults.push({
        path: ['storedValue', 'validity', asset, 'endsOn'],
        message: 'is not a day of the calendar',
      })
    }
  }
  const ids = new Set<string>()
  for (const [index, plan] of plans.entries()) {
    const path = ['storedValue', 'plans', index] as const
    amount(['plans', index, 'amount'], plan.amount)
    if (money(plan.amount) < BigInt(plan.instalments)) {
      faults.push({ path: [...path, 'instalments'], message: 'are more than the amount has smallest coins' })
    }
    if (plan.of === 'bonus' && plan.onStop === 'pay-back') {
      faults.push({ path: [...path, 'onStop'], message: 'pays back what was paid in; a bonus was not' })
    }
    if (ids.has(plan.id)) faults.push({ path: [...path, 'id'], message: `${plan.id} is there already` })
    ids.add(plan.id)
  }
  return faults
}
