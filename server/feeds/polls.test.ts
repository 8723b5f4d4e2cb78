import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallBudget } from './callBudget.ts';
import { planPolls } from './pollPlan.ts';
import type { PlanLimits } from './provider.ts';
import { FeedListener, SECRET_KEY } from './testing/feedListener.ts';
import { QuoteServer, type Refusal } from './testing/quoteServer.ts';

const NEEDS = {
  symbols: 10,
  perCall: 1,
  pollMs: 15_000,
  maxPollMs: 300_000,
  callsPerMinute: Number.POSITIVE_INFINITY,
  callsLeft: Number.POSITIVE_INFINITY,
  openLeftMs: 6.5 * 3_600_000,
};

describe('planPolls', () => {
  it('should poll as often as is wanted where the plan allows it', () => {
    expect(planPolls(NEEDS)).toEqual({ symbols: 10, intervalMs: 15_000, reason: undefined });
    expect(planPolls({ ...NEEDS, callsPerMinute: 120 })).toMatchObject({ intervalMs: 15_000, reason: undefined });
  });

  it('should poll more slowly where it does not, and say so', () => {
    const { symbols, intervalMs, reason } = planPolls({ ...NEEDS, callsPerMinute: 5 });
    expect(symbols).toBe(10);
    expect(intervalMs).toBeCloseTo((10 / 5 / 0.95) * 60_000, 5);
    expect(reason).toBe('the plan allows a poll each 126 s, not each 15 s');
  });

  it('should leave symbols out where that would be too slow, and never all of them', () => {
    expect(planPolls({ ...NEEDS, symbols: 1_000, callsPerMinute: 5 })).toMatchObject({
      symbols: 23,
      reason: expect.stringMatching(/^the plan allows 23 of 1000 symbols/),
    });
    expect(planPolls({ ...NEEDS, callsLeft: 0 }).symbols).toBe(1);
  });

  it('should make the calls of the day last until the close', () => {
    expect(planPolls({ ...NEEDS, symbols: 3, callsLeft: 390, maxPollMs: 900_000 }).intervalMs).toBe(180_000);
  });

  it('should count a call for as many symbols as it brings', () => {
    expect(planPolls({ ...NEEDS, symbols: 1_000, perCall: 100, callsPerMinute: 120 }).intervalMs).toBe(15_000);
  });
});

describe('CallBudget', () => {
  const START_US = Date.UTC(2026, 0, 5, 12) * 1_000;

  it('should never have more calls in a minute than it may', () => {
    const budget = new CallBudget({ perMinute: 5, perDay: Number.POSITIVE_INFINITY });
    const calls: number[] = [];
    for (let nowUs = START_US; nowUs < START_US + 600e6; nowUs += 250_000)
      if (budget.take(nowUs) === 0) calls.push(nowUs);
    for (const from of calls)
      expect(calls.filter((at) => at >= from && at <= from + 60e6).length).toBeLessThanOrEqual(5);
    expect(calls.length).toBeGreaterThanOrEqual(45);
  });

  it('should wait for the next day when the calls of this one are used up', () => {
    const budget = new CallBudget({ perMinute: Number.POSITIVE_INFINITY, perDay: 3 });
    expect([1, 2, 3].map(() => budget.take(START_US))).toEqual([0, 0, 0]);
    expect(budget.take(START_US)).toBe(12 * 3_600_000);
    expect(budget.left(START_US)).toBe(0);
    expect(budget.take(START_US + 12 * 3_600e6)).toBe(0);
  });
});

describe('a polled provider', () => {
  let quotes: QuoteServer;
  let listener: FeedListener;

  beforeEach(async () => {
    quotes = await QuoteServer.start();
  });
  afterEach(async () => {
    listener.feed.stop();
    await quotes.stop();
    expect(listener.logged).not.toContain(SECRET_KEY);
  });

  function listen(plan: PlanLimits = {}, symbols = ['AAPL', 'MSFT']): FeedListener {
    listener = new FeedListener({ name: 'alpha-vantage', url: quotes.url, symbols, plan });
    return listener;
  }

  it('should tell a price once, a new one again, and make one trade of what the volume has grown by', async () => {
    quotes.prices.set('AAPL', { price: '10.0000', volume: 1_000 });
    const heard = listen();
    await heard.until(() => heard.ticks.length === 2);
    quotes.prices.set('AAPL', { price: '10.0000', volume: 1_700 });
    await heard.until(() => heard.ticks.length === 3);
    quotes.prices.set('AAPL', { price: '10.0100', volume: 1_700 });
    await heard.until(() => heard.ticks.length === 4);
    expect(heard.ticks).toMatchObject([
      { symbol: 0, price: 1_000, size: 1 },
      { symbol: 1, price: 10_000, size: 1 },
      { symbol: 0, price: 1_000, size: 700 },
      { symbol: 0, price: 1_001, size: 1 },
    ]);
    expect(quotes.key).toBe(SECRET_KEY);
  });

  it('should leave out symbols that its plan has no room for, and say so', async () => {
    const heard = listen({ symbols: 1 });
    await heard.until(() => heard.ticks.length === 1 && heard.notices.length === 1);
    expect(heard.notices[0]).toEqual({
      code: 'feed_degraded',
      message: 'alpha-vantage: the plan allows 1 of 2 symbols',
    });
    expect(new Set(quotes.asked)).toEqual(new Set(['AAPL']));
    expect([heard.feed.staleMs(0), heard.feed.staleMs(1)]).toEqual([undefined, expect.any(Number)]);
  });

  it.each<readonly [Refusal, string]>([
    ['per_minute', 'rate_limited'],
    ['per_day', 'rate_limited'],
    ['status_429', 'rate_limited'],
    ['bad_key', 'auth_refused'],
    ['html', 'protocol'],
    ['status_500', 'unreachable'],
  ])('should take %s for what it is', async (refusal, reason) => {
    quotes.refusal = refusal;
    const heard = listen();
    await heard.ended();
    expect(heard.lastEnd?.reason).toBe(reason);
    expect(heard.ticks).toEqual([]);
  });

  it.each<readonly [Refusal, string]>([
    ['per_second', 'it says that we ask too often'],
    ['per_day', "the day's calls are used up"],
  ])('should tell the limit %s from the others', async (refusal, detail) => {
    quotes.refusal = refusal;
    const heard = listen();
    await heard.ended();
    expect(heard.lastEnd?.detail).toBe(detail);
  });

  it('should go on without a symbol that the provider does not know', async () => {
    quotes.refusal = 'unknown';
    const heard = listen();
    await heard.live();
    quotes.refusal = undefined;
    await heard.until(() => heard.ticks.length === 2);
    expect(heard.bad['unknown_symbol']).toBeGreaterThan(0);
  });

  it('should stamp a price of another day with the close of that day', async () => {
    quotes.date = '2020-03-16';
    const heard = listen({}, ['AAPL']);
    await heard.until(() => heard.ticks.length === 1);
    expect(heard.ticks[0]?.eventTimeUs).toBe(Date.UTC(2020, 2, 16, 20) * 1_000 - 1);
  });
});
