import { describe, expect, it } from 'vitest';
import { BarList } from './barList.ts';
import { CANDLESTICK_COUNT, PATTERN_TYPES, type PatternType } from './catalog.ts';
import { PatternEngine } from './patternEngine.ts';
import type { OpenBar, PatternEvent } from './types.ts';

type Candle = readonly [open: number, high: number, low: number, close: number];

/** Before each shape: white and black candles in turn, body 10 and range 20, the last one black. */
const LEAD: readonly Candle[] = Array.from({ length: 30 }, (_, number) =>
  number % 2 === 0 ? [1_000, 1_015, 995, 1_010] : [1_010, 1_015, 995, 1_000],
);
const WHITE: Candle = [1_000, 1_015, 995, 1_010];
const LONG_WHITE: Candle = [1_000, 1_022, 998, 1_020];
const LONG_BLACK: Candle = [1_020, 1_022, 998, 1_000];

const SHAPES: Readonly<Record<string, readonly Candle[]>> = {
  doji: [[1_000, 1_005, 995, 1_001]],
  long_legged_doji: [[1_000, 1_010, 990, 1_000]],
  dragonfly_doji: [[1_000, 1_001, 985, 1_000]],
  gravestone_doji: [[1_000, 1_015, 999, 1_000]],
  hammer: [[996, 998, 985, 997]],
  hanging_man: [[1_012, 1_016, 1_000, 1_015]],
  inverted_hammer: [[995, 1_010, 994, 998]],
  shooting_star: [[1_012, 1_030, 1_011, 1_015]],
  bullish_marubozu: [[1_000, 1_021, 999, 1_020]],
  bearish_marubozu: [[1_020, 1_021, 999, 1_000]],
  spinning_top: [[1_000, 1_009, 995, 1_004]],
  high_wave: [[1_000, 1_010, 992, 1_003]],
  bullish_engulfing: [[998, 1_015, 995, 1_012]],
  bearish_engulfing: [WHITE, [1_012, 1_015, 990, 998]],
  bullish_harami: [LONG_BLACK, [1_005, 1_010, 1_002, 1_008]],
  bearish_harami: [LONG_WHITE, [1_012, 1_015, 1_008, 1_009]],
  bullish_harami_cross: [LONG_BLACK, [1_005, 1_008, 1_002, 1_005]],
  bearish_harami_cross: [LONG_WHITE, [1_012, 1_015, 1_008, 1_012]],
  piercing_line: [LONG_BLACK, [995, 1_015, 994, 1_013]],
  dark_cloud_cover: [LONG_WHITE, [1_024, 1_026, 1_004, 1_006]],
  tweezer_top: [LONG_WHITE, [1_019, 1_022, 1_005, 1_008]],
  tweezer_bottom: [LONG_BLACK, [1_001, 1_015, 998, 1_012]],
  morning_star: [LONG_BLACK, [995, 999, 990, 992], [996, 1_015, 995, 1_014]],
  evening_star: [LONG_WHITE, [1_025, 1_030, 1_024, 1_028], [1_023, 1_024, 1_004, 1_005]],
  morning_doji_star: [LONG_BLACK, [994, 997, 990, 994], [996, 1_015, 995, 1_014]],
  evening_doji_star: [LONG_WHITE, [1_025, 1_030, 1_024, 1_025], [1_023, 1_024, 1_004, 1_005]],
  three_white_soldiers: [
    [1_000, 1_013, 998, 1_012],
    [1_008, 1_023, 1_006, 1_022],
    [1_018, 1_034, 1_016, 1_033],
  ],
  three_black_crows: [
    [1_000, 1_016, 998, 1_012],
    [1_014, 1_015, 1_001, 1_002],
    [1_010, 1_011, 991, 992],
    [1_000, 1_001, 981, 982],
  ],
  three_inside_up: [LONG_BLACK, [1_005, 1_010, 1_002, 1_008], [1_008, 1_025, 1_006, 1_023]],
  three_inside_down: [LONG_WHITE, [1_015, 1_018, 1_010, 1_012], [1_012, 1_014, 990, 995]],
  three_outside_up: [
    [998, 1_015, 995, 1_012],
    [1_012, 1_022, 1_010, 1_020],
  ],
  three_outside_down: [WHITE, [1_012, 1_015, 990, 998], [998, 999, 985, 990]],
};

/** The patterns that the last candle completes. */
function completedBy(candles: readonly Candle[]): PatternEvent[] {
  const bars = [...LEAD, ...candles].map(
    ([open, high, low, close], number): OpenBar => ({ open, high, low, close, volume: 10, startUs: number }),
  );
  const list = new BarList(bars);
  const found: PatternEvent[] = [];
  const engine = new PatternEngine({
    symbols: 1,
    sink: () => list.end === bars.length && found.push(engine.describe()),
  });
  for (list.end = 1; list.end <= bars.length; list.end++) engine.onBarClosed(0, 0, list);
  return found;
}

describe('candlesticks', () => {
  it('should each have a shape here', () => {
    expect(Object.keys(SHAPES)).toEqual(PATTERN_TYPES.slice(0, CANDLESTICK_COUNT));
  });

  it.each(Object.entries(SHAPES))('should find %s', (type, candles) => {
    const found = completedBy(candles);
    expect(found.map((event) => event.type)).toContain(type);
  });

  it.each(Object.keys(SHAPES))('should not find %s in the plain candles before', (type) => {
    const quiet: PatternType[] = completedBy([WHITE]).map((event) => event.type);
    expect(quiet).not.toContain(type);
  });

  it('should find nothing in a bar without a trade', () => {
    const flat: Candle = [1_000, 1_000, 1_000, 1_000];
    const bars = [...LEAD, flat].map(([open, high, low, close], startUs) => {
      return { open, high, low, close, volume: high === low ? 0 : 10, startUs };
    });
    const list = new BarList(bars);
    let last = 0;
    const engine = new PatternEngine({ symbols: 1, sink: (signal) => (last = signal.startUs) });
    for (list.end = 1; list.end <= bars.length; list.end++) engine.onBarClosed(0, 0, list);
    expect(last).toBeLessThan(bars.length - 1);
  });
});
