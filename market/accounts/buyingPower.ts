import type { TickerState } from '../tickers.ts';
import type { PlaceOrder } from '../types.ts';
import type { Account } from './account.ts';
import { mulDiv, type Valuer } from './money.ts';

/** One whole in basis points. */
const WHOLE_BP = 10_000;

/**
 * What an order needs and an account has. `cash`: a buy's value against the account's cash, working orders reserve nothing,
 * shorts need nothing. `margin`: working orders reserve what they would open, and a short needs its value at the mark and
 * `shortMarginBp` basis points of it on top.
 */
export type BuyingPowerRule = { readonly kind: 'cash' } | { readonly kind: 'margin'; readonly shortMarginBp: number };

/** What an order would cost: `price` in ticks, `quantity` in lots. */
export interface Estimate {
  readonly terms: PlaceOrder;
  readonly price: number;
  readonly quantity: number;
}

/** Judges buying power by one rule. All in cash units. */
export class BuyingPower {
  readonly #rule: BuyingPowerRule;
  readonly #tickers: TickerState;
  readonly #valuers: readonly Valuer[];

  /** @throws RangeError when the margin is no whole number from 0 to 100,000 basis points */
  constructor(rule: BuyingPowerRule, parts: { readonly tickers: TickerState; readonly valuers: readonly Valuer[] }) {
    if (
      rule.kind === 'margin' &&
      !(Number.isInteger(rule.shortMarginBp) && rule.shortMarginBp >= 0 && rule.shortMarginBp <= 100_000)
    ) {
      throw new RangeError(`shortMarginBp ${rule.shortMarginBp} is no whole number from 0 to 100,000`);
    }
    this.#rule = rule;
    this.#tickers = parts.tickers;
    this.#valuers = parts.valuers;
  }

  /** Whether working orders reserve what they need. */
  get reserves(): boolean {
    return this.#rule.kind === 'margin';
  }

  /** What the order needs; 0 for one that only reduces. */
  need(account: Account, { terms, price, quantity }: Estimate): number {
    const { symbol, side, reduceOnly } = terms;
    if (reduceOnly === true) return 0;
    if (this.#rule.kind === 'cash') return side === 'BUY' ? this.#value(symbol, price, quantity) : 0;
    const opens = quantity - account.reducible(symbol, side);
    if (opens <= 0) return 0;
    const value = this.#value(symbol, price, opens);
    return side === 'BUY' ? value : mulDiv(value, this.#rule.shortMarginBp, WHOLE_BP);
  }

  /** What the account may still spend; negative when its shorts have grown beyond its cash. */
  of(account: Account): number {
    if (this.#rule.kind === 'cash') return account.cash;
    let power = account.cash - account.reserved;
    for (const { symbol, quantity } of account.held()) {
      if (quantity >= 0) continue;
      const value = this.#value(symbol, this.#tickers.last[symbol] as number, -quantity);
      power -= mulDiv(value, WHOLE_BP + this.#rule.shortMarginBp, WHOLE_BP);
    }
    return power;
  }

  #value(symbol: number, price: number, quantity: number): number {
    return this.#valuers[symbol]?.value(price, quantity) ?? 0;
  }
}
