import type { TickerState } from '../tickers.ts';
import { TickKind } from '../types.ts';
import type { Order } from './order.ts';
import { PriceHeap } from './priceHeap.ts';
import { rootOf, TrailingStops, type TrailRun } from './trailing.ts';
import { type Watch, watchedPrice } from './watch.ts';

/** The orders of one symbol that watch one stream of prices. */
class PriceBook {
  readonly watch: Watch;
  /** Sell stops, buy limits and their like. */
  readonly falls = new PriceHeap('falls');
  /** Buy stops, sell limits and their like. */
  readonly rises = new PriceHeap('rises');
  readonly trailingSells = new TrailingStops('SELL');
  readonly trailingBuys = new TrailingStops('BUY');
  /** Prices strictly between the two neither reach an order nor make a new extreme. */
  quietAbove = 0;
  quietBelow = Number.POSITIVE_INFINITY;

  constructor(watch: Watch) {
    this.watch = watch;
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

/** What a symbol with orders has: up to four books and its ratchets not yet told. */
class SymbolOrders {
  readonly books: PriceBook[] = [];
  readonly untold: TrailRun[] = [];
  /** The last window (event time over its length) in which ratchets were told. */
  toldWindow = -1;
}

/**
 * All working orders by symbol and price. A tick that reaches no order and makes no new extreme is told from two
 * columns in O(1), whatever the number of orders.
 */
export class WorkingOrders {
  readonly #tickers: TickerState;
  readonly #ratchetWindowUs: number;
  readonly #symbols: (SymbolOrders | undefined)[] = [];
  /** Copies of the `last` book's quiet range, by symbol. */
  readonly #quietAbove: Float64Array;
  readonly #quietBelow: Float64Array;
  /** Event time from which ratchets wait to be told. */
  readonly #untoldDueUs: Float64Array;
  /** 1 where some order watches quotes. */
  readonly #watchesQuotes: Uint8Array;
  readonly #reached: Order[] = [];
  readonly #told: Order[] = [];

  constructor(options: { readonly tickers: TickerState; readonly ratchetWindowUs: number }) {
    this.#tickers = options.tickers;
    this.#ratchetWindowUs = options.ratchetWindowUs;
    const symbols = options.tickers.seq.length;
    this.#quietAbove = new Float64Array(symbols);
    this.#quietBelow = new Float64Array(symbols).fill(Number.POSITIVE_INFINITY);
    this.#untoldDueUs = new Float64Array(symbols).fill(Number.POSITIVE_INFINITY);
    this.#watchesQuotes = new Uint8Array(symbols);
  }

  /** Whether the symbol's tick just applied reaches no order, makes no new extreme and lets no ratchet fall due. */
  isQuiet(kind: TickKind, symbol: number): boolean {
    if ((this.#tickers.eventTimeUs[symbol] as number) >= (this.#untoldDueUs[symbol] as number)) return false;
    if (kind === TickKind.QUOTE) return this.#watchesQuotes[symbol] === 0;
    const price = this.#tickers.last[symbol] as number;
    return price > (this.#quietAbove[symbol] as number) && price < (this.#quietBelow[symbol] as number);
  }

  /** Lets an order wait until the price that it watches falls or rises to `level`. */
  addAtPrice(order: Order, actsWhen: 'falls' | 'rises', level: number): void {
    const book = this.#bookFor(order);
    book[actsWhen].add(order, level);
    this.#refresh(order.terms.symbol, book);
  }

  /** Starts a trailing stop's trail at `price`, the market now. */
  addTrailing(order: Order, price: number): void {
    const { side, trailingOffset, symbol } = order.terms;
    if (trailingOffset === undefined) throw new Error(`order ${order.orderId} has no trailing offset`);
    const book = this.#bookFor(order);
    (side === 'SELL' ? book.trailingSells : book.trailingBuys).add(order, trailingOffset, price);
    this.#refresh(symbol, book);
  }

  remove(order: Order): void {
    const book = this.#bookFor(order);
    order.heap?.remove(order);
    (order.terms.side === 'SELL' ? book.trailingSells : book.trailingBuys).remove(order);
    this.#refresh(order.terms.symbol, book);
  }

  /** Takes out every order that the tick just applied reaches, against the old stops, oldest first. The array is reused. */
  takeReached(kind: TickKind, symbol: number): readonly Order[] {
    const reached = this.#reached;
    reached.length = 0;
    for (const book of this.#symbols[symbol]?.books ?? []) {
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
  ratchet(kind: TickKind, symbol: number): void {
    const orders = this.#symbols[symbol];
    if (orders === undefined) return;
    for (const book of orders.books) {
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
      return told;
    }
    for (const untold of orders.untold) collectUntold(rootOf(untold), told);
    orders.untold.length = 0;
    this.#untoldDueUs[symbol] = Number.POSITIVE_INFINITY;
    if (told.length > 0) orders.toldWindow = window;
    if (told.length > 1) told.sort(byAge);
    return told;
  }

  /** Trail groups looked at so far on `watch` for a symbol, for tests of the cost that is promised. */
  groupVisits(symbol: number, watch: Watch): number {
    const book = this.#symbols[symbol]?.books.find((one) => one.watch === watch);
    return book === undefined ? 0 : book.trailingSells.visits + book.trailingBuys.visits;
  }

  /** The price that a tick of `kind` gave this book, 0 when it doesn't concern it. */
  #movedPrice(book: PriceBook, kind: TickKind, symbol: number): number {
    if ((book.watch === 'last') !== (kind === TickKind.TRADE)) return 0;
    return watchedPrice(this.#tickers, book.watch, symbol);
  }

  #bookFor(order: Order): PriceBook {
    const { symbol } = order.terms;
    const { watch } = order;
    let orders = this.#symbols[symbol];
    if (orders === undefined) {
      orders = new SymbolOrders();
      this.#symbols[symbol] = orders;
    }
    let book = orders.books.find((one) => one.watch === watch);
    if (book === undefined) {
      book = new PriceBook(watch);
      orders.books.push(book);
      if (watch !== 'last') this.#watchesQuotes[symbol] = 1;
    }
    return book;
  }

  #refresh(symbol: number, book: PriceBook): void {
    book.refreshQuiet();
    if (book.watch !== 'last') return;
    this.#quietAbove[symbol] = book.quietAbove;
    this.#quietBelow[symbol] = book.quietBelow;
  }
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
