/**
 * A small seeded generator (sfc32 by Chris Doty-Humphrey, PractRand): the same numbers on every machine. Each purpose
 * takes a stream of its own by label, so that a change to one doesn't shift the draws of another.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(seed: number, label: string) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 4294967296) | 0;
    this.#c = hashText(label);
    for (let round = 0; round < 20; round++) this.uint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / 4294967296;
  }

  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  /** Standard normal to within what twelve uniforms give: no tails beyond 6. */
  normal(): number {
    let sum = -6;
    for (let draw = 0; draw < 12; draw++) sum += this.unit();
    return sum;
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.unit());
  }

  /** Puts the array into a random order, in place. */
  shuffle(values: Uint16Array): void {
    for (let at = values.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      const kept = values[at] as number;
      values[at] = values[other] as number;
      values[other] = kept;
    }
  }
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Draws indexes in proportion to weights, in constant time (Vose's alias method). */
export class WeightedIndex {
  readonly #share: Float64Array;
  readonly #alias: Uint16Array;

  constructor(weights: Float64Array) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#share = weights.map((weight) => (weight * count) / total);
    this.#alias = new Uint16Array(count);
    const small: number[] = [];
    const large: number[] = [];
    for (const [index, share] of this.#share.entries()) (share < 1 ? small : large).push(index);
    for (let under = small.pop(); under !== undefined; under = small.pop()) {
      const over = large.pop();
      if (over === undefined) {
        this.#share[under] = 1;
        continue;
      }
      this.#alias[under] = over;
      this.#share[over] = (this.#share[over] as number) - (1 - (this.#share[under] as number));
      if ((this.#share[over] as number) < 1) small.push(over);
      else large.push(over);
    }
    for (const over of large) this.#share[over] = 1;
  }

  draw(random: Random): number {
    const place = random.unit() * this.#share.length;
    const index = Math.floor(place);
    return place - index < (this.#share[index] as number) ? index : (this.#alias[index] as number);
  }
}
