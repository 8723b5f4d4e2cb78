import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BarList } from '../../market/patterns/barList.ts';
import type { PatternType } from '../../market/patterns/catalog.ts';
import { PatternEngine } from '../../market/patterns/patternEngine.ts';
import { PLANS, type Plan, plant, randomWalk, type Scale } from '../../market/patterns/planted.ts';
import type { OpenBar, PatternEvent } from '../../market/patterns/types.ts';
import { BarStore } from '../../market/windows/barStore.ts';
import { runParameters } from './arbitraries.ts';
import { rescan } from './patternRescan.ts';

/** What `rescan` knows. */
const RESCANNED: readonly PatternType[] = [
  'gap_up',
  'gap_down',
  'moving_average_cross_up',
  'moving_average_cross_down',
  'bollinger_squeeze',
  'breakout_up',
  'breakout_down',
  'double_top',
  'double_bottom',
];

const scale: fc.Arbitrary<Scale> = fc.record({
  height: fc.integer({ min: 14, max: 24 }),
  legBars: fc.integer({ min: 8, max: 14 }),
  noise: fc.double({ min: 0.1, max: 0.7, noNaN: true }),
  seed: fc.nat(),
});
const plan = fc.constantFrom(...PLANS);
/** Random walks, some of whose bars are knocked out of place, so that gaps and ties occur. */
const walk = fc
  .record({
    seed: fc.nat(),
    count: fc.integer({ min: 60, max: 500 }),
    jumps: fc.array(fc.record({ at: fc.nat(400), by: fc.integer({ min: -800, max: 800 }) }), { maxLength: 6 }),
  })
  .map(({ seed, count, jumps }) =>
    randomWalk({ seed, bars: count }).map((bar, number): OpenBar => {
      const by = jumps.reduce((sum, jump) => (jump.at <= number ? sum + jump.by : sum), 0);
      return { ...bar, open: bar.open + by, high: bar.high + by, low: bar.low + by, close: bar.close + by };
    }),
  );

/** Every event that the engine tells over these bars, in order. */
function eventsOf(bars: readonly OpenBar[]): PatternEvent[] {
  const events: PatternEvent[] = [];
  const list = new BarList(bars);
  const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
  for (list.end = 1; list.end <= bars.length; list.end++) engine.onBarClosed(0, 0, list);
  return events;
}

function barOf(bars: readonly OpenBar[], event: PatternEvent): number {
  return bars.findIndex((bar) => bar.startUs === event.formation.toUs);
}

function isFound(planned: Plan, size: Scale): boolean {
  const { bars, from, to } = plant(planned, size);
  return eventsOf(bars).some((event) => {
    const bar = barOf(bars, event);
    return event.type === planned.type && bar >= from && bar <= to;
  });
}

describe('patterns', () => {
  it('should be found wherever they were planted', () => {
    fc.assert(
      fc.property(plan, scale, (planned, size) => isFound(planned, size)),
      runParameters({ name: 'planted patterns', runs: 1_500 }),
    );
  });

  it('should be those that a rescan of the whole history finds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          walk,
          fc.tuple(plan, scale).map(([one, size]) => [...plant(one, size).bars]),
        ),
        (bars) => {
          const told = eventsOf(bars)
            .filter((event) => RESCANNED.includes(event.type))
            .map((event) => `${barOf(bars, event)} ${event.type}`);
          const rescanned = rescan(bars).map(({ bar, type }) => `${bar} ${type}`);
          expect(told.sort()).toEqual(rescanned.sort());
        },
      ),
      runParameters({ name: 'patterns rescanned', runs: 800 }),
    );
  });

  it('should be the same from a ring of 50 bars as from all bars', () => {
    fc.assert(
      fc.property(walk, (bars) => {
        const store = new BarStore({ frame: 0, symbols: 1, capacity: 50 });
        const events: PatternEvent[] = [];
        const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
        for (const [number, bar] of bars.entries()) {
          push(store, 0, bar, number);
          engine.onBarClosed(0, 0, store.window(0));
        }
        expect(events).toEqual(eventsOf(bars));
      }),
      runParameters({ name: 'patterns from a ring', runs: 50 }),
    );
  });

  it('should be the same for a symbol whatever comes between its bars', () => {
    fc.assert(
      fc.property(walk, walk, fc.infiniteStream(fc.boolean()), (one, other, turns) => {
        const lists = [new BarList(one), new BarList(other)];
        const events: PatternEvent[][] = [[], []];
        const engine = new PatternEngine({
          symbols: 2,
          sink: ({ symbol }) => events[symbol]?.push({ ...engine.describe(), symbol: 0 }),
        });
        while (lists.some((list) => list.end < list.list.length)) {
          const symbol = turns.next().value ? 1 : 0;
          const list = lists[symbol];
          if (list === undefined || list.end === list.list.length) continue;
          list.end++;
          engine.onBarClosed(symbol, 0, list);
        }
        expect(events).toEqual([eventsOf(one), eventsOf(other)]);
      }),
      runParameters({ name: 'patterns interleaved', runs: 30 }),
    );
  });

  it('should go on as before after saving and restoring anywhere', () => {
    fc.assert(
      fc.property(walk, fc.nat(400), (bars, cut) => {
        const events: PatternEvent[] = [];
        const make = () => {
          const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
          return engine;
        };
        let engine = make();
        const list = new BarList(bars);
        for (list.end = 1; list.end <= bars.length; list.end++) {
          engine.onBarClosed(0, 0, list);
          if (list.end !== cut) continue;
          const saved = engine.save();
          engine = make();
          engine.restore(saved);
        }
        expect(events).toEqual(eventsOf(bars));
      }),
      runParameters({ name: 'patterns restored', runs: 30 }),
    );
  });

  it('should show early what an open bar would complete, and change nothing by looking', () => {
    fc.assert(
      fc.property(walk, (bars) => {
        const list = new BarList(bars);
        const closed: PatternEvent[] = [];
        const engine = new PatternEngine({ symbols: 1, sink: () => closed.push(engine.describe()) });
        for (const bar of bars) {
          engine.lookEarly(0, 0, list, { ...bar, high: bar.high + 300, close: bar.high + 200 });
          const early = engine.lookEarly(0, 0, list, bar);
          const before = closed.length;
          list.end++;
          engine.onBarClosed(0, 0, list);
          const types = closed.slice(before).map((event) => [event.type, event.confidence, event.invalidationPrice]);
          expect(early.map((event) => [event.type, event.confidence, event.invalidationPrice])).toEqual(types);
        }
        expect(closed).toEqual(eventsOf(bars));
      }),
      runParameters({ name: 'patterns early', runs: 20 }),
    );
  });

  it('should stay the same when a correction changes nothing', () => {
    fc.assert(
      fc.property(walk, fc.infiniteStream(fc.boolean()), (bars, corrections) => {
        const list = new BarList(bars);
        const events: PatternEvent[] = [];
        const engine = new PatternEngine({ symbols: 1, sink: () => events.push(engine.describe()) });
        for (list.end = 1; list.end <= bars.length; list.end++) {
          engine.onBarClosed(0, 0, list);
          if (corrections.next().value) engine.onBarCorrected(0, 0, list);
        }
        expect(events).toEqual(eventsOf(bars));
      }),
      runParameters({ name: 'patterns corrected', runs: 30 }),
    );
  });
});

/** Puts a bar into a window as the bar builder does. */
function push(store: BarStore, symbol: number, bar: OpenBar, minute: number): void {
  const place = store.push(symbol);
  store.open[place] = bar.open;
  store.high[place] = bar.high;
  store.low[place] = bar.low;
  store.close[place] = bar.close;
  store.volume[place] = bar.volume;
  store.startMinute[place] = minute;
}
