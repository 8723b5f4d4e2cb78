import type { Account } from '../accounts/account.ts';
import type {
  ChildrenFrom,
  Contingency,
  OrderStatus,
  OrderType,
  OrderView,
  PlaceOrder,
  RejectReason,
} from '../types.ts';
import { HeapSlot } from './orderHeap.ts';
import { rootOf, type TrailRun } from './trailing.ts';
import { tradableWatch, type Watch, watchOf } from './watch.ts';

/** Whether orders of `type` wait at a `triggerPrice`. */
export function hasTrigger(type: OrderType): boolean {
  return type === 'STOP_MARKET' || type === 'STOP_LIMIT' || type === 'TAKE_PROFIT';
}

/** Whether orders of `type` have a `limitPrice`. */
export function hasLimit(type: OrderType): boolean {
  return type === 'LIMIT' || type === 'STOP_LIMIT';
}

/** Live orders that act on each other when one is filled. */
export interface OrderGroup {
  readonly kind: 'OCO' | 'OUO';
  /** Oldest first; those that are done leave. */
  readonly legs: Order[];
}

/** A parent's children that wait for its fill, oldest first. */
export interface Brood {
  readonly from: ChildrenFrom;
  readonly children: Order[];
}

/** An order as the engine keeps it. Prices in ticks, quantities in lots. Its id grows in the order of acceptance. */
export class Order {
  readonly orderId: number;
  readonly account: Account;
  /** Its terms now: modifications and corporate actions replace them. `quantity` in them is the first one. */
  terms: PlaceOrder;
  status: OrderStatus = 'PENDING';
  /** In total, what is filled included. */
  quantity: number;
  leavesQuantity: number;
  /** Sum of price x quantity over all fills. */
  filledValue = 0;
  rejectReason: RejectReason | undefined = undefined;
  /** The prices that it looks at now. */
  watch: Watch;
  /** The stop in force while {@link Order.run} doesn't hold it, 0 for none. */
  triggerPrice: number;
  /** The peak when the order left its run, 0 for none. */
  peakPrice = 0;
  /** A trailing stop whose activation price hasn't been reached. */
  awaitsActivation = false;
  /** Its trigger was reached: it is a market or limit order now. */
  isTriggered = false;

  /** Where it waits by price. */
  readonly wait = new HeapSlot(this);
  /** Where it waits for its end; undefined for orders without one. */
  expiry: HeapSlot | undefined = undefined;
  /** The first instant at which it works no more, µs since the epoch; Infinity for none. */
  expireTimeUs = Number.POSITIVE_INFINITY;

  /** Where it trails: its run, and its neighbours in that run. */
  run: TrailRun | undefined = undefined;
  trailPrevious: Order | undefined = undefined;
  trailNext: Order | undefined = undefined;
  /** The trailing stop that was told last. */
  toldStop = 0;

  contingency: Contingency | undefined = undefined;
  group: OrderGroup | undefined = undefined;
  parent: Order | undefined = undefined;
  parentClientOrderId: string | undefined;
  brood: Brood | undefined = undefined;
  /** The price in ticks at which it was valued when it began, was modified or restated; 0 where nothing is reserved. */
  judgedPrice = 0;

  constructor(orderId: number, account: Account, terms: PlaceOrder) {
    this.orderId = orderId;
    this.account = account;
    this.terms = terms;
    this.quantity = terms.quantity;
    this.leavesQuantity = terms.quantity;
    this.watch = firstWatch(terms);
    this.triggerPrice = hasTrigger(terms.type) ? (terms.triggerPrice ?? 0) : 0;
    this.parentClientOrderId = terms.parentClientOrderId;
  }

  /** Works in the market. */
  get isOpen(): boolean {
    const { status } = this;
    return status === 'ACCEPTED' || status === 'TRIGGERED' || status === 'PARTIALLY_FILLED';
  }

  /** Works or waits for its parent. */
  get isLive(): boolean {
    return this.isOpen || this.status === 'PENDING';
  }

  get filledQuantity(): number {
    return this.quantity - this.leavesQuantity;
  }

  /** Only its limit, if it has one, holds it back: no trigger and no activation any more. */
  get isAtMarket(): boolean {
    const { type } = this.terms;
    return type === 'MARKET' || type === 'LIMIT' || this.isTriggered;
  }

  /** The order's state now, as an object of its own. */
  view(): OrderView {
    const { terms, run, filledQuantity, expireTimeUs } = this;
    const root = run === undefined ? undefined : rootOf(run);
    const stop = root?.stop ?? this.triggerPrice;
    const peak = root?.peak ?? this.peakPrice;
    const view: Writable<OrderView> = {
      account: terms.account,
      orderId: this.orderId,
      clientOrderId: terms.clientOrderId,
      symbol: terms.symbol,
      side: terms.side,
      type: terms.type,
      status: this.status,
      quantity: this.quantity,
      leavesQuantity: this.leavesQuantity,
      cumulativeQuantity: filledQuantity,
      averagePrice: filledQuantity > 0 ? this.filledValue / filledQuantity : 0,
    };
    // Field by field: spreads of what may be absent take three times as long, and every event carries a view.
    if (stop !== 0) view.triggerPrice = stop;
    if (terms.limitPrice !== undefined) view.limitPrice = terms.limitPrice;
    if (terms.trailingOffset !== undefined) view.trailingOffset = terms.trailingOffset;
    if (peak !== 0) view.peakPrice = peak;
    if (this.rejectReason !== undefined) view.rejectReason = this.rejectReason;
    if (this.contingency !== undefined) view.contingency = this.contingency;
    if (this.parentClientOrderId !== undefined) view.parentClientOrderId = this.parentClientOrderId;
    if (terms.reduceOnly === true) view.reduceOnly = true;
    if (expireTimeUs !== Number.POSITIVE_INFINITY) view.expireTimeUs = expireTimeUs;
    return view;
  }
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** What an order looks at from its start: market orders at the last trade, limit orders where they are filled. */
function firstWatch({ type, side, triggerBasis }: PlaceOrder): Watch {
  if (type === 'MARKET') return 'last';
  const watch = watchOf(side, triggerBasis);
  return type === 'LIMIT' ? tradableWatch(side, watch) : watch;
}
