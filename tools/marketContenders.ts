import type { BarSink } from '../market/bars/types.ts';
import { CRYPTO } from '../market/calendar/calendars.ts';
import { MarketEngine, type MarketEngineOptions } from '../market/engine.ts';
import { PatternFeed } from '../market/patterns/patternFeed.ts';
import { emptyTick, type Instrument, type Tick } from '../market/types.ts';

export const SYMBOLS = 1_000;
/** Ticks in the arrays; played round and round, each time later by {@link LAP_US}. */
export const TICKS = 1 << 20;
/** 5,000 ticks a second: a minute closes every 300,000. */
export const STEP_US = 200;
export const LAP_US = TICKS * STEP_US;
export const START_US = 1_600_000_000_000_000;

/** Trades as columns: the same arrays for everyone. */
export interface Columns {
  readonly symbol: Uint16Array;
  readonly price: Int32Array;
  readonly size: Float64Array;
  readonly timeUs: Float64Array;
}

/** Plays all ticks once, `lapUs` later than they are written. */
export type Play = (lapUs: number) => void;

/** One row of the table. */
export interface Contender {
  readonly name: string;
  /** Least share that it must reach of the rate of its race's first; 0 for that one itself. */
  readonly floor: number;
  /** How its heap is judged over 50 million ticks: nothing may be allocated, or nothing kept (a found pattern is a short-lived object). */
  readonly heap?: 'allocates_nothing' | 'keeps_nothing';
  readonly make: () => Play;
}

/** Contenders that take turns; the first is what the others are measured by. */
export interface Race {
  readonly base: string;
  readonly contenders: readonly Contender[];
}

/** Random walks of all symbols between 5,000 and 15,000; a few symbols are hot, as on a real tape. */
function makeTicks(): Columns {
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
export function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The ceiling: last, high, low and volume of the symbol, and high, low, close and volume of each of its four bars; no checks, no time. */
function ceiling(): Play {
  const { symbol, price, size } = makeTicks();
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
export function player({ symbol, price, size, timeUs }: Columns, take: (tick: Tick) => void): (lapUs: number) => void {
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

/** An engine as a server makes one, with cleaning, four time frames, and by choice every pattern looked for in every bar; signals are counted. */
export function makeEngine(options: { readonly symbols: number; readonly hasPatterns: boolean }): Whole {
  const { symbols, hasPatterns } = options;
  const counting = new CountingSink();
  const feed = hasPatterns ? new PatternFeed({ symbols, sink: () => counting.barClosed(), next: counting }) : undefined;
  const engineOptions = {
    instruments: makeInstruments(symbols),
    sink: () => {},
    data: { calendar: CRYPTO, sink: feed ?? counting },
  };
  const engine = new MarketEngine(engineOptions);
  if (engine.data !== undefined) feed?.connect(engine.data.bars);
  return { engine, engineOptions, feed };
}

/** An engine, what it was made of, and what looks for patterns in its bars. */
export interface Whole {
  readonly engine: MarketEngine;
  readonly engineOptions: MarketEngineOptions;
  readonly feed: PatternFeed | undefined;
}

export function makeInstruments(symbols: number): Instrument[] {
  return Array.from({ length: symbols }, (_, index) => ({
    symbol: `S${index}`,
    index,
    priceDecimals: 2,
    quantityDecimals: 0,
    previousClose: 0,
  }));
}

/** Puts a trailing stop and the two children of a bracket to work on each symbol; the walk never reaches them. */
export function placeOrders(engine: MarketEngine): void {
  const tick = emptyTick();
  tick.eventTimeUs = START_US - STEP_US;
  tick.price = 10_000;
  tick.size = 1;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    tick.symbol = symbol;
    if (!engine.onTick(tick)) throw new Error('a sound tick was refused');
    const order = { kind: 'place', account: `a${symbol}`, symbol, quantity: 1 } as const;
    const trail = { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: 11_000 } } as const;
    engine.onCommand({ ...order, ...trail, clientOrderId: 'trail', side: 'BUY' });
    const orders = [
      { ...order, clientOrderId: 'entry', side: 'BUY', type: 'MARKET' },
      { ...order, clientOrderId: 'stop', side: 'SELL', type: 'STOP_MARKET', triggerPrice: 4_000 },
      { ...order, clientOrderId: 'target', side: 'SELL', type: 'LIMIT', limitPrice: 16_000 },
    ] as const;
    const { kind } = engine.onCommand({ kind: 'list', account: `a${symbol}`, contingency: 'BRACKET', orders });
    if (kind !== 'taken' || engine.workingOrders(`a${symbol}`).length !== 3) throw new Error('a bracket does not work');
  }
}

/** Plays the columns into an engine, which must take every tick. */
export function playerOf(engine: MarketEngine, columns: Columns): Play {
  return player(columns, (tick) => {
    if (!engine.onTick(tick)) throw new Error('a sound tick was refused');
  });
}

function engineWith(options: { readonly hasPatterns: boolean; readonly hasOrders: boolean }): Play {
  const { engine } = makeEngine({ symbols: SYMBOLS, ...options });
  if (options.hasOrders) placeOrders(engine);
  return playerOf(engine, makeTicks());
}

/** The core beside a bare loop. */
export const CORE_RACE: Race = {
  base: 'the ceiling',
  contenders: [
    { name: 'ceiling: a bare loop', floor: 0, make: ceiling },
    {
      name: 'engine: tickers and four time frames',
      floor: 1 / 3,
      heap: 'allocates_nothing',
      make: () => engineWith({ hasPatterns: false, hasOrders: false }),
    },
    {
      name: 'engine with patterns',
      floor: 1 / 4,
      heap: 'keeps_nothing',
      make: () => engineWith({ hasPatterns: true, hasOrders: false }),
    },
    {
      name: 'engine with a trail and a bracket a symbol',
      floor: 1 / 5,
      heap: 'allocates_nothing',
      make: () => engineWith({ hasPatterns: false, hasOrders: true }),
    },
    {
      name: 'engine with patterns, trails and brackets',
      floor: 1 / 5,
      heap: 'keeps_nothing',
      make: () => engineWith({ hasPatterns: true, hasOrders: true }),
    },
  ],
};
