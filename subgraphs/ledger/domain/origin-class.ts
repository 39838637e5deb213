/**
 * A lot's class says behind an `@` with which member it came, where that member was merged since: `@<id>`, `cinema@<id>`. It
 * stays with the lot for good, so that whoever comes out of a merge takes its lots along.
 */
export const cameWith = (lotClass: string): string | undefined => lotClass.split('@')[1]

/** With which member an entry's lots came, if with another than the account's. */
export const cameIn = (
  moves: readonly { readonly lots: readonly { readonly lotClass: string }[] }[],
): string | undefined => moves.flatMap(({ lots }) => lots.map(({ lotClass }) => cameWith(lotClass)))[0]

export const classOf = (lotClass: string, origin: string | undefined): string =>
  origin === undefined || lotClass.includes('@') ? lotClass : `${lotClass}@${origin}`

/** The class of a lot that is back with the member with whom it came. */
export const classAtHome = (lotClass: string, home: string): string =>
  cameWith(lotClass) === home ? lotClass.split('@')[0]! : lotClass
