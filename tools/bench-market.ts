/**
 * Measures the market core beside a ceiling in one run: `npm run bench:market`. Contenders take turns on the same ticks, so a
 * noisy machine hits all alike; what counts is the ratio to the ceiling in the same round, not the rate.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import type { BarSink } from '../market/bars/types.ts';
import { CRYPTO } from '../market/calendar/calendars.ts';
import { MarketEngine } from '../market/engine.ts';
import { MarketData } from '../market/marketData.ts';
import { PatternFeed } from '../market/patterns/patternFeed.ts';
import { TickerState } from '../market/tickers.ts';
import { type Tick, TickKind } from '../market/types.ts';

const SYMBOLS = 1_000;
/** Ticks in the arrays; played round and round, each time later by {@link LAP_US}. */
const TICKS = 1 << 20;
/** 5,000 ticks a second: a minute closes every 300,000. */
const STEP_US = 200;
const LAP_US = TICKS * STEP_US;
const START_US = 1_600_000_000_000_000;
const ROUNDS = 15;
const HEAP_TICKS = 50_000_000;

/** Trades as columns: the same arrays for everyone. */
interface Columns {
  readonly symbol: Uint16Array;
  readonly price: Int32Array;
  readonly size: Float64Array;
  readonly timeUs: Float64Array;
}

/** Something that plays all ticks once, `lapUs` later than they are written. */
interface Contender {
  readonly name: string;
  /** Least share of the ceiling's rate that it must reach; 0 for the ceiling itself. */
  readonly floor: number;
  readonly play: (lapUs: number) => void;
}

/** Random walks of all symbols; a few symbols are hot, as on a real tape. */
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
function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The ceiling: last, high, low and volume of the symbol, and high, low, close and volume of each of its four bars; no checks, no time. */
function ceiling({ symbol, price, size }: Columns): Contender {
  const last = new Int32Array(SYMBOLS);
  const high = new Int32Array(SYMBOLS);
  const low = new Int32Array(SYMBOLS).fill(2 ** 31 - 1);
  const volume = new Float64Array(SYMBOLS);
  const barHigh = new Int32Array(SYMBOLS * 4);
  const barLow = new Int32Array(SYMBOLS * 4).fill(2 ** 31 - 1);
  const barClose = new Int32Array(SYMBOLS * 4);
  const barVolume = new Float64Array(SYMBOLS * 4);
  const play = () => {
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
  return { name: 'ceiling: a bare loop', floor: 0, play };
}

/** Feeds the columns through one reused tick, as the replay does. */
function player({ symbol, price, size, timeUs }: Columns, take: (tick: Tick) => void): (lapUs: number) => void {
  const tick: Tick = {
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
function withPatterns(symbols: number): MarketData {
  const counting = new CountingSink();
  const feed = new PatternFeed({ symbols, sink: () => counting.barClosed(), next: counting });
  const data = marketData(symbols, feed);
  feed.connect(data.bars);
  return data;
}

function patterns(columns: Columns): Contender {
  const data = withPatterns(SYMBOLS);
  const play = player(columns, (tick) => {
    if (data.onTick(tick) !== 'taken') throw new Error('a sound tick was refused');
  });
  return { name: 'core with patterns', floor: 1 / 4, play };
}

function core(columns: Columns): Contender {
  const data = marketData(SYMBOLS);
  const play = player(columns, (tick) => {
    if (data.onTick(tick) !== 'taken') throw new Error('a sound tick was refused');
  });
  return { name: 'cleaning, tickers, four time frames', floor: 1 / 3, play };
}

function engine(columns: Columns): Contender {
  const whole = new MarketEngine({
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
  const play = player(columns, (tick) => {
    if (!whole.onTick(tick)) throw new Error('a sound tick was refused');
  });
  return { name: 'the same inside the engine, without orders', floor: 1 / 3, play };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Plays all contenders in turn, forwards and backwards by rounds; prints median rates and ratios, and returns whether every floor held. */
function race(contenders: readonly Contender[]): boolean {
  const rates = contenders.map((): number[] => []);
  const ratios = contenders.map((): number[] => []);
  for (let round = -3; round < ROUNDS; round++) {
    const order = contenders.map((_, at) => (round % 2 === 0 ? at : contenders.length - 1 - at));
    const now: number[] = [];
    for (const at of order) {
      const startedNs = process.hrtime.bigint();
      contenders[at]?.play((round + 3) * LAP_US);
      now[at] = (TICKS * 1e9) / Number(process.hrtime.bigint() - startedNs);
    }
    if (round < 0) continue;
    now.forEach((rate, at) => {
      rates[at]?.push(rate);
      ratios[at]?.push(rate / (now[0] ?? Number.NaN));
    });
  }
  console.log(`${TICKS} trades of ${SYMBOLS} symbols, ${ROUNDS} rounds, Node ${process.version}: medians`);
  let hold = true;
  contenders.forEach(({ name, floor }, at) => {
    const ratio = median(ratios[at] ?? []);
    if (ratio < floor) hold = false;
    const judged = floor === 0 ? '' : `, at least ${floor.toFixed(2)}: ${ratio < floor ? 'FAILS' : 'holds'}`;
    const rate = (median(rates[at] ?? []) / 1e6).toFixed(1);
    console.log(`  ${name.padEnd(44)} ${rate.padStart(6)} M/s  ${ratio.toFixed(2)} of the ceiling${judged}`);
  });
  return hold;
}

/** Plays 50 million ticks through a core that is warm; prints how the heap grew and how often it was collected meanwhile. */
async function heapGrowth({ name, play }: Contender, fromLap: number): Promise<boolean> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  const laps = Math.ceil(HEAP_TICKS / TICKS);
  for (let lap = 0; lap < laps; lap++) play((fromLap + lap) * LAP_US);
  const after = process.memoryUsage().heapUsed;
  await new Promise((resolve) => setImmediate(resolve));
  observer.disconnect();
  const grownKb = (after - before) / 1024;
  const holds = grownKb < 1_024 && collections === 0;
  const verdict = holds ? 'holds' : 'FAILS';
  console.log(
    `  heap over ${((laps * TICKS) / 1e6).toFixed(0)} M ticks, ${name}: ${grownKb.toFixed(0)} KiB, ${collections} collections: ${verdict}`,
  );
  return holds;
}

/** Prints what windows and state of so many symbols take. */
function memory(symbols: number): void {
  const used = () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const data = withPatterns(symbols);
  const grownMb = (used() - before) / 2 ** 20;
  console.log(
    `  ${data.bars.symbols} symbols, four windows of ${data.bars.stores[0]?.capacity} bars, patterns: ${grownMb.toFixed(1)} MiB`,
  );
}

if (globalThis.gc === undefined) throw new Error('bench-market needs node --expose-gc: use npm run bench:market');
memory(1_000);
memory(10_000);
const columns = makeTicks();
const contenders = [ceiling(columns), core(columns), engine(columns)];
// A pattern that is found takes a short-lived object, so only its rate is judged.
let hold = race([...contenders, patterns(columns)]);
for (const contender of contenders.slice(1)) hold = (await heapGrowth(contender, ROUNDS + 3)) && hold;
process.exitCode = hold ? 0 : 1;
