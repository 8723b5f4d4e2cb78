import { CASH_SCALE, type Instrument } from '../types.ts';

/**
 * `a * b / divisor` in whole numbers, rounded half to even. All three are safe integers, `divisor` is positive; a product beyond
 * 2^53 is taken in exact arithmetic.
 *
 * @throws RangeError when the result is no safe integer
 */
export function mulDiv(a: number, b: number, divisor: number): number {
  const product = a * b;
  if (divisor === 1 && Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  const result = Number(divideHalfEven(BigInt(a) * BigInt(b), BigInt(divisor)));
  if (!Number.isSafeInteger(result)) throw new RangeError(`${a} x ${b} / ${divisor} is beyond exact whole numbers`);
  return result;
}

/** `dividend / divisor`, the divisor positive, rounded half to even. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const whole = dividend / divisor;
  const rest = dividend - whole * divisor;
  const twice = 2n * (rest < 0n ? -rest : rest);
  if (twice < divisor || (twice === divisor && whole % 2n === 0n)) return whole;
  return dividend < 0n ? whole - 1n : whole + 1n;
}

/** Values of one instrument in cash units (see {@link CASH_SCALE}). */
export class Valuer {
  readonly #times: number;
  readonly #per: number;
  readonly #lotsPerShare: number;

  constructor(instrument: Instrument) {
    const decimals = instrument.priceDecimals + instrument.quantityDecimals;
    const cashDecimals = Math.log10(CASH_SCALE);
    this.#times = 10 ** Math.max(0, cashDecimals - decimals);
    this.#per = 10 ** Math.max(0, decimals - cashDecimals);
    this.#lotsPerShare = 10 ** instrument.quantityDecimals;
  }

  /** What `quantity` lots (signed) are worth at `price` ticks, rounded half to even where an instrument is finer than cash. */
  value(price: number, quantity: number): number {
    return mulDiv(price * this.#times, quantity, this.#per);
  }

  /** About what {@link value} gives, for amounts too large to be exact. */
  approximate(price: number, quantity: number): number {
    return (price * this.#times * quantity) / this.#per;
  }

  /** `cashUnits` for each whole share (signed) in `quantity` lots (signed), rounded half to even. */
  perShare(cashUnits: number, quantity: number): number {
    return mulDiv(cashUnits, quantity, this.#lotsPerShare);
  }
}
