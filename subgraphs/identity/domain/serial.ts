import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { Identifier } from './identifier.ts'

/** A vehicle is unique by its identification number, other products by make and serial. */
export interface SerialText {
  readonly vin?: string | null
  readonly serial?: { readonly make: string; readonly number: string } | null
}

export type ProductKind = 'VEHICLE' | 'OTHER'

export interface Serial {
  readonly kind: ProductKind
  /** Empty for vehicles: their numbers are unique in the world. */
  readonly make: string
  readonly number: string
}

type SerialFault = 'LENGTH' | 'CHARACTERS' | 'CHECK_DIGIT'

const notValid = (field: string, reason: SerialFault) =>
  fail('SERIAL_NOT_VALID', { path: ['product', field], details: { reason } })

/** Brings a serial into the one form in which it is unique: width, case, spaces and dashes do not count. */
export function readSerial({ vin, serial }: SerialText): Result<Serial, 'SERIAL_NOT_VALID'> {
  if (vin != null) {
    const number = normal(vin)
    const fault = vinFault(number)
    return fault ? notValid('vin', fault) : ok({ kind: 'VEHICLE', make: '', number })
  }
  const make = (serial?.make ?? '').normalize('NFKC').trim().toUpperCase()
  const number = normal(serial?.number ?? '')
  if (number.length < 3 || number.length > 64 || make === '' || make.length > 64)
    return notValid('serial', 'LENGTH')
  if (!/^[A-Z0-9./]+$/.test(number) || !/^[\p{L}\p{N} .&-]+$/u.test(make))
    return notValid('serial', 'CHARACTERS')
  return ok({ kind: 'OTHER', make, number })
}

const normal = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\s\u2010-\u2015-]/g, '')
    .toUpperCase()

/** A serial leads to the owner of the product, as other identifiers lead to their member. */
export const identifierOf = ({ make, number }: Serial): Identifier => ({
  kind: 'SERIAL',
  scope: make,
  value: number,
})

const VIN_VALUES: Readonly<Record<string, number>> = Object.fromEntries([
  ...Array.from('0123456789', (digit) => [digit, Number(digit)] as const),
  ...Array.from('ABCDEFGH', (letter, index) => [letter, index + 1] as const),
  ...Array.from('JKLMN', (letter, index) => [letter, index + 1] as const),
  ['P', 7],
  ['R', 9],
  ...Array.from('STUVWXYZ', (letter, index) => [letter, index + 2] as const),
])
const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]

/**
 * ISO 3779: 17 characters without I, O and Q. The ninth is a check digit where the law asks for one: of vehicles made in
 * China (L; GB 16735) and North America (1 to 5; 49 CFR 565).
 */
function vinFault(vin: string): SerialFault | undefined {
  if (vin.length !== 17) return 'LENGTH'
  if (!/^[A-HJ-NPR-Z0-9]{17}$/.test(vin)) return 'CHARACTERS'
  if (/^[1-5L]/.test(vin) && checkDigitOf(vin) !== vin[8]) return 'CHECK_DIGIT'
  return undefined
}

export function checkDigitOf(vin: string): string {
  const sum = Array.from(vin).reduce(
    (total, letter, place) => total + VIN_VALUES[letter]! * VIN_WEIGHTS[place]!,
    0,
  )
  return sum % 11 === 10 ? 'X' : String(sum % 11)
}
