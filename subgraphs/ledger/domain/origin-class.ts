/**
 * A lot's class says behind an `@` with which member it came, where that member was merged since: `@<id>`, `cinema@<id>`. It
 * stays with the lot for good, so that whoever comes out of a merge takes its lots along. What is held for the time being of
 * the lots of a member that came out of the merge has `!` behind it: `@<id>!` goes to that member when it is free.
 */
export const cameWith = (lotClass: string): string | undefined =>
  lotClass === '' ? undefined : ORIGIN.exec(lotClass)?.[1]

const ORIGIN = /@([0-9a-f-]{36})/

/** With which member an entry's lots came, if with another than the account's. */
export function cameIn(
  moves: readonly { readonly lots: readonly { readonly lotClass: string }[] }[],
): string | undefined {
  for (const { lots } of moves) {
    for (const { lotClass } of lots) {
      const origin = cameWith(lotClass)
      if (origin !== undefined) return origin
    }
  }
  return undefined
}

/** Did it come with one of these? */
export const isOf = (lotClass: string, memberIds: ReadonlySet<string>): boolean =>
  memberIds.has(cameWith(lotClass) ?? '') && !lotClass.includes('^')

/**
 * In order of effect, who comes by the id of a member that was out of the merge in between and is in it again: `<id>^<seq>`.
 * Its lots stay with it up to and including the parting with that number, as that one was before they came.
 */
export const originSince = (origin: string, partingSeq: number): string => `${origin}^${partingSeq}`

/** The class of such a lot behind a parting. */
export const classBehind = (lotClass: string, partingSeq: number): string => {
  const [whole, seq = ''] = SINCE.exec(lotClass) ?? []
  return whole !== undefined && Number(seq) <= partingSeq ? lotClass.replace(whole, '') : lotClass
}

const SINCE = /\^(\d+)/

export const classOf = (lotClass: string, origin: string | undefined): string =>
  origin === undefined || lotClass.includes('@') ? lotClass : `${lotClass}@${origin}`

/** The class of a lot that is back with the member with whom it came. */
export const classAtHome = (lotClass: string, home: string): string =>
  cameWith(lotClass) === home ? lotClass.replace(`@${home}`, '') : lotClass

/** The class of a lot that is given away. */
export const withoutOrigin = (lotClass: string): string => lotClass.replace(ORIGIN, '')

export const goesHome = (lotClass: string): boolean => lotClass.endsWith('!')

export const classOnTheWay = (lotClass: string): string => (goesHome(lotClass) ? lotClass : `${lotClass}!`)

export const classArrived = (lotClass: string): string =>
  goesHome(lotClass) ? lotClass.slice(0, -1) : lotClass
