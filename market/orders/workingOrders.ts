import { MAX_PRICE, type TickerState } from '../tickers.ts';
import { type Tick, TickKind } from '../types.ts';
import type { Order } from './order.ts';
import { HeapSlot, OrderHeap } from './orderHeap.ts';
import { rootOf, TrailingStops, type TrailRun } from './trailing.ts';
import { type Watch, watchedPrice } from './watch.ts';

/** A level for `falls` that every market reaches: of orders that take whatever price comes. */
export const AT_ANY_PRICE = MAX_PRICE + 1;

/** The orders of one symbol that watch one stream of prices in the same hours. */
class PriceBook {
  readonly watch: Watch;
  /** Works outside the regular session as well. */
  readonly isExtended: boolean;
  /** Sell stops, buy limits and their like. */
  readonly falls = new OrderHeap('falls');
  /** Buy stops, sell limits and their like. */
  readonly rises = new OrderHeap('rises');
  readonly trailingSells = new TrailingStops('SELL');
  readonly trailingBuys = new TrailingStops('BUY');
  /** Prices strictly between the two neither reach an order nor make a new extreme. */
  quietAbove = 0;
  quietBelow = Number.POSITIVE_INFINITY;

  constructor(watch: Watch, isExtended: boolean) {
    this.watch = watch;
    this.isExtended = isExtended;
  }

  isQuietAt(price: number): boolean {
    return price > this.quietAbove && price < this.quietBelow;
  }

  refreshQuiet(): void {
    const { falls, rises, trailingSells, trailingBuys } = this;
    this.quietAbove = Math.max(falls.nearest, trailingSells.nearestStop(), trailingBuys.nearestPeak() - 1);
    this.quietBelow = Math.min(rises.nearest, trailingBuys.nearestStop(), trailingSells.nearestPeak() + 1);
  }
}

/** What a symbol with orders has: up to eight books, its ratchets not yet told, and the orders that will expire. */
class SymbolOrders {
  readonly books: PriceBook[] = [];
  readonly untold: TrailRun[] = [];
  /** The last window (event time over its length) in which ratchets were told. */
  toldWindow = -1;
  readonly expiries = new OrderHeap('rises');
}

/** When a symbol's ratchets were and will be told, as it is saved. */
export interface ToldState {
  readonly symbol: number;
  readonly window: number;
  /** Event time from which those kept back are told, µs since the epoch; -1 when none wait for it. */
  readonly dueUs: number;
}

/**
 * The columns of a symbol's gate. A last price strictly between ABOVE and BELOW is quiet for all orders that watch it. From
 * the event time DUE on there is something to tell or to end.
 */
const ABOVE = 0;
const BELOW = 1;
const DUE = 2;
/** Columns of a gate: two gates fill a line of the cache. */
const GATES = 4;

/**
 * All working orders by symbol and price. A tick that reaches no order and makes no new extreme is told from two
 * columns in O(1), whatever the number of orders.
 */
export class WorkingOrders {
  readonly #tickers: TickerState;
  readonly #ratchetWindowUs: number;
  readonly #symbols: (SymbolOrders | undefined)[] = [];
  /** What {@link isQuiet} asks of a symbol, side by side: one read of memory. */
  readonly #gates: Float64Array;
  /** Event time from which ratchets that were kept back are told; Infinity for none. */
  readonly #untoldDueUs: Float64Array;
  /** 1 where some order watches quotes. */
  readonly #watchesQuotes: Uint8Array;
  readonly #reached: Order[] = [];
  readonly #told: Order[] = [];
  readonly #expired: Order[] = [];

  constructor(options: { readonly tickers: TickerState; readonly ratchetWindowUs: number }) {
    this.#tickers = options.tickers;
    this.#ratchetWindowUs = options.ratchetWindowUs;
    const symbols = options.tickers.seq.length;
    this.#gates = new Float64Array(GATES * symbols);
    for (let at = 0; at < this.#gates.length; at += GATES) {
      this.#gates[at + BELOW] = Number.POSITIVE_INFINITY;
      this.#gates[at + DUE] = Number.POSITIVE_INFINITY;
    }
    this.#untoldDueUs = new Float64Array(symbols).fill(Number.POSITIVE_INFINITY);
    this.#watchesQuotes = new Uint8Array(symbols);
  }

  /** Whether the tick just applied reaches no order, whatever its hours, makes no new extreme and lets nothing fall due. */
  isQuiet({ kind, symbol, eventTimeUs, price }: Tick): boolean {
    const gates = this.#gates;
    const at = symbol * GATES;
    if (eventTimeUs >= (gates[at + DUE] as number)) return false;
    if (kind !== TickKind.TRADE) return this.#watchesQuotes[symbol] === 0;
    return price > (gates[at + ABOVE] as number) && price < (gates[at + BELOW] as number);
  }

  /** Lets an order wait until the price that it watches falls or rises to `level`. */
  addAtPrice(order: Order, actsWhen: 'falls' | 'rises', level: number): void {
    const book = this.#bookFor(order);
    book[actsWhen].add(order.wait, level);
    this.#refresh(order.terms.symbol, book);
  }

  /** Starts a trailing stop's trail at `peak`, as a rule the market now. */
  addTrailing(order: Order, peak: number): void {
    const { trailingOffset, symbol } = order.terms;
    if (trailingOffset === undefined) throw new Error(`order ${order.orderId} has no trailing offset`);
    const book = this.#bookFor(order);
    trailsOf(book, order).add(order, trailingOffset, peak);
    this.#refresh(symbol, book);
  }

  /** Takes an order away from the price at which it waits, or out of its trail. */
  remove(order: Order): void {
    const book = this.#bookFor(order);
    order.wait.heap?.remove(order.wait);
    trailsOf(book, order).remove(order);
    this.#refresh(order.terms.symbol, book);
  }

  /** Lets an order end at its `expireTimeUs`, if it has one. */
  addExpiry(order: Order): void {
    if (order.expireTimeUs === Number.POSITIVE_INFINITY) return;
    const { symbol } = order.terms;
    order.expiry ??= new HeapSlot(order);
    this.#ordersFor(symbol).expiries.add(order.expiry, order.expireTimeUs);
    this.#refreshDue(symbol);
  }

  removeExpiry(order: Order): void {
    const { expiry } = order;
    if (expiry?.heap === undefined) return;
    expiry.heap.remove(expiry);
    this.#refreshDue(order.terms.symbol);
  }

  /** Takes out the expiry of every order of the symbol, or of all symbols, that ends by `timeUs`, oldest first. The array is reused. */
  takeExpired(timeUs: number, onlySymbol?: number): readonly Order[] {
    const expired = this.#expired;
    expired.length = 0;
    const from = onlySymbol ?? 0;
    const to = onlySymbol ?? this.#untoldDueUs.length - 1;
    for (let symbol = from; symbol <= to; symbol++) {
      if (timeUs < (this.#gates[symbol * GATES + DUE] as number)) continue;
      this.#symbols[symbol]?.expiries.takeReached(timeUs, expired);
      this.#refreshDue(symbol);
    }
    if (expired.length > 1) expired.sort(byAge);
    return expired;
  }

  /**
   * Where the last price next reaches an order that works now, on its way from `from` to `to`: `to` when there is none
   * before. An order that is beyond `from` already is reached one tick further.
   */
  nextReached(symbol: number, way: { readonly from: number; readonly to: number }, isRegular: boolean): number {
    const { from, to } = way;
    const falls = to < from;
    let next = to;
    for (const book of this.#symbols[symbol]?.books ?? []) {
      if (book.watch !== 'last' || (!isRegular && !book.isExtended)) continue;
      const below = Math.max(book.falls.nearest, book.trailingSells.nearestStop());
      const above = Math.min(book.rises.nearest, book.trailingBuys.nearestStop());
      if (falls) next = above < from ? from : Math.max(next, below);
      else next = below > from ? from : Math.min(next, above);
      if (next === from) break;
    }
    return falls ? Math.min(next, from - 1) : Math.max(next, from + 1);
  }

  /** Takes out every order that the tick just applied reaches, against the old stops, oldest first. The array is reused. */
  takeReached(kind: TickKind, symbol: number, isRegular: boolean): readonly Order[] {
    const reached = this.#reached;
    reached.length = 0;
    const orders = this.#symbols[symbol];
    if (orders === undefined) return reached;
    for (const book of orders.books) {
      if (!isRegular && !book.isExtended) continue;
      const price = this.#movedPrice(book, kind, symbol);
      if (price === 0 || book.isQuietAt(price)) continue;
      book.falls.takeReached(price, reached);
      book.rises.takeReached(price, reached);
      book.trailingSells.takeReached(price, reached);
      book.trailingBuys.takeReached(price, reached);
    }
    if (reached.length > 1) reached.sort(byAge);
    return reached;
  }

  /** Ratchets the trails that the tick just applied overtakes. */
  ratchet(kind: TickKind, symbol: number, isRegular: boolean): void {
    const orders = this.#symbols[symbol];
    if (orders === undefined) return;
    for (const book of orders.books) {
      if (!isRegular && !book.isExtended) continue;
      const price = this.#movedPrice(book, kind, symbol);
      if (price === 0 || book.isQuietAt(price)) continue;
      book.trailingSells.ratchet(price, orders.untold);
      book.trailingBuys.ratchet(price, orders.untold);
      this.#refresh(symbol, book);
    }
  }

  /** The orders whose new stop is to be told now, oldest first: those ratcheted since, once per window. The array is reused. */
  takeTold(symbol: number): readonly Order[] {
    const told = this.#told;
    told.length = 0;
    const orders = this.#symbols[symbol];
    if (orders === undefined || orders.untold.length === 0) return told;
    const window = Math.floor((this.#tickers.eventTimeUs[symbol] as number) / this.#ratchetWindowUs);
    if (window === orders.toldWindow) {
      this.#untoldDueUs[symbol] = (window + 1) * this.#ratchetWindowUs;
      this.#refreshDue(symbol);
      return told;
    }
    for (const untold of orders.untold) collectUntold(rootOf(untold), told);
    orders.untold.length = 0;
    this.#untoldDueUs[symbol] = Number.POSITIVE_INFINITY;
    this.#refreshDue(symbol);
    if (told.length > 0) orders.toldWindow = window;
    if (told.length > 1) told.sort(byAge);
    return told;
  }

  /** When ratchets were and will be told, of every symbol that had any. */
  toldState(): ToldState[] {
    return this.#symbols.flatMap((orders, symbol) => {
      if (orders === undefined || orders.toldWindow === -1) return [];
      const due = this.#untoldDueUs[symbol] as number;
      return [{ symbol, window: orders.toldWindow, dueUs: due === Number.POSITIVE_INFINITY ? -1 : due }];
    });
  }

  /** Takes on a saved state of what was told, once the orders are back in their trails. */
  restoreTold(states: readonly ToldState[], trailing: Iterable<Order>): void {
    for (const { symbol, window, dueUs } of states) {
      this.#ordersFor(symbol).toldWindow = window;
      this.#untoldDueUs[symbol] = dueUs === -1 ? Number.POSITIVE_INFINITY : dueUs;
      this.#refreshDue(symbol);
    }
    for (const order of trailing) {
      const run = order.run === undefined ? undefined : rootOf(order.run);
      if (run === undefined || run.isUntold || run.stop === order.toldStop) continue;
      run.isUntold = true;
      this.#ordersFor(order.terms.symbol).untold.push(run);
    }
  }

  /** Trail groups looked at so far on `watch` for a symbol, for tests of the cost that is promised. */
  groupVisits(symbol: number, watch: Watch): number {
    const books = this.#symbols[symbol]?.books.filter((one) => one.watch === watch) ?? [];
    return books.reduce((sum, book) => sum + book.trailingSells.visits + book.trailingBuys.visits, 0);
  }

  /** The price that a tick of `kind` gave this book, 0 when it doesn't concern it. */
  #movedPrice(book: PriceBook, kind: TickKind, symbol: number): number {
    if ((book.watch === 'last') !== (kind === TickKind.TRADE)) return 0;
    return watchedPrice(this.#tickers, book.watch, symbol);
  }

  #ordersFor(symbol: number): SymbolOrders {
    let orders = this.#symbols[symbol];
    if (orders === undefined) {
      orders = new SymbolOrders();
      this.#symbols[symbol] = orders;
    }
    return orders;
  }

  #bookFor(order: Order): PriceBook {
    const { symbol, extendedHours = false } = order.terms;
    const { watch } = order;
    const { books } = this.#ordersFor(symbol);
    let book = books.find((one) => one.watch === watch && one.isExtended === extendedHours);
    if (book === undefined) {
      book = new PriceBook(watch, extendedHours);
      books.push(book);
      if (watch !== 'last') this.#watchesQuotes[symbol] = 1;
    }
    return book;
  }

  #refresh(symbol: number, book: PriceBook): void {
    book.refreshQuiet();
    if (book.watch !== 'last') return;
    const { books } = this.#ordersFor(symbol);
    let above = 0;
    let below = Number.POSITIVE_INFINITY;
    for (const { watch, quietAbove, quietBelow } of books) {
      if (watch !== 'last') continue;
      above = Math.max(above, quietAbove);
      below = Math.min(below, quietBelow);
    }
    const at = symbol * GATES;
    this.#gates[at + ABOVE] = above;
    this.#gates[at + BELOW] = below;
  }

  #refreshDue(symbol: number): void {
    const expiry = this.#symbols[symbol]?.expiries.nearest ?? Number.POSITIVE_INFINITY;
    this.#gates[symbol * GATES + DUE] = Math.min(this.#untoldDueUs[symbol] as number, expiry);
  }
}

function trailsOf(book: PriceBook, order: Order): TrailingStops {
  return order.terms.side === 'SELL' ? book.trailingSells : book.trailingBuys;
}

function byAge(a: Order, b: Order): number {
  return a.orderId - b.orderId;
}

function collectUntold(run: TrailRun, told: Order[]): void {
  run.isUntold = false;
  for (let order = run.first; order !== undefined; order = order.trailNext) {
    if (order.toldStop === run.stop) continue;
    order.toldStop = run.stop;
    told.push(order);
  }
}
