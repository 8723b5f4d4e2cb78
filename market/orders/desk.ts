import { Account } from '../accounts/account.ts';
import { Valuer } from '../accounts/money.ts';
import type { TickerState } from '../tickers.ts';
import type {
  CancelOrder,
  CommandOutcome,
  Instrument,
  MarketEvent,
  OrderEvent,
  PlaceOrder,
  RejectReason,
  TickKind,
} from '../types.ts';
import { actsWhen, isActivated, isWithinLimit, marketFor, refuseOrder } from './check.ts';
import { hasTrigger, Order } from './order.ts';
import { tradableWatch, watchedPrice } from './watch.ts';
import { WorkingOrders } from './workingOrders.ts';

/** What the desk is made of. */
export interface DeskOptions {
  readonly instruments: readonly Instrument[];
  readonly tickers: TickerState;
  readonly sink: (event: MarketEvent) => void;
  /** Cash units that an account starts with. */
  readonly startingCash: number;
  readonly ratchetWindowUs: number;
}

/** The life of orders: takes, triggers, fills and cancels them, books their fills, and tells of it in the order in which it arises. */
export class OrderDesk {
  readonly #tickers: TickerState;
  readonly #sink: (event: MarketEvent) => void;
  readonly #startingCash: number;
  readonly #valuers: readonly Valuer[];
  readonly #accounts = new Map<string, Account>();
  readonly working: WorkingOrders;
  #orderId = 0;
  #executionId = 0;

  constructor(options: DeskOptions) {
    this.#tickers = options.tickers;
    this.#sink = options.sink;
    this.#startingCash = options.startingCash;
    this.#valuers = options.instruments.map((instrument) => new Valuer(instrument));
    this.working = new WorkingOrders(options);
  }

  get accounts(): ReadonlyMap<string, Account> {
    return this.#accounts;
  }

  /** Takes or refuses a new order; a MARKET order is filled at once. A known `clientOrderId` changes nothing. */
  place(terms: PlaceOrder): CommandOutcome {
    const account = this.#accountFor(terms.account);
    const known = account.orders.get(terms.clientOrderId);
    if (known !== undefined) return { kind: 'duplicate', order: known.view() };
    this.#orderId++;
    const order = new Order(this.#orderId, account, terms);
    account.orders.set(terms.clientOrderId, order);
    const context = { tickers: this.#tickers, valuers: this.#valuers, cash: account.cash };
    const reason = refuseOrder(terms, context);
    if (reason !== undefined) return this.#reject(order, reason);
    account.working.set(order.orderId, order);
    order.status = 'ACCEPTED';
    this.#start(order);
    return { kind: 'taken', order: order.view() };
  }

  /** Cancels a working order. */
  cancel(command: CancelOrder): CommandOutcome {
    const order = this.#accounts.get(command.account)?.orders.get(command.clientOrderId);
    if (order === undefined) return { kind: 'rejected', reason: 'unknown_order' };
    if (!order.isOpen) return { kind: 'rejected', reason: 'order_not_open', order: order.view() };
    this.working.remove(order);
    this.#close(order);
    return { kind: 'taken', order: order.view() };
  }

  /** Does what the tick just applied calls for: triggers against the old stops from the oldest order on, then ratchets, then activations. */
  work(kind: TickKind, symbol: number): void {
    const reached = this.working.takeReached(kind, symbol);
    for (const order of reached) {
      if (!order.awaitsActivation) this.#act(order);
    }
    this.working.ratchet(kind, symbol);
    for (const order of reached) {
      if (order.awaitsActivation) this.#activate(order);
    }
    for (const order of this.working.takeTold(symbol)) this.#tell(order, 'ratcheted');
  }

  #start(order: Order): void {
    const { terms } = order;
    const market = marketFor(terms, this.#tickers);
    if (terms.type === 'TRAILING_STOP_MARKET') {
      this.#startTrailing(order, market);
      return;
    }
    if (hasTrigger(terms.type)) this.working.addAtPrice(order, actsWhen(terms), order.triggerPrice);
    this.#tell(order, 'accepted');
    if (terms.type === 'MARKET') this.#fill(order, market);
    if (terms.type === 'LIMIT') this.#workLimit(order);
  }

  #startTrailing(order: Order, market: number): void {
    const { side, activationPrice } = order.terms;
    order.triggerPrice = 0;
    if (activationPrice === undefined) {
      this.working.addTrailing(order, market);
      this.#tell(order, 'accepted');
      return;
    }
    order.awaitsActivation = true;
    if (isActivated(order.terms, market)) {
      this.#tell(order, 'accepted');
      this.#activate(order);
      return;
    }
    this.working.addAtPrice(order, side === 'SELL' ? 'rises' : 'falls', activationPrice);
    this.#tell(order, 'accepted');
  }

  #activate(order: Order): void {
    order.awaitsActivation = false;
    this.working.addTrailing(order, marketFor(order.terms, this.#tickers));
    this.#tell(order, 'activated');
  }

  /** The market has reached the price at which the order waited: its limit, or its trigger. */
  #act(order: Order): void {
    const { side, symbol, type } = order.terms;
    if (type === 'LIMIT' || order.status === 'TRIGGERED') {
      this.#fill(order, watchedPrice(this.#tickers, order.watch, symbol));
      return;
    }
    order.status = 'TRIGGERED';
    this.#tell(order, 'triggered');
    if (type === 'STOP_LIMIT') this.#workLimit(order);
    else this.#fill(order, watchedPrice(this.#tickers, tradableWatch(side, order.watch), symbol));
  }

  /** Fills a limit order at the market if its limit allows, else lets it rest, or cancels it if it may not. */
  #workLimit(order: Order): void {
    const { side, symbol, limitPrice = 0, timeInForce } = order.terms;
    order.watch = tradableWatch(side, order.watch);
    const market = watchedPrice(this.#tickers, order.watch, symbol);
    if (market !== 0 && isWithinLimit(order.terms, market)) this.#fill(order, market);
    else if (timeInForce === 'IOC' || timeInForce === 'FOK') this.#close(order);
    else this.working.addAtPrice(order, side === 'SELL' ? 'rises' : 'falls', limitPrice);
  }

  #close(order: Order): void {
    order.account.working.delete(order.orderId);
    order.status = 'CANCELED';
    this.#tell(order, 'canceled');
  }

  #fill(order: Order, price: number): void {
    const { account, terms } = order;
    const { symbol, side } = terms;
    const quantity = order.leavesQuantity;
    order.leavesQuantity = 0;
    order.filledValue += price * quantity;
    order.status = 'FILLED';
    account.working.delete(order.orderId);
    account.fill({ symbol, side, price, quantity });
    this.#executionId++;
    this.#sink({
      kind: 'execution',
      executionId: this.#executionId,
      account: terms.account,
      orderId: order.orderId,
      clientOrderId: terms.clientOrderId,
      symbol,
      side,
      lastPrice: price,
      lastQuantity: quantity,
      leavesQuantity: order.leavesQuantity,
      tickSeq: this.#tickers.seq[symbol] as number,
      eventTimeUs: this.#tickers.eventTimeUs[symbol] as number,
    });
    this.#tell(order, 'filled');
  }

  #reject(order: Order, reason: RejectReason): CommandOutcome {
    order.status = 'REJECTED';
    order.rejectReason = reason;
    this.#tell(order, 'rejected');
    return { kind: 'rejected', reason, order: order.view() };
  }

  #tell(order: Order, reason: OrderEvent['reason']): void {
    const { symbol } = order.terms;
    this.#sink({
      kind: 'order',
      reason,
      order: order.view(),
      tickSeq: this.#tickers.seq[symbol] ?? 0,
      eventTimeUs: this.#tickers.eventTimeUs[symbol] ?? 0,
    });
  }

  #accountFor(name: string): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = new Account({ name, deposits: this.#startingCash, valuers: this.#valuers });
      this.#accounts.set(name, account);
    }
    return account;
  }
}
