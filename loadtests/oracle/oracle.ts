import type {
  Command,
  Instrument,
  MarketEvent,
  OrderEvent,
  OrderView,
  PlaceOrder,
  RejectReason,
  Tick,
} from '../../market/types.ts';
import { activates, follow, type OpenOrder, pendingOrder, viewOf, watchOf } from './openOrder.ts';
import {
  applyTick,
  dealtPrice,
  isListed,
  moves,
  reachesStop,
  reachesTarget,
  type SymbolState,
  untraded,
  watchedPrice,
} from './prices.ts';
import { refusalOf } from './refusals.ts';

/**
 * Predicts every order and execution event of a market engine, written from the specification of orders alone and apart
 * from any engine: on each tick a plain loop over all open orders, oldest first, no index. Accounts are taken to have
 * cash enough.
 *
 * All prices in ticks, quantities in lots, times in µs, as in market/types.ts.
 */
export class Oracle {
  /** What happened so far, in the order in which it arose; a reader may empty it. */
  readonly events: MarketEvent[] = [];
  readonly #instruments: readonly Instrument[];
  readonly #symbols = new Map<number, SymbolState>();
  /** In the order of acceptance. */
  #open: OpenOrder[] = [];
  readonly #known = new Set<string>();
  #nextOrderId = 1;
  #nextExecutionId = 1;

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
  }

  /** The symbol's sequence number: how many of its ticks were accepted. */
  seq(symbol: number): number {
    return this.#state(symbol).seq;
  }

  /** The symbol's last trade price in ticks, 0 before the first trade. */
  last(symbol: number): number {
    return this.#state(symbol).last;
  }

  /** The open orders, oldest first. */
  working(): OrderView[] {
    return this.#open.map((order) => viewOf(order));
  }

  /**
   * Plays one tick. A tick that can't be (unknown symbol, price or trade size not positive, crossed quote, time running
   * backwards within the symbol) changes nothing.
   */
  onTick(tick: Tick): void {
    if (!isListed(this.#instruments, tick.symbol)) return;
    if (!applyTick(this.#state(tick.symbol), tick)) return;
    const watching = this.#open.filter(
      ({ command }) => command.symbol === tick.symbol && moves(tick, watchOf(command).basis),
    );
    for (const order of watching) this.#test(order);
    for (const order of watching) this.#trail(order);
  }

  /** Takes one command. A duplicate `clientOrderId` and a cancel of what isn't open change nothing. */
  onCommand(command: Command): void {
    if (command.kind === 'place') this.#place(command);
    else this.#cancel(command.account, command.clientOrderId);
  }

  /** Step 2 of a tick, for one resting order: has the tick reached its stop, as it was before the tick, or its limit? */
  #test(order: OpenOrder): void {
    const { command, stop, status } = order;
    const { type, side } = command;
    if (type === 'LIMIT' || status === 'TRIGGERED') {
      this.#fillWithinLimit(order);
      return;
    }
    if (stop === undefined) return;
    const price = watchedPrice(this.#state(command.symbol), watchOf(command));
    const isReached = type === 'TAKE_PROFIT' ? reachesTarget(side, price, stop) : reachesStop(side, price, stop);
    if (!isReached) return;
    order.status = 'TRIGGERED';
    this.#tell('triggered', order);
    if (type !== 'STOP_LIMIT') this.#fill(order);
    else if (!this.#fillWithinLimit(order) && isImmediate(command)) this.#close(order, 'canceled');
  }

  /** Step 3 of a tick: trails that the tick starts, and trails whose extreme it moves; a new extreme that leaves the stop where it was isn't told. */
  #trail(order: OpenOrder): void {
    const { command, trail, peak, stop } = order;
    if (!this.#open.includes(order) || trail === undefined) return;
    const state = this.#state(command.symbol);
    const price = watchedPrice(state, watchOf(command));
    if (peak === undefined) {
      if (activates(command, price)) this.#activate(order);
    } else if (command.side === 'SELL' ? price > peak : price < peak) {
      follow(order, state);
      if (order.stop !== stop) this.#tell('ratcheted', order);
    }
  }

  #place(command: PlaceOrder): void {
    const key = JSON.stringify([command.account, command.clientOrderId]);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const order = pendingOrder(command, this.#nextOrderId++);
    const state = this.#state(command.symbol);
    const reason = isListed(this.#instruments, command.symbol) ? refusalOf(command, state) : 'unknown_symbol';
    if (reason !== undefined) {
      order.status = 'REJECTED';
      this.#tell('rejected', order, reason);
      return;
    }
    order.status = 'ACCEPTED';
    this.#open.push(order);
    if (command.activationPrice === undefined) follow(order, state);
    this.#tell('accepted', order);
    this.#begin(order);
  }

  /** What an order does at once when it begins to work. */
  #begin(order: OpenOrder): void {
    const { command } = order;
    const price = watchedPrice(this.#state(command.symbol), watchOf(command));
    if (command.type === 'MARKET') this.#fill(order);
    else if (command.type === 'LIMIT') {
      if (!this.#fillWithinLimit(order) && isImmediate(command)) this.#close(order, 'canceled');
    } else if (order.trail !== undefined && order.peak === undefined && activates(command, price)) {
      this.#activate(order);
    }
  }

  #activate(order: OpenOrder): void {
    follow(order, this.#state(order.command.symbol));
    this.#tell('activated', order);
  }

  #cancel(account: string, clientOrderId: string): void {
    const order = this.#open.find(
      ({ command }) => command.account === account && command.clientOrderId === clientOrderId,
    );
    if (order !== undefined) this.#close(order, 'canceled');
  }

  /** Fills an order if the market is at its limit or better, and says whether it did. */
  #fillWithinLimit(order: OpenOrder): boolean {
    const { command } = order;
    const { side, symbol, limitPrice } = command;
    const price = dealtPrice(this.#state(symbol), watchOf(command));
    if (price === 0 || limitPrice === undefined || !reachesTarget(side, price, limitPrice)) return false;
    this.#fill(order);
    return true;
  }

  #fill(order: OpenOrder): void {
    const { command, orderId } = order;
    const { account, clientOrderId, symbol, side, quantity, type } = command;
    const state = this.#state(symbol);
    const price = type === 'MARKET' ? state.last : dealtPrice(state, watchOf(command));
    order.filledQuantity += quantity;
    order.filledTotal += price * quantity;
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
      leavesQuantity: quantity - order.filledQuantity,
      tickSeq: state.seq,
      eventTimeUs: state.eventTimeUs,
    });
    this.#close(order, 'filled');
  }

  #close(order: OpenOrder, reason: 'filled' | 'canceled'): void {
    this.#open = this.#open.filter((other) => other !== order);
    order.status = reason === 'filled' ? 'FILLED' : 'CANCELED';
    this.#tell(reason, order);
  }

  #tell(reason: OrderEvent['reason'], order: OpenOrder, rejectReason?: RejectReason): void {
    const { seq, eventTimeUs } = this.#state(order.command.symbol);
    this.events.push({ kind: 'order', reason, order: viewOf(order, rejectReason), tickSeq: seq, eventTimeUs });
  }

  #state(symbol: number): SymbolState {
    let state = this.#symbols.get(symbol);
    if (state === undefined) {
      state = untraded();
      this.#symbols.set(symbol, state);
    }
    return state;
  }
}

/** Whether an order may not rest once it works. */
function isImmediate({ timeInForce }: PlaceOrder): boolean {
  return timeInForce === 'IOC' || timeInForce === 'FOK';
}
