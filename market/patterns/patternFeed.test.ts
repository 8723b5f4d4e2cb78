import { describe, expect, it } from 'vitest';
import { BarBuilder } from '../bars/builder.ts';
import type { BarSink } from '../bars/types.ts';
import { CRYPTO } from '../calendar/calendars.ts';
import { PatternFeed } from './patternFeed.ts';
import { randomWalk } from './planted.ts';
import type { OpenBar, PatternEvent } from './types.ts';

const START_US = 1_600_000_020_000_000 - (1_600_000_020_000_000 % 3_600_000_000);
const MINUTE_US = 60_000_000;

function build() {
  const told: string[] = [];
  const events: PatternEvent[] = [];
  const next: BarSink = {
    barClosed: (symbol, frame) => told.push(`closed ${symbol} ${frame}`),
    barCorrected: (symbol, frame, back) => told.push(`corrected ${symbol} ${frame} ${back}`),
    gap: (symbol, frame) => told.push(`gap ${symbol} ${frame}`),
  };
  const feed = new PatternFeed({ symbols: 1, sink: () => events.push(feed.engine.describe()), next });
  const bars = new BarBuilder({ symbols: 1, calendar: CRYPTO, sink: feed });
  feed.connect(bars);
  return { feed, bars, events, told };
}

/** Plays each bar as four trades within its minute. */
function play(bars: BarBuilder, list: readonly OpenBar[]): void {
  for (const [minute, bar] of list.entries()) {
    const prices = [bar.open, bar.high, bar.low, bar.close];
    for (const [part, price] of prices.entries()) {
      const eventTimeUs = START_US + minute * MINUTE_US + part * 10_000_000;
      bars.onTrade({ symbol: 0, price, size: bar.volume / 4, eventTimeUs });
    }
  }
}

describe('PatternFeed', () => {
  it('should find patterns in all time frames from trades, and hand the bars on', () => {
    const { bars, events, told } = build();
    play(bars, randomWalk({ seed: 1, bars: 1_500 }));
    for (const frame of [0, 1, 2, 3]) expect(events.some((event) => event.frame === frame)).toBe(true);
    expect(told.filter((line) => line === 'closed 0 0')).toHaveLength(1_499);
  });

  it('should show early what the minute at hand then completes', () => {
    const { feed, bars, events } = build();
    play(bars, randomWalk({ seed: 2, bars: 200 }));
    const early = feed.early(0, 0);
    expect(early.every((event) => event.early && event.formation.toUs === START_US + 199 * MINUTE_US)).toBe(true);
    const before = events.length;
    bars.onClock(START_US + 200 * MINUTE_US);
    const minute = events.slice(before).filter((event) => event.frame === 0);
    expect(minute.map((event) => event.type)).toEqual(early.map((event) => event.type));
    expect(feed.early(0, 0)).toEqual([]);
  });

  it('should hear of corrections', () => {
    const { bars, told } = build();
    play(bars, randomWalk({ seed: 3, bars: 59 }));
    const trade = { symbol: 0, price: 500_000, size: 1 };
    bars.onTrade({ ...trade, eventTimeUs: START_US + 59 * MINUTE_US });
    bars.onTrade({ ...trade, eventTimeUs: START_US + 59 * MINUTE_US - 1 });
    expect(told).toContain('corrected 0 0 0');
  });

  it('should refuse a bar before it is connected', () => {
    const feed = new PatternFeed({ symbols: 1, sink: () => undefined });
    expect(() => feed.barClosed(0, 0)).toThrow('connect() comes before the first bar');
    expect(feed.early(0, 0)).toEqual([]);
  });
});
