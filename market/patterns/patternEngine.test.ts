import { describe, expect, it } from 'vitest';
import { BarList } from './barList.ts';
import { CANDLESTICK_COUNT, patternIndex } from './catalog.ts';
import { PatternEngine } from './patternEngine.ts';
import { PLANS, plant, randomWalk } from './planted.ts';
import type { OpenBar, PatternEvent } from './types.ts';

const CALM: OpenBar = { open: 1_000, high: 1_015, low: 995, close: 1_010, volume: 10, startUs: 0 };
/** A gap upwards: 25 ticks, over an average true range of 20. */
const GAP: OpenBar = { open: 1_045, high: 1_055, low: 1_040, close: 1_050, volume: 10, startUs: 0 };

function run(bars: readonly OpenBar[]): { readonly engine: PatternEngine; readonly events: PatternEvent[] } {
  const list = new BarList(bars.map((bar, number) => ({ ...bar, startUs: number * 60_000_000 })));
  const events: PatternEvent[] = [];
  const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
  for (list.end = 1; list.end <= bars.length; list.end++) engine.onBarClosed(0, 0, list);
  return { engine, events };
}

const calm = (count: number) => Array.from({ length: count }, () => CALM);
const at = (low: number, high: number): OpenBar => ({ ...GAP, open: low, low, high, close: high });
const rateOfGaps = (bars: readonly OpenBar[]) => run(bars).engine.successRate(patternIndex('gap_up'));

describe('outcomes', () => {
  it('should count a success once price has moved one average true range its way', () => {
    // The close before is 1050, the average true range 20.
    expect(rateOfGaps([...calm(20), GAP, at(1_050, 1_069)]).settled).toBe(0);
    expect(rateOfGaps([...calm(20), GAP, at(1_050, 1_070)])).toEqual({ successes: 1, settled: 1, rate: 1 });
  });

  it('should count a failure once price touches the invalidation price, even in the bar of the move', () => {
    expect(rateOfGaps([...calm(20), GAP, at(1_016, 1_060)]).settled).toBe(0);
    expect(rateOfGaps([...calm(20), GAP, at(1_015, 1_060)])).toEqual({ successes: 0, settled: 1, rate: 0 });
    expect(rateOfGaps([...calm(20), GAP, at(1_015, 1_080)])).toEqual({ successes: 0, settled: 1, rate: 0 });
  });

  it('should count a failure when nothing has come of it in ten bars', () => {
    const still = Array.from({ length: 10 }, () => at(1_045, 1_055));
    expect(rateOfGaps([...calm(20), GAP, ...still.slice(1)]).settled).toBe(0);
    expect(rateOfGaps([...calm(20), GAP, ...still])).toEqual({ successes: 0, settled: 1, rate: 0 });
  });

  it('should tell later patterns how the earlier ones went', () => {
    const { events } = run([...calm(20), GAP, at(1_050, 1_070), at(1_090, 1_100)]);
    const second = events.filter((event) => event.type === 'gap_up')[1];
    expect(second?.successRate).toEqual({ successes: 1, settled: 1, rate: 1 });
    const first = second?.earlier.find((earlier) => earlier.type === 'gap_up');
    expect(first).toMatchObject({ outcome: 'success', direction: 'up', startUs: 20 * 60_000_000 });
  });

  it('should leave a pattern before the first average true range untracked', () => {
    const { engine, events } = run([...calm(11), { ...CALM, close: 1_000 }, ...calm(9)]);
    expect(events[0]?.type).toBe('doji');
    expect(engine.successRate(patternIndex('doji')).settled).toBe(0);
    expect(events.at(-1)?.earlier.at(-1)?.outcome).toBe('untracked');
  });
});

describe('pattern events', () => {
  const plan = PLANS.find((one) => one.type === 'head_and_shoulders');
  const planted = plan && plant(plan, { height: 18, legBars: 10, noise: 0.3, seed: 1 });

  it('should carry the time line of the formation, oldest first', () => {
    const head = run(planted?.bars ?? []).events.find((event) => event.type === 'head_and_shoulders');
    const formation = head?.formation;
    expect(formation?.pivots.map((pivot) => pivot.kind)).toEqual(['high', 'low', 'high', 'low', 'high']);
    const starts = formation?.pivots.map((pivot) => pivot.startUs) ?? [];
    expect(starts).toEqual([...starts].sort((one, other) => one - other));
    expect(formation?.fromUs).toBe(starts[0]);
    const prices = formation?.pivots.map((pivot) => pivot.price) ?? [];
    expect(Math.max(...prices)).toBe(prices[2]);
    expect(head?.invalidationPrice).toBe(prices[4]);
    expect(head).toMatchObject({ direction: 'down', kind: 'chart', minutes: 1, early: false });
  });

  it('should stay within their bounds on any bars', () => {
    for (let seed = 1; seed <= 10; seed++) {
      for (const event of run(randomWalk({ seed, bars: 500 })).events) {
        expect(event.confidence).toBeGreaterThanOrEqual(0);
        expect(event.confidence).toBeLessThanOrEqual(1);
        expect(Number.isInteger(event.price)).toBe(true);
        expect(event.invalidationPrice === undefined).toBe(event.direction === 'neutral');
        expect(Number.isInteger(event.invalidationPrice ?? 0)).toBe(true);
        expect(event.earlier.length).toBeLessThanOrEqual(8);
        expect(event.formation.fromUs).toBeLessThanOrEqual(event.formation.toUs);
      }
    }
  });
});

describe('PatternEngine', () => {
  it('should go on from learned bars as from bars that it saw close', () => {
    const bars = randomWalk({ seed: 3, bars: 300 });
    const list = new BarList(bars);
    list.end = 150;
    const events: PatternEvent[] = [];
    const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
    engine.learn(0, 0, list);
    expect(events).toEqual([]);
    for (list.end = 151; list.end <= bars.length; list.end++) engine.onBarClosed(0, 0, list);
    const told = (event: PatternEvent) => [event.type, event.confidence, event.formation];
    const all = run(bars).events.filter((event) => event.formation.toUs >= 150 * 60_000_000);
    expect(events.map(told)).toEqual(all.map(told));
    expect(events.length).toBeGreaterThan(CANDLESTICK_COUNT);
  });

  it('should find the same after a correction as if the bar had come so', () => {
    const bars = randomWalk({ seed: 4, bars: 120 });
    const amended = bars.map((bar, number) => (number === 60 ? { ...bar, volume: bar.volume * 9 } : bar));
    const events: PatternEvent[] = [];
    const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
    const before = new BarList(bars);
    for (before.end = 1; before.end <= 70; before.end++) engine.onBarClosed(0, 0, before);
    const after = new BarList(amended);
    after.end = 70;
    engine.onBarCorrected(0, 0, after);
    for (after.end = 71; after.end <= bars.length; after.end++) engine.onBarClosed(0, 0, after);
    const told = (event: PatternEvent) => [event.type, event.formation.toUs, event.confidence];
    const late = (event: PatternEvent) => event.formation.toUs >= 70 * 60_000_000;
    expect(events.filter(late).map(told)).toEqual(run(amended).events.filter(late).map(told));
  });

  it('should refuse a symbol that it does not know, and a state of another size', () => {
    const engine = new PatternEngine({ symbols: 1, sink: () => undefined });
    expect(() => engine.onBarClosed(1, 0, new BarList([CALM]))).toThrow('no symbol 1: there are 1');
    const other = new PatternEngine({ symbols: 2, sink: () => undefined });
    expect(() => engine.restore(other.save())).toThrow("saved state doesn't fit");
    expect(() => engine.describe()).toThrow('within the sink');
  });
});
