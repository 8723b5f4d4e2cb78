import { lengthUs } from '../../protocol/run.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import type { RestReading, RunEvidence } from './evidence.ts';
import { lateIn } from './lateness.ts';
import { LEAST_POINTS, type Slope, theilSen } from './leak.ts';
import { heardBy, windowsOf } from './merge.ts';
import { type Finding, generatorAtFault } from './samples.ts';
import { holds, listed } from './timing.ts';

/** What was due in a second has come when the first of it was read within this, µs. */
const IN_TIME_US = 1_000_000;
/** What a second is called late by, µs: a machine that is late by a quarter of it, time and again, keeps everybody from everything. */
const LATE_BOUND_US = 400_000;

/** The share of seconds in which probes got what was due to them; seconds in which nothing was due, or only we were late, aren't counted. */
export function uptime(target: Target, evidence: RunEvidence): Finding {
  const { schedule, generators, lateness } = evidence;
  const ticks = windowsOf(heardBy(generators), 'tick');
  const seconds = Math.floor(lengthUs(schedule) / 1e6);
  const silent: number[] = [];
  let counted = 0;
  for (let second = 0; second < seconds; second++) {
    const isServed = (ticks.get(second)?.min ?? Number.POSITIVE_INFINITY) < IN_TIME_US;
    if (!isServed && evidence.quiet?.has(second) === true) continue;
    if (!isServed && lateIn(lateness, second, LATE_BOUND_US).length > 0) continue;
    counted += 1;
    if (!isServed) silent.push(second);
  }
  const share = counted === 0 ? 0 : 1 - silent.length / counted;
  const measured = `${percent(share)} of ${counted} seconds`;
  const base = { measured, value: counted === 0 ? null : share, samples: counted };
  if (counted < target.minSamples) {
    return { ...base, verdict: 'invalid', reason: `${counted} seconds could be judged, ${target.minSamples} needed` };
  }
  if (holds(target, share, target.bound)) return { ...base, verdict: 'pass', reason: '' };
  const fault = generatorAtFault(evidence);
  if (fault !== '') return { ...base, verdict: 'invalid', reason: fault };
  return { ...base, verdict: 'fail', reason: `nothing of what was due came in second ${listed(silent)}` };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}

const MB = 1024 * 1024;

/** A server's histories, windows and compiled code fill in its first minutes: they are no leak, and not judged in a soak that lasts. */
const WARM_UP_H = 1 / 6;
const LASTING_H = 3 * WARM_UP_H;

/** One series that may grow. */
interface Grower {
  readonly name: string;
  readonly unit: string;
  /** Growth that is only the noise of a process at rest; `cold`: with its warm-up in it. */
  readonly floor: number;
  readonly cold: number;
  readonly of: (reading: RestReading) => number;
  readonly bound: (target: Target) => number;
}

const GROWERS: readonly Grower[] = [
  {
    name: 'heap',
    unit: ' MB',
    floor: 3,
    cold: 48,
    of: ({ heapBytes }) => heapBytes / MB,
    bound: ({ bound }) => bound,
  },
  {
    name: 'RSS',
    unit: ' MB',
    floor: 16,
    cold: 128,
    of: ({ rssBytes }) => rssBytes / MB,
    bound: ({ growthPerHour }) => growthPerHour?.rssMb ?? Number.POSITIVE_INFINITY,
  },
  {
    name: 'handles',
    unit: '',
    floor: 2,
    cold: 2,
    of: ({ handles }) => handles,
    bound: ({ growthPerHour }) => growthPerHour?.handles ?? Number.POSITIVE_INFINITY,
  },
  {
    name: 'timers',
    unit: '',
    floor: 2,
    cold: 2,
    of: ({ timers }) => timers,
    bound: ({ growthPerHour }) => growthPerHour?.timers ?? Number.POSITIVE_INFINITY,
  },
];

/**
 * Growth of what the server holds at rest, by the Theil-Sen slope of each of its series: broken where even the lower end of
 * the slope's 95 % interval is above the bound, and what has grown is more than a process at rest varies by.
 * A server that was started anew begins a series of its own; the longest one is judged, from ten minutes on where it lasts
 * for half an hour, and with the growth of a process that warms up allowed where it doesn't.
 */
export function leak(target: Target, readings: readonly RestReading[]): Finding {
  const all = longest(readings);
  const isLasting = (all.at(-1)?.hours ?? 0) >= LASTING_H;
  const series = isLasting ? all.filter(({ hours }) => hours >= WARM_UP_H) : all;
  const heap = theilSen(series.map((reading) => ({ at: reading.hours, value: GROWERS[0]?.of(reading) ?? 0 })));
  if (heap === undefined || series.length < target.minSamples) {
    const least = Math.max(target.minSamples, LEAST_POINTS);
    const reason = `${series.length} readings at rest of one server, ${least} needed: play for longer, or more laps`;
    return { measured: 'nothing', value: null, samples: series.length, verdict: 'invalid', reason };
  }
  const base = {
    measured: `heap ${slopeWords(heap)}`,
    value: heap.perUnit,
    interval: [heap.low, heap.high] as [number, number],
    samples: series.length,
  };
  const hours = (series.at(-1)?.hours ?? 0) - (series[0]?.hours ?? 0);
  const grown = GROWERS.flatMap((grower) => {
    const slope = theilSen(series.map((reading) => ({ at: reading.hours, value: grower.of(reading) })));
    const isGrown =
      slope !== undefined && slope.low > grower.bound(target) && slope.perUnit * hours > floorOf(grower, isLasting);
    return isGrown ? [growthWords(grower, slope, hours)] : [];
  });
  if (grown.length > 0) return { ...base, verdict: 'fail', reason: grown.join('; ') };
  const [heapSeries] = GROWERS;
  const seen = Math.max(target.bound, (heapSeries === undefined ? 0 : floorOf(heapSeries, isLasting)) / hours);
  const reason = seen > target.bound ? `${duration(hours)} show a heap that grows by ${rate(seen)} or more` : '';
  return { ...base, verdict: 'pass', reason };
}

function floorOf({ floor, cold }: Grower, isLasting: boolean): number {
  return isLasting ? floor : cold;
}

/** The readings of the server that lived through most of them. */
function longest(readings: readonly RestReading[]): readonly RestReading[] {
  const byServer = new Map<number, RestReading[]>();
  for (const reading of readings) byServer.set(reading.server, [...(byServer.get(reading.server) ?? []), reading]);
  return [...byServer.values()].reduce((most, series) => (series.length > most.length ? series : most), []);
}

function growthWords({ name, unit }: Grower, slope: Slope, hours: number): string {
  const grown = `${(slope.perUnit * hours).toFixed(unit === '' ? 0 : 1)}${unit}`;
  return `${name} grew by ${grown} in ${duration(hours)}: ${slope.perUnit.toFixed(1)}${unit}/h, at least ${slope.low.toFixed(1)}`;
}

function slopeWords(slope: Slope): string {
  return `${signed(slope.perUnit)} MB/h (${signed(slope.low)} to ${signed(slope.high)})`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(Math.abs(value) < 10 ? 2 : 0)}`;
}

function rate(mbPerHour: number): string {
  return `${mbPerHour.toFixed(mbPerHour < 10 ? 1 : 0)} MB/h`;
}

function duration(hours: number): string {
  if (hours >= 2) return `${hours.toFixed(1)} h`;
  return hours * 60 >= 2 ? `${(hours * 60).toFixed(0)} min` : `${(hours * 3600).toFixed(0)} s`;
}
