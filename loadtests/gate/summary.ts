import { endOf, type WindowMetric } from '../../protocol/run.ts';
import type { Second, Summary, Violation } from '../../protocol/schemas/summary.ts';
import { EventHash } from '../../simulator/tape/eventHash.ts';
import type { TapeHeader } from '../../simulator/tape/types.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { lateIn } from '../judge/lateness.ts';
import { mergeWindows, windowsOf } from '../judge/merge.ts';
import { violationsOf } from '../judge/violations.ts';
import { describeHost } from './describeHost.ts';
import { heatOf } from './heat.ts';
import { marksOf } from './marks.ts';
import { duePerSecond, type PlayedPart } from './part.ts';
import type { RunOutcome } from './run.ts';

export interface SummaryInput {
  readonly outcome: RunOutcome;
  readonly header: TapeHeader;
  readonly tapePath: string;
  readonly startedAt: Date;
  readonly durationS: number;
  readonly seed: number;
  readonly commit: string;
  readonly command: string;
  readonly load: string;
}

/** Listed violations in a summary, at most: all are counted. */
const MAX_LISTED = 200;
/** The bound for which a second is marked late on the charts: the tick target's, in µs. */
const CHART_BOUND_US = 100_000;

/** A run as `summary.json` keeps it. */
export function summarise(input: SummaryInput): Summary {
  const { outcome, header } = input;
  const { evidence, part, schedule } = outcome;
  const hash = new EventHash();
  for (const tick of part.ticks) hash.add(tick);
  return {
    schema: 'tapedeck.summary',
    version: 1,
    verdict: outcome.judgement.verdict,
    why: outcome.judgement.why,
    scenario: evidence.scenario.name,
    description: evidence.scenario.description,
    startedAt: input.startedAt.toISOString(),
    durationS: input.durationS,
    seed: input.seed,
    commit: input.commit,
    command: input.command,
    load: input.load,
    rows: [...outcome.judgement.rows],
    seconds: secondsOf(evidence, part),
    histograms: histogramsOf(evidence),
    heat: heatOf(windowsOf(evidence.generators, 'tick'), schedule),
    violations: violationsIn(evidence),
    marks: marksOf({ ...header, schedule, cuts: evidence.cuts }),
    orders: {
      placed: evidence.orders.placed,
      accepted: evidence.orders.accepted,
      rejected: evidence.orders.rejected,
      triggersExpected: evidence.orders.triggersExpected,
      triggersSeen: evidence.orders.triggersSeen,
      wrongTick: evidence.orders.wrongTick,
    },
    tape: {
      path: input.tapePath,
      origin: header.origin.description,
      symbols: header.instruments.length,
      sha256: header.sha256,
      eventHash: hash.digest(),
      runHash: outcome.runHash,
      eventsPlayed: part.ticks.length,
      fromUs: schedule.fromEventUs,
      toUs: schedule.toEventUs,
      speed: schedule.speed,
    },
    environment: {
      ...describeHost(),
      transport: outcome.transport,
      clockErrorUs: Math.round(evidence.lateness.clockErrorUs),
    },
    notes: [...outcome.notes],
  };
}

function secondsOf(evidence: RunEvidence, part: PlayedPart): Second[] {
  const { schedule, generators, lateness, inside } = evidence;
  const last = Math.ceil((endOf(schedule) - schedule.startUs) / 1e6) - 1;
  const due = duePerSecond(part, schedule.speed);
  const tick = windowsOf(generators, 'tick');
  const probe = windowsOf(
    generators.filter((data) => data.generator === 'probe'),
    'tick',
  );
  const seconds: Second[] = [];
  for (let second = 0; second <= last; second++) {
    const ticks = tick.get(second);
    const own = [...lateness.loopDelayUs.values()].map((series) => series.get(second) ?? 0);
    seconds.push({
      second,
      tickP50Us: ticks?.percentile(50) ?? null,
      tickP99Us: ticks?.percentile(99) ?? null,
      tickMaxUs: ticks?.max ?? null,
      probeP99Us: probe.get(second)?.percentile(99) ?? null,
      received: generators.reduce((sum, data) => sum + (data.received.get(second) ?? 0), 0),
      due: due.get(second) ?? 0,
      connected: generators.reduce((sum, data) => sum + (data.connected.get(second) ?? 0), 0),
      serverCpu: inside?.cpu.get(second) ?? null,
      serverRssBytes: inside?.rssBytes.get(second) ?? null,
      serverLoopDelayMaxUs: inside?.loopDelayUs.get(second) ?? null,
      serverRunQueueUs: inside?.runQueueUs.get(second) ?? null,
      serverGcUs: inside?.gcUs?.get(second) ?? null,
      serverHeapBytes: inside?.heapBytes?.get(second) ?? null,
      generatorLoopDelayMaxUs: Math.max(0, ...own),
      canaryMaxUs: lateness.canaryUs.get(second) ?? 0,
      stealShare: lateness.stealShare.get(second) ?? 0,
      late: lateIn(lateness, second, CHART_BOUND_US),
    });
  }
  return seconds;
}

const CLIENT_METRICS: readonly WindowMetric[] = [
  'connect',
  'tick',
  'service',
  'pattern',
  'compute',
  'trigger',
  'ack',
  'reconnect',
  'heartbeat',
  'freshness',
];

function histogramsOf(evidence: RunEvidence): Summary['histograms'] {
  const histograms: Summary['histograms'] = {};
  const keep = (name: string, histogram: ReturnType<typeof mergeWindows>): void => {
    if (histogram.count === 0) return;
    const json = histogram.toJSON();
    histograms[name] = { ...json, buckets: json.buckets.map(([index, count]) => [index, count]) };
  };
  for (const metric of CLIENT_METRICS) keep(metric, mergeWindows(windowsOf(evidence.generators, metric)));
  for (const data of evidence.generators) keep(`tick.${data.generator}`, mergeWindows(windowsOf([data], 'tick')));
  if (evidence.inside !== undefined) {
    keep('process', mergeWindows(evidence.inside.process));
    keep('publish', mergeWindows(evidence.inside.publish));
  }
  return histograms;
}

function violationsIn(evidence: RunEvidence): Summary['violations'] {
  const { listed: all, counts } = violationsOf(evidence);
  const listed = all.slice(0, MAX_LISTED).map(
    (line): Violation => ({
      violation: line.violation,
      generator: line.generator,
      client: line.client,
      stream: line.stream,
      expectedSeq: line.expectedSeq,
      seq: line.seq,
      atS: (line.atUs - evidence.schedule.startUs) / 1e6,
      detail: line.detail,
    }),
  );
  return { counts: Object.fromEntries([...counts].filter(([, count]) => count > 0)), listed };
}
