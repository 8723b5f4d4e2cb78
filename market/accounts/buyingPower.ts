import type { Order } from '../orders/order.ts';
import type { TickerState } from '../tickers.ts';
import type { PlaceOrder, Side } from '../types.ts';
import type { Account } from './account.ts';
import { mulDiv, type Valuer } from './money.ts';

/** One whole in basis points. */
const WHOLE_BP = 10_000;

/**
 * What an order needs and an account has. `cash`: a buy's value against the account's cash, working orders reserve nothing,
 * shorts need nothing. `margin`: working orders reserve what they would open, and a short needs its value at the mark and
 * `shortMarginBp` basis points of it on top. A position is held for the working orders that close it, the oldest first; what it
 * doesn't suffice for would open. What a fill opens must be covered then as well.
 */
export type BuyingPowerRule = { readonly kind: 'cash' } | { readonly kind: 'margin'; readonly shortMarginBp: number };

/** What an order would cost: `price` in ticks, `quantity` in lots. */
export interface Estimate {
  readonly terms: PlaceOrder;
  readonly price: number;
  readonly quantity: number;
}

/** What an order may trade: lots left of it, at the price in ticks at which it is judged. */
interface Claim {
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** What is otherwise than it is, to learn what would be reserved then. */
interface Supposition {
  /** Lots held, signed. */
  readonly held?: number;
  /** This order and its group are gone. */
  readonly without?: Order;
  /** This order has `claim` for its terms; where none is named, one more is placed with it. */
  readonly changed?: Order | undefined;
  readonly claim?: Claim;
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

  /** Whether the account can pay for a new order, or for the new terms of `changed`. What needs no more than before always passes. */
  affords(account: Account, { terms, price, quantity }: Estimate, changed?: Order): boolean {
    const { symbol, side, reduceOnly } = terms;
    if (reduceOnly === true) return true;
    if (this.#rule.kind === 'cash') return side === 'SELL' || this.#value(symbol, price, quantity) <= account.cash;
    const supposed = { changed, claim: { side, price, quantity } };
    const increase = this.#required(account, symbol, supposed) - account.reservations.in(symbol);
    return increase <= 0 || increase <= this.of(account);
  }

  /** How much of a fill of `quantity` lots at `price` ticks may be: all of it, or what closes alone when what it opens isn't covered. */
  covered(order: Order, price: number, quantity: number): number {
    if (this.#rule.kind === 'cash' || order.terms.reduceOnly === true) return quantity;
    const { account } = order;
    const { symbol, side } = order.terms;
    const closing = Math.min(quantity, account.reducible(symbol, side));
    if (closing === quantity) return quantity;
    const held = account.quantityIn(symbol) + (side === 'BUY' ? quantity : -quantity);
    const freed = account.reservations.in(symbol) - this.#required(account, symbol, { held, without: order });
    const need = this.#need(symbol, { side, price, quantity: quantity - closing });
    return need <= this.of(account) + freed ? quantity : closing;
  }

  /** Reserves anew in a symbol, after orders or the position have changed. */
  settle(account: Account, symbol: number): void {
    if (this.reserves) account.reservations.set(symbol, this.#required(account, symbol));
  }

  /** What the account may still spend; negative when its shorts have grown beyond its cash. */
  of(account: Account): number {
    if (this.#rule.kind === 'cash') return account.cash;
    let power = account.cash - account.reservations.total;
    for (const { symbol, quantity } of account.held()) {
      if (quantity >= 0) continue;
      const value = this.#value(symbol, this.#tickers.last[symbol] as number, -quantity);
      power -= mulDiv(value, WHOLE_BP + this.#rule.shortMarginBp, WHOLE_BP);
    }
    return power;
  }

  /** What the working orders in a symbol need together, the position held for the oldest of them; of a group the dearest leg alone. */
  #required(account: Account, symbol: number, supposed: Supposition = {}): number {
    const { held = account.quantityIn(symbol), without, changed, claim } = supposed;
    const free = { SELL: Math.max(0, held), BUY: Math.max(0, -held) };
    let total = 0;
    const add = (claims: readonly Claim[]) => {
      let dearest = 0;
      const taken = { SELL: 0, BUY: 0 };
      for (const one of claims) {
        const { side, quantity } = one;
        dearest = Math.max(dearest, this.#need(symbol, { ...one, quantity: Math.max(0, quantity - free[side]) }));
        taken[side] = Math.max(taken[side], quantity);
      }
      free.SELL = Math.max(0, free.SELL - taken.SELL);
      free.BUY = Math.max(0, free.BUY - taken.BUY);
      total += dearest;
    };
    const claimOf = (order: Order): Claim => (order === changed && claim !== undefined ? claim : ownClaim(order));
    for (const order of account.reservations.orders(symbol)) {
      if (!claims(order) || isOneOf(order, without)) continue;
      const legs = order.group?.legs.filter(claims) ?? [order];
      if (legs[0] === order) add(legs.map(claimOf));
    }
    if (changed === undefined && claim !== undefined) add([claim]);
    return total;
  }

  /** What it needs to open a position: the value of one bought, the margin of one sold short. */
  #need(symbol: number, { side, price, quantity }: Claim): number {
    const value = this.#value(symbol, price, quantity);
    if (side === 'BUY' || this.#rule.kind === 'cash') return value;
    return mulDiv(value, this.#rule.shortMarginBp, WHOLE_BP);
  }

  #value(symbol: number, price: number, quantity: number): number {
    return this.#valuers[symbol]?.value(price, quantity) ?? 0;
  }
}

/** Whether an order may open anything: one that waits for its parent, or only reduces, may not. */
function claims({ isOpen, terms }: Order): boolean {
  return isOpen && terms.reduceOnly !== true;
}

function isOneOf(order: Order, gone: Order | undefined): boolean {
  return gone !== undefined && (order === gone || (order.group !== undefined && order.group === gone.group));
}

function ownClaim({ terms, judgedPrice, leavesQuantity }: Order): Claim {
  return { side: terms.side, price: judgedPrice, quantity: leavesQuantity };
}
