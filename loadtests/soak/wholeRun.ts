import type { Row, Summary } from '../../protocol/schemas/summary.ts';
import type { Target, TargetSet } from '../../protocol/schemas/targets.ts';
import { Histogram } from '../../reports/histogram.ts';
import type { RestReading } from '../judge/evidence.ts';
import { describe, TIMING_ROWS, warned } from '../judge/rows.ts';
import { leak } from '../judge/soakRows.ts';
import { figureOf, holds, unitsOf, words } from '../judge/timing.ts';
import { ENDED_EARLY, type Judgement, sentence } from '../judge/verdict.ts';
import type { LapKind } from './lapPart.ts';

/** A lap as it was played and judged. */
export interface PlayedLap {
  /** From 1 on. */
  readonly lap: number;
  readonly kind: LapKind;
  readonly summary: Summary;
}

export interface WholeRun {
  readonly targets: TargetSet;
  readonly laps: readonly PlayedLap[];
  readonly readings: readonly RestReading[];
  /** How the server ended before its time, with when; '' when it didn't. */
  readonly serverDied: string;
}

/** In a soak of less than this, a row with too few samples has had no time for them. */
const LEAST_PLAYED_S = 600;
/** From this share of laps that can't be told on, a row can't be told. */
const UNCLEAR_SHARE = 1 / 3;
/** Under so many sessions none may be dropped. */
const MANY_SESSIONS = 10_000;

/** Judges a soak by its targets over all of its laps. */
export function judgeWhole({ targets, laps, readings, serverDied }: WholeRun): Judgement {
  const playedS = laps.reduce((sum, { summary }) => sum + summary.seconds.length, 0);
  const rows = targets.targets.map((target) => warned(target, rowOf(target, { laps, readings, playedS })));
  if (serverDied !== '') return { verdict: 'fail', why: serverDied, rows };
  const aborted = laps.find(({ summary }) => summary.verdict === 'fail' && summary.why.startsWith(ENDED_EARLY));
  if (aborted !== undefined) {
    return { verdict: 'fail', why: `lap ${aborted.lap}, ${aborted.kind}: ${aborted.summary.why}`, rows };
  }
  const failed = rows.filter((row) => row.verdict === 'fail');
  const [first] = failed;
  if (first !== undefined) {
    return { verdict: 'fail', why: sentence(failed.find((row) => !TIMING_ROWS.has(row.id)) ?? first), rows };
  }
  const unclear = rows.find((row) => row.verdict === 'invalid');
  if (unclear !== undefined) return { verdict: 'invalid', why: sentence(unclear), rows };
  const held = rows.filter((row) => row.verdict === 'pass').length;
  return { verdict: 'pass', why: `all ${held} targets are held over ${laps.length} laps`, rows };
}

interface Played {
  readonly laps: readonly PlayedLap[];
  readonly readings: readonly RestReading[];
  readonly playedS: number;
}

interface LapRow extends Row {
  readonly place: PlayedLap;
}

function rowOf(target: Target, played: Played): Row {
  const base = { id: target.id, title: target.title, target: describe(target), bound: target.bound, unit: target.unit };
  const none = { ...base, measured: '', value: null, samples: 0, verdict: 'not applicable' } as const;
  if (target.id === 'leak') return { ...base, ...leak(target, played.readings) };
  const all = played.laps.flatMap((place): LapRow[] => {
    const row = place.summary.rows.find(({ id }) => id === target.id);
    if (row === undefined) return [];
    // What a generator of ours saw of a lap in which it failed is not the whole of it, whatever rows it holds.
    const { verdict, why } = place.summary;
    const isOurs = verdict === 'invalid' && place.summary.rows.every((one) => one.verdict !== 'invalid');
    return [isOurs && row.verdict === 'pass' ? { ...row, verdict: 'invalid', reason: why, place } : { ...row, place }];
  });
  const rows = all.filter((row) => row.verdict !== 'not applicable');
  if (rows.length === 0) return { ...none, reason: all[0]?.reason ?? 'no lap came to its end' };
  const clear = rows.filter((row) => row.verdict !== 'invalid');
  const [unjudged] = rows;
  if (clear.length === 0) {
    return { ...base, ...figure(target, rows), verdict: 'invalid', reason: `no lap can be told: ${unjudged?.reason}` };
  }
  const found = { ...base, ...figure(target, clear) };
  const unclear = rows.filter((row) => row.verdict === 'invalid');
  if (found.verdict === 'pass' && unclear.length > rows.length * UNCLEAR_SHARE) {
    const [one] = unclear;
    return {
      ...found,
      verdict: 'invalid',
      reason: `${unclear.length} of ${rows.length} laps can't be told: ${one?.reason}`,
    };
  }
  if (found.samples < target.minSamples) {
    const few = `${found.samples} samples, ${target.minSamples} needed`;
    if (played.playedS >= LEAST_PLAYED_S) return { ...found, verdict: 'fail', reason: few };
    return { ...none, samples: found.samples, reason: `${few}: only ${played.playedS} s were played` };
  }
  return found;
}

type Figure = Pick<Row, 'measured' | 'value' | 'samples' | 'verdict' | 'reason'> & Pick<Partial<Row>, 'interval'>;

function figure(target: Target, rows: readonly LapRow[]): Figure {
  const histograms = rows.flatMap(({ place }) => place.summary.histograms[target.id] ?? []);
  if (TIMING_ROWS.has(target.id) && histograms.length > 0) return ofTime(target, rows);
  const samples = rows.reduce((sum, row) => sum + row.samples, 0);
  const broken = rows.filter((row) => row.verdict === 'fail' || row.verdict === 'warn');
  const value = wholeValue(target, rows);
  const measured = measuredOf(target, rows, value);
  if (isShare(target) && value !== null) {
    const isForgiven = target.id !== 'stability' || samples >= MANY_SESSIONS;
    if (holds(target, value, target.bound) && (isForgiven || broken.length === 0)) {
      return { measured, value, samples, verdict: 'pass', reason: '' };
    }
  }
  const reason = broken.length === 0 ? '' : brokenWords(broken);
  return { measured, value, samples, verdict: broken.length === 0 ? 'pass' : 'fail', reason };
}

/** A share of all samples, which laps have their part in by how many they saw. */
function isShare(target: Target): boolean {
  return target.statistic === 'ratio' && target.unit === 'share';
}

function wholeValue(target: Target, rows: readonly LapRow[]): number | null {
  const known = rows.filter((row) => row.value !== null);
  const values = known.map((row) => row.value ?? 0);
  if (values.length === 0) return null;
  if (isShare(target)) {
    const samples = known.reduce((sum, row) => sum + row.samples, 0);
    return known.reduce((sum, row) => sum + (row.value ?? 0) * row.samples, 0) / Math.max(1, samples);
  }
  if (target.statistic === 'count') return values.reduce((sum, value) => sum + value, 0);
  return target.statistic === 'min' ? Math.min(...values) : Math.max(...values);
}

/** The figure in words: of the whole where it is one, else of the lap that shows it. */
function measuredOf(target: Target, rows: readonly LapRow[], value: number | null): string {
  if (value === null) return 'nothing';
  if (isShare(target)) return `${Number((value * 100).toFixed(4))} %`;
  if (target.statistic === 'count') return value === 0 ? 'none' : String(value);
  const shown = rows.find((row) => row.value === value);
  return shown === undefined ? String(value) : `${shown.measured} in lap ${shown.place.lap}`;
}

function ofTime(target: Target, rows: readonly LapRow[]): Figure {
  const all = new Histogram();
  for (const { place } of rows) {
    const json = place.summary.histograms[target.id];
    if (json !== undefined) all.merge(Histogram.fromJSON(json));
  }
  const scale = unitsOf(target);
  const { valueUs, intervalUs, byMaximum } = figureOf(target, all);
  const spread =
    intervalUs === undefined ? '' : ` (${words(target, intervalUs[0])} to ${words(target, intervalUs[1])})`;
  const base = {
    measured: `${byMaximum ? 'max' : target.statistic} ${words(target, valueUs)}${spread}`,
    value: valueUs / scale,
    samples: all.count,
    ...(intervalUs === undefined
      ? {}
      : { interval: [intervalUs[0] / scale, intervalUs[1] / scale] as [number, number] }),
  };
  const broken = rows.filter((row) => row.verdict === 'fail' || row.verdict === 'warn');
  const reason = broken.length === 0 ? '' : brokenWords(broken);
  // A row with a rule for windows or for single samples is broken by laps; else a lap's percentile is only a part of the whole.
  const allowed = target.windowShare === undefined ? rows.length : 0;
  const isNever = target.never !== undefined && all.max > target.never * scale;
  const isWrong = target.id === 'trigger' && broken.some((row) => row.reason.startsWith('not as the oracle says'));
  const isHeld = holds(target, valueUs, target.bound * scale) && broken.length <= allowed && !isNever && !isWrong;
  return { ...base, verdict: isHeld ? 'pass' : 'fail', reason: isHeld ? '' : reason };
}

function brokenWords(broken: readonly LapRow[]): string {
  const [first] = broken;
  if (first === undefined) return '';
  const others = broken.length > 1 ? ` (and in ${broken.length - 1} more laps)` : '';
  return `lap ${first.place.lap}, ${first.place.kind}: ${first.reason || first.measured}${others}`;
}
