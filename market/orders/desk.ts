import { Account, type AccountRules } from '../accounts/account.ts';
import { BuyingPower, type BuyingPowerRule } from '../accounts/buyingPower.ts';
import { Valuer } from '../accounts/money.ts';
import type { TickerState } from '../tickers.ts';
import type {
  CancelOrder,
  Command,
  CommandOutcome,
  Instrument,
  MarketEvent,
  ModifyOrder,
  PlaceOrder,
  PlaceOrderList,
  RejectReason,
  SessionCalendar,
} from '../types.ts';
import { TickKind } from '../types.ts';
import { type OrderContext, refuseForm, refuseOrder } from './check.ts';
import { adjustOrder, type PriceChange } from './corporate.ts';
import { TradingHours } from './hours.ts';
import { OrderLife } from './life.ts';
import { Liquidity } from './liquidity.ts';
import { listTerms, refuseList, refuseMember, tie } from './lists.ts';
import { modifiedTerms, refuseModification } from './modify.ts';
import { Order } from './order.ts';
import { rootOf } from './trailing.ts';
import { refuseWords } from './wellFormed.ts';
import { WorkingOrders } from './workingOrders.ts';

/** What the desk is made of. */
export interface DeskOptions {
  readonly instruments: readonly Instrument[];
  readonly tickers: TickerState;
  readonly sink: (event: MarketEvent) => void;
  /** Cash units that an account starts with. */
  readonly startingCash: number;
  readonly ratchetWindowUs: number;
  readonly calendar: SessionCalendar | undefined;
  readonly fills: 'whole' | 'tick_size';
  readonly buyingPower: BuyingPowerRule;
  /** What is the same for all accounts, besides the instruments' values. */
  readonly accountRules: Omit<AccountRules, 'valuers'>;
}

/** Where commands on orders are taken or refused, and ticks find the orders that they reach. */
export class OrderDesk {
  readonly working: WorkingOrders;
  readonly hours: TradingHours;
  readonly liquidity: Liquidity;
  readonly buyingPower: BuyingPower;
  readonly life: OrderLife;
  readonly accounts = new Map<string, Account>();
  readonly #tickers: TickerState;
  readonly #startingCash: number;
  readonly #valuers: readonly Valuer[];
  readonly #accountRules: AccountRules;
  /** The id of the last order. */
  orderId = 0;

  constructor(options: DeskOptions) {
    const { tickers, sink } = options;
    this.#tickers = tickers;
    this.#startingCash = options.startingCash;
    this.#valuers = options.instruments.map((instrument) => new Valuer(instrument));
    this.#accountRules = { ...options.accountRules, valuers: this.#valuers };
    this.working = new WorkingOrders(options);
    this.hours = new TradingHours(options);
    this.liquidity = new Liquidity(options);
    this.buyingPower = new BuyingPower(options.buyingPower, { tickers, valuers: this.#valuers });
    const { working, hours, liquidity, buyingPower } = this;
    this.life = new OrderLife({ tickers, sink, working, hours, liquidity, buyingPower });
  }

  /** Takes or refuses one command. */
  take(command: Command): CommandOutcome {
    const fault = refuseWords(command);
    if (fault !== undefined) return { kind: 'rejected', reason: fault };
    switch (command.kind) {
      case 'place':
        return this.#place(command);
      case 'cancel':
        return this.#cancel(command);
      case 'modify':
        return this.#modify(command);
      case 'list':
        return this.#placeList(command);
    }
  }

  /** Does what the tick just applied calls for, in this order: expiries, triggers against the old stops from the oldest order on, ratchets, activations, children. */
  work(kind: TickKind, symbol: number, isRegular: boolean): void {
    const { working, life } = this;
    this.expire(this.#tickers.eventTimeUs[symbol] as number, symbol);
    if (!this.hours.isHalted(symbol)) {
      const reached = working.takeReached(kind, symbol, isRegular);
      for (const order of reached) {
        if (order.isOpen && !order.awaitsActivation) life.act(order);
      }
      working.ratchet(kind, symbol, isRegular);
      for (const order of reached) {
        if (order.isOpen && order.awaitsActivation) life.activate(order);
      }
      life.beginChildren();
    }
    for (const order of working.takeTold(symbol)) life.tell(order, 'ratcheted');
  }

  /** Takes the last price, which was worked at `from`, on to `to`, and fills what lies between at the price at which it lies. */
  walk(symbol: number, way: { readonly from: number; readonly to: number }, isRegular: boolean): void {
    const { to } = way;
    let { from } = way;
    const step = Math.sign(to - from);
    while (from !== to) {
      const isHalted = this.hours.isHalted(symbol);
      const next = isHalted ? to : this.working.nextReached(symbol, { from, to }, isRegular);
      if (!isHalted && next - step !== from) {
        // Up to the tick before, the price reaches no order, but trails follow it.
        this.#tickers.moveLast(symbol, next - step);
        this.working.ratchet(TickKind.TRADE, symbol, isRegular);
      }
      this.#tickers.moveLast(symbol, next);
      this.work(TickKind.TRADE, symbol, isRegular);
      from = next;
    }
  }

  /** Ends the orders of one symbol, or of all, that work no more at `timeUs`, µs since the epoch, oldest first. */
  expire(timeUs: number, symbol?: number): void {
    for (const order of this.working.takeExpired(timeUs, symbol)) {
      if (order.isLive) this.life.end(order, 'EXPIRED');
    }
  }

  /** Gives the symbol's live orders the terms that a corporate action leaves them with, oldest first; those below one lot end. */
  adjust(symbol: number, change: PriceChange): void {
    const live = [...this.accounts.values()].flatMap(({ working }) => [...working.values()]);
    const affected = live.filter(({ terms }) => terms.symbol === symbol).sort((a, b) => a.orderId - b.orderId);
    for (const order of affected) {
      if (!order.isLive) continue;
      this.working.remove(order);
      const peak = adjustOrder(order, change);
      if (order.leavesQuantity === 0) {
        this.life.end(order, 'CANCELED');
        continue;
      }
      if (order.isOpen) {
        this.life.wait(order, peak);
        this.life.reserve(order);
      }
      this.life.tell(order, 'restated');
    }
  }

  /** The account of that name, opened with `deposits` cash units when it is new. */
  accountFor(name: string, deposits = this.#startingCash): Account {
    let account = this.accounts.get(name);
    if (account === undefined) {
      account = new Account({ ...this.#accountRules, name, deposits });
      this.accounts.set(name, account);
    }
    return account;
  }

  #place(terms: PlaceOrder): CommandOutcome {
    const account = this.accountFor(terms.account);
    const known = account.orders.get(terms.clientOrderId);
    if (known !== undefined) return { kind: 'duplicate', order: known.view() };
    const parent = this.#parentOf(terms, account);
    const context = this.#contextOf(account);
    const order = this.#open(terms, account);
    const isChild = terms.parentClientOrderId !== undefined;
    const reason =
      isChild && parent === undefined ? 'unknown_parent' : (isChild ? refuseForm : refuseOrder)(terms, context);
    if (reason !== undefined) return this.#reject(order, reason);
    this.#admit(order);
    if (parent === undefined) this.life.begin(order);
    else this.#adopt(order, parent);
    this.life.meetMarket(order);
    this.life.beginChildren();
    return { kind: 'taken', order: order.view() };
  }

  #placeList(list: PlaceOrderList): CommandOutcome {
    const { contingency } = list;
    const fault = refuseList(list);
    if (fault !== undefined) return { kind: 'rejected', reason: fault };
    const account = this.accountFor(list.account);
    const known = list.orders.map(({ clientOrderId }) => account.orders.get(clientOrderId));
    const [first] = known;
    if (first !== undefined) return { kind: 'duplicate', order: first.view() };
    if (known.some((order) => order !== undefined)) return { kind: 'rejected', reason: 'duplicate_client_order_id' };
    const terms = listTerms(list);
    const refused = refuseMember(terms, { contingency, context: this.#contextOf(account) });
    const orders = terms.map((one) => this.#open(one, account));
    if (refused !== undefined) return this.#rejectList(orders, refused);
    for (const order of orders) this.#admit(order);
    tie(orders, list);
    for (const order of orders) {
      if (order.parent === undefined) this.life.begin(order);
      else this.life.hold(order);
    }
    for (const order of orders) this.life.meetMarket(order);
    this.life.beginChildren();
    const views = orders.map((order) => order.view());
    const [view] = views;
    if (view === undefined) throw new Error('a list without orders was let in');
    return { kind: 'taken', order: view, orders: views };
  }

  #cancel(command: CancelOrder): CommandOutcome {
    const order = this.#known(command);
    if (order === undefined) return { kind: 'rejected', reason: 'unknown_order' };
    if (!order.isLive) return { kind: 'rejected', reason: 'order_not_open', order: order.view() };
    this.life.end(order, 'CANCELED');
    return { kind: 'taken', order: order.view() };
  }

  #modify(change: ModifyOrder): CommandOutcome {
    const order = this.#known(change);
    if (order === undefined) return { kind: 'rejected', reason: 'unknown_order' };
    if (!order.isLive) return { kind: 'rejected', reason: 'order_not_open', order: order.view() };
    const reason = refuseModification(order, change, this.#contextOf(order.account));
    if (reason !== undefined) return { kind: 'rejected', reason, order: order.view() };
    this.#change(order, change);
    this.life.beginChildren();
    return { kind: 'taken', order: order.view() };
  }

  /** Gives an order its new terms, where it waits by them, and what it can do at the market by them. */
  #change(order: Order, change: ModifyOrder): void {
    const { working, life } = this;
    const filled = order.filledQuantity;
    order.terms = modifiedTerms(order, change);
    order.quantity = change.quantity ?? order.quantity;
    order.leavesQuantity = order.quantity - filled;
    if (change.triggerPrice !== undefined) order.triggerPrice = change.triggerPrice;
    if (change.expireTimeUs !== undefined) {
      working.removeExpiry(order);
      order.expireTimeUs = change.expireTimeUs;
      working.addExpiry(order);
    }
    if (order.status === 'PENDING') {
      life.tell(order, 'modified');
      return;
    }
    const { triggerPrice, limitPrice, trailingOffset, activationPrice } = change;
    const isMoved =
      (triggerPrice ?? trailingOffset ?? activationPrice ?? (order.isAtMarket ? limitPrice : undefined)) !== undefined;
    if (isMoved) {
      const peak = order.run === undefined ? 0 : rootOf(order.run).peak;
      working.remove(order);
      if (!order.isAtMarket) life.wait(order, peak);
    }
    life.reserve(order);
    life.tell(order, 'modified');
    if (isMoved) life.meetMarket(order);
  }

  #parentOf(terms: PlaceOrder, account: Account): Order | undefined {
    if (terms.parentClientOrderId === undefined) return undefined;
    const parent = account.orders.get(terms.parentClientOrderId);
    return parent?.isLive === true && parent.terms.symbol === terms.symbol ? parent : undefined;
  }

  #adopt(order: Order, parent: Order): void {
    order.parent = parent;
    parent.brood ??= { from: 'complete_fill', children: [] };
    parent.brood.children.push(order);
    this.life.hold(order);
    this.life.fulfil(parent);
  }

  #open(terms: PlaceOrder, account: Account): Order {
    this.orderId++;
    const order = new Order(this.orderId, account, terms);
    account.orders.set(terms.clientOrderId, order);
    return order;
  }

  #admit(order: Order): void {
    order.account.working.set(order.orderId, order);
    this.life.enrol(order);
    order.expireTimeUs = this.hours.expiryOf(order.terms) ?? Number.POSITIVE_INFINITY;
  }

  #known({ account, clientOrderId }: CancelOrder | ModifyOrder): Order | undefined {
    return this.accounts.get(account)?.orders.get(clientOrderId);
  }

  #contextOf(account: Account): OrderContext {
    const { hours, buyingPower } = this;
    return { tickers: this.#tickers, valuers: this.#valuers, hours, buyingPower, account };
  }

  #rejectList(
    orders: readonly Order[],
    refused: { readonly at: number; readonly reason: RejectReason },
  ): CommandOutcome {
    const outcomes = orders.map((order, at) =>
      this.#reject(order, at === refused.at ? refused.reason : 'list_rejected'),
    );
    const outcome = outcomes[refused.at];
    if (outcome === undefined) throw new Error(`a list has no order ${refused.at}`);
    return outcome;
  }

  #reject(order: Order, reason: RejectReason): CommandOutcome {
    order.status = 'REJECTED';
    order.rejectReason = reason;
    order.account.retire(order);
    this.life.tell(order, 'rejected');
    return { kind: 'rejected', reason, order: order.view() };
  }
}
