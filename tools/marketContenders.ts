import type { BarSink } from '../market/bars/types.ts';
import { CRYPTO } from '../market/calendar/calendars.ts';
import { MarketEngine } from '../market/engine.ts';
import { MarketData } from '../market/marketData.ts';
import { PatternFeed } from '../market/patterns/patternFeed.ts';
import { TickerState } from '../market/tickers.ts';
import { emptyTick, type Tick, TickKind } from '../market/types.ts';

export const SYMBOLS = 1_000;
/** Ticks in the arrays; played round and round, each time later by {@link LAP_US}. */
export const TICKS = 1 << 20;
/** 5,000 ticks a second: a minute closes every 300,000. */
const STEP_US = 200;
export const LAP_US = TICKS * STEP_US;
const START_US = 1_600_000_000_000_000;

/** Trades as columns: the same arrays for everyone. */
interface Columns {
  readonly symbol: Uint16Array;
  readonly price: Int32Array;
  readonly size: Float64Array;
  readonly timeUs: Float64Array;
}

/** Plays all ticks once, `lapUs` later than they are written. */
type Play = (lapUs: number) => void;

/** One row of the table. */
export interface Contender {
  readonly name: string;
  /** Least share of the ceiling's rate that it must reach; 0 for the ceiling itself. */
  readonly floor: number;
  /** Whether its heap must not grow: not for the ceiling, nor where a find takes a short-lived object. */
  readonly judgesHeap: boolean;
  readonly make: (columns: Columns) => Play;
}

/** Random walks of all symbols; a few symbols are hot, as on a real tape. */
export function makeTicks(): Columns {
  const random = mulberry32(1);
  const columns = {
    symbol: new Uint16Array(TICKS),
    price: new Int32Array(TICKS),
    size: new Float64Array(TICKS),
    timeUs: new Float64Array(TICKS),
  };
  const last = new Int32Array(SYMBOLS).fill(10_000);
  for (let at = 0; at < TICKS; at++) {
    const symbol = Math.floor(SYMBOLS * random() ** 2);
    const price = Math.max(5_000, Math.min(15_000, (last[symbol] as number) + Math.floor(random() * 7) - 3));
    last[symbol] = price;
    columns.symbol[at] = symbol;
    columns.price[at] = price;
    columns.size[at] = 1 + Math.floor(random() * 500);
    columns.timeUs[at] = START_US + at * STEP_US;
  }
  return columns;
}

/** A small seeded generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The ceiling: last, high, low and volume of the symbol, and high, low, close and volume of each of its four bars; no checks, no time. */
function ceiling({ symbol, price, size }: Columns): Play {
  const last = new Int32Array(SYMBOLS);
  const high = new Int32Array(SYMBOLS);
  const low = new Int32Array(SYMBOLS).fill(2 ** 31 - 1);
  const volume = new Float64Array(SYMBOLS);
  const barHigh = new Int32Array(SYMBOLS * 4);
  const barLow = new Int32Array(SYMBOLS * 4).fill(2 ** 31 - 1);
  const barClose = new Int32Array(SYMBOLS * 4);
  const barVolume = new Float64Array(SYMBOLS * 4);
  return () => {
    for (let at = 0; at < TICKS; at++) {
      const of = symbol[at] as number;
      const now = price[at] as number;
      const lots = size[at] as number;
      last[of] = now;
      if (now > (high[of] as number)) high[of] = now;
      if (now < (low[of] as number)) low[of] = now;
      volume[of] = (volume[of] as number) + lots;
      for (let bar = of * 4; bar < of * 4 + 4; bar++) {
        if (now > (barHigh[bar] as number)) barHigh[bar] = now;
        if (now < (barLow[bar] as number)) barLow[bar] = now;
        barClose[bar] = now;
        barVolume[bar] = (barVolume[bar] as number) + lots;
      }
    }
  };
}

/** Feeds the columns through one reused tick, as the replay does. */
function player({ symbol, price, size, timeUs }: Columns, take: (tick: Tick) => void): (lapUs: number) => void {
  const tick = emptyTick();
  return (lapUs) => {
    for (let at = 0; at < TICKS; at++) {
      tick.symbol = symbol[at] as number;
      tick.price = price[at] as number;
      tick.size = size[at] as number;
      tick.eventTimeUs = (timeUs[at] as number) + lapUs;
      take(tick);
    }
  };
}

/** A sink that counts, so that telling isn't optimised away. */
class CountingSink implements BarSink {
  closed = 0;
  other = 0;

  barClosed(): void {
    this.closed++;
  }

  barCorrected(): void {
    this.other++;
  }

  gap(): void {
    this.other++;
  }
}

function marketData(symbols: number, sink: BarSink = new CountingSink()): MarketData {
  return new MarketData(new TickerState(symbols), { calendar: CRYPTO, sink });
}

/** With every pattern looked for in every bar; signals are counted, none is made an event. */
export function withPatterns(symbols: number): MarketData {
  const counting = new CountingSink();
  const feed = new PatternFeed({ symbols, sink: () => counting.barClosed(), next: counting });
  const data = marketData(symbols, feed);
  feed.connect(data.bars);
  return data;
}

function patterns(columns: Columns): Play {
  const data = withPatterns(SYMBOLS);
  return player(columns, (tick) => {
    if (data.onTick(tick) !== 'taken') throw new Error('a sound tick was refused');
  });
}

function core(columns: Columns): Play {
  const data = marketData(SYMBOLS);
  return player(columns, (tick) => {
    if (data.onTick(tick) !== 'taken') throw new Error('a sound tick was refused');
  });
}

function wholeEngine(): MarketEngine {
  return new MarketEngine({
    instruments: Array.from({ length: SYMBOLS }, (_, index) => ({
      symbol: `S${index}`,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 0,
    })),
    sink: () => {},
    data: { calendar: CRYPTO, sink: new CountingSink() },
  });
}

function engine(columns: Columns): Play {
  return playerOf(wholeEngine(), columns);
}

/** With a trailing stop and the two children of a bracket at work on each symbol; the walk never reaches them. */
function engineWithOrders(columns: Columns): Play {
  const whole = wholeEngine();
  const quote = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const tick = { kind: TickKind.TRADE, symbol, eventTimeUs: START_US - STEP_US, price: 10_000, size: 1, ...quote };
    if (!whole.onTick(tick)) throw new Error('a sound tick was refused');
    const order = { kind: 'place', account: `a${symbol}`, symbol, quantity: 1 } as const;
    const trail = { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: 11_000 } } as const;
    whole.onCommand({ ...order, ...trail, clientOrderId: 'trail', side: 'BUY' });
    const orders = [
      { ...order, clientOrderId: 'entry', side: 'BUY', type: 'MARKET' },
      { ...order, clientOrderId: 'stop', side: 'SELL', type: 'STOP_MARKET', triggerPrice: 4_000 },
      { ...order, clientOrderId: 'target', side: 'SELL', type: 'LIMIT', limitPrice: 16_000 },
    ] as const;
    const { kind } = whole.onCommand({ kind: 'list', account: `a${symbol}`, contingency: 'BRACKET', orders });
    if (kind !== 'taken' || whole.workingOrders(`a${symbol}`).length !== 3) throw new Error('a bracket does not work');
  }
  return playerOf(whole, columns);
}

function playerOf(whole: MarketEngine, columns: Columns): Play {
  return player(columns, (tick) => {
    if (!whole.onTick(tick)) throw new Error('a sound tick was refused');
  });
}

/** The rows of `npm run bench:market`; the first is the ceiling. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'ceiling: a bare loop', floor: 0, judgesHeap: false, make: ceiling },
  { name: 'cleaning, tickers, four time frames', floor: 1 / 3, judgesHeap: true, make: core },
  { name: 'the same inside the engine, without orders', floor: 1 / 3, judgesHeap: true, make: engine },
  { name: 'a trailing stop and a bracket on each symbol', floor: 1 / 5, judgesHeap: false, make: engineWithOrders },
  { name: 'the same with patterns', floor: 1 / 4, judgesHeap: false, make: patterns },
];
