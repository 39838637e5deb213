/** A member's number for people: nine digits of a sequence and a check digit (Luhn, ISO/IEC 7812-1). */
export const memberNumber = (serial: bigint): string => `${serial}${luhnDigit(String(serial))}`

export function luhnDigit(digits: string): number {
  let sum = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place])
    const doubled = place % 2 === 0 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return (10 - (sum % 10)) % 10
}
