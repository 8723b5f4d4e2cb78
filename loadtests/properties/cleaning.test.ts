import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CleaningRules, TickCleaner, type TickVerdict } from '../../market/clean.ts';
import { TickerState } from '../../market/tickers.ts';
import type { Tick } from '../../market/types.ts';
import { runParameters } from './arbitraries.ts';

const SYMBOLS = 2;
const START_US = 1_600_000_000_000_000;

/** What the rules need to know, kept the plain way. */
interface Known {
  clockUs: number;
  ahead: number;
  readonly timeUs: number[];
  readonly last: number[];
  /** By symbol: the prices in a row outside the band that agree. */
  readonly off: number[][];
}

/** The rules as they are stated, one after the other, without a short cut. */
function judgeByHand(known: Known, rules: CleaningRules, tick: Tick): TickVerdict {
  const { symbol, eventTimeUs, price, size } = tick;
  if (!Number.isInteger(symbol) || symbol < 0 || symbol >= SYMBOLS) return 'unknown_symbol';
  if (!Number.isSafeInteger(eventTimeUs)) return 'bad_time';
  const isPrice = (value: number) => Number.isInteger(value) && value > 0 && value < 2 ** 31;
  const isSize = (value: number) => Number.isInteger(value) && value >= 0 && value <= 1e12 && !Object.is(value, -0);
  if (tick.kind === 0) {
    if (!isPrice(price)) return 'bad_price';
    if (!isSize(size) || size === 0) return 'bad_size';
  } else {
    if (!isPrice(tick.bid) || !isPrice(tick.ask)) return 'bad_price';
    if (tick.bid > tick.ask) return 'crossed_quote';
    if (!isSize(tick.bidSize) || !isSize(tick.askSize)) return 'bad_size';
  }
  if (eventTimeUs < known.clockUs - rules.latenessUs) return 'too_late';
  known.ahead = eventTimeUs > known.clockUs + rules.maxAheadUs ? known.ahead + 1 : 0;
  if (known.ahead > 0 && known.ahead < rules.confirmations) return 'too_far_ahead';
  const isBehind = eventTimeUs < (known.timeUs[symbol] ?? 0);
  if (tick.kind === 1) return isBehind ? 'time_backwards' : 'taken';
  if (tick.flags % 2 === 1) return 'not_last';
  const off = known.off[symbol] ?? [];
  const last = known.last[symbol] ?? 0;
  const isNear = (a: number, b: number) => Math.abs(a - b) <= (b * rules.bandBp) / 10_000;
  if (rules.bandBp === 0 || last === 0 || isNear(price, last)) {
    off.length = 0;
  } else {
    const before = off.at(-1);
    if (before !== undefined && !isNear(price, before)) off.length = 0;
    off.push(price);
    if (off.length < rules.confirmations) return 'off_band';
    off.length = 0;
  }
  return isBehind ? 'amends' : 'taken';
}

const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 0, -1, 0.5, 2 ** 31, 2 ** 53);
function mostly<Value>(good: fc.Arbitrary<Value>, bad: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: bad });
}
const prices = mostly(
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 995, max: 1_005 }) },
    { weight: 2, arbitrary: fc.integer({ min: 1_900, max: 2_050 }) },
  ),
  odd,
);
const sizes = mostly(fc.integer({ min: 1, max: 9 }), odd);
const ticks: fc.Arbitrary<Tick[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(0 as const, 0 as const, 1 as const),
      symbol: mostly(fc.nat(SYMBOLS - 1), odd),
      stepUs: fc.oneof(
        { weight: 10, arbitrary: fc.integer({ min: 0, max: 20 }) },
        { weight: 5, arbitrary: fc.integer({ min: -60, max: 60 }) },
        { weight: 3, arbitrary: fc.constantFrom(200, 201) },
        { weight: 1, arbitrary: odd },
      ),
      price: prices,
      size: sizes,
      bid: prices,
      ask: prices,
      bidSize: sizes,
      askSize: sizes,
      flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
    }),
    { maxLength: 80, size: 'max' },
  )
  .map((all) => {
    let timeUs = START_US;
    return all.map(({ stepUs, ...tick }): Tick => {
      if (stepUs > 0 && stepUs < 100) timeUs += stepUs;
      return { ...tick, eventTimeUs: timeUs + (stepUs > 0 && stepUs < 100 ? 0 : stepUs) };
    });
  });
const rulesOf: fc.Arbitrary<CleaningRules> = fc.record({
  bandBp: fc.constantFrom(0, 50, 100, 1_000),
  confirmations: fc.integer({ min: 1, max: 3 }),
  latenessUs: fc.constantFrom(0, 30, 1_000),
  maxAheadUs: fc.constantFrom(100, 200, 1e15),
});

describe('laws of cleaning', () => {
  it('should judge every tick as the rules do when asked one by one, and leave the market alone when it refuses', () => {
    const seen = new Set<TickVerdict>();
    fc.assert(
      fc.property(rulesOf, ticks, (rules, all) => {
        const tickers = new TickerState(SYMBOLS);
        const cleaner = new TickCleaner(tickers, rules);
        const known: Known = { clockUs: Number.NaN, ahead: 0, timeUs: [0, 0], last: [0, 0], off: [[], []] };
        for (const tick of all) {
          const expected = judgeByHand(known, rules, tick);
          expect(cleaner.judge(tick)).toBe(expected);
          seen.add(expected);
          if (expected !== 'taken') continue;
          known.clockUs = Number.isNaN(known.clockUs) ? tick.eventTimeUs : Math.max(known.clockUs, tick.eventTimeUs);
          known.timeUs[tick.symbol] = tick.eventTimeUs;
          if (tick.kind === 0) known.last[tick.symbol] = tick.price;
          tickers.apply(tick);
        }
        const counts = [...cleaner.refused.values()].reduce((sum, count) => sum + count, cleaner.amended);
        expect(counts + (tickers.seq[0] ?? 0) + (tickers.seq[1] ?? 0)).toBe(all.length);

        const restored = new TickCleaner(tickers, rules);
        restored.restore(cleaner.save());
        expect(restored.save()).toEqual(cleaner.save());
        expect(restored.refused).toEqual(cleaner.refused);
      }),
      runParameters({ name: 'cleaning', runs: 1_000 }),
    );
    // All verdicts but `unknown_kind`.
    expect(seen.size).toBe(12);
  });
});
