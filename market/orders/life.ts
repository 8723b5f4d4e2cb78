import type { BuyingPower } from '../accounts/buyingPower.ts';
import type { TickerState } from '../tickers.ts';
import type { MarketEvent, OrderEvent } from '../types.ts';
import { actsWhen, estimatedPrice, isActivated, isWithinLimit, marketFor, stopOf } from './check.ts';
import type { TradingHours } from './hours.ts';
import type { Liquidity } from './liquidity.ts';
import { hasLimit, hasTrigger, type Order } from './order.ts';
import { tradableWatch, watchedPrice } from './watch.ts';
import { AT_ANY_PRICE, type WorkingOrders } from './workingOrders.ts';

/** What orders live by. */
export interface LifeParts {
  readonly tickers: TickerState;
  readonly working: WorkingOrders;
  readonly hours: TradingHours;
  readonly liquidity: Liquidity;
  readonly buyingPower: BuyingPower;
  readonly sink: (event: MarketEvent) => void;
}

/** The life of orders that were accepted: they wait, trigger, fill, act on each other and end, and it is told in the order in which it arises. */
export class OrderLife {
  readonly #parts: LifeParts;
  /** Parents whose children are to begin, in the order of their fills. */
  #fulfilled: Order[] = [];
  executionId = 0;

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  /** Lets an order wait for its parent's fill. */
  hold(order: Order): void {
    this.#parts.working.addExpiry(order);
    this.tell(order, 'pending');
  }

  /** Lets an order work: it waits at its trigger or activation price, or trails. It isn't filled yet. */
  begin(order: Order): void {
    const { working, tickers } = this.#parts;
    const { type, activationPrice } = order.terms;
    order.status = 'ACCEPTED';
    if (order.expiry === undefined) working.addExpiry(order);
    if (!order.isAtMarket) {
      const market = marketFor(order.terms, tickers);
      // A child's trail can't start on a stream that has shown no price yet.
      order.awaitsActivation = type === 'TRAILING_STOP_MARKET' && (activationPrice !== undefined || market === 0);
      this.wait(order, market);
    }
    this.reserve(order);
    this.tell(order, 'accepted');
  }

  /** Does what an order that began, or was modified, can do at the market as it is. */
  meetMarket(order: Order): void {
    if (!order.isOpen) return;
    if (order.isAtMarket) {
      this.#trade(order);
      return;
    }
    const { hours, tickers, working } = this.#parts;
    if (!order.awaitsActivation || hours.closedFor(order.terms) !== undefined) return;
    const market = marketFor(order.terms, tickers);
    if (market === 0 || !isActivated(order.terms, market)) return;
    working.remove(order);
    this.activate(order);
  }

  /** Starts the trail of an order that waited for it. */
  activate(order: Order): void {
    order.awaitsActivation = false;
    this.#parts.working.addTrailing(order, marketFor(order.terms, this.#parts.tickers));
    this.tell(order, 'activated');
  }

  /** The market has reached the price at which the order waited: its limit, or its trigger. */
  act(order: Order): void {
    if (!order.isAtMarket) {
      order.isTriggered = true;
      order.status = 'TRIGGERED';
      order.watch = tradableWatch(order.terms.side, order.watch);
      this.tell(order, 'triggered');
      if (order.group?.kind === 'OCO') this.#cancelOthers(order);
    }
    this.#trade(order);
  }

  /** Ends a live order that isn't filled; its waiting children end with it. */
  end(order: Order, status: 'CANCELED' | 'EXPIRED'): void {
    this.#parts.working.remove(order);
    order.status = status;
    this.#retire(order);
    this.tell(order, status === 'CANCELED' ? 'canceled' : 'expired');
    this.#cancelBrood(order);
  }

  /** Lets an order that is in no book wait for the price at which it acts next; a trail goes on from `peak`. */
  wait(order: Order, peak: number): void {
    const { working } = this.#parts;
    const { terms } = order;
    const { side, type, limitPrice = 0, activationPrice } = terms;
    const favourable = side === 'SELL' ? 'rises' : 'falls';
    if (order.isAtMarket && hasLimit(type)) working.addAtPrice(order, favourable, limitPrice);
    else if (order.isAtMarket) working.addAtPrice(order, 'falls', AT_ANY_PRICE);
    else if (hasTrigger(type)) working.addAtPrice(order, actsWhen(terms), order.triggerPrice);
    else if (!order.awaitsActivation) working.addTrailing(order, peak);
    else if (activationPrice === undefined) working.addAtPrice(order, 'falls', AT_ANY_PRICE);
    else working.addAtPrice(order, favourable, activationPrice);
  }

  /** Lets the children begin whose parents were filled. They are tested from the next tick on; market, IOC and FOK orders trade at once. */
  beginChildren(): void {
    while (this.#fulfilled.length > 0) {
      const parents = this.#fulfilled;
      this.#fulfilled = [];
      for (const { brood } of parents) {
        if (brood === undefined) continue;
        const children = brood.children.splice(0).filter(({ status }) => status === 'PENDING');
        for (const child of children) {
          child.parent = undefined;
          this.begin(child);
        }
        for (const child of children) this.#meetFirst(child);
      }
    }
  }

  /** Lets a parent's children begin at the next {@link beginChildren}, if what is filled of it suffices. */
  fulfil(order: Order): void {
    const { brood } = order;
    if (brood === undefined || brood.children.length === 0 || this.#fulfilled.includes(order)) return;
    if (order.status === 'FILLED' || (brood.from === 'first_fill' && order.filledQuantity > 0))
      this.#fulfilled.push(order);
  }

  /** Counts an order just placed among those that may reserve once they work. */
  enrol(order: Order): void {
    if (this.#parts.buyingPower.reserves) order.account.reservations.add(order);
  }

  /** Values an open order by its terms now, and reserves what that needs. */
  reserve(order: Order): void {
    const { buyingPower, tickers } = this.#parts;
    if (!buyingPower.reserves) return;
    const { terms } = order;
    const market = marketFor(terms, tickers);
    order.judgedPrice = estimatedPrice(terms, { market, stop: stopOf(order, terms, market) });
    this.#settle(order);
  }

  tell(order: Order, reason: OrderEvent['reason']): void {
    const { tickers, sink } = this.#parts;
    const { symbol } = order.terms;
    sink({
      kind: 'order',
      reason,
      order: order.view(),
      tickSeq: tickers.seq[symbol] ?? 0,
      eventTimeUs: tickers.eventTimeUs[symbol] ?? 0,
    });
  }

  #meetFirst(child: Order): void {
    const { type, timeInForce } = child.terms;
    const rests = type === 'LIMIT' && timeInForce !== 'IOC' && timeInForce !== 'FOK';
    if (!child.isOpen) return;
    if (rests) this.wait(child, 0);
    else this.meetMarket(child);
  }

  /** Fills an order that is in no book as far as market, limit, size, position and buying power allow; the rest waits on or ends. */
  #trade(order: Order): void {
    const { tickers, hours, liquidity, buyingPower } = this.#parts;
    const { symbol, side, timeInForce, reduceOnly } = order.terms;
    const price = watchedPrice(tickers, order.watch, symbol);
    const isFor = price !== 0 && isWithinLimit(order.terms, price) && hours.closedFor(order.terms) === undefined;
    if (isFor) {
      const reducible = reduceOnly === true ? order.account.reducible(symbol, side) : Number.POSITIVE_INFINITY;
      const wanted = Math.min(order.leavesQuantity, reducible);
      const available = liquidity.available(order.watch, symbol);
      const offered = timeInForce === 'FOK' && available < wanted ? 0 : Math.min(wanted, available);
      const covered = buyingPower.covered(order, price, offered);
      const quantity = timeInForce === 'FOK' && covered < offered ? 0 : covered;
      const isSound = wanted > 0 && order.account.canBook({ symbol, side, price, quantity });
      if (isSound && quantity > 0) this.#fill(order, price, quantity);
      if (!order.isOpen) return;
      if (covered < offered) order.rejectReason = 'insufficient_buying_power';
      if (!isSound || covered < offered || quantity === reducible) {
        this.end(order, 'CANCELED');
        return;
      }
    }
    if (timeInForce === 'IOC' || timeInForce === 'FOK') this.end(order, 'CANCELED');
    else this.wait(order, 0);
  }

  #fill(order: Order, price: number, quantity: number): void {
    const { account, terms } = order;
    const { symbol, side } = terms;
    const { tickers, liquidity, sink } = this.#parts;
    liquidity.take(order.watch, symbol, quantity);
    order.leavesQuantity -= quantity;
    order.filledValue += price * quantity;
    const isFilled = order.leavesQuantity === 0;
    order.status = isFilled ? 'FILLED' : 'PARTIALLY_FILLED';
    const commission = account.fill({ symbol, side, price, quantity });
    if (isFilled) this.#retire(order);
    else this.#settle(order);
    this.executionId++;
    sink({
      kind: 'execution',
      executionId: this.executionId,
      account: terms.account,
      orderId: order.orderId,
      clientOrderId: terms.clientOrderId,
      symbol,
      side,
      lastPrice: price,
      lastQuantity: quantity,
      leavesQuantity: order.leavesQuantity,
      ...(commission !== 0 && { commission }),
      tickSeq: tickers.seq[symbol] as number,
      eventTimeUs: tickers.eventTimeUs[symbol] as number,
    });
    this.tell(order, isFilled ? 'filled' : 'partially_filled');
    this.#spread(order, quantity);
    this.fulfil(order);
  }

  /** A fill acts on the other orders of the group. */
  #spread(order: Order, quantity: number): void {
    const { group } = order;
    if (group === undefined) return;
    if (group.kind === 'OCO') this.#cancelOthers(order);
    else for (const leg of [...group.legs]) if (leg !== order) this.#shrink(leg, quantity);
    if (!order.isOpen) this.#leave(order);
  }

  #cancelOthers(order: Order): void {
    for (const leg of [...(order.group?.legs ?? [])]) if (leg !== order) this.end(leg, 'CANCELED');
  }

  #shrink(order: Order, quantity: number): void {
    if (order.leavesQuantity <= quantity) {
      this.end(order, 'CANCELED');
      return;
    }
    order.quantity -= quantity;
    order.leavesQuantity -= quantity;
    this.#settle(order);
    this.tell(order, 'restated');
  }

  #cancelBrood(parent: Order): void {
    const { brood } = parent;
    if (brood === undefined) return;
    for (const child of brood.children.splice(0)) if (child.status === 'PENDING') this.end(child, 'CANCELED');
  }

  /** Takes a closed order off all lists. A filled one stays in its group until its fill has acted there. */
  #retire(order: Order): void {
    const { working } = this.#parts;
    working.removeExpiry(order);
    order.account.retire(order);
    order.account.reservations.remove(order);
    const siblings = order.parent?.brood?.children;
    if (siblings?.includes(order)) siblings.splice(siblings.indexOf(order), 1);
    order.parent = undefined;
    this.#settle(order);
    if (order.status !== 'FILLED') this.#leave(order);
  }

  #leave(order: Order): void {
    const { group } = order;
    if (group === undefined) return;
    group.legs.splice(group.legs.indexOf(order), 1);
    order.group = undefined;
  }

  #settle({ account, terms }: Order): void {
    this.#parts.buyingPower.settle(account, terms.symbol);
  }
}
