import type { Row, Second, Summary, Verdict } from '../protocol/schemas/summary.ts';
import { Histogram } from './histogram.ts';
import { testHeat } from './testHeat.ts';

/** What differs between the made-up runs. */
export interface TestSummaryOptions {
  readonly verdict?: Verdict;
  /** Length of the run. */
  readonly seconds?: number;
  readonly seed?: number;
}

/** Makes a realistic summary for tests and for looking at the page: a passing, a failing or an invalid gate. */
export function testSummary({ verdict = 'pass', seconds = 60, seed = 1 }: TestSummaryOptions = {}): Summary {
  const random = mulberry32(seed);
  const made = Array.from({ length: seconds }, (_, second) => makeSecond(second, { verdict, random, seconds }));
  return {
    schema: 'tapedeck.summary',
    version: 1,
    verdict,
    why: WHY[verdict],
    scenario: 'default',
    description:
      'Opening minute, 1000 symbols, 100 clients with 20 symbols each, 50 orders a second, every client cut once',
    startedAt: '2026-11-21T10:48:17.000Z',
    durationS: seconds + 9.4,
    seed: 20200316,
    commit: '34efc7578e3b',
    command: 'npm run gate -- --scenario default --seed 20200316 --load k6',
    load: 'k6 v2.2.0',
    rows: makeRows(verdict),
    seconds: made,
    histograms: makeHistograms(verdict, random),
    heat: testHeat(made),
    violations: makeViolations(verdict),
    marks: [
      { fromS: seconds / 3, toS: seconds / 3 + 0.02, label: '50 clients cut', kind: 'fault' },
      { fromS: (seconds * 35) / 60, toS: (seconds * 45) / 60, label: '50 clients cut', kind: 'fault' },
    ],
    orders: {
      placed: 3000,
      accepted: 2988,
      rejected: 12,
      triggersExpected: 1204,
      triggersSeen: verdict === 'fail' ? 1203 : 1204,
      wrongTick: verdict === 'fail' ? 1 : 0,
    },
    tape: {
      path: '.cache/tapes/universe-1000-20200316.tape',
      origin:
        'Derived, not recorded: block bootstrap of S&P 500 daily returns 2000-2020 and five stocks (vega-datasets, BSD-3) with a common market factor',
      symbols: 1000,
      sha256: '9f2c7a1e0b6d4c3f8e5a2b1d0c9f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7',
      eventHash: '5d41402abc4b2a76',
      runHash: '7d793037a0760186',
      eventsPlayed: 84_211,
      fromUs: 1_584_365_400_000_000,
      toUs: 1_584_365_400_000_000 + seconds * 1e6,
      speed: 1,
    },
    environment: {
      node: 'v20.20.2',
      platform: 'linux 6.1.0-25-amd64 x64',
      cpus: 2,
      cpuModel: 'Intel(R) Xeon(R) Processor @ 2.80GHz',
      memoryBytes: 8 * 2 ** 30,
      transport: 'uWebSockets.js 20.40 (npm uwebsockets 3.0.6)',
      clockErrorUs: 14,
    },
    notes: [
      'k6 read 1,998,120 messages, the probes 80,212; their p99 differ by 1.9 ms, of which 1.6 ms is the generator’s own delay.',
      'The server and the load shared two cores.',
    ],
  };
}

const WHY: Readonly<Record<Verdict, string>> = {
  pass: 'all 17 targets are held',
  fail: 'loss (<= 0) measured 3 gap, 1 duplicate: client 17, ticker:AAPL: expected 1041, got 1043',
  invalid:
    "tick (p99 < 100 ms, in 99 % of windows, never over 500 ms) measured p99 132 ms (118 ms to 149 ms): p99 132 ms over the whole run, but only while k6's event loop was late (second 41-46)",
};

/** Small, seeded, good enough for made-up numbers. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Making {
  readonly verdict: Verdict;
  readonly random: () => number;
  readonly seconds: number;
}

function makeSecond(second: number, { verdict, random, seconds }: Making): Second {
  const at = second / seconds;
  const starved = verdict === 'invalid' && at >= 0.68 && at < 0.78;
  const stalled = verdict === 'fail' && second % 15 === 9;
  const p50 = 620 + 240 * random() + (starved ? 70_000 : 0);
  const p99 = p50 * (2.5 + 2 * random()) + (stalled ? 290_000 : 0);
  const due = Math.round(1100 + 2600 * Math.exp(-second / 8) + 300 * random());
  const cut = second === Math.floor(seconds / 3);
  const rolling = at >= 35 / 60 && at < 45 / 60;
  return {
    second,
    tickP50Us: Math.round(p50),
    tickP99Us: Math.round(p99),
    tickMaxUs: Math.round(p99 * (1.4 + 1.8 * random())),
    probeP99Us: random() < 0.03 ? null : Math.round(p99 * 0.7),
    received: Math.round(due * 2 * (starved ? 0.7 : 1)),
    due,
    connected: cut ? 54 : rolling ? 96 + Math.round(random() * 3) : 104,
    serverCpu: 0.22 + 0.3 * Math.exp(-second / 8) + 0.05 * random(),
    serverRssBytes: (96 + 20 * (1 - Math.exp(-second / 15)) + 2 * random()) * 2 ** 20,
    serverLoopDelayMaxUs: 1200 + 4000 * random() + (stalled ? 296_000 : 0),
    serverRunQueueUs: 800 + 4000 * random(),
    serverGcUs: second % 7 === 3 ? 4200 + 1500 * random() : 300 * random(),
    serverHeapBytes: (41 + (second % 7) * 2.2 + random()) * 2 ** 20,
    generatorLoopDelayMaxUs: 2500 + 6000 * random() + (starved ? 180_000 : 0),
    canaryMaxUs: 300 + 1800 * random(),
    stealShare: 0.004 * random(),
    late: starved ? ["k6's event loop 182.4 ms"] : [],
  };
}

function makeRows(verdict: Verdict): Row[] {
  const rows = passingRows();
  if (verdict === 'pass') return rows;
  return rows.map((row): Row => {
    if (verdict === 'invalid' && row.id === 'tick') {
      const interval: [number, number] = [118, 149];
      return {
        ...row,
        measured: 'p99 132 ms (118 ms to 149 ms)',
        value: 132,
        interval,
        verdict: 'invalid',
        reason: "p99 132 ms over the whole run, but only while k6's event loop was late (second 41-46)",
      };
    }
    if (verdict === 'fail' && row.id === 'loss') {
      const reason = 'client 17, ticker:AAPL: expected 1041, got 1043';
      return { ...row, measured: '3 gap, 1 duplicate', value: 4, verdict: 'fail', reason };
    }
    if (verdict === 'fail' && row.id === 'trigger') {
      const reason = 'not as the oracle says: order o-881 on SYM0042 triggered on tick 5122, the oracle says 5121';
      return { ...row, verdict: 'fail', reason };
    }
    if (verdict === 'fail' && row.id === 'memory') {
      const reason = 'the target has no inside: the server runs elsewhere';
      return { ...row, measured: '', value: null, samples: 0, verdict: 'not applicable', reason };
    }
    return row;
  });
}

type Figures = Omit<Row, 'id' | 'title' | 'verdict' | 'reason'>;

function passingRows(): Row[] {
  const row = (id: Row['id'], title: string, rest: Figures & { reason?: string }): Row => ({
    id,
    title,
    verdict: 'pass',
    reason: '',
    ...rest,
  });
  const timed = (target: string, bound: number, value: number, samples: number): Figures => {
    const interval: [number, number] = [value * 0.94, value * 1.08];
    const words = `p99 ${value.toFixed(2)} ms (${interval[0].toFixed(2)} ms to ${interval[1].toFixed(2)} ms)`;
    return { target, measured: words, value, bound, unit: 'ms', interval, samples };
  };
  const count = (target: string, measured: string, value: number, bound: number, samples: number) => ({
    target,
    measured,
    value,
    bound,
    unit: 'count',
    samples,
  });
  return [
    row('connect', 'opening to welcome', {
      ...count('p99 < 1000 ms', 'max 8.11 ms', 8.11, 1000, 204),
      unit: 'ms',
    }),
    row(
      'tick',
      "due time to the client's read",
      timed('p99 < 100 ms, in 99 % of windows, never over 500 ms', 100, 4.2, 2_078_332),
    ),
    row('process', 'arrival to all engine work done', timed('p99 < 100 ms', 100, 0.184, 84_211)),
    row('pattern', "bar's end due to the client's read of the pattern it completes", {
      ...count('p99 < 1000 ms', 'max 41.2 ms', 41.2, 1000, 431),
      unit: 'ms',
    }),
    row('publish', "event's creation to its last socket write", timed('p99 < 10 ms', 10, 1.31, 84_211)),
    row(
      'trigger',
      "crossing tick's due time to the client's read, on exactly the oracle's tick",
      timed('p99 < 500 ms, in 99 % of windows', 500, 6.02, 1204),
    ),
    row('cadence', 'intervals of positions (1 s) and portfolio (2 s), off their period by', {
      ...count('max <= 20 %, computed in < 100 ms', 'max 1.8 %', 0.018, 0.2, 9284),
      unit: 'share',
    }),
    row('reconnect', 'cut to the first resumed frame', {
      ...count('p99 < 2000 ms', 'max 288 ms', 288, 2000, 100),
      unit: 'ms',
      reason: 'judged by the maximum: too few samples for p99',
    }),
    row('resume', 'holes and repeats after a resume', count('<= 0', 'none', 0, 0, 100)),
    row('heartbeat', 'interval between heartbeats', {
      ...count('max < 2500 ms', 'max 1018 ms', 1018, 2500, 6190),
      unit: 'ms',
    }),
    row('fairness', "the worst client's p99 against the median client's, above a floor of 5 ms", {
      ...count(
        '<= 3 x',
        '1.21x (client 41 p50 1.92 ms, p99 6.05 ms; median client p50 1.74 ms, p99 4.20 ms)',
        1.21,
        3,
        104,
      ),
      unit: 'x',
    }),
    row('clients', 'clients served throughout', count('>= 100', '104 of 104 planned', 104, 100, 104)),
    row('symbols', 'symbols heard', count('>= 1000', '1000', 1000, 1000, 1000)),
    row('memory', "server's resident memory", { ...count('< 4096 MB', 'max 118 MB', 118, 4096, 60), unit: 'MB' }),
    row('errors', 'failed operations', { ...count('< 0.001', '0 of 5204', 0, 0.001, 5204), unit: 'share' }),
    row('stability', 'sessions without an unplanned drop', {
      ...count('> 0.999', '0 drops in 204 sessions', 1, 0.999, 204),
      unit: 'share',
    }),
    row('loss', 'events lost, doubled, out of order or altered', count('<= 0', 'none', 0, 0, 2_078_332)),
  ];
}

/** Log-normal latencies, the whole run's, by metric. */
function makeHistograms(verdict: Verdict, random: () => number): Summary['histograms'] {
  const histograms: Summary['histograms'] = {};
  const make = (name: string, count: number, medianUs: number, spread: number): void => {
    const histogram = new Histogram();
    // Few draws, each counted often, and a tail of single ones: the shape of millions at the price of thousands.
    const draws = Math.min(count, 4000);
    for (let draw = 0; draw < draws; draw++) {
      const uniform = draw < draws / 2 ? (draw * 2) / draws : 1 - (1 - random()) * 10 ** (-4 * random());
      histogram.record(
        medianUs * Math.exp(spread * normalQuantile(uniform)),
        draw < draws / 2 ? Math.ceil(count / draws) * 2 : 1,
      );
    }
    if (verdict === 'fail' && name.startsWith('tick')) histogram.record(296_000, Math.ceil(count * 0.002));
    if (verdict === 'invalid' && name.startsWith('tick')) histogram.record(131_500, Math.ceil(count * 0.02));
    const json = histogram.toJSON();
    histograms[name] = { ...json, buckets: json.buckets.map(([index, times]) => [index, times]) };
  };
  make('tick', 2_078_332, 640, 0.75);
  make('tick.k6', 1_998_120, 650, 0.76);
  make('tick.probe', 80_212, 480, 0.7);
  make('service', 2_078_332, 410, 0.72);
  make('trigger', 1204, 900, 0.7);
  make('reconnect', 100, 120_000, 0.4);
  make('connect', 204, 2400, 0.4);
  return histograms;
}

/** Quantile of the standard normal distribution by the logistic approximation: near enough for a made-up shape. */
function normalQuantile(uniform: number): number {
  const inside = Math.min(0.999999, Math.max(0.000001, uniform));
  return Math.log(inside / (1 - inside)) / 1.702;
}

function makeViolations(verdict: Verdict): Summary['violations'] {
  if (verdict !== 'fail') return { counts: {}, listed: [] };
  return {
    counts: { gap: 3, duplicate: 1 },
    listed: [
      {
        violation: 'gap',
        generator: 'k6',
        client: 17,
        stream: 'ticker:AAPL',
        expectedSeq: 1041,
        seq: 1043,
        atS: 20.412,
        detail: 'expected 1041, got 1043',
      },
      {
        violation: 'gap',
        generator: 'probe',
        client: 101,
        stream: 'ticker:SYM0042',
        expectedSeq: 310,
        seq: 311,
        atS: 29.1,
        detail: 'expected 310, got 311',
      },
      {
        violation: 'duplicate',
        generator: 'k6',
        client: 52,
        stream: 'ticker:MSFT',
        expectedSeq: 2210,
        seq: 2209,
        atS: 38.8,
        detail: '2209 came twice',
      },
      {
        violation: 'gap',
        generator: 'k6',
        client: 3,
        stream: 'order:acct-3',
        expectedSeq: 12,
        seq: 13,
        atS: 55.02,
        detail: 'expected 12, got 13',
      },
    ],
  };
}
