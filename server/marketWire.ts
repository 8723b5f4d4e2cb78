import type { Piece } from '../market/bars/piece.ts';
import { type Bar, BarFlag, type BarReader, FRAME_MINUTES, type FrameIndex } from '../market/bars/types.ts';
import type { PatternEvent } from '../market/patterns/types.ts';
import type { Instrument } from '../market/types.ts';
import { BAR_CHANNELS } from '../protocol/channels.ts';
import { decimalText, type TickerFields } from '../protocol/codecs/json.ts';
import {
  type AlertData,
  type BarChannel,
  type BarData,
  type BarFlagName,
  type PatternData,
  TIME_FRAMES,
  type TickerData,
  type TimeFrame,
} from '../protocol/messages.ts';
import type { Alert } from './hub/alerts.ts';

/** The name of a time frame. */
export function timeFrameOf(frame: FrameIndex): TimeFrame {
  return TIME_FRAMES[frame] ?? '1m';
}

/** The time frame of a name. */
export function frameOf(timeFrame: TimeFrame): FrameIndex {
  switch (timeFrame) {
    case '1m':
      return 0;
    case '5m':
      return 1;
    case '15m':
      return 2;
    case '1h':
      return 3;
  }
}

/** The channel of a time frame's bars. */
export function barChannelOf(frame: FrameIndex): BarChannel {
  return BAR_CHANNELS[frame] ?? 'bar.1m';
}

/** The time frame of a channel of bars. */
export function frameOfChannel(channel: BarChannel): FrameIndex {
  const at = BAR_CHANNELS.indexOf(channel);
  return at === 1 || at === 2 || at === 3 ? at : 0;
}

/** A bar as it is kept until it is written: ticks and lots. */
export type RawBar = Omit<Bar, 'symbol' | 'minutes'>;

/** Copies a closed bar from its window. */
export function rawBar(window: BarReader, back: number): RawBar {
  return {
    startUs: window.startUs(back),
    open: window.open(back),
    high: window.high(back),
    low: window.low(back),
    close: window.close(back),
    volume: window.volume(back),
    notional: window.notional(back),
    trades: window.trades(back),
    flags: window.flags(back),
  };
}

/** Copies a bar that is still open. */
export function openBar(piece: Piece, startUs: number): RawBar {
  const { open, high, low, close, volume, notional, trades, flags } = piece;
  return { startUs, open, high, low, close, volume, notional, trades, flags };
}

const FLAG_NAMES: readonly (readonly [number, BarFlagName])[] = [
  [BarFlag.AFTER_GAP, 'after_gap'],
  [BarFlag.FILLED, 'filled'],
  [BarFlag.CORRECTED, 'corrected'],
  [BarFlag.PROVIDER, 'provider'],
];

/** Decimals of a volume-weighted average beyond those of its instrument. */
const AVERAGE_DECIMALS = 4;

/** Writes a bar in numbers of the currency and of units. */
export function barData(
  bar: RawBar,
  instrument: Instrument,
  { isClosed, isCorrection }: { readonly isClosed: boolean; readonly isCorrection: boolean },
): BarData {
  const { priceDecimals, quantityDecimals } = instrument;
  const price = (ticks: number): number => rounded(ticks, priceDecimals);
  const vwap = bar.volume === 0 ? bar.close : bar.notional / bar.volume;
  return {
    startUs: bar.startUs,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: rounded(bar.volume, quantityDecimals),
    vwap: rounded(Math.round(vwap * 10 ** AVERAGE_DECIMALS), priceDecimals + AVERAGE_DECIMALS),
    trades: bar.trades,
    notional: rounded(bar.notional, priceDecimals + quantityDecimals),
    isClosed,
    isCorrection,
    flags: FLAG_NAMES.flatMap(([bit, name]) => ((bar.flags & bit) === 0 ? [] : [name])),
  };
}

/** Writes a symbol's state in numbers, as a `ticker` frame has them. */
export function tickerData(fields: TickerFields): TickerData {
  const { priceDecimals, quantityDecimals, last, bid } = fields;
  const price = (ticks: number): number => rounded(ticks, priceDecimals);
  const size = (lots: number): number => rounded(lots, quantityDecimals);
  return {
    last: last === 0 ? null : price(last),
    lastSize: last === 0 ? null : size(fields.lastSize),
    bid: bid === 0 ? null : price(bid),
    ask: bid === 0 ? null : price(fields.ask),
    bidSize: bid === 0 ? null : size(fields.bidSize),
    askSize: bid === 0 ? null : size(fields.askSize),
    volume: size(fields.volume),
    previousClose: fields.previousClose === 0 ? null : price(fields.previousClose),
  };
}

/** Writes a pattern in numbers of the currency. */
export function patternData(event: PatternEvent, instrument: Instrument): PatternData {
  const { priceDecimals, quantityDecimals, symbol } = instrument;
  const { formation, successRate } = event;
  const price = (ticks: number): number => rounded(ticks, priceDecimals);
  const timeFrame = timeFrameOf(event.frame);
  return {
    patternId: `${symbol}/${timeFrame}/${formation.toUs}/${event.type}`,
    patternType: event.type,
    kind: event.kind,
    timeFrame,
    confidence: event.confidence,
    direction: event.direction,
    price: price(event.price),
    invalidationPrice: event.invalidationPrice === undefined ? null : price(event.invalidationPrice),
    isEarly: event.early,
    fromUs: formation.fromUs,
    toUs: formation.toUs,
    barCount: formation.barCount,
    bars: formation.bars.map(({ startUs, open, high, low, close, volume }) => ({
      startUs,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: rounded(volume, quantityDecimals),
    })),
    pivots: formation.pivots.map(({ kind, price: ticks, startUs }) => ({ kind, price: price(ticks), startUs })),
    earlier: event.earlier.map(({ type, frame, startUs, direction, confidence, outcome }) => ({
      patternType: type,
      timeFrame: timeFrameOf(frame),
      startUs,
      direction,
      confidence,
      outcome,
    })),
    successRate: {
      successes: successRate.successes,
      settled: successRate.settled,
      rate: successRate.rate ?? null,
    },
  };
}

/** Writes an alert in decimals; `price` in ticks is that of the trade which met it. */
export function alertData(alert: Alert, instrument: Instrument, price?: number): AlertData {
  const { alertId, account, condition, threshold, triggerPrice } = alert;
  const { symbol, priceDecimals } = instrument;
  return {
    alertId,
    account,
    symbol,
    condition,
    threshold,
    triggerPrice: decimalText(triggerPrice, priceDecimals),
    ...(price !== undefined && { price: decimalText(price, priceDecimals) }),
  };
}

/** Length of a time frame, µs. */
export function frameUs(frame: FrameIndex): number {
  return FRAME_MINUTES[frame] * 60_000_000;
}

/** `units / 10^decimals` as the nearest number, so that it is written with no more digits than it has. */
function rounded(units: number, decimals: number): number {
  return units / 10 ** decimals;
}
