import type { Instrument, MarketEvent, OrderEvent, RejectReason, SessionCalendar } from '../../market/types.ts';
import { type AccountRules, Accounts } from './accounts.ts';
import { childrenOf, othersOfOco, othersOfOuo } from './families.ts';
import { Funds, type FundsRule } from './funds.ts';
import { activates, follow, isImmediate, leavesOf, type OpenOrder, viewOf, watchOf } from './openOrder.ts';
import {
  dealtPrice,
  reachesStop,
  reachesTarget,
  type SymbolState,
  sizeLeft,
  takeSize,
  untraded,
  watchedPrice,
} from './prices.ts';
import { judgedPrice, needsOpenMarket } from './refusals.ts';

/** The rules of the market that the oracle predicts. */
export interface OracleOptions {
  readonly instruments: readonly Instrument[];
  /** When the market is open; without one it always is, and no order can be for the day. */
  readonly calendar?: SessionCalendar;
  /** Whether every fill is whole (default), or a tick fills no more than its own size. */
  readonly fills?: 'whole' | 'tick_size';
  /** What orders need; by default a buy's value of the cash. */
  readonly buyingPower?: FundsRule;
  /** How accounts are kept; by default each has ten million of the currency, average cost and no commission. */
  readonly accounts?: AccountRules;
}

/** In cash units. */
const DEFAULT_STARTING_CASH = 100_000_000_000;

/** How orders live, once they are taken: they begin, trigger, trail, fill, act on each other and end. */
export class Life {
  /** What happened so far, in the order in which it arose. */
  readonly events: MarketEvent[] = [];
  /** All orders that aren't closed, waiting children included, oldest first. */
  open: OpenOrder[] = [];
  readonly accounts: Accounts;
  readonly funds: Funds;
  /** The time that the clock told last, µs since the epoch; 0 before the first. */
  nowUs = 0;
  readonly #options: OracleOptions;
  readonly #symbols = new Map<number, SymbolState>();
  /** Parents that have filled; their children begin to work when all else of the tick or command is done. */
  #due: OpenOrder[] = [];
  #nextExecutionId = 1;

  constructor(options: OracleOptions) {
    this.#options = options;
    this.accounts = new Accounts(options.instruments, options.accounts ?? { startingCash: DEFAULT_STARTING_CASH });
    this.funds = new Funds({
      rule: options.buyingPower ?? { kind: 'cash' },
      accounts: this.accounts,
      lastOf: (symbol) => this.state(symbol).last,
      openOrders: () => this.open,
    });
  }

  /** Of some orders, those whose time has come expire, oldest first. */
  expire(orders: readonly OpenOrder[]): void {
    for (const order of orders) {
      const { expireTimeUs = Number.POSITIVE_INFINITY, command } = order;
      if (this.isOpen(order) && expireTimeUs <= this.timeOf(command.symbol)) this.close(order, 'expired');
    }
  }

  /** Whether an order may trigger and fill now: its symbol isn't halted, and it is in its hours. */
  isAwake({ command }: OpenOrder): boolean {
    if (this.state(command.symbol).isHalted) return false;
    const phase = this.#options.calendar?.spanAt(this.timeOf(command.symbol)).phase ?? 'regular';
    return phase === 'regular' || command.extendedHours === true;
  }

  /** Step 2 of a tick, for one resting order: has the tick reached its stop, as it was before the tick, or its limit? */
  test(order: OpenOrder): void {
    const { command, stop } = order;
    const { type, side } = command;
    if (type === 'LIMIT' || type === 'MARKET' || order.hasTriggered) {
      this.#work(order);
      return;
    }
    if (stop === undefined) return;
    const price = watchedPrice(this.state(command.symbol), watchOf(command));
    const isReached = type === 'TAKE_PROFIT' ? reachesTarget(side, price, stop) : reachesStop(side, price, stop);
    if (!isReached) return;
    order.hasTriggered = true;
    order.status = 'TRIGGERED';
    this.tell('triggered', order);
    for (const other of othersOfOco(order)) if (this.isOpen(other)) this.close(other, 'canceled');
    this.#work(order);
    if (this.isOpen(order) && isImmediate(command)) this.close(order, 'canceled');
  }

  /** Step 3 of a tick: trails that the tick starts, and trails whose extreme it moves; a new extreme that leaves the stop where it was isn't told. */
  trail(order: OpenOrder): void {
    const { command, trail, peak, stop } = order;
    if (trail === undefined || order.hasTriggered) return;
    const state = this.state(command.symbol);
    const price = watchedPrice(state, watchOf(command));
    if (peak === undefined) this.activateIfReached(order);
    else if (command.side === 'SELL' ? price > peak : price < peak) {
      follow(order, state);
      if (order.stop !== stop) this.tell('ratcheted', order);
    }
  }

  /** Takes orders together: all are told of before the first begins to work. */
  takeAll(orders: readonly OpenOrder[]): void {
    for (const order of orders) {
      const { timeInForce, symbol } = order.command;
      if (timeInForce === 'DAY') order.expireTimeUs = this.#options.calendar?.nextCloseUs(this.timeOf(symbol));
      this.open.push(order);
      if (order.parent === undefined) this.#accept(order);
      else {
        this.tell('pending', order);
        this.#owe(order.parent);
      }
    }
    for (const order of orders) if (this.isOpen(order) && order.parent === undefined) this.#begin(order);
  }

  /** An order is told to be at work: taken from a client, or a child whose parent has filled. */
  #accept(order: OpenOrder): void {
    order.status = 'ACCEPTED';
    const state = this.state(order.command.symbol);
    if (order.activationPrice === undefined) follow(order, state);
    order.worthPrice = judgedPrice(order, state);
    this.tell('accepted', order);
  }

  /** Step 5 of a tick, its end: the children of each parent that has filled begin to work; what they fill may be a parent too. */
  beginDue(): void {
    for (let parent = this.#due.shift(); parent !== undefined; parent = this.#due.shift()) {
      const children = childrenOf(parent, this.open).filter(({ status }) => status === 'PENDING');
      for (const child of children) this.#accept(child);
      for (const child of children) if (this.isOpen(child)) this.#begin(child);
    }
  }

  /** What an order does at once when it begins to work. */
  #begin(order: OpenOrder): void {
    const { command } = order;
    this.activateIfReached(order);
    if (command.type !== 'MARKET' && command.type !== 'LIMIT') return;
    // A child is tested from the next tick on, unless it may not wait.
    if (order.parent !== undefined && !needsOpenMarket(order)) return;
    if (this.isAwake(order)) this.#work(order);
    if (this.isOpen(order) && isImmediate(command)) this.close(order, 'canceled');
  }

  /** Starts a trail that waits for its activation price, if the market is there. */
  activateIfReached(order: OpenOrder): void {
    const state = this.state(order.command.symbol);
    if (order.trail === undefined || order.peak !== undefined || !this.isAwake(order)) return;
    if (!activates(order, watchedPrice(state, watchOf(order.command)))) return;
    follow(order, state);
    this.tell('activated', order);
  }

  /** Fills what may be filled now of an order that has nothing to wait for but its limit. */
  #work(order: OpenOrder): void {
    if (order.command.type === 'LIMIT' || order.command.type === 'STOP_LIMIT') this.fillWithinLimit(order);
    else this.#fill(order);
  }

  /** Fills an order if the market is at its limit or better. */
  fillWithinLimit(order: OpenOrder): void {
    const { command, limitPrice } = order;
    const { side, symbol } = command;
    if (command.type === 'STOP_LIMIT' && !order.hasTriggered) return;
    const price = dealtPrice(this.state(symbol), watchOf(command));
    if (price === 0 || limitPrice === undefined || !reachesTarget(side, price, limitPrice)) return;
    this.#fill(order);
  }

  /** Fills an order at the market, as far as it goes. */
  #fill(order: OpenOrder): void {
    const { command } = order;
    const isCut = command.reduceOnly === true && this.#reducible(order) < leavesOf(order);
    const wanted = isCut ? this.#reducible(order) : leavesOf(order);
    const state = this.state(command.symbol);
    const offered = this.#options.fills === 'tick_size' ? sizeLeft(state, watchOf(command)) : wanted;
    const isAllOrNone = command.timeInForce === 'FOK';
    const dealt = isAllOrNone && offered < wanted ? 0 : Math.min(wanted, offered);
    const covered = this.funds.covered(order, dealtPrice(state, watchOf(command)), dealt);
    const quantity = isAllOrNone && covered < dealt ? 0 : covered;
    if (quantity > 0) {
      takeSize(state, watchOf(command), quantity);
      this.#execute(order, quantity);
      if (leavesOf(order) === 0) this.#shut(order, 'filled');
      else {
        order.status = 'PARTIALLY_FILLED';
        this.tell('partially_filled', order);
      }
      this.#actOnFill(order, quantity);
    }
    if (!this.isOpen(order)) return;
    if (covered < dealt) this.close(order, 'canceled', 'insufficient_buying_power');
    else if (isCut && quantity === wanted) this.close(order, 'canceled');
  }

  #execute(order: OpenOrder, quantity: number): void {
    const { command, orderId } = order;
    const { account, clientOrderId, symbol, side } = command;
    const state = this.state(symbol);
    const price = dealtPrice(state, watchOf(command));
    order.filledQuantity += quantity;
    order.filledTotal += price * quantity;
    const commission = this.accounts.fill({ account, symbol, side, price, quantity });
    this.events.push({
      kind: 'execution',
      executionId: this.#nextExecutionId++,
      account,
      orderId,
      clientOrderId,
      symbol,
      side,
      lastPrice: price,
      lastQuantity: quantity,
      leavesQuantity: leavesOf(order),
      ...(commission > 0 ? { commission } : {}),
      tickSeq: state.seq,
      eventTimeUs: state.eventTimeUs,
    });
  }

  /** Step 5 of a tick: what the fill of one order does to those that depend on it. */
  #actOnFill(order: OpenOrder, quantity: number): void {
    for (const other of othersOfOco(order)) if (this.isOpen(other)) this.close(other, 'canceled');
    for (const other of othersOfOuo(order)) {
      if (!this.isOpen(other)) continue;
      if (leavesOf(other) <= quantity) this.close(other, 'canceled');
      else {
        other.quantity -= quantity;
        this.tell('restated', other);
      }
    }
    this.#owe(order);
  }

  /** Makes an order's children due, if what has filled of it suffices: also for one that comes after that fill. */
  #owe(parent: OpenOrder): void {
    const isFilled = parent.filledQuantity > 0 && (leavesOf(parent) === 0 || parent.childrenFrom === 'first_fill');
    if (isFilled && !this.#due.includes(parent)) this.#due.push(parent);
  }

  /** How many lots a reduce-only order may still trade. */
  #reducible({ command }: OpenOrder): number {
    const held = this.accounts.held(command.account, command.symbol);
    return Math.max(0, command.side === 'SELL' ? held : -held);
  }

  /** Ends an order, and with it, unless it is filled, the children that wait for it. */
  close(order: OpenOrder, reason: 'canceled' | 'expired', why?: RejectReason): void {
    const waiting = childrenOf(order, this.open).filter(({ status }) => status === 'PENDING');
    this.#shut(order, reason, why);
    for (const child of waiting) if (this.isOpen(child)) this.close(child, 'canceled');
  }

  #shut(order: OpenOrder, reason: 'filled' | 'canceled' | 'expired', why?: RejectReason): void {
    this.open = this.open.filter((other) => other !== order);
    order.status = reason === 'filled' ? 'FILLED' : reason === 'canceled' ? 'CANCELED' : 'EXPIRED';
    this.tell(reason, order, why);
  }

  /** Whether an order isn't closed. */
  isOpen(order: OpenOrder): boolean {
    return this.open.includes(order);
  }

  /** Tells what happened to an order, at its symbol's last tick. */
  tell(reason: OrderEvent['reason'], order: OpenOrder, rejectReason?: RejectReason): void {
    const { seq, eventTimeUs } = this.state(order.command.symbol);
    this.events.push({ kind: 'order', reason, order: viewOf(order, rejectReason), tickSeq: seq, eventTimeUs });
  }

  /** The time for one symbol: the clock's, or its last tick's where that is later. */
  timeOf(symbol: number): number {
    return Math.max(this.nowUs, this.state(symbol).eventTimeUs);
  }

  /** The market of a symbol. */
  state(symbol: number): SymbolState {
    let state = this.#symbols.get(symbol);
    if (state === undefined) {
      state = untraded();
      this.#symbols.set(symbol, state);
    }
    return state;
  }
}
