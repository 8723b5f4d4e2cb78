import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GeneratorLine, Schedule } from '../../protocol/run.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { aTrade, inFolder, writeTape } from '../../simulator/tape/testTicks.ts';
import { Recorder } from '../audit/recorder.ts';
import { mergeLines, mergeWindows } from '../judge/merge.ts';
import { newTickerFields } from '../session/dialect.ts';
import { readQuotes } from './askQuotes.ts';
import { FreshnessWatch } from './freshnessWatch.ts';
import { PolledTruth } from './polledTruth.ts';

const SECOND_US = 1_000_000;
const FROM_US = 1_000 * SECOND_US;
const START_US = 5_000 * SECOND_US;
const SECONDS = 60;
const POLL_S = 15;
const schedule: Schedule = {
  startUs: START_US,
  fromEventUs: FROM_US,
  toEventUs: FROM_US + SECONDS * SECOND_US,
  speed: 1,
};

/** 100.00 to 160.00: the price is a unit more each second, and 99.00 before the part. */
const priceAt = (second: number): number => (second < 0 ? 99 : 100 + second);
const truths: PolledTruth[] = [];
await inFolder((folder) => {
  const path = join(folder, 'polled.tape');
  const ticks = [
    aTrade({ eventTimeUs: FROM_US - 900 * SECOND_US, symbol: 2, price: 7_700, size: 1 }),
    aTrade({ eventTimeUs: FROM_US - 20 * SECOND_US, price: 9_000, size: 1 }),
    aTrade({ eventTimeUs: FROM_US - SECOND_US, price: 9_900, size: 1 }),
    ...Array.from({ length: SECONDS }, (_, second) =>
      aTrade({ eventTimeUs: FROM_US + second * SECOND_US, price: priceAt(second) * 100, size: 1 }),
    ),
  ];
  writeTape(path, ticks, { symbols: 3 });
  const reader = openTape(path);
  truths.push(new PolledTruth(reader, schedule, ['S0', 'S1', 'S2']), new PolledTruth(reader, schedule, ['S0']));
  reader.close();
});
const [truth, recentTruth] = truths as [PolledTruth, PolledTruth];

const at = (second: number): number => START_US + second * SECOND_US;

/** A watch, with what it finds. */
function watched() {
  const lines: GeneratorLine[] = [];
  const recorder = new Recorder({
    generator: 'probe',
    schedule,
    maxListedViolations: 10,
    emit: (line) => lines.push(line),
  });
  const watch = new FreshnessWatch({ truth, recorder, intervalMs: POLL_S * 1000, client: 7 });
  return {
    watch,
    tick: (seq: number, price: number, second: number): string =>
      watch.inspect({ ...newTickerFields(), symbol: 'S0', seq }, { last: price }, at(second)),
    quote: (last: number | null, second: number, isStale = false): void =>
      watch.onQuotes([{ symbol: 'S0', last, isStale }], { askedUs: at(second), readUs: at(second + 0.01) }),
    found: () => {
      recorder.end(at(SECONDS), 1);
      const { metrics, violations } = mergeLines('probe', lines);
      return { ages: mergeWindows(metrics.get('freshness') ?? new Map()), violations };
    },
  };
}

/** A server that polls up to `lastPollS`, as quotes four times a second show it. */
function serve(lastPollS: number, isMarked: (ageS: number) => boolean) {
  const run = watched();
  let price = priceAt(-1);
  let polledS = 0;
  for (let second = 0.25; second < SECONDS; second += 0.25) {
    if (second % POLL_S === 0.5 && second <= lastPollS) {
      price = priceAt(Math.floor(second));
      polledS = second;
      expect(run.tick(1 + second, price, second)).toBe('');
    }
    run.quote(price, second, isMarked(second - polledS));
  }
  return run.found();
}

const staleAfterAPoll = (ageS: number): boolean => ageS > POLL_S + 1;

describe('PolledTruth', () => {
  it('should know since when a price is not the last one any more', () => {
    const ageS = (price: number, second: number) => truth.ageUs('S0', { price, atUs: at(second) });
    expect(ageS(priceAt(10), 10.5)).toBe(0);
    expect(ageS(priceAt(10), 11)).toBe(0);
    expect(ageS(priceAt(10), 14.5)).toBe(3.5 * SECOND_US);
    expect(ageS(99, -5)).toBe(0);
    expect(ageS(99, 2)).toBe(2 * SECOND_US);
  });

  it.each([
    ['that comes later', priceAt(20), 10],
    ['that is none of its ticks', 110.005, 12],
    ['from before what stood when the part began', 90, 0.5],
  ])('should not know a price %s', (_, price, second) => {
    expect(truth.ageUs('S0', { price, atUs: at(second) })).toBeUndefined();
  });

  it('should know what a symbol traded at long before the part, and that of symbols which it was asked for alone', () => {
    expect(truth.ageUs('S2', { price: 77, atUs: at(3) })).toBe(0);
    expect(recentTruth.ageUs('S0', { price: 99, atUs: at(-5) })).toBe(0);
    expect(recentTruth.ageUs('S2', { price: 77, atUs: at(3) })).toBeUndefined();
  });

  it('should take the previous close for the price of what has not traded', () => {
    expect(truth.ageUs('S1', { price: 100, atUs: at(30) })).toBe(0);
  });
});

describe('FreshnessWatch', () => {
  it('should find nothing where each price is polled in time, and its age at the worst', () => {
    const { ages, violations } = serve(SECONDS, staleAfterAPoll);
    expect(violations).toEqual([]);
    expect(ages.count).toBeGreaterThan(200);
    expect(ages.max).toBeGreaterThanOrEqual(13.5 * SECOND_US);
    expect(ages.max).toBeLessThanOrEqual(POLL_S * SECOND_US);
  });

  it('should find a price that stands still and is shown as fresh', () => {
    const { ages, violations } = serve(20, () => false);
    expect(ages.max).toBeGreaterThan(40 * SECOND_US);
    expect(violations[0]).toMatchObject({ violation: 'stale_as_fresh', client: 7, stream: 'quote:S0' });
    expect(violations[0]?.detail).toBe('price 115 is shown as fresh 16.8 s after the tape left it, polled each 15 s');
  });

  it('should not blame a server that says that its price is stale, but count its age', () => {
    const { ages, violations } = serve(20, staleAfterAPoll);
    expect(violations).toEqual([]);
    expect(ages.max).toBeGreaterThan(40 * SECOND_US);
  });

  it('should find a ticker frame with an old price, or with one from nowhere', () => {
    const run = watched();
    expect(run.tick(1, priceAt(2), 40)).toBe('');
    expect(run.tick(2, 12.34, 41)).toBe('price 12.34, which the tape has never had');
    expect(run.watch.inspect({ ...newTickerFields(), symbol: 'S0', seq: 3 }, { last: null }, at(42))).toMatch(
      /^last null/,
    );
    expect(run.found().violations).toMatchObject([{ violation: 'stale_as_fresh', stream: 'ticker:S0' }]);
  });

  it('should find a quote with a price from nowhere, but not with one that has just been made', () => {
    const run = watched();
    run.quote(12.34, 20);
    run.quote(priceAt(21), 20.995);
    const { violations } = run.found();
    expect(violations).toMatchObject([{ violation: 'wrong_content', stream: 'quote:S0' }]);
  });

  it('should count what the price before has come to when another comes, once for all clients', () => {
    const run = watched();
    run.tick(1, priceAt(5), 5.5);
    run.tick(2, priceAt(19), 19.5);
    run.tick(2, priceAt(19), 19.6);
    run.tick(1, priceAt(5), 19.7);
    const { ages } = run.found();
    expect(ages.count).toBe(3);
    expect(ages.max).toBe(13.5 * SECOND_US);
  });

  it('should count a symbol without a price as old as the run', () => {
    const run = watched();
    run.quote(null, 30);
    expect(run.found().ages.max).toBeGreaterThanOrEqual(30 * SECOND_US);
  });
});

describe('readQuotes', () => {
  it('should read what is shown, and nothing of another form', () => {
    const data = { last: 1.5, lastSize: 1 };
    const answer = {
      epoch: 'e',
      quotes: [
        { symbol: 'A', data },
        { symbol: 'B', stale: true, staleMs: 5, data: { last: null } },
      ],
    };
    expect(readQuotes(answer)).toEqual([
      { symbol: 'A', last: 1.5, isStale: false },
      { symbol: 'B', last: null, isStale: true },
    ]);
    expect(readQuotes({ quotes: [{ symbol: 'A' }] })).toBeUndefined();
  });
});
