import type { TickerFields } from '../session/dialect.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const TYPE = ascii('type');
const TICKER = ascii('ticker');
const DATA = ascii('data');
const NULL = ascii('null');
const SYMBOL = ascii('symbol');
const SEQ = ascii('seq');
const SEQ_FROM = ascii('seqFrom');
const DUE = ascii('dueTimeUs');
const SENT = ascii('sentTimeUs');
const EVENT = ascii('eventTimeUs');
const RECEIVED = ascii('receivedTimeUs');

/**
 * Reads the fields of a native ticker frame straight from its bytes, without parsing it whole. It takes only what a
 * plain writer of JSON makes of such a frame (no white space, no escapes, known fields) and answers false to anything
 * else, a broken frame among it: then `JSON.parse` has the word. What it takes, it reads as `JSON.parse` does.
 */
export class TickerScanner {
  readonly #symbols = new Map<number, string>();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #from = 0;
  #to = 0;

  /** Reads the frame from `start` to `end` into `out`; on false `out` holds nothing of use. */
  scan(bytes: Buffer, start: number, end: number, out: TickerFields): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    out.symbol = '';
    out.seq = -1;
    out.seqFrom = -1;
    out.eventTimeUs = -1;
    out.dueTimeUs = -1;
    out.receivedTimeUs = -1;
    out.sentTimeUs = -1;
    let isTicker = false;
    if (!this.#take(OPEN)) return false;
    do {
      if (!this.#string() || !this.#take(COLON)) return false;
      if (this.#is(TYPE)) {
        if (!this.#string()) return false;
        isTicker = this.#is(TICKER);
        if (!isTicker) return false;
      } else if (this.#is(SYMBOL)) {
        if (!this.#string()) return false;
        out.symbol = this.#symbol();
      } else if (this.#is(DATA)) {
        if (!this.#flatObject()) return false;
      } else if (!this.#number(out)) return false;
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE) || this.#at !== end) return false;
    if (out.seqFrom < 0) out.seqFrom = out.seq;
    return (
      isTicker &&
      out.symbol !== '' &&
      out.seq >= 0 &&
      out.seqFrom <= out.seq &&
      out.eventTimeUs >= 0 &&
      out.receivedTimeUs >= 0 &&
      out.sentTimeUs >= 0
    );
  }

  /** Reads the whole number that belongs to the key just read. */
  #number(out: TickerFields): boolean {
    if (this.#is(SEQ)) out.seq = this.#whole();
    else if (this.#is(EVENT)) out.eventTimeUs = this.#whole();
    else if (this.#is(DUE)) out.dueTimeUs = this.#whole();
    else if (this.#is(RECEIVED)) out.receivedTimeUs = this.#whole();
    else if (this.#is(SENT)) out.sentTimeUs = this.#whole();
    else if (this.#is(SEQ_FROM)) out.seqFrom = this.#whole();
    else return false;
    return this.#at >= 0;
  }

  #take(byte: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  /** Passes a string of plain ASCII; it lies between `#from` and `#to` then. */
  #string(): boolean {
    if (!this.#take(QUOTE)) return false;
    this.#from = this.#at;
    for (let at = this.#at; at < this.#end; at++) {
      const byte = this.#bytes[at] as number;
      if (byte === QUOTE) {
        this.#to = at;
        this.#at = at + 1;
        return true;
      }
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false;
    }
    return false;
  }

  /** Whether the string just passed is `word`. */
  #is(word: Uint8Array): boolean {
    const from = this.#from;
    if (this.#to - from !== word.length) return false;
    for (let at = 0; at < word.length; at++) if (this.#bytes[from + at] !== word[at]) return false;
    return true;
  }

  /** The string just passed; symbols of up to five capitals are made once and kept. */
  #symbol(): string {
    const length = this.#to - this.#from;
    if (length > 5) return this.#bytes.toString('latin1', this.#from, this.#to);
    let key = 0;
    for (let at = this.#from; at < this.#to; at++) {
      const letter = (this.#bytes[at] as number) - 0x40;
      if (letter < 1 || letter > 26) return this.#bytes.toString('latin1', this.#from, this.#to);
      key = key * 27 + letter;
    }
    let symbol = this.#symbols.get(key);
    if (symbol === undefined) {
      symbol = this.#bytes.toString('latin1', this.#from, this.#to);
      this.#symbols.set(key, symbol);
    }
    return symbol;
  }

  /** Reads digits up to the largest safe integer. On anything else `#at` is -1, and so is the answer. */
  #whole(): number {
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; at < this.#end; at++) {
      const digit = (this.#bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = at - start;
    const leadingZero = digits > 1 && this.#bytes[start] === ZERO;
    if (digits === 0 || digits > 16 || leadingZero || value > Number.MAX_SAFE_INTEGER) {
      this.#at = -1;
      return -1;
    }
    this.#at = at;
    return value;
  }

  /** Passes an object whose values are numbers and nulls. */
  #flatObject(): boolean {
    if (!this.#take(OPEN)) return false;
    if (this.#take(CLOSE)) return true;
    do {
      if (!this.#string() || !this.#take(COLON)) return false;
      if (!this.#passNumber() && !this.#passNull()) return false;
    } while (this.#take(COMMA));
    return this.#take(CLOSE);
  }

  #passNull(): boolean {
    for (const letter of NULL) if (!this.#take(letter)) return false;
    return true;
  }

  /** Passes a number by the grammar of JSON; stays in place when there is none. */
  #passNumber(): boolean {
    const start = this.#at;
    this.#take(0x2d);
    const whole = this.#at;
    if (!this.#passDigits()) return this.#back(start);
    if (this.#bytes[whole] === ZERO && this.#at - whole > 1) return this.#back(start);
    if (this.#take(0x2e) && !this.#passDigits()) return this.#back(start);
    if (this.#take(0x65) || this.#take(0x45)) {
      if (!this.#take(0x2b)) this.#take(0x2d);
      if (!this.#passDigits()) return this.#back(start);
    }
    return true;
  }

  #passDigits(): boolean {
    const start = this.#at;
    while (this.#at < this.#end) {
      const byte = this.#bytes[this.#at] as number;
      if (byte < ZERO || byte > NINE) break;
      this.#at += 1;
    }
    return this.#at > start;
  }

  #back(start: number): false {
    this.#at = start;
    return false;
  }
}
