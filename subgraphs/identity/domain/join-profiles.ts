/** Facts of a person by name: a profile, or the attributes of one programme. */
export type Facts = Readonly<Record<string, unknown>>

/** Which facts the one that is left does not know and the other does. */
export const missing = (into: Facts, from: Facts): string[] =>
  Object.keys(from).filter((name) => from[name] !== undefined && into[name] === undefined)

/** Which facts both know, and differently. */
export const differing = (into: Facts, from: Facts): string[] =>
  Object.keys(from).filter((name) => into[name] !== undefined && !same(into[name], from[name]))

/** The facts of the one that is left, with some that the other gives. */
export const filledWith = <F extends Facts>(into: F, from: Facts, names: readonly string[]): F => ({
  ...into,
  ...Object.fromEntries(names.map((name) => [name, from[name]])),
})

/** Those of some facts that are still as the other gave them; what was changed since is the survivor's own. */
export const stillAs = (into: Facts, from: Facts, names: readonly string[]): string[] =>
  names.filter((name) => into[name] !== undefined && same(into[name], from[name]))

export const without = <F extends Facts>(facts: F, names: readonly string[]): F =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name))) as F

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
