type Who = 0 | 1

interface Bit {
  readonly of: Who
  /** The day on which it was earned: the earlier, the sooner it runs out. */
  readonly day: number
  left: bigint
}

interface Bill {
  readonly of: Who
  readonly day: number
  left: bigint
}

/**
 * Two members who never were one: each has its own points, waiting points, growth, money and debt, whatever is done by whose id. Being
 * one is no more than that both sides pay for what is spent, the points that were earned first, and that both see all. Knows nothing
 * of accounts, entries and classes of lots.
 */
export class Separate {
  #day = 0
  one = false
  /** One has paid a debt of the other in a way that no lot tells. */
  entangled = false
  /** Something was spent or set aside of what both have, since they are one. */
  sharedBurn = false
  readonly #bits: Bit[] = []
  /** What waited before they were one waits where it was, out of sight. */
  #waiting: (Bit & { readonly until: number; hidden: boolean })[] = []
  readonly #bills: Bill[] = []
  readonly #holds: { bits: Bit[] }[] = []
  readonly #growth = [0n, 0n]
  readonly #money = [0n, 0n]
  readonly #debt = [0n, 0n]
  /** What the one has paid of the other's debt while they were one. */
  readonly #lent = [0n, 0n]

  buy(of: Who, much: bigint): void {
    this.#bills.push({ of, day: this.#day, left: much })
    this.#growth[of]! += much
    this.#earn({ of, day: this.#day, left: much })
  }

  gift(of: Who, much: bigint): void {
    this.#waiting.push({ of, day: this.#day, left: much, until: this.#day + 5, hidden: false })
  }

  spend(by: Who, much: bigint): boolean {
    return this.#take(by, much) !== undefined
  }

  hold(by: Who, much: bigint): boolean {
    const bits = this.#take(by, much)
    if (bits) this.#holds.push({ bits })
    return bits !== undefined
  }

  heldBy = (index: number): bigint => sum(this.#holds[index]!.bits)

  capture(index: number, much: bigint): void {
    let rest = much
    for (const bit of this.#holds[index]!.bits) {
      const taken = bit.left < rest ? bit.left : rest
      bit.left -= taken
      rest -= taken
    }
  }

  release(index: number): void {
    const { bits } = this.#holds[index]!
    this.#holds[index] = { bits: [] }
    for (const bit of bits) this.#earn(bit)
  }

  leftOf = (index: number): bigint => this.#bills[index]!.left

  giveBack(index: number, much: bigint): void {
    const bill = this.#bills[index]!
    bill.left -= much
    this.#growth[bill.of]! -= much
    if (this.one && this.#lent.some((lent) => lent > 0n)) this.entangled = true
    const own = this.#bits.filter(({ of, day }) => of === bill.of && day === bill.day)
    const rest = this.#drain(own, much)
    this.#owe(bill.of, this.#drain(this.#ofWho(bill.of), rest))
  }

  topUp(of: Who, much: bigint): void {
    this.#money[of]! += much
  }

  pay(by: Who, much: bigint): boolean {
    // Money does not run out: of equals the survivor's goes first.
    const sides: Who[] = this.one ? [0, 1] : [by]
    if (sides.reduce((all, side) => all + this.#money[side]!, 0n) < much) return false
    let rest = much
    for (const side of sides) {
      const taken = this.#money[side]! < rest ? this.#money[side]! : rest
      this.#money[side]! -= taken
      rest -= taken
    }
    return true
  }

  nextDay(): void {
    this.#day += 1
    const due = this.#waiting.filter(({ until }) => until <= this.#day)
    this.#waiting = this.#waiting.filter(({ until }) => until > this.#day)
    for (const one of due) {
      this.#earn({ of: one.of, day: one.day, left: one.left })
    }
  }

  merge(): void {
    this.one = true
    for (const one of this.#waiting) one.hidden = one.of === 1
    // Each pays the other's debt.
    for (const who of [0, 1] as const) {
      const debt = this.#debt[who]!
      this.#debt[who] = 0n
      this.#owe(who, debt)
    }
  }

  part(): void {
    this.one = false
    for (const one of this.#waiting) one.hidden = false
    for (const who of [0, 1] as const) {
      const lent = this.#lent[who]!
      this.#lent[who] = 0n
      // Whoever paid for this one has it again.
      this.#earn({ of: other(who), day: this.#day, left: lent })
      this.#owe(who, this.#drain(this.#ofWho(who), lent))
    }
  }

  /** What each id shows. */
  seen() {
    const of = (who: Who) => ({
      standing: sum(this.#ofWho(who)) - this.#debt[who]!,
      pending: sum(this.#waiting.filter((one) => one.of === who && !one.hidden)),
      growth: this.#growth[who]!,
      principal: this.#money[who]!,
    })
    const [a, b] = [of(0), of(1)]
    const both = {
      standing: a.standing + b.standing,
      pending: a.pending + b.pending,
      growth: a.growth + b.growth,
      principal: a.principal + b.principal,
    }
    return (this.one ? [both, both] : [a, b]).map((one) => ({
      standing: Number(one.standing),
      pending: Number(one.pending),
      growth: Number(one.growth),
      principal: `${one.principal}.00`,
    }))
  }

  #ofWho = (who: Who): Bit[] => this.#bits.filter(({ of }) => of === who)

  #earn(bit: Bit): void {
    let { left } = bit
    for (const who of this.one ? [bit.of, other(bit.of)] : [bit.of]) {
      const paid = this.#debt[who]! < left ? this.#debt[who]! : left
      this.#debt[who]! -= paid
      left -= paid
      if (this.one && paid > 0n) this.entangled = true
    }
    if (left > 0n) this.#bits.push({ ...bit, left })
  }

  /** Owes so much, or has the other pay it while they are one. */
  #owe(who: Who, much: bigint): void {
    let rest = this.#drain(this.#ofWho(who), much)
    if (this.one) {
      const left = this.#drain(this.#ofWho(other(who)), rest)
      this.#lent[who]! += rest - left
      rest = left
    }
    if (this.one && rest > 0n) this.entangled = true
    this.#debt[who]! += rest
  }

  /** What was earned first is spent first, whosever it is while they are one; nothing where it is not enough. */
  #take(by: Who, much: bigint): Bit[] | undefined {
    const bits = this.one ? [...this.#bits] : this.#ofWho(by)
    if (sum(bits) < much) return undefined
    if (this.one) this.sharedBurn = true
    const taken: Bit[] = []
    let rest = much
    for (const bit of bits.sort((a, b) => a.day - b.day)) {
      const part = bit.left < rest ? bit.left : rest
      bit.left -= part
      rest -= part
      if (part > 0n) taken.push({ ...bit, left: part })
    }
    return taken
  }

  #drain(bits: Bit[], much: bigint): bigint {
    let rest = much
    for (const bit of bits.sort((a, b) => a.day - b.day)) {
      const part = bit.left < rest ? bit.left : rest
      bit.left -= part
      rest -= part
    }
    return rest
  }
}

const sum = (bits: readonly { readonly left: bigint }[]): bigint =>
  bits.reduce((all, { left }) => all + left, 0n)
const other = (who: Who): Who => (who === 0 ? 1 : 0)
