/** A running 64-bit hash over integers, as two 32-bit lanes: allocates nothing, the same on every machine. Not cryptographic. */
export class Hash64 {
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  /** Mixes in a whole number, |value| below 2^53. */
  add(value: number): void {
    const low = value | 0;
    const high = Math.floor(value / 4294967296) | 0;
    let a = Math.imul(this.#a ^ low, 0x2c1b3c6d);
    let b = Math.imul(this.#b ^ high ^ (a >>> 15), 0x297a2d39);
    a = Math.imul(a ^ (a >>> 13) ^ b, 0x5bd1e995);
    b = Math.imul(b ^ (b >>> 16) ^ (a << 7), 0x1b873593);
    this.#a = a;
    this.#b = b;
  }

  /** Mixes in a text by its UTF-16 units and its length. */
  addText(text: string): void {
    this.add(text.length);
    for (let at = 0; at < text.length; at++) this.add(text.charCodeAt(at));
  }

  /** The hash so far as 16 hex digits; goes on afterwards. */
  digest(): string {
    return hex(this.#a) + hex(this.#b);
  }
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
