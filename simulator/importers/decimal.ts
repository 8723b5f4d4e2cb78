/** Why bytes are no decimal number that can be held exactly. */
export const NOT_DECIMAL = -1;
export const NEGATIVE = -2;
export const TOO_LONG = -3;

/** Powers of ten that doubles hold exactly. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** Reads decimal numbers from bytes exactly: a whole number and how many decimal places it counts. Never a float. */
export class DecimalReader {
  /** Decimal places of the number read last, without trailing zeros. */
  decimals = 0;

  /**
   * Reads `digits[.digits][e±digits]` and answers all its digits as a whole number, trailing zeros behind the point left out:
   * `0.0250` is 25 with 3 decimals. Answers {@link NOT_DECIMAL}, {@link NEGATIVE} or {@link TOO_LONG} (beyond 2^53) otherwise.
   */
  read(bytes: Buffer, start: number, end: number): number {
    this.decimals = 0;
    if (start >= end) return NOT_DECIMAL;
    let mantissa = 0;
    let decimals = 0;
    let zeros = 0;
    let hasPoint = false;
    let digits = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit >= 0 && digit <= 9) {
        digits++;
        if (!hasPoint) mantissa = mantissa * 10 + digit;
        else if (digit === 0) zeros++;
        else {
          if (zeros > 20) return TOO_LONG;
          mantissa = mantissa * (POWERS_OF_TEN[zeros + 1] as number) + digit;
          decimals += zeros + 1;
          zeros = 0;
        }
        if (mantissa > Number.MAX_SAFE_INTEGER) return TOO_LONG;
      } else if (bytes[at] === POINT && !hasPoint) hasPoint = true;
      else return this.#readRare(bytes, start, end);
    }
    if (digits === 0) return NOT_DECIMAL;
    this.decimals = decimals;
    return mantissa;
  }

  /** Signs and exponents, as programs write very small numbers. */
  #readRare(bytes: Buffer, start: number, end: number): number {
    if (bytes[start] === MINUS) {
      const rest = this.read(bytes, start + 1, end);
      this.decimals = 0;
      return rest === NOT_DECIMAL || rest === NEGATIVE ? NOT_DECIMAL : NEGATIVE;
    }
    const text = bytes.toString('latin1', start, end);
    const [, base, exponent] = /^(\d+\.?\d*|\.\d+)[eE]([+-]?\d{1,3})$/.exec(text) ?? [];
    if (base === undefined || exponent === undefined) return NOT_DECIMAL;
    const digits = Buffer.from(base, 'latin1');
    const mantissa = this.read(digits, 0, digits.length);
    if (mantissa < 0) return mantissa;
    const decimals = this.decimals - Number(exponent);
    this.decimals = 0;
    return this.#place(mantissa, decimals);
  }

  #place(mantissa: number, decimals: number): number {
    if (mantissa === 0) return 0;
    for (; decimals > 0 && mantissa % 10 === 0; decimals--) mantissa /= 10;
    for (; decimals < 0; decimals++) {
      mantissa *= 10;
      if (mantissa > Number.MAX_SAFE_INTEGER) return TOO_LONG;
    }
    this.decimals = decimals;
    return mantissa;
  }
}

/** A whole number with its decimal places as text, for messages. */
export function formatDecimal(mantissa: number, decimals: number): string {
  const digits = String(mantissa).padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
