import type { Order } from '../orders/order.ts';
import type { TickerState } from '../tickers.ts';
import type { PortfolioView, PositionView, Side } from '../types.ts';
import { mulDiv, type Valuer } from './money.ts';

/** What an account holds of one symbol, by average cost: the total cost is kept, never an average. */
class Position {
  readonly symbol: number;
  /** Lots, negative when short. */
  quantity = 0;
  /** Cost of the open quantity in cash units, signed like the quantity. */
  cost = 0;
  realizedPnl = 0;

  constructor(symbol: number) {
    this.symbol = symbol;
  }
}

/** A fill as it reaches an account: `price` in ticks, `quantity` in lots. */
export interface Fill {
  readonly symbol: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/**
 * One account: cash, positions, orders. Whole numbers only, and at every moment `cash + sum(position x mark) = equity`
 * and `realised + unrealised = equity - deposits`.
 */
export class Account {
  readonly name: string;
  readonly deposits: number;
  /** Cash units. */
  cash: number;
  /** Every order ever placed, by `clientOrderId`. */
  readonly orders = new Map<string, Order>();
  /** Those that work, by id and so from the oldest on. */
  readonly working = new Map<number, Order>();
  readonly #positions = new Map<number, Position>();
  readonly #valuers: readonly Valuer[];

  constructor(options: { readonly name: string; readonly deposits: number; readonly valuers: readonly Valuer[] }) {
    this.name = options.name;
    this.deposits = options.deposits;
    this.cash = options.deposits;
    this.#valuers = options.valuers;
  }

  /** Books a fill: the part against the open position is realised, the rest adds to it. */
  fill(fill: Fill): void {
    const { symbol, price } = fill;
    const position = this.#positionIn(symbol);
    const signed = fill.side === 'BUY' ? fill.quantity : -fill.quantity;
    const value = this.#value(symbol, price, signed);
    this.cash -= value;
    const isAgainst = signed * position.quantity < 0;
    if (!isAgainst) {
      position.quantity += signed;
      position.cost += value;
      return;
    }
    const open = Math.abs(position.quantity);
    const closing = Math.min(open, fill.quantity);
    const closingSigned = signed > 0 ? closing : -closing;
    const closingValue = closing === fill.quantity ? value : this.#value(symbol, price, closingSigned);
    const removed = mulDiv(position.cost, closing, open);
    position.realizedPnl -= closingValue + removed;
    // Whatever goes beyond the open quantity opens the other way round, with what is left of the fill's value.
    position.cost += value - closingValue - removed;
    position.quantity += signed;
  }

  /** The value of `quantity` lots at `price` ticks, in cash units. */
  #value(symbol: number, price: number, quantity: number): number {
    const valuer = this.#valuers[symbol];
    if (valuer === undefined) throw new RangeError(`no instrument has index ${symbol}`);
    return valuer.value(price, quantity);
  }

  /** Every position held or once held, in order of the first fill. */
  positions(tickers: TickerState): PositionView[] {
    return [...this.#positions.values()].map(({ symbol, quantity, cost, realizedPnl }) => {
      const mark = tickers.last[symbol] as number;
      const unrealizedPnl = this.#value(symbol, mark, quantity) - cost;
      return { account: this.name, symbol, quantity, cost, realizedPnl, unrealizedPnl, mark };
    });
  }

  portfolio(tickers: TickerState): PortfolioView {
    let held = 0;
    let realizedPnl = 0;
    let unrealizedPnl = 0;
    for (const position of this.positions(tickers)) {
      held += this.#value(position.symbol, position.mark, position.quantity);
      realizedPnl += position.realizedPnl;
      unrealizedPnl += position.unrealizedPnl;
    }
    const { name: account, cash, deposits } = this;
    return { account, cash, equity: cash + held, realizedPnl, unrealizedPnl, deposits };
  }

  #positionIn(symbol: number): Position {
    let position = this.#positions.get(symbol);
    if (position === undefined) {
      position = new Position(symbol);
      this.#positions.set(symbol, position);
    }
    return position;
  }
}
