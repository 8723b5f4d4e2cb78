import type {
  Command,
  Control,
  CorporateAction,
  MarketEvent,
  OrderView,
  PlaceOrder,
  PlaceOrderList,
  PortfolioView,
  PositionView,
  RejectReason,
  Tick,
  TradeBar,
} from '../../market/types.ts';
import { adjustOrder, isSaneAction, splitMarket } from './corporate.ts';
import { hasParent, isBadList, ordersOf } from './families.ts';
import { Life, type OracleOptions } from './life.ts';
import { modifiedOrder } from './modify.ts';
import { type Family, leavesOf, type OpenOrder, pendingOrder, viewOf, watchOf } from './openOrder.ts';
import { applyTick, isListed, isPositiveInteger, isSaneBar, moves } from './prices.ts';
import { formRefusal, judgedPrice, marketRefusal, needsOpenMarket } from './refusals.ts';

/**
 * Predicts every order and execution event of a market engine, written from the specification of orders alone and apart
 * from any engine: on each tick a plain loop over all open orders, oldest first, no index.
 *
 * All prices in ticks, quantities in lots, times in µs, as in market/types.ts.
 */
export class Oracle {
  readonly #options: OracleOptions;
  readonly #life: Life;
  readonly #known = new Set<string>();
  #nextOrderId = 1;

  constructor(options: OracleOptions) {
    this.#options = options;
    this.#life = new Life(options);
  }

  /** What happened so far, in the order in which it arose; a reader may empty it. */
  get events(): MarketEvent[] {
    return this.#life.events;
  }

  /** The symbol's sequence number: how many of its ticks were accepted. */
  seq(symbol: number): number {
    return this.#life.state(symbol).seq;
  }

  /** The symbol's last trade price in ticks, 0 before the first trade. */
  last(symbol: number): number {
    return this.#life.state(symbol).last;
  }

  /** The time that the clock told last, µs since the epoch; 0 before the first. */
  get nowUs(): number {
    return this.#life.nowUs;
  }

  /** The open orders, waiting children included, oldest first. */
  working(): OrderView[] {
    return this.#life.open.map((order) => viewOf(order));
  }

  /** An account's positions, closed ones included, in order of the first fill. */
  positions(account: string): PositionView[] {
    return this.#life.accounts.positions(account, (symbol) => this.last(symbol));
  }

  /** What an account may still spend, in cash units; 0 for one that is unknown. */
  buyingPower(account: string): number {
    return Number(this.#life.funds.power(account));
  }

  /** An account's cash and worth. */
  portfolio(account: string): PortfolioView {
    return this.#life.accounts.portfolio(account, (symbol) => this.last(symbol));
  }

  /**
   * Plays one tick. A tick that can't be (unknown symbol, price or trade size not positive, crossed quote, time running
   * backwards within the symbol) changes nothing.
   */
  onTick(tick: Tick): void {
    if (!isListed(this.#options.instruments, tick.symbol)) return;
    if (!applyTick(this.#life.state(tick.symbol), tick)) return;
    this.#life.expire(this.#life.open.filter(({ command }) => command.symbol === tick.symbol));
    this.#work(tick);
  }

  /**
   * Plays one bar as one tick whose price goes from the open to the extreme nearer to it (equally near: the low), to the
   * other and to the close, through every price between them. One that can't be changes nothing.
   */
  onBar(bar: TradeBar): void {
    const { symbol, eventTimeUs, open, high, low, close, volume } = bar;
    if (!isListed(this.#options.instruments, symbol) || !isSaneBar(bar)) return;
    const rest = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
    const tick: Tick = { kind: 0, symbol, eventTimeUs, price: open, size: volume, ...rest };
    const seq = this.seq(symbol);
    this.onTick(tick);
    if (this.seq(symbol) === seq) return;
    const state = this.#life.state(symbol);
    const isLowFirst = open - low <= high - open;
    for (const next of isLowFirst ? [low, high, close] : [high, low, close]) {
      while (state.last !== next) {
        state.last += state.last < next ? 1 : -1;
        this.#work(tick);
      }
    }
  }

  /** Steps 2 to 5 of a tick. */
  #work(tick: Tick): void {
    const watching = this.#life.open.filter(
      (order) =>
        order.command.symbol === tick.symbol &&
        order.status !== 'PENDING' &&
        moves(tick, watchOf(order.command).basis) &&
        this.#life.isAwake(order),
    );
    for (const order of watching) if (this.#life.isOpen(order)) this.#life.test(order);
    for (const order of watching) if (this.#life.isOpen(order)) this.#life.trail(order);
    this.#life.beginDue();
  }

  /** Takes one command. A duplicate `clientOrderId`, and a change of what isn't open or can't be so, change nothing. */
  onCommand(command: Command): void {
    this.#obey(command);
    this.#life.beginDue();
  }

  #obey(command: Command): void {
    switch (command.kind) {
      case 'place':
        this.#placeOne(command);
        return;
      case 'list':
        this.#placeList(command);
        return;
      case 'cancel': {
        const order = this.#find(command);
        if (order !== undefined) this.#life.close(order, 'canceled');
        return;
      }
      case 'modify': {
        const order = this.#find(command);
        if (order === undefined) return;
        const { symbol } = order.command;
        const ask = { modify: command, state: this.#life.state(symbol), nowUs: this.#life.timeOf(symbol) };
        const changed = modifiedOrder(order, ask);
        if (typeof changed !== 'object') return;
        if (order.status !== 'PENDING') {
          changed.worthPrice = judgedPrice(changed, ask.state);
          if (!this.#life.funds.affords(changed)) return;
        }
        Object.assign(order, changed);
        this.#life.tell('modified', order);
        if (order.status === 'PENDING') return;
        // Terms that stay as they are meet the market with the next tick.
        const { activationPrice, trailingOffset } = command;
        if ((activationPrice ?? trailingOffset) !== undefined) this.#life.activateIfReached(order);
        if (command.limitPrice !== undefined && this.#life.isAwake(order)) this.#life.fillWithinLimit(order);
      }
    }
  }

  /** Takes one control. One that can't be (time running backwards, unknown symbol) changes nothing. */
  onControl(control: Control): void {
    switch (control.kind) {
      case 'clock':
        if (!Number.isSafeInteger(control.timeUs) || control.timeUs < this.#life.nowUs) return;
        this.#life.nowUs = control.timeUs;
        this.#life.expire(this.#life.open);
        return;
      case 'halt':
      case 'resume':
        if (isListed(this.#options.instruments, control.symbol))
          this.#life.state(control.symbol).isHalted = control.kind === 'halt';
        return;
      case 'corporate_action':
        this.#act(control);
    }
  }

  /** Splits and pays what is held, then brings the market and the orders to what they are after it, oldest first. */
  #act(action: CorporateAction): void {
    const { symbol } = action;
    const instrument = this.#options.instruments[symbol];
    if (instrument === undefined || !isSaneAction(action)) return;
    const state = this.#life.state(symbol);
    this.#life.accounts.adjust(action, state.last);
    splitMarket(state, action);
    for (const order of this.#life.open.filter(({ command }) => command.symbol === symbol)) {
      if (!this.#life.isOpen(order)) continue;
      adjustOrder(order, action, instrument.priceDecimals);
      if (leavesOf(order) === 0) {
        this.#life.close(order, 'canceled');
        continue;
      }
      if (order.status !== 'PENDING') order.worthPrice = judgedPrice(order, state);
      this.#life.tell('restated', order);
    }
  }

  #placeOne(command: PlaceOrder): void {
    if (this.#isKnown(command)) return;
    const order = this.#name(command);
    const { parentClientOrderId, account, symbol } = command;
    if (parentClientOrderId !== undefined) {
      const parent = this.#find({ account, clientOrderId: parentClientOrderId });
      if (parent === undefined || parent.command.symbol !== symbol) {
        this.#reject(order, 'unknown_parent');
        return;
      }
      order.parent = parent;
    }
    const reason = this.#refusal(order);
    if (reason === undefined) this.#life.takeAll([order]);
    else this.#reject(order, reason);
  }

  #placeList(list: PlaceOrderList): void {
    if (isBadList(list) || list.orders.some((order) => this.#isKnown(order))) return;
    const members = ordersOf(list).map((command) => this.#name(command));
    const { contingency, childrenFrom = 'complete_fill' } = list;
    const family: Family = { contingency, members };
    for (const [at, order] of members.entries()) {
      order.family = family;
      if (!hasParent(list)) continue;
      if (at === 0) order.childrenFrom = childrenFrom;
      else order.parent = members[0];
    }
    const refused = members.find((order) => this.#refusal(order) !== undefined);
    if (refused !== undefined) {
      const reason = this.#refusal(refused) ?? 'list_rejected';
      for (const order of members) this.#reject(order, order === refused ? reason : 'list_rejected');
      return;
    }
    this.#life.takeAll(members);
  }

  #refusal(order: OpenOrder): RejectReason | undefined {
    const { command, parent } = order;
    if (!isListed(this.#options.instruments, command.symbol)) return 'unknown_symbol';
    const { quantity, timeInForce, expireTimeUs } = command;
    if (!isPositiveInteger(quantity)) return 'bad_quantity';
    if (timeInForce === 'DAY' && this.#options.calendar === undefined) return 'unsupported_time_in_force';
    if ((timeInForce === 'GTD') !== (expireTimeUs !== undefined)) return 'bad_expiry';
    if (expireTimeUs !== undefined && !(expireTimeUs > this.#life.timeOf(command.symbol))) return 'bad_expiry';
    const state = this.#life.state(command.symbol);
    const badForm = formRefusal(order);
    if (badForm !== undefined || parent !== undefined) return badForm;
    if (needsOpenMarket(order) && !this.#life.isAwake(order)) return state.isHalted ? 'symbol_halted' : 'market_closed';
    const misfit = marketRefusal(order, state);
    if (misfit !== undefined) return misfit;
    order.worthPrice = judgedPrice(order, state);
    return this.#life.funds.affords(order) ? undefined : 'insufficient_buying_power';
  }

  /** Gives an order its name and number, whatever becomes of it. */
  #name(command: PlaceOrder): OpenOrder {
    this.#known.add(keyOf(command));
    this.#life.accounts.open(command.account);
    return pendingOrder(command, this.#nextOrderId++);
  }

  #isKnown(command: PlaceOrder): boolean {
    return this.#known.has(keyOf(command));
  }

  #reject(order: OpenOrder, reason: RejectReason): void {
    order.status = 'REJECTED';
    this.#life.tell('rejected', order, reason);
  }

  #find({
    account,
    clientOrderId,
  }: {
    readonly account: string;
    readonly clientOrderId: string;
  }): OpenOrder | undefined {
    return this.#life.open.find(
      ({ command }) => command.account === account && command.clientOrderId === clientOrderId,
    );
  }
}

function keyOf({ account, clientOrderId }: PlaceOrder): string {
  return JSON.stringify([account, clientOrderId]);
}
