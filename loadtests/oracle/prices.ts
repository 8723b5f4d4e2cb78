import type { Instrument, Side, Tick, TradeBar, TrailingOffset, TriggerBasis } from '../../market/types.ts';

const TRADE = 0;
/** A price fits 32 bits. */
const MAX_PRICE = 2 ** 31 - 1;

/** The market of one symbol as its ticks left it. Prices in ticks, 0 before the first. */
export interface SymbolState {
  seq: number;
  last: number;
  bid: number;
  ask: number;
  eventTimeUs: number;
  /** What the last trade's size leaves to be dealt at its price, in lots. */
  lastLeft: number;
  /** What the last quote's sizes leave. */
  bidLeft: number;
  askLeft: number;
  isHalted: boolean;
}

/** The market of a symbol before its first tick. */
export function untraded(): SymbolState {
  return { seq: 0, last: 0, bid: 0, ask: 0, eventTimeUs: 0, lastLeft: 0, bidLeft: 0, askLeft: 0, isHalted: false };
}

/** What is looked at: whose price, and by which side. */
export interface Watch {
  readonly side: Side;
  readonly basis: TriggerBasis;
}

/** The price that triggers look at, in ticks: the last trade, bid (sells) or ask (buys), or the middle of both rounded down; 0 when there is none. */
export function watchedPrice(state: SymbolState, { side, basis }: Watch): number {
  if (basis === 'last') return state.last;
  if (basis === 'mark') return Math.floor((state.bid + state.ask) / 2);
  return side === 'SELL' ? state.bid : state.ask;
}

/** The price at which an order is done, in ticks: the one it watches, but on the mark, where nobody trades, bid or ask. */
export function dealtPrice(state: SymbolState, { side, basis }: Watch): number {
  return watchedPrice(state, { side, basis: basis === 'mark' ? 'bid_ask' : basis });
}

/** How many lots can be dealt at {@link dealtPrice}, where a tick fills no more than its size. */
export function sizeLeft(state: SymbolState, { side, basis }: Watch): number {
  if (basis === 'last') return state.lastLeft;
  return side === 'SELL' ? state.bidLeft : state.askLeft;
}

/** Takes what was dealt off what is left. */
export function takeSize(state: SymbolState, { side, basis }: Watch, quantity: number): void {
  if (basis === 'last') state.lastLeft -= quantity;
  else if (side === 'SELL') state.bidLeft -= quantity;
  else state.askLeft -= quantity;
}

/** Whether a tick is news to who watches `basis`: trades move the last price, quotes the others. */
export function moves(tick: Tick, basis: TriggerBasis): boolean {
  return (tick.kind === TRADE) === (basis === 'last');
}

/** A sell stop is reached at or below it, a buy stop at or above it. */
export function reachesStop(side: Side, price: number, stop: number): boolean {
  return side === 'SELL' ? price <= stop : price >= stop;
}

/** A sell's target is reached at or above it, a buy's at or below it; the same makes a price no worse than a limit. */
export function reachesTarget(side: Side, price: number, target: number): boolean {
  return side === 'SELL' ? price >= target : price <= target;
}

/**
 * The stop that lies `offset` behind `peak`, in ticks. Basis points are of the peak; a stop between two ticks is rounded
 * away from the market: down for a sell, up for a buy.
 */
export function stopBehind(side: Side, peak: number, offset: TrailingOffset): number {
  if (offset.kind !== 'bp') return side === 'SELL' ? peak - offset.value : peak + offset.value;
  const scaled = peak * (side === 'SELL' ? 10_000 - offset.value : 10_000 + offset.value);
  const rest = scaled % 10_000;
  const whole = (scaled - rest) / 10_000;
  return side === 'BUY' && rest > 0 ? whole + 1 : whole;
}

/** Writes a tick into its symbol's state and gives it the next number; false when it can't be, and then nothing changes. */
export function applyTick(state: SymbolState, tick: Tick): boolean {
  if (!isSane(tick) || tick.eventTimeUs < state.eventTimeUs) return false;
  state.seq++;
  state.eventTimeUs = tick.eventTimeUs;
  if (tick.kind === TRADE) {
    state.last = tick.price;
    state.lastLeft = tick.size;
  } else {
    state.bid = tick.bid;
    state.ask = tick.ask;
    state.bidLeft = tick.bidSize;
    state.askLeft = tick.askSize;
  }
  return true;
}

/** Whether a number can be a price in ticks. */
export function isPrice(value: number | undefined): value is number {
  return value !== undefined && isPositiveInteger(value) && value <= MAX_PRICE;
}

/** Whether a number can be a quantity in lots, or a size. */
export function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

/** Whether a symbol's index is in the table. */
export function isListed(instruments: readonly Instrument[], symbol: number): boolean {
  return instruments[symbol] !== undefined;
}

/** Whether a bar's prices can be those of one stretch of trading. */
export function isSaneBar({ open, high, low, close }: TradeBar): boolean {
  if (![open, high, low, close].every(isPrice)) return false;
  return low <= Math.min(open, close) && high >= Math.max(open, close);
}

function isSane(tick: Tick): boolean {
  if (!Number.isSafeInteger(tick.eventTimeUs) || tick.eventTimeUs < 0) return false;
  if (tick.kind === TRADE) return isPrice(tick.price) && isPositiveInteger(tick.size);
  return isPrice(tick.bid) && isPrice(tick.ask) && tick.bid <= tick.ask;
}
