import talib from 'talib-web';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { loadHistory } from '../../simulator/history.ts';
import { BarList } from './barList.ts';
import { type PatternType, patternType } from './catalog.ts';
import { PatternEngine } from './patternEngine.ts';
import { seededRandom } from './planted.ts';
import type { OpenBar } from './types.ts';

interface Ohlc {
  readonly open: number[];
  readonly high: number[];
  readonly low: number[];
  readonly close: number[];
}
type TalibFunction = (input: Ohlc) => { readonly output: number[] };

/** Ours, TA-Lib's function, the sign of its answer that means ours (0: either), and the bars that it leaves out at the start. */
const PAIRS: readonly (readonly [PatternType, TalibFunction, 1 | -1 | 0, number])[] = [
  ['doji', talib.CDLDOJI, 0, 10],
  ['long_legged_doji', talib.CDLLONGLEGGEDDOJI, 0, 10],
  ['dragonfly_doji', talib.CDLDRAGONFLYDOJI, 0, 10],
  ['gravestone_doji', talib.CDLGRAVESTONEDOJI, 0, 10],
  ['hammer', talib.CDLHAMMER, 0, 11],
  ['hanging_man', talib.CDLHANGINGMAN, 0, 11],
  ['inverted_hammer', talib.CDLINVERTEDHAMMER, 0, 11],
  ['shooting_star', talib.CDLSHOOTINGSTAR, 0, 11],
  ['bullish_marubozu', talib.CDLMARUBOZU, 1, 10],
  ['bearish_marubozu', talib.CDLMARUBOZU, -1, 10],
  ['spinning_top', talib.CDLSPINNINGTOP, 0, 10],
  ['high_wave', talib.CDLHIGHWAVE, 0, 10],
  ['bullish_engulfing', talib.CDLENGULFING, 1, 2],
  ['bearish_engulfing', talib.CDLENGULFING, -1, 2],
  ['bullish_harami', talib.CDLHARAMI, 1, 11],
  ['bearish_harami', talib.CDLHARAMI, -1, 11],
  ['bullish_harami_cross', talib.CDLHARAMICROSS, 1, 11],
  ['bearish_harami_cross', talib.CDLHARAMICROSS, -1, 11],
  ['piercing_line', talib.CDLPIERCING, 0, 11],
  ['dark_cloud_cover', talib.CDLDARKCLOUDCOVER, 0, 11],
  ['morning_star', talib.CDLMORNINGSTAR, 0, 12],
  ['evening_star', talib.CDLEVENINGSTAR, 0, 12],
  ['morning_doji_star', talib.CDLMORNINGDOJISTAR, 0, 12],
  ['evening_doji_star', talib.CDLEVENINGDOJISTAR, 0, 12],
  ['three_white_soldiers', talib.CDL3WHITESOLDIERS, 0, 12],
  ['three_black_crows', talib.CDL3BLACKCROWS, 0, 13],
  ['three_inside_up', talib.CDL3INSIDE, 1, 12],
  ['three_inside_down', talib.CDL3INSIDE, -1, 12],
  ['three_outside_up', talib.CDL3OUTSIDE, 1, 3],
  ['three_outside_down', talib.CDL3OUTSIDE, -1, 3],
];

/** Where talib-web 0.1.3 keeps TA-Lib's candle settings (`TA_Globals->candleSettings`), and the bytes of one: type, range, period, factor. */
const SETTINGS_ADDRESS = 4_120;
const SETTING_BYTES = 24;
/** It frees the answers before it copies them: the allocator may have written over the first so many. */
const OVERWRITTEN = 4;
const REAL_BODY = 0;
const HIGH_LOW = 1;
const SHADOWS = 2;
/** TA-Lib's defaults (ta_global.c): range, bars averaged, factor; in the order of its enumeration. */
const SETTINGS = [
  [REAL_BODY, 10, 1],
  [REAL_BODY, 10, 3],
  [REAL_BODY, 10, 1],
  [HIGH_LOW, 10, 0.1],
  [REAL_BODY, 0, 1],
  [REAL_BODY, 0, 2],
  [SHADOWS, 10, 1],
  [HIGH_LOW, 10, 0.1],
  [HIGH_LOW, 5, 0.2],
  [HIGH_LOW, 5, 0.6],
  [HIGH_LOW, 5, 0.05],
] as const;

beforeAll(async () => {
  // With a global fetch it takes Node for a browser and asks for a URL; without, it reads its .wasm file.
  vi.stubGlobal('fetch', undefined);
  const module: { readonly HEAP32: Int32Array; readonly HEAPF64: Float64Array } = await talib.init();
  vi.unstubAllGlobals();
  // It never calls TA_Initialize, so that every setting is 0 and every body "long": we write the defaults ourselves.
  for (const [type, [range, period, factor]] of SETTINGS.entries()) {
    const address = SETTINGS_ADDRESS + SETTING_BYTES * type;
    module.HEAP32.set([type, range, period], address / 4);
    module.HEAPF64[(address + 16) / 8] = factor;
  }
});

/** Bars, by number from 0, on which TA-Lib says `sign`. It answers 32-bit integers that talib-web hands on as if they were doubles. */
function theirs(call: TalibFunction, bars: readonly OpenBar[], sign: number, lookback: number): number[] {
  const { output } = call({
    open: bars.map((bar) => bar.open),
    high: bars.map((bar) => bar.high),
    low: bars.map((bar) => bar.low),
    close: bars.map((bar) => bar.close),
  });
  const answers = new Int32Array(new Float64Array(output).buffer);
  const found: number[] = [];
  for (let bar = lookback + OVERWRITTEN; bar < bars.length; bar++) {
    const answer = answers[bar - lookback] as number;
    if (answer !== 0 && (sign === 0 || Math.sign(answer) === sign)) found.push(bar);
  }
  return found;
}

function ours(bars: readonly OpenBar[]): Map<PatternType, number[]> {
  const found = new Map<PatternType, number[]>();
  const list = new BarList(bars);
  const engine = new PatternEngine({
    symbols: 1,
    sink: (signal) => {
      const type = patternType(signal.type);
      found.set(type, [...(found.get(type) ?? []), list.end - 1]);
    },
  });
  for (list.end = 1; list.end <= bars.length; list.end++) engine.onBarClosed(0, 3, list);
  return found;
}

/** Random bars of few ticks, so that bodies, shadows and averages tie often. */
function tiedBars(count: number): OpenBar[] {
  const random = seededRandom(7);
  const bars: OpenBar[] = [];
  let close = 1_000;
  for (let number = 0; number < count; number++) {
    const open = close + Math.floor(random() * 7) - 3;
    close = Math.max(100, open + Math.floor(random() * 13) - 6);
    const high = Math.max(open, close) + Math.floor(random() * random() * 9);
    const low = Math.min(open, close) - Math.floor(random() * random() * 9);
    bars.push({ open, high, low, close, volume: 1, startUs: number * 60_000_000 });
  }
  return bars;
}

function compare(bars: readonly OpenBar[]): void {
  const found = ours(bars);
  for (const [type, call, sign, lookback] of PAIRS) {
    const judged = (found.get(type) ?? []).filter((bar) => bar >= lookback + OVERWRITTEN || bar < lookback);
    expect(judged, type).toEqual(theirs(call, bars, sign, lookback));
  }
}

describe('candlesticks against TA-Lib', () => {
  it('should be found on the same days of twenty years of the S&P 500', async () => {
    const { index } = await loadHistory();
    const ticks = (price: number) => Math.round(price * 100);
    const bars = index.map((day, number) => ({
      open: ticks(day.open),
      high: ticks(day.high),
      low: ticks(day.low),
      close: ticks(day.close),
      volume: 1,
      startUs: number * 86_400_000_000,
    }));
    expect(bars.length).toBeGreaterThan(5_000);
    compare(bars);
  });

  it('should be found on the same months of five stocks, each month opening at the close before', async () => {
    const { stocks } = await loadHistory();
    for (const stock of stocks) {
      const prices = stock.months.map(({ price }) => Math.round(price * 100));
      const bars = prices.slice(1).map((close, number) => {
        const open = prices[number] as number;
        return { open, high: Math.max(open, close), low: Math.min(open, close), close, volume: 1, startUs: number };
      });
      compare(bars);
    }
  });

  it('should be found on the same bars where prices tie', () => {
    const bars = tiedBars(20_000);
    const found = ours(bars);
    // Every pattern of the table shows at least once, so that none is compared in its absence.
    for (const [type] of PAIRS) expect(found.get(type)?.length ?? 0, type).toBeGreaterThan(0);
    compare(bars);
  });
});
