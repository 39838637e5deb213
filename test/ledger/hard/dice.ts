export type Dice = (sides: number) => number

/** Small numbers from a seed: the same race every time, as far as races go. */
export function dice(seed: number): Dice {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}
