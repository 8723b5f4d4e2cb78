import type { Second, Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../../reports/histogram.ts';
import { joinHeats } from '../gate/heat.ts';
import type { Judgement } from '../judge/verdict.ts';
import type { PlayedLap } from './wholeRun.ts';

/** Points on a chart's time axis, at most. */
const MAX_POINTS = 600;
const MAX_LISTED = 200;
/** Laps marked on the time axis, at most: more would hide what they mark. */
const MAX_MARKED = 40;

/** A soak as `summary.json` keeps it, made of its laps' summaries; at least one. Seconds count what was played, lap after lap. */
export function summariseSoak(options: {
  readonly laps: readonly PlayedLap[];
  readonly judgement: Judgement;
  readonly description: string;
  readonly startedAt: string;
  readonly durationS: number;
  readonly command: string;
  readonly notes: readonly string[];
}): Summary {
  const { laps, judgement } = options;
  const [first] = laps;
  const last = laps.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a soak is summarised from its first lap on');
  const { fromUs } = first.summary.tape;
  const offsets = offsetsOf(laps);
  const summaries = laps.map(({ summary }) => summary);
  const { heat: _, ...base } = first.summary;
  const lengthS = summaries.reduce((sum, { seconds }) => sum + seconds.length, 0);
  const heat = joinHeats(
    summaries.map((summary, at) => ({ atS: offsets[at] ?? 0, heat: summary.heat })),
    lengthS,
  );
  return {
    ...base,
    verdict: judgement.verdict,
    why: judgement.why,
    scenario: 'soak',
    description: options.description,
    startedAt: options.startedAt,
    durationS: options.durationS,
    command: options.command,
    rows: [...judgement.rows],
    seconds: thinned(laps.flatMap(({ summary }, at) => moved(summary.seconds, offsets[at] ?? 0))),
    histograms: mergedHistograms(summaries),
    ...(heat === undefined ? {} : { heat }),
    violations: {
      counts: summed(summaries.map(({ violations }) => violations.counts)),
      listed: laps
        .flatMap(({ summary }, at) =>
          summary.violations.listed.map((one) => ({ ...one, atS: one.atS + (offsets[at] ?? 0) })),
        )
        .slice(0, MAX_LISTED),
    },
    marks: marksOf(laps, offsets),
    orders: ordersOf(summaries),
    tape: {
      ...first.summary.tape,
      eventHash: '',
      runHash: '',
      eventsPlayed: summaries.reduce((sum, { tape }) => sum + tape.eventsPlayed, 0),
      fromUs,
      toUs: last.summary.tape.toUs,
    },
    notes: [...options.notes],
  };
}

function ordersOf(summaries: readonly Summary[]): Summary['orders'] {
  const sum = (of: (orders: Summary['orders']) => number): number =>
    summaries.reduce((total, { orders }) => total + of(orders), 0);
  return {
    placed: sum(({ placed }) => placed),
    accepted: sum(({ accepted }) => accepted),
    rejected: sum(({ rejected }) => rejected),
    triggersExpected: sum(({ triggersExpected }) => triggersExpected),
    triggersSeen: sum(({ triggersSeen }) => triggersSeen),
    wrongTick: sum(({ wrongTick }) => wrongTick),
  };
}

/** Where each lap begins on the time axis, s. */
function offsetsOf(laps: readonly PlayedLap[]): number[] {
  let at = 0;
  return laps.map(({ summary }) => {
    const from = at;
    at += summary.seconds.length;
    return from;
  });
}

function moved(seconds: readonly Second[], byS: number): Second[] {
  return seconds.map((second) => ({ ...second, second: second.second + byS }));
}

/** Seconds put together in spans of equal length: the worst of what is a delay, the mean of what is a rate. */
function thinned(seconds: readonly Second[]): Second[] {
  const span = Math.ceil(seconds.length / MAX_POINTS);
  if (span <= 1) return [...seconds];
  const points: Second[] = [];
  for (let from = 0; from < seconds.length; from += span) points.push(together(seconds.slice(from, from + span)));
  return points;
}

function together(span: readonly Second[]): Second {
  const known = (of: (second: Second) => number | null): number[] =>
    span.map(of).filter((value): value is number => value !== null);
  const worst = (of: (second: Second) => number | null): number | null => {
    const values = known(of);
    return values.length === 0 ? null : Math.max(...values);
  };
  const mean = (of: (second: Second) => number | null): number | null => {
    const values = known(of);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return {
    second: span[0]?.second ?? 0,
    tickP50Us: worst(({ tickP50Us }) => tickP50Us),
    tickP99Us: worst(({ tickP99Us }) => tickP99Us),
    tickMaxUs: worst(({ tickMaxUs }) => tickMaxUs),
    probeP99Us: worst(({ probeP99Us }) => probeP99Us),
    received: Math.round(mean(({ received }) => received) ?? 0),
    due: Math.round(mean(({ due }) => due) ?? 0),
    connected: Math.round(mean(({ connected }) => connected) ?? 0),
    serverCpu: mean(({ serverCpu }) => serverCpu),
    serverRssBytes: worst(({ serverRssBytes }) => serverRssBytes),
    serverLoopDelayMaxUs: worst(({ serverLoopDelayMaxUs }) => serverLoopDelayMaxUs),
    serverRunQueueUs: worst(({ serverRunQueueUs }) => serverRunQueueUs),
    serverGcUs: mean(({ serverGcUs }) => serverGcUs ?? null),
    serverHeapBytes: worst(({ serverHeapBytes }) => serverHeapBytes ?? null),
    generatorLoopDelayMaxUs: worst(({ generatorLoopDelayMaxUs }) => generatorLoopDelayMaxUs) ?? 0,
    canaryMaxUs: worst(({ canaryMaxUs }) => canaryMaxUs) ?? 0,
    stealShare: worst(({ stealShare }) => stealShare) ?? 0,
    late: [...new Set(span.flatMap(({ late }) => late))].slice(0, 3),
  };
}

function mergedHistograms(summaries: readonly Summary[]): Summary['histograms'] {
  const merged = new Map<string, Histogram>();
  for (const { histograms } of summaries) {
    for (const [name, json] of Object.entries(histograms)) {
      merged.set(name, (merged.get(name) ?? new Histogram()).merge(Histogram.fromJSON(json)));
    }
  }
  const all: Summary['histograms'] = {};
  for (const [name, histogram] of merged) {
    const json = histogram.toJSON();
    all[name] = { ...json, buckets: json.buckets.map(([index, count]) => [index, count]) };
  }
  return all;
}

function summed(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const one of counts) for (const [name, count] of Object.entries(one)) all[name] = (all[name] ?? 0) + count;
  return all;
}

function marksOf(laps: readonly PlayedLap[], offsets: readonly number[]): Summary['marks'] {
  if (laps.length > MAX_MARKED) return [];
  return laps.map(({ lap, kind, summary }, at) => {
    const fromS = offsets[at] ?? 0;
    return { fromS, toS: fromS + summary.seconds.length, label: `lap ${lap}: ${kind}`, kind: 'phase' as const };
  });
}
