/** Bytes of one column while a block is written; grows as needed and is reused from block to block. */
export class ColumnWriter {
  bytes = new Uint8Array(4096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Writes a whole number from 0 to 2^53 - 1, seven bits a byte, lowest first. */
  varint(value: number): void {
    if (this.length + 8 > this.bytes.length) this.#grow();
    const bytes = this.bytes;
    let at = this.length;
    let high = value;
    while (high > 0x7fffffff) {
      bytes[at++] = (high % 128) | 0x80;
      high = Math.floor(high / 128);
    }
    let low = high | 0;
    while (low >= 0x80) {
      bytes[at++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    bytes[at++] = low;
    this.length = at;
  }

  /** Writes the difference of two 32-bit integers, small magnitudes in few bytes; differences wrap at 32 bits. */
  delta(value: number, previous: number): void {
    const delta = (value - previous) | 0;
    this.varint(((delta << 1) ^ (delta >> 31)) >>> 0);
  }

  byte(value: number): void {
    if (this.length + 8 > this.bytes.length) this.#grow();
    this.bytes[this.length++] = value;
  }

  #grow(): void {
    const grown = new Uint8Array(this.bytes.length * 2);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

/**
 * Reads what {@link ColumnWriter} wrote. Never throws and never runs away: past the end it reads zeros or foreign bytes,
 * so the caller compares `at` with the column's end afterwards.
 */
export class ColumnReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  varint(): number {
    const bytes = this.bytes;
    let at = this.at;
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    if (byte >= 0x80) {
      byte = bytes[at++] as number;
      value |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        byte = bytes[at++] as number;
        value |= (byte & 0x7f) << 14;
        if (byte >= 0x80) {
          this.at = at;
          return this.#long(value);
        }
      }
    }
    this.at = at;
    return value;
  }

  /** Undoes {@link ColumnWriter.delta}. */
  delta(previous: number): number {
    const coded = this.varint();
    return (previous + ((coded >>> 1) ^ -(coded & 1))) | 0;
  }

  /** The rest of a number after its first three bytes: eight bytes hold any safe integer. */
  #long(low: number): number {
    let value = low;
    let scale = 2 ** 21;
    for (let more = 0; more < 5; more++) {
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (!(byte >= 0x80)) break;
      scale *= 128;
    }
    return value;
  }
}
