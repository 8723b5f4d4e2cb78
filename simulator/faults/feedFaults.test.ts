import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../../market/types.ts';
import { dueTimeUs } from '../../protocol/run.ts';
import type { Fault } from '../../protocol/schemas/faults.ts';
import type { EventTimes } from '../play/types.ts';
import { createFeedFaults } from './feedFaults.ts';
import { HEADER, market, OPEN_US, played, scenarioWith, scheduleAt, ticksOf } from './testing/faulted.ts';

const S = 1_000_000;
const TICKS = market(2_000);

const duration = fc.oneof(
  fc.integer({ min: 0, max: 3_000 }),
  fc.constant({ distribution: 'uniform' as const, from: 10, to: 900 }),
  fc.constant({ distribution: 'exponential' as const, mean: 100, max: 2_000 }),
  fc.constant({ distribution: 'pareto' as const, least: 20, alpha: 1.2, max: 2_000 }),
);
const when = {
  at: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom('09:30:05', 'open+3s', 'open+1500ms')),
  forS: fc.integer({ min: 1, max: 10 }),
};
const share = fc.double({ min: 0.05, max: 1, noNaN: true });
const symbols = fc.option(
  fc.oneof(
    fc.record({ symbols: fc.shuffledSubarray(['AAPL', 'IBM'], { minLength: 1 }) }),
    fc.record({ symbols: fc.record({ share: fc.constantFrom(0.25, 0.5) }) }),
  ),
  {
    nil: {},
  },
);
const window = <K extends string>(kind: K) => ({ kind: fc.constant(kind), ...when });
const lossless: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ ...window('delay'), byMs: duration }),
  fc.record({ ...window('jitter'), upToMs: fc.integer({ min: 1, max: 2_000 }) }),
  fc.record({ ...window('reorder'), windowMs: fc.integer({ min: 1, max: 2_000 }), share }),
  fc.record(window('burst')),
  fc.record({ ...window('stale_clock'), byS: fc.integer({ min: -60, max: 60 }) }),
);
const wrongPrice = fc.constantFrom('zero' as const, { factor: 3 }, { decimals: 2 });
const anyFault: fc.Arbitrary<Fault> = fc
  .tuple(
    fc.oneof(
      lossless,
      fc.record({ ...window('drop'), share }),
      fc.record(window('gap')),
      fc.record({ ...window('duplicate'), share, laterMs: duration }),
      fc.record({ ...window('corrupt_price'), share, price: wrongPrice }),
      fc.record(window('halt')),
      fc.record({ ...window('flash_crash'), depth: fc.double({ min: 0.1, max: 0.9, noNaN: true }) }),
    ),
    symbols,
  )
  .map(([fault, chosen]) => ({ ...fault, ...chosen }));

/** What is said of an event: all but when the schedule wanted it. */
function words(tick: Tick, { eventTimeUs, shownTimeUs }: EventTimes): string {
  return JSON.stringify([tick, eventTimeUs, shownTimeUs]);
}

/** Plays in time, in turns of the sizes given, as a player does that is late by as much. */
function playedInTurns(faults: readonly Fault[], speed: number, turns: readonly number[]): string[] {
  const schedule = scheduleAt(speed);
  const said: string[] = [];
  const feed = createFeedFaults({
    scenario: scenarioWith(faults),
    header: HEADER,
    schedule,
    onHalt: (halt, { eventTimeUs }) => said.push(JSON.stringify([halt, eventTimeUs])),
  });
  const emit = (tick: Tick, times: EventTimes): void => void said.push(words(tick, times));
  let at = 0;
  for (let turn = 0; at < TICKS.length; turn++) {
    const end = Math.min(TICKS.length, at + (turns[turn % turns.length] ?? 1));
    let nowUs = schedule.startUs;
    for (; at < end; at++) {
      const tick = TICKS[at] as Tick;
      const dueUs = Math.round(dueTimeUs(schedule, tick.eventTimeUs));
      feed.tick(tick, { eventTimeUs: tick.eventTimeUs, dueTimeUs: dueUs, shownTimeUs: tick.eventTimeUs }, emit);
      nowUs = dueUs;
    }
    const next = TICKS[at];
    const nextDueUs = next === undefined ? nowUs : Math.round(dueTimeUs(schedule, next.eventTimeUs));
    // It stands still for as long as it can without being late; an event that is due goes before what was held back.
    if (nextDueUs > nowUs) feed.release(nextDueUs - 1, emit);
  }
  feed.release(Number.POSITIVE_INFINITY, emit);
  expect(feed.nextDueUs()).toBe(Number.POSITIVE_INFINITY);
  return said;
}

describe('feed faults', () => {
  test.prop(
    [
      fc.array(anyFault, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0.5, 1, 7, 1000),
    ],
    { numRuns: 40 },
  )('should be the same at every pace and in turns of every size', (faults, turns, speed) => {
    const expected = played(TICKS, faults).map(({ tick, halt, times }) =>
      tick === undefined ? JSON.stringify([halt, times.eventTimeUs]) : words(tick, times),
    );
    expect(playedInTurns(faults, speed, turns)).toEqual(expected);
  });

  test.prop([fc.array(lossless, { minLength: 1, maxLength: 4 })], { numRuns: 40 })(
    'should lose, double and change nothing by what only moves events',
    (faults) => {
      const sizes = ticksOf(played(TICKS, faults)).map(({ size, bidSize }) => size + bidSize);
      expect(sizes.sort((one, other) => one - other)).toEqual(TICKS.map(({ size, bidSize }) => size + bidSize));
    },
  );

  test.prop([fc.array(anyFault, { minLength: 1, maxLength: 3 }), anyFault], { numRuns: 40 })(
    'should draw the same for a fault whatever other faults come after it, and whatever part is played',
    (faults, other) => {
      const dropped = (said: readonly Tick[]): string => JSON.stringify(said.map(({ size }) => size));
      const drops: Fault = { kind: 'drop', share: 0.3 };
      const alone = new Set(ticksOf(played(TICKS, [drops])).map(({ size, bidSize }) => size + bidSize));
      const both = ticksOf(played(TICKS, [drops, ...faults, other]));
      for (const { size, bidSize } of both) expect(alone.has(size + bidSize)).toBe(true);
      const late = TICKS.slice(700);
      const first = late[0]?.eventTimeUs ?? 0;
      expect(dropped(ticksOf(played(late, [drops])))).toBe(
        dropped(ticksOf(played(TICKS, [drops])).filter(({ eventTimeUs }) => eventTimeUs >= first)),
      );
    },
  );

  it('should drop and double the share that was asked for, another seed others', () => {
    const said = ticksOf(played(market(20_000), [{ kind: 'drop', share: 0.25 }]));
    expect(said.length / 20_000).toBeCloseTo(0.75, 1);
    const doubled = ticksOf(played(market(20_000), [{ kind: 'duplicate', share: 0.25 }]));
    expect(doubled.length / 20_000).toBeCloseTo(1.25, 1);
    const other = ticksOf(played(market(20_000), [{ kind: 'drop', share: 0.25 }], { seed: 1 }));
    expect(other.map(({ size }) => size)).not.toEqual(said.map(({ size }) => size));
  });

  it('should be silent in a gap and lose what happened, its symbols alone, to the µs', () => {
    const said = ticksOf(played(TICKS, [{ kind: 'gap', at: 2, forS: 3, symbols: ['AAPL'] }]));
    const lost = TICKS.filter(
      ({ symbol, eventTimeUs }) => symbol === 0 && eventTimeUs >= OPEN_US + 2 * S && eventTimeUs < OPEN_US + 5 * S,
    );
    expect(lost.length).toBeGreaterThan(50);
    expect(said).toEqual(TICKS.filter((tick) => !lost.includes(tick)));
  });

  it('should give a burst at once at its end, in order, before what comes then', () => {
    const said = played(TICKS, [{ kind: 'burst', at: 'open+2s', forS: 3 }]);
    expect(ticksOf(said)).toEqual(TICKS);
    const paced = createFeedFaults({
      scenario: scenarioWith([{ kind: 'burst', at: 'open+2s', forS: 3 }]),
      header: HEADER,
      schedule: scheduleAt(1),
    });
    const dues: number[] = [];
    for (const tick of TICKS) {
      const dueUs = dueTimeUs(scheduleAt(1), tick.eventTimeUs);
      const times = { eventTimeUs: tick.eventTimeUs, dueTimeUs: dueUs, shownTimeUs: tick.eventTimeUs };
      paced.tick(tick, times, (_, { dueTimeUs: said }) => dues.push(said));
      if (tick.eventTimeUs === OPEN_US + 3 * S) expect(paced.nextDueUs()).toBe(2e15 + 5 * S);
    }
    expect(dues.filter((dueUs) => dueUs > 2e15 + 2 * S && dueUs < 2e15 + 5 * S)).toEqual([]);
    expect(dues.filter((dueUs) => dueUs === 2e15 + 5 * S).length).toBeGreaterThan(290);
  });

  it('should keep the order of a delay, and change it by reorder within its window', () => {
    const sizes = (faults: readonly Fault[]): number[] => ticksOf(played(TICKS, faults)).map((t) => t.size + t.bidSize);
    const wild: Fault = { kind: 'delay', byMs: { distribution: 'pareto', least: 10, alpha: 0.8, max: 5_000 }, forS: 9 };
    expect(sizes([wild])).toEqual(sizes([]));
    const shuffled = sizes([{ kind: 'reorder', windowMs: 100 }]);
    expect(shuffled).not.toEqual(sizes([]));
    for (const [at, size] of shuffled.entries()) expect(Math.abs(size - 1 - at)).toBeLessThanOrEqual(12);
  });

  it('should corrupt prices of trades and quotes as asked', () => {
    const one = (price: Extract<Fault, { kind: 'corrupt_price' }>['price']): Tick[] =>
      ticksOf(played(TICKS.slice(0, 7), [{ kind: 'corrupt_price', price }]));
    expect(one('zero')[0]).toMatchObject({ price: 0 });
    expect(one('negative')[0]).toMatchObject({ price: -10_000 });
    expect(one({ factor: 1.5 })[0]).toMatchObject({ price: 15_000 });
    expect(one({ decimals: 2 })[6]).toMatchObject({ price: 0, bid: 1_000_500, ask: 1_000_700 });
  });

  it('should show a clock that is off and leave the market its time', () => {
    const [first] = played(TICKS.slice(0, 1), [{ kind: 'stale_clock', byS: -30 }]);
    expect(first?.times).toMatchObject({ eventTimeUs: OPEN_US, shownTimeUs: OPEN_US - 30 * S });
  });

  it('should bend prices down and back in a crash, quotes uncrossed, other symbols untouched', () => {
    const crash: Fault = { kind: 'flash_crash', at: 2, forS: 10, depth: 0.4, symbols: ['AAPL'] };
    const said = ticksOf(played(TICKS, [crash]));
    const trades = said.filter(({ kind, symbol }) => kind === TickKind.TRADE && symbol === 0);
    const lowest = Math.min(...trades.map(({ price }) => price));
    expect(lowest).toBeGreaterThan(5_800);
    expect(lowest).toBeLessThan(6_400);
    expect(trades.at(-1)?.price).toBeGreaterThanOrEqual(10_000);
    for (const { bid, ask } of said) expect(ask).toBeGreaterThanOrEqual(bid);
    const jumps = trades.map(({ price }, at) => Math.abs(price - (trades[at - 1]?.price ?? price)));
    expect(Math.max(...jumps)).toBeLessThan(800);
    expect(said.filter(({ symbol }) => symbol !== 0)).toEqual(TICKS.filter(({ symbol }) => symbol !== 0));
  });

  it('should tell a halt and its end in their places, without trades between', () => {
    const said = played(TICKS, [{ kind: 'halt', at: 3, forS: 4, symbols: ['MSFT'], reason: 'news pending' }]);
    const halts = said.flatMap(({ halt }, at) => (halt === undefined ? [] : [at]));
    const [from = 0, to = 0] = halts;
    expect(halts.map((at) => said[at]?.halt)).toEqual([
      { symbol: 1, isHalted: true, reason: 'news pending' },
      { symbol: 1, isHalted: false, reason: 'news pending' },
    ]);
    expect(said[from]?.times.eventTimeUs).toBe(OPEN_US + 3 * S);
    const between = ticksOf(said.slice(from, to)).filter(({ symbol }) => symbol === 1);
    expect(between.length).toBeGreaterThan(5);
    expect(between.every(({ kind }) => kind === TickKind.QUOTE)).toBe(true);
    expect(ticksOf(said.slice(to)).some(({ symbol, kind }) => symbol === 1 && kind === TickKind.TRADE)).toBe(true);
  });

  it('should begin when a price has fallen, and when so many events have come', () => {
    const said = played(TICKS, [
      { kind: 'flash_crash', at: 2, forS: 10, depth: 0.4, symbols: ['AAPL'] },
      { kind: 'halt', when: { symbol: 'AAPL', fallsBy: 0.1 }, forS: 3, symbols: ['AAPL'] },
    ]);
    const at = said.findIndex(({ halt }) => halt !== undefined);
    const last = said[at - 1]?.tick;
    expect(last?.symbol).toBe(0);
    expect(last?.price).toBeLessThanOrEqual(10_049 * 0.9);
    expect(said.filter(({ halt }) => halt !== undefined)).toHaveLength(2);
    expect(ticksOf(played(TICKS, [{ kind: 'gap', when: { events: 500 }, forS: 3_600 }]))).toEqual(TICKS.slice(0, 500));
    const above = ticksOf(played(TICKS, [{ kind: 'gap', when: { symbol: 'AAPL', above: '100.40' }, forS: 3_600 }]));
    expect(above.at(-1)?.price).toBeGreaterThan(10_040);
  });

  it('should forget what it held when the place changes, and begin anew', () => {
    const feed = createFeedFaults({
      scenario: scenarioWith([{ kind: 'delay', byMs: 60_000, forS: 10 }]),
      header: HEADER,
      schedule: scheduleAt(1),
    });
    const said: Tick[] = [];
    const emit = (tick: Tick): void => void said.push({ ...tick });
    const times = (at: number): EventTimes => ({ eventTimeUs: at, dueTimeUs: at, shownTimeUs: at });
    for (const tick of TICKS.slice(0, 100)) feed.tick(tick, times(tick.eventTimeUs), emit);
    feed.moved(OPEN_US + 15 * S);
    for (const tick of TICKS.slice(1_600)) feed.tick(tick, times(tick.eventTimeUs), emit);
    expect(said).toEqual(TICKS.slice(1_600));
  });

  it('should name a symbol that the tape lacks', () => {
    expect(() => played(TICKS, [{ kind: 'gap', forS: 1, symbols: ['TSLA'] }])).toThrow(
      'scenario default: faults.0.symbols: the tape has no TSLA; it has AAPL, MSFT, IBM, ORCL',
    );
  });
});
