import type { ClientLine, ViolationKind, ViolationLine } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import { loadTargets } from '../targets/load.ts';
import type { RunEvidence } from './evidence.ts';
import type { LatenessEvidence } from './lateness.ts';
import type { GeneratorData, Windows } from './merge.ts';

/** Start of the tape in test evidence, µs. */
export const START_US = 1_000_000_000;
const SECONDS = 60;

/** Evidence of a quiet machine. */
export function quiet(): LatenessEvidence {
  return {
    canaryUs: new Map(),
    stealShare: new Map(),
    loopDelayUs: new Map(),
    slipUs: new Map(),
    runQueueUs: new Map(),
    clockErrorUs: 0,
  };
}

function filled(perSecond: number, us: number): Windows {
  const windows: Windows = new Map();
  for (let second = 0; second < SECONDS; second++) {
    const histogram = new Histogram();
    histogram.record(us, perSecond);
    windows.set(second, histogram);
  }
  return windows;
}

/** One client that heard ten symbols from the first tick to the last. */
export function soundClient(client: number, fields: Partial<ClientLine> = {}): ClientLine {
  const histogram = new Histogram();
  histogram.record(2_000, 20);
  return {
    kind: 'client',
    generator: 'swarm',
    client,
    connects: 2,
    failedConnects: 0,
    closes: [{ atUs: START_US + 20_000_000, code: 1006 }],
    resumes: [{ closedUs: START_US + 20_000_000, resumedUs: START_US + 20_100_000, recovered: true }],
    streams: Array.from({ length: 10 }, (_, at) => ({
      stream: `ticker:S${client * 10 + at}`,
      firstSeq: 0,
      lastSeq: 50,
      events: 50,
      conflated: 0,
    })),
    tickBySecond: Array.from({ length: SECONDS }, (_, second) => [second, histogram.toJSON()] as const),
    patterns: { fromUs: START_US - 1_000_000, seen: [] },
    bars: { fromUs: -1, seen: [] },
    operations: 40,
    failedOperations: 0,
    received: 1200,
    orderEvents: 60,
    ...fields,
  };
}

/** The evidence of a run in which everything went well. */
export function soundEvidence(): RunEvidence {
  const clients = Array.from({ length: 100 }, (_, client) => soundClient(client));
  const generator: GeneratorData = {
    generator: 'swarm',
    metrics: new Map([
      ['connect', filled(4, 3_000)],
      ['tick', filled(2_000, 2_000)],
      ['pattern', filled(10, 3_000)],
      ['trigger', filled(30, 2_500)],
      ['cadence', filled(100, 2_000)],
      ['compute', filled(150, 300)],
      ['reconnect', filled(2, 120_000)],
      ['heartbeat', filled(100, 1_001_000)],
    ]),
    received: new Map(),
    connected: new Map(),
    clients,
    orders: [],
    violations: [],
    violationCounts: new Map(),
    dueTimeErrorUs: 0,
    clockErrorUs: 0,
    clockOffsetUs: 0,
    earlyUs: 0,
    unread: '',
    ends: 1,
  };
  return {
    scenario: {
      version: 1,
      name: 'test',
      description: '',
      seed: 1,
      tape: { symbols: 1000, fromS: 0, durationS: SECONDS, speed: 1 },
      load: {
        clients: 100,
        symbolsPerClient: 10,
        connectOverS: 1,
        ordersPerS: 50,
        probes: 0,
        graceS: 2,
        reconnect: { firstDelayMs: 250, capMs: 30_000 },
      },
      cuts: [],
      targets: 'default',
    },
    targets: loadTargets('default'),
    schedule: { startUs: START_US, fromEventUs: 0, toEventUs: SECONDS * 1e6, speed: 1 },
    generators: [generator],
    plannedClients: 100,
    plannedOrders: 3000,
    inside: {
      process: filled(1_000, 200),
      publish: filled(1_000, 300),
      cpu: new Map([[1, 0.3]]),
      rssBytes: new Map(Array.from({ length: SECONDS }, (_, second) => [second, 200e6])),
      loopDelayUs: new Map(),
      runQueueUs: new Map(),
    },
    lateness: quiet(),
    cuts: clients.map((client) => ({ client: client.client, atUs: START_US + 20_000_000 - 500 })),
    orders: {
      placed: 3000,
      accepted: 2990,
      rejected: 10,
      triggersExpected: 1800,
      triggersSeen: 1800,
      wrongTick: 0,
      faults: [],
    },
    market: { patternsDue: 600, patternsSeen: 600, barsDue: 0, barsSeen: 0, faults: [] },
    expectedHeads: new Map(Array.from({ length: 1000 }, (_, at) => [`S${at}`, 50])),
    absent: new Map(),
    serverDied: '',
    generatorFailed: '',
  };
}

/** The same evidence with violations added to its first generator. */
export function withViolation(evidence: RunEvidence, violation: ViolationKind, atS: number): RunEvidence {
  const [first, ...others] = evidence.generators as [GeneratorData, ...GeneratorData[]];
  const line: ViolationLine = {
    kind: 'violation',
    generator: first.generator,
    violation,
    client: 3,
    stream: 'ticker:S30',
    expectedSeq: 7,
    seq: 9,
    atUs: START_US + atS * 1e6,
    detail: `planted ${violation}`,
  };
  const generator: GeneratorData = { ...first, violations: [line], violationCounts: new Map([[violation, 1]]) };
  return { ...evidence, generators: [generator, ...others] };
}
