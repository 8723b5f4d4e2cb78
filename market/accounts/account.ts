import type { Order } from '../orders/order.ts';
import type { TickerState } from '../tickers.ts';
import type { CorporateAction, PortfolioView, PositionView, Side } from '../types.ts';
import { type Commission, commissionOn } from './commission.ts';
import { mulDiv, type Valuer } from './money.ts';
import { type CostBasis, Position, type PositionState } from './position.ts';
import { Reservations } from './reservations.ts';

/** Above this |cash| or |cost| in cash units a fill isn't booked, so that sums stay exact. */
const MAX_BOOKED = 4e15;
/** Closed orders that an account remembers by default, for their `clientOrderId`. */
export const DEFAULT_CLOSED_ORDERS_KEPT = 10_000;

/** What is the same for all accounts of an engine. */
export interface AccountRules {
  /** By symbol index. */
  readonly valuers: readonly Valuer[];
  /** Default `average`. */
  readonly costBasis?: CostBasis;
  readonly commission?: Commission;
  /** Closed orders remembered for their `clientOrderId` (default {@link DEFAULT_CLOSED_ORDERS_KEPT}). */
  readonly closedOrdersKept?: number;
}

/** A fill as it reaches an account: `price` in ticks, `quantity` in lots. */
export interface Fill {
  readonly symbol: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** An account's books as they are saved; its orders are saved apart. */
export interface AccountState {
  readonly name: string;
  readonly deposits: number;
  readonly cash: number;
  readonly positions: readonly PositionState[];
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
  /** What its working orders reserve, where the rule of buying power asks for it. */
  readonly reservations = new Reservations();
  /** Every live order and the last closed ones, by `clientOrderId`. */
  readonly orders = new Map<string, Order>();
  /** Those that live, by id and so from the oldest on. */
  readonly working = new Map<number, Order>();
  readonly #rules: AccountRules;
  readonly #positions = new Map<number, Position>();
  /** The closed orders in `orders`, the one closed longest ago at `#closedFrom`. */
  #closed: Order[] = [];
  #closedFrom = 0;

  constructor(options: { readonly name: string; readonly deposits: number } & AccountRules) {
    this.name = options.name;
    this.deposits = options.deposits;
    this.cash = options.deposits;
    this.#rules = options;
  }

  /** The order is done: it works no more, and is forgotten once many others are done after it. */
  retire(order: Order): void {
    this.working.delete(order.orderId);
    this.#closed.push(order);
    const { closedOrdersKept = DEFAULT_CLOSED_ORDERS_KEPT } = this.#rules;
    if (this.#closed.length - this.#closedFrom <= closedOrdersKept) return;
    const forgotten = this.#closed[this.#closedFrom];
    if (forgotten !== undefined) this.orders.delete(forgotten.terms.clientOrderId);
    this.#closedFrom++;
    if (this.#closedFrom < closedOrdersKept + 16) return;
    this.#closed = this.#closed.slice(this.#closedFrom);
    this.#closedFrom = 0;
  }

  /** The closed orders that are remembered, the one closed longest ago first. */
  closedOrders(): readonly Order[] {
    return this.#closed.slice(this.#closedFrom);
  }

  /** Lots that an order of `side` can take off the position in `symbol` before it turns round. */
  reducible(symbol: number, side: Side): number {
    const quantity = this.quantityIn(symbol);
    return Math.max(0, side === 'SELL' ? quantity : -quantity);
  }

  /** Lots held of a symbol, negative when short. */
  quantityIn(symbol: number): number {
    return this.#positions.get(symbol)?.quantity ?? 0;
  }

  /** Whether a fill leaves the books within exact whole numbers. */
  canBook({ symbol, price, quantity }: Fill): boolean {
    const value = this.#valuer(symbol).approximate(price, quantity);
    const cost = this.#positions.get(symbol)?.cost ?? 0;
    return value + Math.max(Math.abs(this.cash), Math.abs(cost)) <= MAX_BOOKED;
  }

  /** Books a fill: the part against the open position is realised, the rest adds to it. Returns the commission in cash units. */
  fill(fill: Fill): number {
    const { symbol, price, quantity } = fill;
    const valuer = this.#valuer(symbol);
    const position = this.#positionIn(symbol);
    const signed = fill.side === 'BUY' ? quantity : -quantity;
    const value = valuer.value(price, signed);
    const commission = commissionOn(this.#rules.commission, { quantity, value: Math.abs(value), valuer });
    this.cash -= value + commission;
    const closing = Math.min(quantity, this.reducible(symbol, fill.side));
    if (closing === 0) {
      position.open(signed, value);
    } else {
      const closingValue = closing === quantity ? value : valuer.value(price, signed > 0 ? closing : -closing);
      position.close(closing, -closingValue);
      position.open(signed - Math.sign(signed) * closing, value - closingValue);
    }
    position.realizedPnl -= commission;
    return commission;
  }

  /** Splits the position and pays the dividend. `oldPrice` in ticks before the split values what isn't a whole lot any more. */
  adjust(action: CorporateAction, oldPrice: number): void {
    const { symbol, numerator, cashPerShare } = action;
    const position = this.#positions.get(symbol);
    if (position === undefined) return;
    const valuer = this.#valuer(symbol);
    const dividend = valuer.perShare(cashPerShare, position.quantity);
    this.cash += dividend;
    position.realizedPnl += dividend;
    this.cash += position.split(action, (rest) => mulDiv(valuer.value(oldPrice, rest), 1, numerator));
  }

  /** Every position held or once held, by its quantity in lots. */
  held(): Iterable<{ readonly symbol: number; readonly quantity: number }> {
    return this.#positions.values();
  }

  /** Every position held or once held, in order of the first fill. */
  positions(tickers: TickerState): PositionView[] {
    return [...this.#positions.values()].map((position) => this.#view(position, tickers));
  }

  /** The position in one symbol as it is now; undefined before its first fill. */
  positionView(symbol: number, tickers: TickerState): PositionView | undefined {
    const position = this.#positions.get(symbol);
    return position === undefined ? undefined : this.#view(position, tickers);
  }

  portfolio(tickers: TickerState): PortfolioView {
    let held = 0;
    let realizedPnl = 0;
    let unrealizedPnl = 0;
    for (const position of this.positions(tickers)) {
      held += position.unrealizedPnl + position.cost;
      realizedPnl += position.realizedPnl;
      unrealizedPnl += position.unrealizedPnl;
    }
    const { name: account, cash, deposits } = this;
    return { account, cash, equity: cash + held, realizedPnl, unrealizedPnl, deposits };
  }

  /** The books of one symbol as they are saved; undefined before its first fill. */
  position(symbol: number): PositionState | undefined {
    return this.#positions.get(symbol)?.state();
  }

  state(): AccountState {
    const { name, deposits, cash } = this;
    return { name, deposits, cash, positions: [...this.#positions.values()].map((position) => position.state()) };
  }

  /** Takes on a saved state of the books. */
  restore(state: AccountState): void {
    this.cash = state.cash;
    for (const position of state.positions) this.#positionIn(position.symbol).restore(position);
  }

  #view({ symbol, quantity, cost, realizedPnl }: Position, tickers: TickerState): PositionView {
    const mark = tickers.last[symbol] as number;
    const unrealizedPnl = this.#valuer(symbol).value(mark, quantity) - cost;
    return { account: this.name, symbol, quantity, cost, realizedPnl, unrealizedPnl, mark };
  }

  #valuer(symbol: number): Valuer {
    const valuer = this.#rules.valuers[symbol];
    if (valuer === undefined) throw new RangeError(`no instrument has index ${symbol}`);
    return valuer;
  }

  #positionIn(symbol: number): Position {
    let position = this.#positions.get(symbol);
    if (position === undefined) {
      position = new Position(symbol, this.#rules.costBasis ?? 'average');
      this.#positions.set(symbol, position);
    }
    return position;
  }
}
