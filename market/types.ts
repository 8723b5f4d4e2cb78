/**
 * The words of the core. Everything inside is an integer: prices in ticks of the instrument, quantities in lots,
 * cash in 1e-4 of the currency (see {@link CASH_SCALE}), times in µs since the epoch.
 */

/** Cash is counted in 1/10,000 of the currency's unit. */
export const CASH_SCALE = 10_000;

/** What can be traded. `price = ticks * tickSize`, `quantity = lots * lotSize`. */
export interface Instrument {
  readonly symbol: string;
  /** Dense index, 0-based: the position in the tape's symbol table. */
  readonly index: number;
  /** Decimal places of a price; one tick is `10 ** -priceDecimals`. */
  readonly priceDecimals: number;
  /** Decimal places of a quantity; one lot is `10 ** -quantityDecimals`. */
  readonly quantityDecimals: number;
  /** The last session's close in ticks; 0 when unknown. */
  readonly previousClose: number;
}

export const TickKind = { TRADE: 0, QUOTE: 1 } as const;
export type TickKind = (typeof TickKind)[keyof typeof TickKind];

/** One market event. Readers reuse one object, so copy what you keep. Fields of the other kind are 0. */
export interface Tick {
  kind: TickKind;
  /** Index into the symbol table. */
  symbol: number;
  eventTimeUs: number;
  /** Trade: price in ticks and size in lots. */
  price: number;
  size: number;
  /** Quote: best bid and ask in ticks, sizes in lots. */
  bid: number;
  ask: number;
  bidSize: number;
  askSize: number;
  /** Trade conditions as bits; 0 is a regular trade. */
  flags: number;
}

export type Side = 'BUY' | 'SELL';
export type OrderType = 'MARKET' | 'LIMIT' | 'STOP_MARKET' | 'STOP_LIMIT' | 'TRAILING_STOP_MARKET' | 'TAKE_PROFIT';
export type OrderStatus =
  | 'PENDING'
  | 'ACCEPTED'
  | 'TRIGGERED'
  | 'PARTIALLY_FILLED'
  | 'FILLED'
  | 'CANCELED'
  | 'EXPIRED'
  | 'REJECTED';
export type TimeInForce = 'DAY' | 'GTC' | 'IOC' | 'FOK' | 'GTD';
export type TriggerBasis = 'last' | 'bid_ask' | 'mark';

/** How far a trailing stop stays behind its peak. */
export interface TrailingOffset {
  readonly kind: 'price' | 'bp' | 'ticks';
  /** `price`: in ticks of price; `bp`: basis points of the peak; `ticks`: ticks. All positive integers. */
  readonly value: number;
}

/** A new order as the engine takes it: validated in form at the border, in substance by the engine. */
export interface PlaceOrder {
  readonly kind: 'place';
  readonly account: string;
  readonly clientOrderId: string;
  /** Index of the instrument. */
  readonly symbol: number;
  readonly side: Side;
  readonly type: OrderType;
  /** In lots. */
  readonly quantity: number;
  /** In ticks: stop of STOP_MARKET and STOP_LIMIT, target of TAKE_PROFIT. */
  readonly triggerPrice?: number;
  /** In ticks: limit of LIMIT and STOP_LIMIT. */
  readonly limitPrice?: number;
  readonly trailingOffset?: TrailingOffset;
  /** In ticks: the trail starts when the market first reaches it. */
  readonly activationPrice?: number;
  readonly triggerBasis?: TriggerBasis;
  /** Default GTC. IOC and FOK let no limit rest; fills are whole, so the two are alike. */
  readonly timeInForce?: TimeInForce;
  readonly extendedHours?: boolean;
}

export interface CancelOrder {
  readonly kind: 'cancel';
  readonly account: string;
  readonly clientOrderId: string;
}

export type Command = PlaceOrder | CancelOrder;

/** Why a command was refused. */
export type RejectReason =
  | 'duplicate_client_order_id'
  | 'unknown_symbol'
  | 'unknown_order'
  | 'order_not_open'
  | 'unsupported_order_type'
  | 'unsupported_time_in_force'
  | 'bad_quantity'
  | 'bad_price'
  | 'bad_offset'
  | 'wrong_side_of_market'
  | 'no_market'
  | 'insufficient_buying_power'
  | 'market_closed';

/** The state of an order as events carry it; all in ticks, lots and µs. Immutable once made. */
export interface OrderView {
  readonly account: string;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly symbol: number;
  readonly side: Side;
  readonly type: OrderType;
  readonly status: OrderStatus;
  readonly quantity: number;
  readonly leavesQuantity: number;
  readonly cumulativeQuantity: number;
  /** The stop that is in force, trailing stops included; absent for MARKET. */
  readonly triggerPrice?: number;
  readonly limitPrice?: number;
  readonly trailingOffset?: TrailingOffset;
  /** High-water mark of a trailing sell, low-water mark of a trailing buy. */
  readonly peakPrice?: number;
  /** Total of fills divided by their quantity, in ticks (may have a fraction); 0 before the first fill. */
  readonly averagePrice: number;
  readonly rejectReason?: RejectReason;
}

/** What became of a command. `taken`: done (for a MARKET order already filled); `duplicate`: nothing was done, `order` is the first one's state. */
export type CommandOutcome =
  | { readonly kind: 'taken'; readonly order: OrderView }
  | { readonly kind: 'duplicate'; readonly order: OrderView }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly order?: OrderView };

/** Why a tick was refused; a refused tick changes nothing and spends no `seq`. */
export type TickRefusal =
  | 'unknown_symbol'
  | 'unknown_kind'
  | 'bad_time'
  | 'time_backwards'
  | 'bad_price'
  | 'bad_size'
  | 'crossed_quote';

/** What happened to an order, in the order in which it arose. */
export interface OrderEvent {
  readonly kind: 'order';
  readonly reason:
    | 'accepted'
    | 'activated'
    | 'ratcheted'
    | 'triggered'
    | 'filled'
    | 'partially_filled'
    | 'canceled'
    | 'expired'
    | 'rejected';
  readonly order: OrderView;
  /** The symbol's sequence number (ticker stream) at which this happened: the tick just applied, or the last before the command. */
  readonly tickSeq: number;
  /** The market's time of that tick; for commands before any tick, 0. */
  readonly eventTimeUs: number;
}

export interface ExecutionEvent {
  readonly kind: 'execution';
  readonly executionId: number;
  readonly account: string;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly symbol: number;
  readonly side: Side;
  /** In ticks. */
  readonly lastPrice: number;
  /** In lots. */
  readonly lastQuantity: number;
  readonly leavesQuantity: number;
  readonly tickSeq: number;
  readonly eventTimeUs: number;
}

export type MarketEvent = OrderEvent | ExecutionEvent;

/** A position as read: quantity in lots (negative is short), money in cash units. */
export interface PositionView {
  readonly account: string;
  readonly symbol: number;
  readonly quantity: number;
  /** Cost of the open quantity, cash units, signed like the quantity. */
  readonly cost: number;
  readonly realizedPnl: number;
  readonly unrealizedPnl: number;
  /** Mark in ticks: the last trade's price. */
  readonly mark: number;
}

/** An account as read, in cash units. `equity = cash + sum(quantity * mark)`. */
export interface PortfolioView {
  readonly account: string;
  readonly cash: number;
  readonly equity: number;
  readonly realizedPnl: number;
  readonly unrealizedPnl: number;
  readonly deposits: number;
}
