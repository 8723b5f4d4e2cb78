import type { Row, Second, Summary } from '../../../protocol/schemas/summary.ts';
import type { TargetSet } from '../../../protocol/schemas/targets.ts';
import { Histogram } from '../../../reports/histogram.ts';

const TICKS = 30_000;
const SAMPLES = 20_000;

/** The summary of a lap in which every target is held, of some seconds. */
export function lapSummary({ targets }: TargetSet, seconds: number): Summary {
  const ticks = new Histogram();
  ticks.record(2_000, TICKS);
  const json = ticks.toJSON();
  return {
    schema: 'tapedeck.summary',
    version: 1,
    verdict: 'pass',
    why: 'all targets are held',
    scenario: 'soak',
    description: '',
    startedAt: '2026-01-02T03:04:05.000Z',
    durationS: seconds,
    seed: 1,
    commit: '',
    command: '',
    load: 'swarm',
    rows: targets.filter(({ id }) => id !== 'leak').map(heldRow),
    seconds: Array.from({ length: seconds }, (_, second) => quietSecond(second)),
    histograms: { tick: { ...json, buckets: json.buckets.map(([index, count]) => [index, count]) } },
    violations: { counts: {}, listed: [] },
    marks: [],
    orders: { placed: 1_000, accepted: 1_000, rejected: 0, triggersExpected: 500, triggersSeen: 500, wrongTick: 0 },
    tape: {
      path: 'a.tape',
      origin: '',
      symbols: 1_000,
      sha256: '',
      eventHash: '',
      runHash: '',
      eventsPlayed: 1_000,
      fromUs: 0,
      toUs: seconds * 1e6,
      speed: 1,
    },
    environment: {
      node: 'v20',
      platform: '',
      cpus: 2,
      cpuModel: '',
      memoryBytes: 1,
      transport: '',
      clockErrorUs: 0,
    },
    notes: [],
  };
}

function heldRow({ id, title, bound, unit, statistic }: TargetSet['targets'][number]): Row {
  // What is counted has none; a share or a least count is exactly what it must be.
  const isNone = statistic === 'count' || id === 'errors';
  const value = isNone ? 0 : unit === 'share' && id !== 'cadence' ? 1 : bound;
  const samples = id === 'uptime' ? 300 : SAMPLES;
  return { id, title, target: '', measured: 'well', value, bound, unit, samples, verdict: 'pass', reason: '' };
}

function quietSecond(second: number): Second {
  return {
    second,
    tickP50Us: 1_000,
    tickP99Us: 2_000,
    tickMaxUs: 3_000,
    probeP99Us: 1_500,
    received: 1_000,
    due: 500,
    connected: 104,
    serverCpu: 0.2,
    serverRssBytes: 1e8,
    serverLoopDelayMaxUs: 500,
    serverRunQueueUs: 100,
    generatorLoopDelayMaxUs: 500,
    canaryMaxUs: 200,
    stealShare: 0,
    late: [],
  };
}
