import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { ordersIn } from '../../protocol/generatorPlan.ts';
import { SummarySchema } from '../../protocol/schemas/summary.ts';
import { Breakpoint } from '../k6/lib/breakpoint.ts';
import { MIXED_SHAPE } from '../k6/lib/mixedShape.ts';
import { makeOwnPlan, type Shape } from '../k6/lib/ownPlan.ts';
import { losing, peakClients, ramping, spiking } from '../k6/lib/shapes.ts';
import { histogramOf, type Summarised, summaryOf } from '../k6/lib/summary.ts';
import { TARGET_SETS } from '../k6/lib/targets.ts';
import { loadTargets } from '../targets/load.ts';
import { planTargets } from './planTargets.ts';

const NOW_US = 1_700_000_000_000_000;
const URL = 'ws://127.0.0.1:8000/v1/stream';
const shape: Shape = { defaults: { clients: 20, durationS: 30, ordersPerS: 0 }, channels: ['ticker'] };
const plan = (env: Readonly<Record<string, string>>, of: Shape = shape) =>
  makeOwnPlan(of, { TAPEDECK_URL: URL, ...env }, NOW_US);

describe('a plan that a script makes for itself', () => {
  it('should follow the environment', () => {
    const made = plan({ TAPEDECK_CLIENTS: '3', TAPEDECK_DURATION: '2m', TAPEDECK_SYMBOLS: 'A,B', TAPEDECK_TOKEN: 't' });
    const { startUs, toEventUs } = made.schedule;
    expect(made).toMatchObject({ generator: 'k6', timedBy: 'frame', endUs: startUs + 122e6 });
    expect(toEventUs).toBe(120e6);
    expect(made.clients.map(({ client, url, token, symbols }) => [client, url, token, symbols])).toEqual(
      [0, 1, 2].map((client) => [client, URL, 't', ['A', 'B']]),
    );
  });

  it('should let clients arrive at a rate, in time before the run is measured', () => {
    const { clients, schedule } = plan({ TAPEDECK_CLIENTS: '100', TAPEDECK_CONNECTS_PER_S: '50' });
    const times = clients.map(({ connectAtUs }) => connectAtUs);
    expect(times[0]).toBeGreaterThanOrEqual(NOW_US + 2_000_000);
    expect(schedule.startUs - (times.at(-1) ?? 0)).toBe(520_000);
    expect((times[99] ?? 0) - (times[0] ?? 0)).toBe(1_980_000);
  });

  it.each([
    [{ TAPEDECK_URL: 'localhost' }, "TAPEDECK_URL is 'localhost'"],
    [{ TAPEDECK_CLIENTS: '0' }, "TAPEDECK_CLIENTS is '0': a number above 0"],
    [{ TAPEDECK_CLIENTS: '1.5' }, "TAPEDECK_CLIENTS is '1.5': a whole number"],
    [{ TAPEDECK_DURATION: '30' }, "TAPEDECK_DURATION is '30': a time like 30s"],
    [{ TAPEDECK_DIALECT: 'paiid' }, 'tapedeck gate --dialect paiid'],
    [{ TAPEDECK_TARGETS: 'none' }, 'there are default, strict'],
  ])('should say in one line what is wrong with %o', (env, words) => {
    expect(() => plan(env)).toThrow(words);
  });

  it.each(['storm', 'rolling', 'flapping'])('should cut in the pattern %s, and leave time to come back', (pattern) => {
    const { clients, schedule, targets } = plan({ TAPEDECK_PATTERN: pattern }, { ...shape, part: losing });
    const drops = clients.flatMap(({ behaviour }) => (behaviour?.kind === 'flapping' ? behaviour.dropsUs : []));
    expect(Math.min(...drops)).toBeGreaterThanOrEqual(schedule.startUs);
    expect(Math.max(...drops)).toBeLessThanOrEqual(schedule.startUs + 26e6);
    if (pattern === 'flapping') expect(drops.length).toBeGreaterThan(60);
    else expect(new Set(drops).size).toBe(pattern === 'storm' ? 1 : 20);
    expect(targets?.find(({ metric }) => metric === 'reconnect')?.minSamples).toBe(drops.length);
  });

  it('should refuse a pattern that is none', () => {
    expect(() => plan({ TAPEDECK_PATTERN: 'none' }, { ...shape, part: losing })).toThrow('storm, rolling, flapping');
  });

  it('should bring a crowd and let it go', () => {
    const { clients, schedule } = plan({ TAPEDECK_PEAK: '3' }, { ...shape, clients: peakClients, part: spiking });
    expect(clients).toHaveLength(60);
    const crowd = clients.filter(({ leaveAtUs }) => leaveAtUs !== undefined);
    expect(crowd).toHaveLength(40);
    for (const { connectAtUs } of crowd) expect(connectAtUs).toBeGreaterThanOrEqual(schedule.startUs + 12e6);
  });

  it('should ramp over the whole time', () => {
    const { clients, schedule } = plan({}, { ...shape, arriveS: () => 0, part: ramping });
    expect(clients[10]?.connectAtUs).toBe(schedule.startUs + 15e6);
  });

  it('should place orders at a rate, each under a name of its own', () => {
    const { clients } = plan({ TAPEDECK_ORDERS_PER_S: '10' }, MIXED_SHAPE);
    const orders = clients.flatMap((client) => client.orders);
    expect(orders).toHaveLength(1_175);
    expect(new Set(orders.flatMap(({ frame }) => ordersIn(frame).map(({ clientOrderId }) => clientOrderId))).size).toBe(
      orders.length,
    );
    expect(new Set(clients.map(({ behaviour }) => behaviour?.kind))).toEqual(new Set([undefined, 'flapping', 'churn']));
  });
});

describe('targets of a script', () => {
  it.each(Object.keys(TARGET_SETS))('should be as loadtests/targets/%s.yaml says', (name) => {
    const bounds = planTargets(loadTargets(name)).map(({ minSamples: _, ...bound }) => bound);
    expect(TARGET_SETS[name]).toEqual(bounds);
  });
});

describe('the summary of a script', () => {
  const run: Summarised = {
    script: 'latency',
    grain: 'message',
    metrics: ['tick'],
    targets: [{ metric: 'tick', percentile: 99, belowMs: 100, minSamples: 1_000 }],
    clients: 2,
    symbols: 1,
    seed: 1,
    url: URL,
    fromUs: NOW_US,
    toUs: NOW_US + 1e6,
  };
  /** What k6 would tell of 1, 2, ... 2000 ms. */
  const values = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [`p(${(n + 1) / 10})`, ((n + 1) / 1_000) * 2_000] as const),
  );
  const data = (ok: boolean) => ({
    metrics: {
      tapedeck_tick: {
        values: {
          ...values,
          'p(99.95)': 1_999,
          'p(99.99)': 2_000,
          'p(99.995)': 2_000,
          'p(99.999)': 2_000,
          max: 2_000,
          count: 2_000,
        },
        thresholds: { 'p(99)<100': { ok } },
      },
      tapedeck_tick_samples: { values: { count: 2_000 }, thresholds: { 'count>=1000': { ok: true } } },
      tapedeck_clients_ended: { values: { count: 2 } },
      tapedeck_violations: { values: { count: 0 } },
    },
  });

  it('should be one that tapedeck report reads', () => {
    const summary = summaryOf(data(true), run);
    expect([...Value.Errors(SummarySchema, summary)]).toEqual([]);
    expect(summary.verdict).toBe('pass');
    expect(summaryOf(data(false), run)).toMatchObject({ verdict: 'fail', why: 'tick not met' });
    expect(summaryOf({ metrics: {} }, run)).toMatchObject({ verdict: 'fail', why: 'tick, clients not met' });
  });

  it('should say invalid of what a wrong clock measured, and not of what needs no clock', () => {
    const clock = (max: number) => ({ tapedeck_clock_off: { values: { max } } });
    const wrong = { metrics: { ...data(false).metrics, ...clock(25.1) } };
    expect(summaryOf(wrong, run)).toMatchObject({ verdict: 'invalid', why: "tick can't be told: the clocks differ" });
    expect(summaryOf(wrong, run).rows[0]).toMatchObject({ reason: "the server's clock is 25.1 ms off this machine's" });
    const right = { metrics: { ...data(false).metrics, ...clock(25) } };
    expect(summaryOf(right, run).verdict).toBe('fail');
    const lossy = { metrics: { ...wrong.metrics, tapedeck_violations: { values: { count: 1 } } } };
    expect(summaryOf(lossy, run)).toMatchObject({ verdict: 'fail', why: 'loss not met' });
    const connects = { ...run, targets: [{ metric: 'connect' as const, percentile: 100, belowMs: 10, minSamples: 1 }] };
    expect(summaryOf(wrong, connects)).toMatchObject({ verdict: 'fail', why: 'connect not met' });
  });

  it('should fail where operations fail', () => {
    const failed = (passes: number) => ({
      metrics: {
        ...data(true).metrics,
        tapedeck_operations_failed: { values: { rate: passes / 1_000, passes, fails: 1_000 - passes } },
      },
    });
    expect(summaryOf(failed(0), run).rows.at(-1)).toMatchObject({ id: 'errors', samples: 1_000, verdict: 'pass' });
    expect(summaryOf(failed(1), run)).toMatchObject({ verdict: 'fail', why: 'errors not met' });
  });

  it('should make a histogram with the same percentiles and count', () => {
    const histogram = histogramOf(data(true), 'tick', 'message');
    expect(histogram.count).toBe(2_000);
    expect(histogram.max).toBe(2_000_000);
    for (const percent of [10, 50, 99, 99.9]) {
      expect(histogram.percentile(percent) / (percent * 20_000)).toBeCloseTo(1, 2);
    }
  });
});

describe('Breakpoint', () => {
  const second = (ms: number) => ({
    kind: 'window' as const,
    generator: 'k6' as const,
    second: 1,
    histograms: { tick: { count: 100, min: ms * 1000, max: ms * 1000, sum: 0, buckets: [[ms, 100]] as const } },
    received: 100,
    sent: 0,
    connected: 1,
  });

  it('should tell the third bad second in a row, once', () => {
    const breakpoint = new Breakpoint(1);
    // Buckets below 2048 are µs.
    const told = [1_500, 1_500, 500, 1_500, 1_500, 1_500, 1_500].map((us) => breakpoint.take(second(us)));
    expect(told.map((p99Ms) => p99Ms !== undefined)).toEqual([false, false, false, false, false, true, false]);
  });
});
