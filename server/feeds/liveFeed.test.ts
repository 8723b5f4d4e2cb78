import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { NYSE } from '../../market/calendar/calendars.ts';
import type { TradingCalendar } from '../../market/calendar/types.ts';
import type { Control } from '../../market/types.ts';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { testInstruments } from '../testing/manualFeed.ts';
import type { FeedNotice } from './feed.ts';
import { LiveFeed } from './liveFeed.ts';
import { DEFAULT_FEED_RULES, type FeedRules } from './rules.ts';
import { ScriptedProvider } from './testing/scriptedProvider.ts';

/** Monday 16 March 2020, 10:00 in New York. */
const START_US = Date.UTC(2020, 2, 16, 14) * 1_000;
const SECOND_US = 1_000_000;

/** A feed over scripted providers, on a virtual clock; everything that it gives is kept. */
class Rig {
  readonly time: VirtualTime;
  readonly ticks: { price: number; timeUs: number; dueTimeUs: number }[] = [];
  readonly controls: Control[] = [];
  readonly notices: FeedNotice[] = [];
  readonly feed: LiveFeed;

  constructor(
    providers: readonly ScriptedProvider[],
    options: {
      readonly rules?: Partial<FeedRules>;
      readonly calendar?: TradingCalendar;
      readonly draw?: number;
      readonly startUs?: number;
    } = {},
  ) {
    this.time = new VirtualTime(options.startUs ?? START_US);
    const { clock, timers } = this.time;
    this.feed = new LiveFeed({
      providers,
      instruments: testInstruments(3),
      calendar: options.calendar,
      rules: { ...DEFAULT_FEED_RULES, ...options.rules },
      ports: { clock, timers, random: () => options.draw ?? 0.5, log: pino({ level: 'silent' }) },
    });
    void this.feed.play(
      ({ price, eventTimeUs }, dueTimeUs) => this.ticks.push({ price, timeUs: eventTimeUs, dueTimeUs }),
      (control) => this.controls.push(control),
      (notice) => this.notices.push(notice),
    );
  }

  /** Runs on for so many seconds. */
  run(seconds: number): void {
    this.time.runTo(this.time.nowUs() + seconds * SECOND_US);
  }

  get nowUs(): number {
    return this.time.nowUs();
  }

  get codes(): readonly string[] {
    return this.notices.map(({ code }) => code);
  }

  /** The provider in charge, by health. */
  get inCharge(): string | null {
    return this.feed.health().provider;
  }
}

function live(provider: ScriptedProvider): void {
  provider.host.live();
}

function goesLive(name: 'polygon' | 'alpha-vantage' | 'tradier', kind: 'stream' | 'poll' = 'stream'): ScriptedProvider {
  const provider = new ScriptedProvider(name, kind);
  provider.atOpening = live;
  return provider;
}

describe('a provider of a feed', () => {
  it('should be tried again after a wait drawn from a bound that doubles, up to its highest', () => {
    const polygon = new ScriptedProvider('polygon');
    const rules = { backoff: { baseMs: 1_000, maxMs: 3_000 }, breaker: { failures: 100, openMs: 1, maxOpenMs: 1 } };
    const rig = new Rig([polygon], { rules, draw: 0.5 });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      polygon.end();
      const endedUs = rig.nowUs;
      while (polygon.sessions === attempt) rig.time.step();
      waits.push((rig.nowUs - endedUs) / 1_000);
    }

    expect(waits).toEqual([500, 1_000, 1_500, 1_500]);
  });

  it('should have a circuit breaker that opens, tries once, opens for longer, and closes after a session that held', () => {
    const polygon = new ScriptedProvider('polygon');
    const rules = { backoff: { baseMs: 2, maxMs: 2 }, breaker: { failures: 3, openMs: 10_000, maxOpenMs: 60_000 } };
    const rig = new Rig([polygon], { rules });
    const breaker = (): string | undefined => rig.feed.health().chain[0]?.breaker;
    for (let attempt = 1; attempt <= 3; attempt++) {
      polygon.end();
      rig.run(0.1);
    }
    expect([breaker(), polygon.sessions]).toEqual(['open', 3]);
    rig.run(9);
    expect(polygon.sessions).toBe(3);
    rig.run(1);
    expect([breaker(), polygon.sessions]).toEqual(['half_open', 4]);
    polygon.end();
    rig.run(19);
    expect([breaker(), polygon.sessions]).toEqual(['open', 4]);
    rig.run(1.1);
    live(polygon);
    expect(breaker()).toBe('half_open');
    rig.run(5);
    expect(breaker()).toBe('closed');
  });

  it('should be given up for five minutes when it refuses the key', () => {
    const polygon = new ScriptedProvider('polygon');
    const rig = new Rig([polygon]);
    polygon.end({ reason: 'auth_refused', detail: 'the key was refused' });
    rig.run(299);
    expect(polygon.sessions).toBe(1);
    rig.run(2);
    expect(polygon.sessions).toBe(2);
    expect(rig.feed.health().chain[0]).toMatchObject({
      lastEnd: { reason: 'auth_refused', detail: 'the key was refused' },
    });
  });

  it('should be waited for as long as it asks', () => {
    const polygon = new ScriptedProvider('polygon');
    const rig = new Rig([polygon]);
    polygon.end({ reason: 'too_many_connections', retryAfterMs: 30_000 });
    rig.run(29);
    expect(polygon.sessions).toBe(1);
    rig.run(2);
    expect(polygon.sessions).toBe(2);
  });

  it('should be left when it is not live in time', () => {
    const polygon = new ScriptedProvider('polygon');
    const rig = new Rig([polygon], { rules: { connectMs: 3_000 } });
    rig.run(3.1);
    expect(rig.feed.health().chain[0]?.lastEnd?.reason).toBe('timed_out');
  });

  it('should be taken for dead when it is silent while the market is open, and only then', () => {
    const polygon = goesLive('polygon');
    const rig = new Rig([polygon], { calendar: NYSE, rules: { silenceMs: 10_000 } });
    polygon.trade({ price: 100, timeUs: rig.nowUs });
    rig.run(9.9);
    expect(polygon.sessions).toBe(1);
    rig.run(1);
    expect(polygon.sessions).toBe(2);

    const closeUs = Date.UTC(2020, 2, 16, 20) * 1_000;
    const later = goesLive('polygon');
    const rules = { silenceMs: 10_000 };
    const evening = new Rig([later], { calendar: NYSE, rules, startUs: closeUs - SECOND_US });
    later.trade({ price: 100, timeUs: evening.nowUs });
    evening.run(3_600);
    expect(later.sessions).toBe(1);

    const openUs = Date.UTC(2020, 2, 16, 13, 30) * 1_000;
    const early = goesLive('polygon');
    const morning = new Rig([early], { calendar: NYSE, rules, startUs: openUs - 60 * SECOND_US });
    early.trade({ price: 100, timeUs: morning.nowUs });
    morning.run(69.5);
    expect(early.sessions).toBe(1);
    morning.run(1.5);
    expect(early.sessions).toBe(2);
  });

  it('should know that the market is closed when its last price is that of the last close', () => {
    const poll = goesLive('alpha-vantage', 'poll');
    const sundayUs = Date.UTC(2020, 2, 15, 16) * 1_000;
    const rig = new Rig([poll], { calendar: NYSE, startUs: sundayUs });
    poll.trade({ price: 100, timeUs: Date.UTC(2020, 2, 13, 20) * 1_000 - 1 });
    rig.run(10);
    expect(poll.host.phase()).toBe('closed');
    rig.run(20 * 3_600);
    expect(poll.host.phase()).toBe('pre');
    rig.run(3_600);
    // Monday, after the open: the first price of the day is believed at once.
    rig.run(3_600);
    poll.trade({ price: 101, timeUs: rig.nowUs });
    expect(rig.ticks.map(({ price }) => price)).toEqual([100, 101]);
    expect(poll.host.phase()).toBe('regular');
  });
});

describe('a chain of providers', () => {
  it('should ask the fallback after a while, mark the gap, and go back to the first with its first data', () => {
    const polygon = goesLive('polygon');
    const fallback = goesLive('alpha-vantage', 'poll');
    const rig = new Rig([polygon, fallback], { rules: { failOverMs: 2_000, backoff: { baseMs: 2, maxMs: 2 } } });
    polygon.trade({ price: 100, timeUs: rig.nowUs });
    polygon.atOpening = () => undefined;
    polygon.end();
    rig.run(1.9);
    expect([rig.inCharge, fallback.sessions]).toEqual([null, 0]);
    rig.run(0.2);
    expect(rig.inCharge).toBe('alpha-vantage');
    fallback.trade({ price: 101, timeUs: rig.nowUs });
    live(polygon);
    // It is live, but the data are the fallback's until it has some.
    fallback.trade({ price: 102, timeUs: rig.nowUs });
    expect(rig.inCharge).toBe('alpha-vantage');
    polygon.trade({ price: 103, timeUs: rig.nowUs });
    expect(rig.inCharge).toBe('polygon');
    // The fallback rests once the first has held.
    rig.run(4.9);
    expect(fallback.isOpen).toBe(true);
    rig.run(0.2);
    expect(fallback.isOpen).toBe(false);

    expect(rig.ticks.map(({ price }) => price)).toEqual([100, 101, 102, 103]);
    expect(rig.codes).toEqual(['feed_stale', 'feed_failover', 'feed_gap', 'feed_failover']);
    expect(rig.notices.map(({ message }) => message)).toEqual([
      'prices are stale: no data from polygon (the connection broke)',
      'alpha-vantage gives the prices instead of polygon (polygon: the connection broke)',
      expect.stringMatching(/^no market data for 2\.\d+ s, from 2020-03-16T14:00:00\.000Z to .*alpha-vantage goes on$/),
      'polygon gives the prices instead of alpha-vantage (it is back)',
    ]);
    expect(rig.feed.health().gaps).toBe(1);
  });

  it('should ask the fallback at once when there is no hope for the first', () => {
    const polygon = new ScriptedProvider('polygon');
    const fallback = goesLive('alpha-vantage', 'poll');
    const rig = new Rig([polygon, fallback]);
    polygon.end({ reason: 'auth_refused' });
    expect(rig.inCharge).toBe('alpha-vantage');
  });

  it('should let a first provider without data take over when it has held', () => {
    const polygon = new ScriptedProvider('polygon');
    const fallback = goesLive('alpha-vantage', 'poll');
    const rig = new Rig([polygon, fallback], { rules: { failBackMs: 5_000 } });
    polygon.end({ reason: 'rate_limited', retryAfterMs: 1_000 });
    rig.run(1.5);
    live(polygon);
    rig.run(4.9);
    expect(rig.inCharge).toBe('alpha-vantage');
    rig.run(0.2);
    expect(rig.inCharge).toBe('polygon');
  });

  it('should go down to the last one, and drop what comes from a provider that is not in charge', () => {
    const [first, second] = [new ScriptedProvider('polygon'), new ScriptedProvider('alpha-vantage', 'poll')];
    const third = goesLive('tradier');
    const rig = new Rig([first, second, third], { rules: { failOverMs: 1_000 } });
    first.end();
    rig.run(2.1);
    expect(rig.inCharge).toBe('tradier');
    live(first);
    third.trade({ price: 100, timeUs: rig.nowUs });
    first.trade({ price: 101, timeUs: rig.nowUs });
    expect(rig.ticks.map(({ price }) => price)).toEqual([100, 101]);
    rig.run(5.1);
    expect(third.isOpen).toBe(false);
  });

  it('should have the fallback at once when the first comes back and is lost again', () => {
    const polygon = goesLive('polygon');
    const fallback = goesLive('alpha-vantage', 'poll');
    const rig = new Rig([polygon, fallback], { draw: 0, rules: { failOverMs: 2_000 } });
    polygon.atOpening = () => undefined;
    polygon.end();
    rig.run(2.1);
    for (let flap = 0; flap < 2; flap++) {
      expect(rig.inCharge).toBe('alpha-vantage');
      live(polygon);
      polygon.trade({ price: 100 + flap, timeUs: rig.nowUs });
      expect(rig.inCharge).toBe('polygon');
      polygon.end();
      expect([rig.inCharge, fallback.sessions]).toEqual(['alpha-vantage', 1]);
      fallback.trade({ price: 200 + flap, timeUs: rig.nowUs });
      rig.run(0.1);
    }
    rig.run(60);
    expect(fallback.isOpen).toBe(true);
    expect(rig.ticks.map(({ price }) => price)).toEqual([100, 200, 101, 201]);
  });

  it('should drop trades that it has had, over a reconnect by number, over a fail-over by what they are', () => {
    const polygon = goesLive('polygon');
    const fallback = goesLive('tradier');
    const rig = new Rig([polygon, fallback], { rules: { failOverMs: 0, backoff: { baseMs: 2, maxMs: 2 } } });
    const timeUs = rig.nowUs;
    // Two of a kind within a session are two trades.
    for (const id of [1, 2]) polygon.trade({ price: 100, timeUs, id });
    polygon.end();
    rig.run(0.01);
    polygon.trade({ price: 100, timeUs, id: 2 });
    polygon.atOpening = () => undefined;
    polygon.end();
    rig.run(0.1);
    expect(rig.inCharge).toBe('tradier');
    for (let copy = 0; copy < 3; copy++) fallback.trade({ price: 100, timeUs });

    expect(rig.ticks).toHaveLength(3);
    expect(rig.feed.counts().duplicates).toBe(3);
    // Without numbers too, two of a kind within a session are two trades.
    for (let copy = 0; copy < 2; copy++) fallback.trade({ price: 101, timeUs: timeUs + 1 });
    expect(rig.ticks).toHaveLength(5);
  });
});

describe('what a feed says of its prices', () => {
  it('should call a price stale once nobody vouches for it, and fresh again with its next trade alone', () => {
    const polygon = goesLive('polygon');
    const rig = new Rig([polygon], { rules: { backoff: { baseMs: 2, maxMs: 2 } } });
    polygon.trade({ price: 100, timeUs: rig.nowUs, symbol: 0 });
    polygon.trade({ price: 100, timeUs: rig.nowUs, symbol: 1 });
    rig.run(15);
    expect([rig.feed.staleMs(0), rig.feed.staleMs(1)]).toEqual([undefined, undefined]);
    polygon.end();
    rig.run(1);
    polygon.trade({ price: 101, timeUs: rig.nowUs, symbol: 0 });
    // The other may have traded while nobody looked.
    expect([rig.feed.staleMs(0), rig.feed.staleMs(1)]).toEqual([undefined, 16_000]);
    // The other's age counts from when it was last vouched for, not from the end of a session that never heard of it.
    polygon.end();
    rig.run(2);
    expect([rig.feed.staleMs(0), rig.feed.staleMs(1)]).toEqual([2_000, 18_000]);
  });

  it('should call a polled price stale when its next poll is overdue, and beyond what is covered', () => {
    const fallback = goesLive('alpha-vantage', 'poll');
    const rig = new Rig([fallback]);
    fallback.host.covers({ symbols: 2, intervalMs: 15_000, reason: 'the plan allows 2 of 3 symbols' });
    for (const symbol of [0, 1, 2]) fallback.trade({ price: 100, timeUs: rig.nowUs, symbol });
    rig.run(10);
    fallback.host.confirm(1);
    rig.run(6.5);
    expect([0, 1, 2].map((symbol) => rig.feed.staleMs(symbol))).toEqual([16_500, undefined, 16_500]);
    expect(rig.notices).toEqual([{ code: 'feed_degraded', message: 'alpha-vantage: the plan allows 2 of 3 symbols' }]);
  });
});

describe('the clock of a feed', () => {
  it('should end minutes by timer when they and the grace have passed, each once', () => {
    const polygon = goesLive('polygon');
    const rig = new Rig([polygon], { rules: { minuteGraceMs: 500, silenceMs: 3_600_000 } });
    rig.run(50);
    polygon.trade({ price: 100, timeUs: rig.nowUs });
    rig.run(10.4);
    expect(rig.controls).toEqual([]);
    rig.run(0.2);
    expect(rig.controls).toEqual([{ kind: 'clock', timeUs: START_US + 60 * SECOND_US }]);
    rig.run(119);
    expect(rig.controls).toHaveLength(2);
    polygon.trade({ price: 100, timeUs: START_US + 181 * SECOND_US });
    expect(rig.controls.at(-1)).toEqual({ kind: 'clock', timeUs: START_US + 180 * SECOND_US });
    expect(rig.controls).toHaveLength(3);
  });

  it('should not go on by itself when the market is one that somebody replays, and may pause', () => {
    const polygon = goesLive('polygon');
    const rig = new Rig([polygon], { rules: { silenceMs: 3_600_000 } });
    const thenUs = START_US - 86_400 * SECOND_US;
    polygon.trade({ price: 100, timeUs: thenUs });
    rig.run(300);
    expect(rig.controls).toEqual([]);
    polygon.trade({ price: 100, timeUs: thenUs + 60 * SECOND_US });
    expect(rig.controls).toEqual([{ kind: 'clock', timeUs: thenUs + 60 * SECOND_US }]);
  });

  it('should not believe an event from far ahead, unless three in a row agree', () => {
    const polygon = goesLive('polygon');
    const rig = new Rig([polygon]);
    const aheadUs = START_US + 3_600 * SECOND_US;
    polygon.trade({ price: 100, timeUs: START_US });
    polygon.trade({ price: 101, timeUs: aheadUs });
    polygon.trade({ price: 102, timeUs: START_US + 1 });
    expect(rig.ticks.map(({ price }) => price)).toEqual([100, 102]);
    for (let event = 0; event < 3; event++) polygon.trade({ price: 103, timeUs: aheadUs + event });
    expect(rig.ticks.map(({ price }) => price)).toEqual([100, 102, 103]);
  });

  it('should have no schedule for its ticks', () => {
    const polygon = goesLive('polygon');
    const rig = new Rig([polygon]);
    polygon.trade({ price: 100, timeUs: START_US });
    expect(rig.ticks).toEqual([{ price: 100, timeUs: START_US, dueTimeUs: 0 }]);
  });
});
