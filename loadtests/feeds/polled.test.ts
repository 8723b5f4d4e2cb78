import { describe, expect, it } from 'vitest';
import { hostClock } from '../../simulator/hostClock.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import { GATE_FEEDS, gateFeed, hasHistory, planOf, urlOf } from './fedBy.ts';
import { clockOfMarket, pollMsOf, scenarioPolledFrom, symbolsFor } from './polled.ts';

describe('a polled feed of the gate', () => {
  it('should have as many symbols as its plan allows, the first round included', () => {
    expect([symbolsFor('yahoo', 15_000), symbolsFor('alpha-vantage', 15_000)]).toEqual([11, 14]);
    expect([symbolsFor('yahoo', 4_000), symbolsFor('alpha-vantage', 4_000)]).toEqual([3, 4]);
    expect(symbolsFor('yahoo', 100)).toBe(1);
  });

  it("should play a scenario at the market's pace, to all clients, without orders", () => {
    const scenario = loadScenario('default');
    const polled = scenarioPolledFrom('yahoo', scenario);
    expect(polled).toMatchObject({
      targets: 'polled',
      tape: { symbols: 11, speed: 1, durationS: 60 },
      load: { clients: 100, symbolsPerClient: 11, ordersPerS: 0 },
      cuts: scenario.cuts,
      leastSamples: { freshness: 1_320, tick: 1_100 },
    });
    expect([pollMsOf(polled), pollMsOf(loadScenario('smoke'))]).toEqual([15_000, 4_000]);
  });

  it('should run by a clock that shows the time of its part', () => {
    const marketUs = Date.UTC(2020, 2, 16, 14) * 1_000;
    const clock = clockOfMarket(marketUs, {});
    expect(clock.nowUs() - marketUs).toBeGreaterThanOrEqual(0);
    expect(clock.nowUs() - hostClock({}).nowUs()).toBeLessThan(marketUs - Date.UTC(2026, 0, 1) * 1_000);
  });

  it('should be known by name, with its plan and where it is', () => {
    expect(GATE_FEEDS.map(gateFeed)).toEqual([
      ...['polygon', 'binance', 'finnhub', 'tradier', 'alpha-vantage', 'yahoo'],
      ...['binance', 'yahoo'],
    ]);
    expect([gateFeed('embedded'), gateFeed('toString')]).toEqual([undefined, undefined]);
    expect([planOf('yahoo'), planOf('tradier')]).toEqual(['public', 'production']);
    expect([hasHistory('yahoo'), hasHistory('polygon')]).toEqual([false, true]);
    expect(urlOf('yahoo', 80)).toBe('http://127.0.0.1:80');
    expect(urlOf('finnhub', 80)).toBe('ws://127.0.0.1:80');
  });
});
