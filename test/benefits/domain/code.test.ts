import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODE_BYTES, codeFrom, formatCode, parseCode } from '../../../subgraphs/benefits/domain/code.ts'

const codes = fc.uint8Array({ minLength: CODE_BYTES, maxLength: CODE_BYTES }).map(codeFrom)

describe('a code', () => {
  it('is itself, however a person types it', () => {
    fc.assert(
      fc.property(codes, (code) => {
        const sloppy = formatCode(code).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')
        expect(parseCode(code)).toBe(code)
        expect(parseCode(sloppy)).toBe(code)
        expect(parseCode(` ${formatCode(code).replaceAll('-', ' ').replaceAll('1', 'I')} `)).toBe(code)
      }),
    )
  })

  it('is told from one with a wrong symbol', () => {
    fc.assert(
      fc.property(codes, fc.nat(15), fc.nat(31), (code, at, symbol) => {
        const wrong = code.slice(0, at) + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[symbol] + code.slice(at + 1)
        expect(parseCode(wrong)).toBe(wrong === code ? code : undefined)
      }),
    )
  })

  it('is told from one with two symbols swapped', () => {
    fc.assert(
      fc.property(codes, fc.nat(15), fc.nat(15), (code, a, b) => {
        const symbols = [...code]
        ;[symbols[a], symbols[b]] = [symbols[b]!, symbols[a]!]
        const swapped = symbols.join('')
        expect(parseCode(swapped)).toBe(swapped === code ? code : undefined)
      }),
    )
  })

  it.each(['', 'ABCD', '0000-0000-0000-000U', '000000000000000000', '你好'])('is not %j', (typed) => {
    expect(parseCode(typed)).toBeUndefined()
  })
})
