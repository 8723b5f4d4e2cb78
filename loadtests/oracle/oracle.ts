import type {
  Command,
  Instrument,
  MarketEvent,
  OrderEvent,
  OrderStatus,
  OrderView,
  PlaceOrder,
  RejectReason,
  Side,
  Tick,
  TrailingOffset,
} from '../../market/types.ts';

const TRADE = 0;

interface OpenOrder {
  readonly orderId: number;
  readonly command: PlaceOrder;
  /** How far a trailing stop stays behind; undefined for other types. */
  readonly trail: TrailingOffset | undefined;
  /** The stop in force; undefined for a trail that hasn't begun. */
  stop: number | undefined;
  peak: number | undefined;
}

interface SymbolState {
  seq: number;
  /** Last trade's price, 0 before the first. */
  last: number;
  eventTimeUs: number;
}

/**
 * Predicts every order and execution event of a market engine, written from the specification of orders alone and apart
 * from any engine: on each tick a plain loop over all open orders, oldest first, no index. Knows MARKET, STOP_MARKET and
 * TRAILING_STOP_MARKET with trigger basis `last`. Accounts are taken to have cash enough.
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
    return this.#open.map((order) => viewOf(order, 'ACCEPTED', 0));
  }

  /**
   * Plays one tick. A tick that can't be (unknown symbol, price or trade size not positive, crossed quote, time running
   * backwards within the symbol) changes nothing.
   */
  onTick(tick: Tick): void {
    if (this.#instruments[tick.symbol] === undefined || !isSane(tick)) return;
    const state = this.#state(tick.symbol);
    if (tick.eventTimeUs < state.eventTimeUs) return;
    state.seq++;
    state.eventTimeUs = tick.eventTimeUs;
    if (tick.kind !== TRADE) return;
    state.last = tick.price;
    this.#testStops(tick.symbol, tick.price);
    this.#moveTrails(tick.symbol, tick.price);
  }

  /** Takes one command. A duplicate `clientOrderId` and a cancel of what isn't open change nothing. */
  onCommand(command: Command): void {
    if (command.kind === 'place') this.#place(command);
    else this.#cancel(command.account, command.clientOrderId);
  }

  /** Step 2 of a tick: resting orders against the stop as it was before the tick, oldest first. */
  #testStops(symbol: number, price: number): void {
    const resting: OpenOrder[] = [];
    for (const order of this.#open) {
      const { command, stop } = order;
      if (command.symbol === symbol && stop !== undefined && reaches(command.side, price, stop)) {
        this.#tell('triggered', order, 'TRIGGERED', 0);
        this.#fill(order, price);
      } else resting.push(order);
    }
    this.#open = resting;
  }

  /** Step 3 of a tick: trails that the tick starts, and trails whose extreme it moves; a new extreme that leaves the stop where it was isn't told. */
  #moveTrails(symbol: number, price: number): void {
    for (const order of this.#open) {
      const { command, trail } = order;
      if (command.symbol !== symbol || trail === undefined) continue;
      if (order.peak === undefined) {
        if (!activates(command, price)) continue;
        startTrail(order, trail, price);
        this.#tell('activated', order, 'ACCEPTED', 0);
      } else if (command.side === 'SELL' ? price > order.peak : price < order.peak) {
        const before = order.stop;
        startTrail(order, trail, price);
        if (order.stop !== before) this.#tell('ratcheted', order, 'ACCEPTED', 0);
      }
    }
  }

  #place(command: PlaceOrder): void {
    const key = JSON.stringify([command.account, command.clientOrderId]);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const { type, activationPrice } = command;
    const stop = type === 'STOP_MARKET' ? command.triggerPrice : undefined;
    const trail = type === 'TRAILING_STOP_MARKET' ? command.trailingOffset : undefined;
    const order: OpenOrder = { orderId: this.#nextOrderId++, command, trail, stop, peak: undefined };
    const reason = this.#refusal(command);
    if (reason !== undefined) {
      this.#tell('rejected', order, 'REJECTED', 0, reason);
      return;
    }
    const { last } = this.#state(command.symbol);
    if (trail !== undefined && activationPrice === undefined) startTrail(order, trail, last);
    this.#tell('accepted', order, 'ACCEPTED', 0);
    if (trail !== undefined && activationPrice !== undefined && activates(command, last)) {
      startTrail(order, trail, last);
      this.#tell('activated', order, 'ACCEPTED', 0);
    }
    if (type === 'MARKET') this.#fill(order, last);
    else this.#open.push(order);
  }

  #refusal(command: PlaceOrder): RejectReason | undefined {
    if (this.#instruments[command.symbol] === undefined) return 'unknown_symbol';
    if (!isPositiveInteger(command.quantity)) return 'bad_quantity';
    const { last } = this.#state(command.symbol);
    switch (command.type) {
      case 'MARKET':
        return last === 0 ? 'no_market' : undefined;
      case 'STOP_MARKET':
        if (command.triggerPrice === undefined || !isPositiveInteger(command.triggerPrice)) return 'bad_price';
        if (last === 0) return 'no_market';
        return reaches(command.side, last, command.triggerPrice) ? 'wrong_side_of_market' : undefined;
      case 'TRAILING_STOP_MARKET':
        return trailRefusal(command, last);
      default:
        return 'unsupported_order_type';
    }
  }

  #cancel(account: string, clientOrderId: string): void {
    const order = this.#open.find(
      ({ command }) => command.account === account && command.clientOrderId === clientOrderId,
    );
    if (order === undefined) return;
    this.#open = this.#open.filter((other) => other !== order);
    this.#tell('canceled', order, 'CANCELED', 0);
  }

  #fill(order: OpenOrder, price: number): void {
    const { command, orderId } = order;
    const { seq, eventTimeUs } = this.#state(command.symbol);
    const { account, clientOrderId, symbol, side, quantity } = command;
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
      leavesQuantity: 0,
      tickSeq: seq,
      eventTimeUs,
    });
    this.#tell('filled', order, 'FILLED', price);
  }

  #tell(
    reason: OrderEvent['reason'],
    order: OpenOrder,
    status: OrderStatus,
    fillPrice: number,
    rejectReason?: RejectReason,
  ): void {
    const { seq, eventTimeUs } = this.#state(order.command.symbol);
    const view = viewOf(order, status, fillPrice, rejectReason);
    this.events.push({ kind: 'order', reason, order: view, tickSeq: seq, eventTimeUs });
  }

  #state(symbol: number): SymbolState {
    let state = this.#symbols.get(symbol);
    if (state === undefined) {
      state = { seq: 0, last: 0, eventTimeUs: 0 };
      this.#symbols.set(symbol, state);
    }
    return state;
  }
}

/**
 * The stop that lies `offset` behind `peak`, in ticks. Basis points are of the peak; a stop between two ticks is rounded
 * away from the market: down for a sell, up for a buy.
 */
export function stopBehind(side: Side, peak: number, offset: TrailingOffset): number {
  if (offset.kind !== 'bp') return side === 'SELL' ? peak - offset.value : peak + offset.value;
  const scaled = peak * (side === 'SELL' ? 10_000 - offset.value : 10_000 + offset.value);
  const rest = scaled % 10_000;
  const whole = (scaled - rest) / 10_000;
  return side === 'BUY' && rest > 0 ? whole + 1 : whole;
}

/** A sell stop is reached at or below it, a buy stop at or above it. */
function reaches(side: Side, price: number, stop: number): boolean {
  return side === 'SELL' ? price <= stop : price >= stop;
}

/** A trail starts at once without an activation price, else when the market comes up to it (sell) or down to it (buy). */
function activates(command: PlaceOrder, price: number): boolean {
  const { activationPrice, side } = command;
  if (activationPrice === undefined) return true;
  return side === 'SELL' ? price >= activationPrice : price <= activationPrice;
}

function startTrail(order: OpenOrder, offset: TrailingOffset, price: number): void {
  order.peak = price;
  order.stop = stopBehind(order.command.side, price, offset);
}

function trailRefusal(command: PlaceOrder, last: number): RejectReason | undefined {
  const { trailingOffset: offset, activationPrice, side } = command;
  if (activationPrice !== undefined && !isPositiveInteger(activationPrice)) return 'bad_price';
  if (offset === undefined || !isPositiveInteger(offset.value)) return 'bad_offset';
  if (last === 0) return 'no_market';
  const start = activates(command, last) ? last : (activationPrice ?? last);
  return stopBehind(side, start, offset) <= 0 ? 'bad_offset' : undefined;
}

function isSane(tick: Tick): boolean {
  if (!Number.isSafeInteger(tick.eventTimeUs) || tick.eventTimeUs < 0) return false;
  if (tick.kind === TRADE) return isPositiveInteger(tick.price) && isPositiveInteger(tick.size);
  return isPositiveInteger(tick.bid) && isPositiveInteger(tick.ask) && tick.bid <= tick.ask;
}

function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function viewOf(order: OpenOrder, status: OrderStatus, fillPrice: number, rejectReason?: RejectReason): OrderView {
  const { account, clientOrderId, symbol, side, type, quantity, trailingOffset } = order.command;
  const filled = status === 'FILLED';
  return {
    account,
    orderId: order.orderId,
    clientOrderId,
    symbol,
    side,
    type,
    status,
    quantity,
    leavesQuantity: filled ? 0 : quantity,
    cumulativeQuantity: filled ? quantity : 0,
    ...(order.stop === undefined ? {} : { triggerPrice: order.stop }),
    ...(trailingOffset === undefined ? {} : { trailingOffset }),
    ...(order.peak === undefined ? {} : { peakPrice: order.peak }),
    averagePrice: filled ? fillPrice : 0,
    ...(rejectReason === undefined ? {} : { rejectReason }),
  };
}
