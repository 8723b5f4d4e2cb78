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

/** A bar as the only thing known of a stretch of trading; prices in ticks. Its path is taken as open, the extreme nearer to it (equally near: the low), the other, close. */
export interface TradeBar {
  readonly symbol: number;
  /** End of the bar, µs since the epoch: the time of all that it causes. */
  readonly eventTimeUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Lots, at least 1. */
  readonly volume: number;
}

/** A tick to be filled anew for each event: a trade of nothing. */
export function emptyTick(): Tick {
  return {
    kind: TickKind.TRADE,
    symbol: 0,
    eventTimeUs: 0,
    price: 0,
    size: 0,
    bid: 0,
    ask: 0,
    bidSize: 0,
    askSize: 0,
    flags: 0,
  };
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
  /** Default GTC. DAY works until the next close of a regular session; IOC takes what it gets at once, FOK all or nothing. */
  readonly timeInForce?: TimeInForce;
  /** GTD alone: the first instant at which it works no more, µs since the epoch. */
  readonly expireTimeUs?: number;
  /** Works outside the regular session as well. */
  readonly extendedHours?: boolean;
  /** Only makes the position smaller: a fill is cut to what is held the other way round, the rest is canceled. */
  readonly reduceOnly?: boolean;
  /** One-triggers-other on an order that is there already: this one stays PENDING until that one, of the same account and symbol, is filled. */
  readonly parentClientOrderId?: string;
}

/**
 * How orders that were placed together depend on each other. `OCO`: a fill, in part or whole, or the trigger of one
 * cancels the others. `OUO`: a fill of one takes its quantity off the others. `OTO`: the first is the parent, the others
 * work once it is filled. `BRACKET`: OTO with two children that are reduce-only and OUO to each other.
 */
export type Contingency = 'OCO' | 'OTO' | 'OUO' | 'BRACKET';

/** Orders that are taken together or not at all, in order of their age: the first is the oldest. */
export interface PlaceOrderList {
  readonly kind: 'list';
  readonly account: string;
  readonly contingency: Contingency;
  /** Two to ten (a bracket: exactly three, children on the other side than the entry), all of this account and one symbol, without parents of their own. */
  readonly orders: readonly PlaceOrder[];
  /** OTO and BRACKET: when the children begin to work (default `complete_fill` of the parent). */
  readonly childrenFrom?: ChildrenFrom;
}

export type ChildrenFrom = 'complete_fill' | 'first_fill';

/** New terms for an order that is still there; what is absent stays. It keeps its ids and its age. */
export interface ModifyOrder {
  readonly kind: 'modify';
  readonly account: string;
  readonly clientOrderId: string;
  /** Total in lots, what is filled already included. */
  readonly quantity?: number;
  /** In ticks; not once it has triggered. */
  readonly triggerPrice?: number;
  /** In ticks. */
  readonly limitPrice?: number;
  /** The peak stays, the stop follows from it. */
  readonly trailingOffset?: TrailingOffset;
  /** In ticks; not once the trail has started. */
  readonly activationPrice?: number;
  /** GTD alone, µs since the epoch. */
  readonly expireTimeUs?: number;
}

export interface CancelOrder {
  readonly kind: 'cancel';
  readonly account: string;
  readonly clientOrderId: string;
}

export type Command = PlaceOrder | CancelOrder | ModifyOrder | PlaceOrderList;

/** A corporate action: every `denominator` old shares become `numerator` new ones, and each old share is paid `cashPerShare`. */
export interface CorporateAction {
  readonly symbol: number;
  /** Both 1 for a dividend alone. Positive whole numbers. */
  readonly numerator: number;
  readonly denominator: number;
  /** Cash units per whole share held before; 0 for a split alone. Who is short pays it. */
  readonly cashPerShare: number;
}

/** What the engine is told besides ticks and commands. A clock input is the time now, µs since the epoch: orders that are due expire. */
export type Control =
  | { readonly kind: 'clock'; readonly timeUs: number }
  | { readonly kind: 'halt'; readonly symbol: number }
  | { readonly kind: 'resume'; readonly symbol: number }
  | ({ readonly kind: 'corporate_action' } & CorporateAction);

/** Why a control was refused: it changed nothing. */
export const CONTROL_REFUSALS = ['bad_time', 'time_backwards', 'unknown_symbol', 'bad_ratio', 'bad_cash'] as const;
export type ControlRefusal = (typeof CONTROL_REFUSALS)[number];

/** When the market is open: a trading calendar, as narrow as the engine needs it. */
export interface SessionCalendar {
  /** The phase of the trading day at an instant and the bounds of that phase, µs since the epoch; `endUs` is the first instant after it. */
  spanAt(timeUs: number): {
    readonly phase: 'pre' | 'regular' | 'post' | 'closed';
    readonly startUs: number;
    readonly endUs: number;
  };
  /** The first close of a regular session after `timeUs`; undefined beyond the tables. */
  nextCloseUs(timeUs: number): number | undefined;
}

/** Why a command was refused. */
export const REJECT_REASONS = [
  'duplicate_client_order_id',
  'unknown_symbol',
  'unknown_order',
  'order_not_open',
  'unsupported_order_type',
  'unsupported_time_in_force',
  'bad_quantity',
  'bad_price',
  'bad_offset',
  'wrong_side_of_market',
  'no_market',
  'insufficient_buying_power',
  /** MARKET, IOC and FOK outside the hours in which they may trade. */
  'market_closed',
  /** MARKET, IOC and FOK while the symbol is halted. */
  'symbol_halted',
  /** GTD without a time still to come, or a time without GTD. */
  'bad_expiry',
  /** No live order of this account and symbol is the parent. */
  'unknown_parent',
  /** A list of the wrong length, of several symbols or accounts, or with a bracket's children on the entry's side. */
  'bad_list',
  /** An order of its list was refused, the first at fault with its own reason; all others have this one, sound or not. */
  'list_rejected',
  /** A modification without new terms. */
  'nothing_to_modify',
  /** Terms that an order of this kind doesn't have, or has no more. */
  'not_modifiable',
  /** A new trigger for an order that has triggered. */
  'already_triggered',
  /** A new total quantity that is filled already. */
  'quantity_below_filled',
  /** A value that no command has: an unknown kind, side or time in force, or a name that is no text of 1 to 128 characters. */
  'malformed',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

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
  /** The list with which it was placed, for every order of the list. */
  readonly contingency?: Contingency;
  /** The order that has to be filled before this one works. */
  readonly parentClientOrderId?: string;
  readonly reduceOnly?: boolean;
  /** The first instant at which it works no more, of DAY and GTD orders, µs since the epoch. */
  readonly expireTimeUs?: number;
}

/** What became of a command. `taken`: done (for a MARKET order already filled); `duplicate`: nothing was done, `order` is the first one's state. For a list `order` is its first, `orders` are all. */
export type CommandOutcome =
  | { readonly kind: 'taken'; readonly order: OrderView; readonly orders?: readonly OrderView[] }
  | { readonly kind: 'duplicate'; readonly order: OrderView }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly order?: OrderView };

/** Why a tick was refused; a refused tick changes nothing and spends no `seq`. */
export const TICK_REFUSALS = [
  'unknown_symbol',
  'unknown_kind',
  'bad_time',
  'time_backwards',
  'bad_price',
  'bad_size',
  'crossed_quote',
] as const;
export type TickRefusal = (typeof TICK_REFUSALS)[number];

/** What happened to an order, in the order in which it arose. */
export interface OrderEvent {
  readonly kind: 'order';
  readonly reason: /** A child that waits for its parent's fill. */
    | 'pending'
    | 'accepted'
    /** New terms by command. */
    | 'modified'
    /** New terms by the engine: an OUO's smaller quantity, a corporate action. */
    | 'restated'
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
  /** Cash units, only where the account pays any. */
  readonly commission?: number;
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
