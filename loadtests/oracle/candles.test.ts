import { describe, expect, it } from 'vitest';
import { patternType } from '../../market/patterns/catalog.ts';
import { PatternEngine } from '../../market/patterns/patternEngine.ts';
import type { PatternBars } from '../../market/patterns/types.ts';
import { JUDGED_PATTERNS } from '../../protocol/run.ts';
import { seededRandom } from '../gate/random.ts';
import { MINUTE_US, type NaiveBar } from './bars.ts';
import { patternsAt } from './candles.ts';

/** Bars by open and close; the shadows don't matter here. */
function barsOf(...bodies: readonly (readonly [open: number, close: number])[]): NaiveBar[] {
  return bodies.map(([open, close], at) => ({
    startUs: at * MINUTE_US,
    open,
    close,
    high: Math.max(open, close) + 1,
    low: Math.min(open, close) - 1,
    volume: 10,
  }));
}

const ANY = [100, 101] as const;

describe('patternsAt', () => {
  it.each([
    ['a white body over a black one', [ANY, [105, 103], [102, 106]], ['bullish_engulfing']],
    ['a black body over a white one', [ANY, [103, 105], [106, 102]], ['bearish_engulfing']],
    ['one end that coincides', [ANY, [105, 103], [103, 106]], ['bullish_engulfing']],
    ['both ends that coincide', [ANY, [105, 103], [103, 105]], []],
    ['one colour', [ANY, [103, 105], [102, 106]], []],
    ['a body that sticks out', [ANY, [105, 103], [104, 106]], []],
    ['a flat body, which is white', [ANY, [105, 105], [106, 102]], ['bearish_engulfing']],
    ['an engulfing confirmed', [ANY, [105, 103], [102, 106], [106, 107]], ['three_outside_up']],
    ['an engulfing downwards confirmed', [ANY, [103, 105], [106, 102], [102, 101]], ['three_outside_down']],
    ['an engulfing that only touches, confirmed', [ANY, [105, 103], [103, 106], [106, 107]], []],
    ['an engulfing not confirmed', [ANY, [105, 103], [102, 106], [106, 106]], []],
  ] as const)('should judge %s', (_, bodies, found) => {
    const bars = barsOf(...bodies);

    expect(patternsAt(bars, bars.length - 1)).toEqual(found);
  });

  it('should find nothing where the bars before are too few', () => {
    expect(patternsAt(barsOf([105, 103], [102, 106]), 1)).toEqual([]);
    expect(patternsAt(barsOf([105, 103], [102, 106], [106, 107]), 2)).toEqual([]);
  });

  it('should agree with the engine on bars drawn by chance', () => {
    const random = seededRandom(11);
    const draw = (): number => 100 + Math.floor(random() * 6);
    const bars = barsOf(...Array.from({ length: 3_000 }, () => [draw(), draw()] as const));
    let at = 0;
    const told: string[] = [];
    const engine = new PatternEngine({
      symbols: 1,
      sink: ({ type }) => told.push(`${at} ${patternType(type)}`),
    });
    const back = (n: number): NaiveBar => bars[at - n] as NaiveBar;
    const view: PatternBars = {
      open: (n) => back(n).open,
      high: (n) => back(n).high,
      low: (n) => back(n).low,
      close: (n) => back(n).close,
      volume: (n) => back(n).volume,
      startUs: (n) => back(n).startUs,
    };
    const expected: string[] = [];
    for (; at < bars.length; at++) {
      engine.onBarClosed(0, 0, view);
      expected.push(...patternsAt(bars, at).map((type) => `${at} ${type}`));
    }

    const judged = told.filter((one) => JUDGED_PATTERNS.some((type) => one.endsWith(` ${type}`)));
    expect(judged.sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(300);
  });
});
