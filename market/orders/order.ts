import type { Account } from '../accounts/account.ts';
import type { OrderStatus, OrderType, OrderView, PlaceOrder, RejectReason } from '../types.ts';
import type { PriceHeap } from './priceHeap.ts';
import { rootOf, type TrailRun } from './trailing.ts';
import { type Watch, watchOf } from './watch.ts';

/** Whether orders of `type` wait at a `triggerPrice`. */
export function hasTrigger(type: OrderType): boolean {
  return type === 'STOP_MARKET' || type === 'STOP_LIMIT' || type === 'TAKE_PROFIT';
}

/** Whether orders of `type` have a `limitPrice`. */
export function hasLimit(type: OrderType): boolean {
  return type === 'LIMIT' || type === 'STOP_LIMIT';
}

/** An order as the engine keeps it. Prices in ticks, quantities in lots. Its id grows in the order of acceptance. */
export class Order {
  readonly orderId: number;
  readonly account: Account;
  readonly terms: PlaceOrder;
  status: OrderStatus = 'PENDING';
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

  /** Where it waits by price: its heap, its level there and its place in it. */
  heap: PriceHeap | undefined = undefined;
  heapAt = -1;
  level = 0;

  /** Where it trails: its run, and its neighbours in that run. */
  run: TrailRun | undefined = undefined;
  trailPrevious: Order | undefined = undefined;
  trailNext: Order | undefined = undefined;
  /** The trailing stop that was told last. */
  toldStop = 0;

  constructor(orderId: number, account: Account, terms: PlaceOrder) {
    this.orderId = orderId;
    this.account = account;
    this.terms = terms;
    this.leavesQuantity = terms.quantity;
    this.watch = watchOf(terms.side, terms.triggerBasis);
    this.triggerPrice = hasTrigger(terms.type) ? (terms.triggerPrice ?? 0) : 0;
  }

  get isOpen(): boolean {
    const { status } = this;
    return status === 'ACCEPTED' || status === 'TRIGGERED' || status === 'PARTIALLY_FILLED';
  }

  /** The order's state now, as an object of its own. */
  view(): OrderView {
    const { terms, run } = this;
    const root = run === undefined ? undefined : rootOf(run);
    const stop = root?.stop ?? this.triggerPrice;
    const peak = root?.peak ?? this.peakPrice;
    const cumulativeQuantity = terms.quantity - this.leavesQuantity;
    return {
      account: terms.account,
      orderId: this.orderId,
      clientOrderId: terms.clientOrderId,
      symbol: terms.symbol,
      side: terms.side,
      type: terms.type,
      status: this.status,
      quantity: terms.quantity,
      leavesQuantity: this.leavesQuantity,
      cumulativeQuantity,
      ...(stop !== 0 && { triggerPrice: stop }),
      ...(terms.limitPrice !== undefined && { limitPrice: terms.limitPrice }),
      ...(terms.trailingOffset !== undefined && { trailingOffset: terms.trailingOffset }),
      ...(peak !== 0 && { peakPrice: peak }),
      averagePrice: cumulativeQuantity > 0 ? this.filledValue / cumulativeQuantity : 0,
      ...(this.rejectReason !== undefined && { rejectReason: this.rejectReason }),
    };
  }
}
